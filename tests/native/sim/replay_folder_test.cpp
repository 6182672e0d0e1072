#include "native/sim/replay_folder.h"

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "native/sim/sim.h"
#include "tests/native/sim/client.h"

using namespace orthink;
using namespace orthink::sim;
namespace fs = std::filesystem;

namespace {

// A folder of its own that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "orthink-replay-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    path = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  void write(const std::string& name, std::string_view text) const { std::ofstream(path / name, std::ios::binary) << text; }

  fs::path path;
};

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

constexpr std::string_view kStream = ": hello\n\ndata: {\"id\":\"gen-1\"}\n\ndata: [DONE]\n\n";
constexpr std::string_view kRequest = R"({"model":"a/m","stream":true,"messages":[{"role":"user","content":"one"}]})";

}  // namespace

TEST_CASE("a recording answers the request it answered, byte for byte, with its status and kept headers") {
  const Folder folder;
  folder.write("a.response.sse", kStream);
  folder.write("a.request.json", R"({ "model": "a/m", "messages": [ {"role":"user","content":"one"} ], "stream": true })");
  folder.write("a.meta.json", R"({"status":200,"url":"https://openrouter.ai/api/v1/chat/completions",)"
                              R"("headers":{"content-type":"text/event-stream","transfer-encoding":"chunked","x-generation-id":"gen-1"}})");
  folder.write("b.response.json", R"({"error":{"message":"no","code":429}})");
  folder.write("b.request.json", R"({"model":"a/m","messages":[{"role":"user","content":"two"}]})");
  folder.write("b.meta.json", R"({"status":429,"headers":{"retry-after":"7"}})");
  const Result<std::unique_ptr<Simulator>> simulator = Simulator::start({.replay_dir = folder.path.string()});
  REQUIRE(simulator);
  const uint16_t port = (*simulator)->port();
  const client::Response a = client::post(port, kRequest);
  CHECK(a.status == 200);
  CHECK(a.body == kStream);
  CHECK(a.header("x-generation-id") == "gen-1");
  const client::Response b = client::post(port, R"({"model":"a/m","messages":[{"role":"user","content":"two"}]})");
  CHECK(b.status == 429);
  CHECK(b.header("retry-after") == "7");
  CHECK(b.body == R"({"error":{"message":"no","code":429}})");
  CHECK(client::post(port, "{}", {{"X-Sim-Recording", "a"}}).body == kStream);
  CHECK(client::post(port, R"({"model":"other","messages":[{"role":"user","content":"one"}]})").status == 404);
  CHECK(client::post(port, kRequest, {{"X-Sim-Fault", "503"}}).status == 503);
}

TEST_CASE("of two recordings of one request, the one that agrees about streaming is served") {
  const Folder folder;
  for (const char* name : {"x", "y"}) folder.write(std::string(name) + ".request.json", kRequest);
  folder.write("x.response.json", "{}");
  folder.write("y.response.sse", kStream);
  const Result<std::unique_ptr<ReplayFolder>> opened = ReplayFolder::open(folder.path.string());
  REQUIRE(opened);
  CHECK((*opened)->find("", "/api/v1/chat/completions", kRequest)->name == "y");
  CHECK((*opened)->find("x", "", "")->name == "x");
  CHECK((*opened)->find("z", "", "") == nullptr);
}

TEST_CASE("a folder without recordings is refused") {
  const Folder folder;
  CHECK_FALSE(ReplayFolder::open(folder.path.string()));
  CHECK_FALSE(ReplayFolder::open((folder.path / "missing").string()));
}

TEST_CASE("every recording of the folder of real traffic comes out as it was kept") {
  const char* recordings = std::getenv("ORTHINK_RECORDINGS");
  if (!recordings) SKIP("ORTHINK_RECORDINGS names no folder of recordings");
  const Result<std::unique_ptr<Simulator>> simulator = Simulator::start({.replay_dir = recordings});
  REQUIRE(simulator);
  const Result<std::unique_ptr<ReplayFolder>> folder = ReplayFolder::open(recordings);
  REQUIRE(folder);
  uint64_t by_request = 0;
  for (const Recording& recording : (*folder)->recordings()) {
    INFO(recording.name);
    const std::string suffix = recording.streams ? ".response.sse" : ".response.json";
    const std::string kept = read_file(fs::path(recordings) / (recording.name + suffix));
    const client::Response r = client::post((*simulator)->port(), "{}", {{"X-Sim-Recording", recording.name}});
    CHECK(r.status == recording.head.status);
    CHECK(r.body == kept);
    if (recording.model.empty() || recording.messages.empty() || !recording.url.ends_with("/api/v1/chat/completions")) continue;
    ++by_request;
    const std::string request = read_file(fs::path(recordings) / (recording.name + ".request.json"));
    const client::Response matched = client::post((*simulator)->port(), request);
    CHECK((matched.body == kept || (*folder)->find("", "/api/v1/chat/completions", request) != &recording));
  }
  CHECK((*folder)->recordings().size() > 60);
  CHECK(by_request > 20);
}
