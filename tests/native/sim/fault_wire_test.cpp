// Every fault, asked for over a socket, does what its row says.
#include <catch2/catch_test_macros.hpp>

#include <cerrno>
#include <functional>

#include "native/sim/sim.h"
#include "tests/native/sim/client.h"
#include "tests/native/sim/stream.h"

using namespace orthink;
using namespace orthink::sim;

namespace {

const std::string kBody =
    R"({"model":"anthropic/claude-haiku-4.5","stream":true,"max_tokens":2000,"reasoning":{"max_tokens":1024},"messages":[{"role":"user","content":"Why?"}]})";

std::string whole(std::string body) {
  body.replace(body.find("true"), 4, "false");
  return body;
}

class Room {
 public:
  explicit Room(std::string_view faults = {}, std::function<Instant()> now = {}) {
    Result<std::unique_ptr<Simulator>> started = Simulator::start({.faults = *parse_faults(faults), .now = std::move(now)});
    REQUIRE(started);
    simulator = std::move(*started);
  }
  client::Response with(std::string_view fault, const std::string& body = kBody) {
    return client::post(simulator->port(), body, {{"X-Sim-Fault", std::string(fault)}});
  }
  wire::Said said(std::string_view fault) { return wire::read(with(fault).body); }
  uint16_t port() const { return simulator->port(); }
  std::string last_state() const { return simulator->bill().lines.back().state; }

  std::unique_ptr<Simulator> simulator;
};

std::string cost_text(const wire::Said& said) { return json::dump(*said.usages.back().find("cost")); }

}  // namespace

TEST_CASE("refuse: nothing listens on the port") {
  Room room("refuse");
  CHECK(client::Socket(room.port()).error() == ECONNREFUSED);
}

TEST_CASE("reset-before: the first connections are reset, the next is served") {
  Room room("reset-before=2");
  for (int i = 0; i < 2; ++i) {
    client::Socket socket(room.port());
    std::string bytes;
    CHECK_FALSE(socket.read(bytes));
    CHECK(socket.error() == ECONNRESET);
  }
  CHECK(client::post(room.port(), kBody).status == 200);
}

TEST_CASE("below HTTP: reset, silence, a head and silence, lengths that lie") {
  Room room;
  const client::Response reset = room.with("reset-after-request");
  CHECK(reset.status == 0);
  CHECK(reset.error == ECONNRESET);
  for (const char* fault : {"hang", "hang-after-head"}) {
    client::Socket socket(room.port());
    socket.send(client::request_text("POST", "/api/v1/chat/completions", kBody, {{"Authorization", "Bearer x"}, {"X-Sim-Fault", fault}}));
    std::string bytes;
    if (fault != std::string_view("hang")) {
      REQUIRE(socket.read_until(bytes, "\r\n\r\n"));
      CHECK(bytes.starts_with("HTTP/1.1 200"));
      CHECK(bytes.ends_with("\r\n\r\n"));
    }
  }
  const client::Response shorter = room.with("wrong-length=77");
  CHECK(shorter.status == 200);
  CHECK_FALSE(shorter.is_whole);
  CHECK(std::stoul(shorter.header("Content-Length")) == shorter.body.size() + 77);
  CHECK(wire::read(shorter.body).is_done);
  const client::Response longer = room.with("short-length=77");
  CHECK(longer.body.size() >= std::stoul(longer.header("Content-Length")));
  CHECK_FALSE(wire::read(longer.body.substr(0, std::stoul(longer.header("Content-Length")))).is_done);
  const client::Response chunk = room.with("chunk-size=-2");
  CHECK(chunk.status == 200);
  CHECK_FALSE(chunk.is_whole);
  CHECK(client::post(room.port(), kBody).status == 200);
}

TEST_CASE("statuses carry the bodies and hints of the real one") {
  Room room;
  for (const char* status : {"402", "403", "404", "408", "413", "429", "500", "502", "503", "504", "524", "529"}) {
    INFO(status);
    const client::Response r = room.with(status);
    CHECK(r.status == std::stoi(status));
    if (status != std::string_view("524")) CHECK(r.document().find("error")->find("code")->text() == status);
  }
  CHECK(room.with("429").header("Retry-After") == "1");
  CHECK(room.with("429=30").header("Retry-After") == "30");
  CHECK(room.with("429=date").header("Retry-After").ends_with(" GMT"));
  CHECK(room.with("429=garbage").header("Retry-After") == "in a while");
  CHECK(room.with("429=10y").header("Retry-After") == "315360000");
  CHECK(room.with("429=none").header("Retry-After").empty());
  CHECK(room.with("503=5").header("Retry-After") == "5");
  const client::Response in_flight = room.with("402-in-flight=2");
  CHECK(in_flight.status == 402);
  CHECK(in_flight.header("Retry-After") == "2");
  CHECK(in_flight.body.find(R"("reason":"in_flight_budget_exhausted","limit_source":"openrouter_in_flight_budget")") != std::string::npos);
  const auto limit_source = [&](std::string_view fault) {
    const json::Value document = room.with(fault).document();
    const json::Value* source = document.find("error")->find("metadata")->find("limit_source");
    return source ? source->text() : std::string("none");
  };
  CHECK(limit_source("402") == "openrouter_credits");
  CHECK(limit_source("402=too-dear") == "openrouter_credits");
  CHECK(room.with("402=too-dear").body.find(R"("reason":"weight_exceeds_budget")") != std::string::npos);
  CHECK(limit_source("402=key-limit") == "openrouter_key_limit");
  CHECK(limit_source("403=key-limit") == "openrouter_key_limit");
  CHECK(limit_source("403=guardrail") == "openrouter_guardrail_budget");
  CHECK(limit_source("403=workspace") == "openrouter_workspace_budget");
  CHECK(room.with("403=workspace").body.find(R"("scope":"workspace","resets_at":"20)") != std::string::npos);
  CHECK(limit_source("403=moderation") == "none");
  CHECK(limit_source("429") == "upstream_provider_shared_pool");
  CHECK(limit_source("429-daily") == "openrouter_free_tier_daily");
  CHECK(room.with("redirect").header("Location").starts_with("https://elsewhere"));
  CHECK(room.with("redirect").status == 307);
  CHECK(room.with("html-200").header("Content-Type").starts_with("text/html"));
  const client::Response under_200 = room.with("error-body-200=503");
  CHECK(under_200.status == 200);
  CHECK(under_200.document().find("error")->find("code")->as_u64() == 503);
  CHECK(room.simulator->bill().lines.empty());
}

TEST_CASE("charged although nothing was answered") {
  Room room;
  CHECK(room.with("504-billed").status == 504);
  CHECK(room.with("reset-billed").error == ECONNRESET);
  const Bill bill = room.simulator->bill();
  REQUIRE(bill.lines.size() == 2);
  for (const BillLine& line : bill.lines) {
    CHECK(line.state == "complete");
    CHECK(line.cost > Money::zero());
  }
}

TEST_CASE("the date of every answer, and a clock that is wrong") {
  const auto noon = [] { return Instant::from_ms(1'790'000'000'000); };
  Room room("clock-skew=-7200", noon);
  CHECK(room.with("").header("Date") == "Mon, 21 Sep 2026 12:13:20 GMT");
  CHECK(room.with("clock-skew=0").header("Date") == "Mon, 21 Sep 2026 14:13:20 GMT");
  CHECK(room.with("wrong-length,clock-skew=86400").header("Date") == "Tue, 22 Sep 2026 14:13:20 GMT");
  CHECK(client::get(room.port(), "/api/v1/models").header("Date") == "Mon, 21 Sep 2026 12:13:20 GMT");
  CHECK(client::get(room.port(), "/api/v1/nothing").header("Date") == "Mon, 21 Sep 2026 12:13:20 GMT");
  CHECK(Room().with("").header("Date").empty());
}

TEST_CASE("a fault for the first requests only") {
  Room room("503=:2");
  CHECK(client::post(room.port(), kBody).status == 503);
  CHECK(client::post(room.port(), kBody).status == 503);
  CHECK(client::post(room.port(), kBody).status == 200);
}

TEST_CASE("a fault that does not exist is said to be unknown") {
  Room room;
  CHECK(room.with("no-such-thing").error_message().find("no-such-thing") != std::string::npos);
}

TEST_CASE("mid-stream: an error, a bare end, a reset") {
  Room room;
  const wire::Said error = room.said("midstream-error=5");
  CHECK(error.error == "Provider disconnected");
  CHECK(error.finish == "error");
  CHECK(error.usages.empty());
  CHECK(room.last_state() == "failed");
  CHECK(room.simulator->bill().total == Money::zero());
  const wire::Said billed = room.said("midstream-error-billed=20");
  CHECK(billed.error == "Provider disconnected");
  REQUIRE(billed.usages.size() == 1);
  CHECK(room.last_state() == "failed_billed");
  CHECK(room.simulator->bill().total == *Money::parse(cost_text(billed)));
  CHECK(room.simulator->bill().total > Money::zero());
  const client::Response endless = room.with("no-done");
  CHECK(endless.is_whole);
  CHECK_FALSE(wire::read(endless.body).is_done);
  CHECK(wire::read(endless.body).usages.size() == 1);
  CHECK(room.last_state() == "complete");
  const client::Response bare = room.with("eof-no-done=4");
  CHECK(bare.is_whole);
  const wire::Said cut = wire::read(bare.body);
  CHECK(cut.chunks.size() == 4);
  CHECK_FALSE(cut.is_done);
  CHECK(cut.finish.empty());
  CHECK(room.last_state() == "complete");
  const client::Response reset = room.with("reset-midstream=4");
  CHECK(reset.status == 200);
  CHECK_FALSE(reset.is_whole);
  const wire::Said late = room.said("midstream-error=100000");
  CHECK(late.finish == "error");
  CHECK_FALSE(late.output.empty());
}

TEST_CASE("usage and cost that lie") {
  Room room;
  CHECK(room.said("no-usage").usages.empty());
  const wire::Said twice = room.said("usage-twice");
  REQUIRE(twice.usages.size() == 2);
  CHECK(wire::count(twice.usages[0], "completion_tokens") < wire::count(twice.usages[1], "completion_tokens"));
  const client::Response after = room.with("usage-then-text");
  CHECK(after.body.find("after the usage", after.body.find("\"usage\"")) != std::string::npos);
  CHECK(cost_text(room.said("cost-null")) == "null");
  CHECK(cost_text(room.said("cost-negative")) == "-0.001");
  CHECK(room.with("cost-huge").body.find("\"cost\":1e400,") != std::string::npos);
  CHECK(cost_text(room.said("cost-string")) == "\"about a cent\"");
  const wire::Said over = room.said("over-cap");
  CHECK(wire::count(over.usages[0], "completion_tokens") == 4'000);
  const wire::Said byok = room.said("byok");
  CHECK(cost_text(byok) == "0");
  CHECK(byok.usages[0].find("is_byok")->as_bool());
  CHECK(byok.usages[0].find("cost_details")->find("upstream_inference_cost")->text() != "0");
  const wire::Said empty = room.said("empty-answer");
  CHECK(empty.finish.empty());
  CHECK(empty.output.empty());
  CHECK(cost_text(empty) == "0");
}

TEST_CASE("bytes that travel oddly are still the same stream") {
  Room room;
  const std::string plain = Room().with("").body;
  const auto normalised = [](std::string text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
      out += text[i] == '\r' ? '\n' : text[i];
    }
    return out;
  };
  CHECK(normalised(Room().with("crlf").body) == plain);
  CHECK(normalised(Room().with("cr").body) == plain);
  CHECK(Room().with("cr").body.find('\n') == std::string::npos);
  CHECK(Room().with("bom").body == "\xef\xbb\xbf" + plain);
  CHECK(Room().with("slow-start=1").body == plain);
  CHECK(Room().with("drip=0").body == plain);
  const std::string small =
      R"({"model":"openai/gpt-4o-mini","stream":true,"max_tokens":3,"messages":[{"role":"user","content":"Why?"}]})";
  const client::Response single = room.with("one-byte", small);
  CHECK(single.is_whole);
  CHECK(wire::read(single.body).is_done);
}

TEST_CASE("odd chunks: broken JSON, a NUL, a line of megabytes") {
  Room room;
  const wire::Said broken = room.said("invalid-json");
  CHECK(broken.bad_chunks == 1);
  CHECK(broken.is_done);
  const client::Response nul = room.with("nul");
  CHECK(std::count(nul.body.begin(), nul.body.end(), '\0') == 2);
  const client::Response line = room.with("long-line=3");
  CHECK(line.body.size() > (size_t{3} << 20));
  CHECK(wire::read(line.body).is_done);
  const client::Response bomb = room.with("gzip-bomb=1");
  CHECK(bomb.header("Content-Encoding") == "gzip");
  CHECK(bomb.body.size() < 10'000);
}

TEST_CASE("comments only: the stream is alive and says nothing until the client leaves") {
  Room room;
  client::Socket socket(room.port());
  socket.send(client::request_text("POST", "/api/v1/chat/completions", kBody, {{"Authorization", "Bearer x"}, {"X-Sim-Fault", "comments-only=1"}}));
  std::string bytes;
  while (wire::read(bytes).comments < 20) REQUIRE(socket.read(bytes));
  CHECK(bytes.find("data:") == std::string::npos);
}

TEST_CASE("a body that is not streamed: error in the choice, cut short, without usage") {
  Room room;
  const client::Response error = room.with("midstream-error", whole(kBody));
  wire::Said said;
  wire::read_chunk(error.document(), said);
  CHECK(said.finish == "error");
  CHECK(said.error == "Provider disconnected");
  CHECK(error.body.find("\"usage\"") == std::string::npos);
  CHECK(room.last_state() == "failed");
  CHECK(room.with("midstream-error-billed", whole(kBody)).body.find("\"usage\"") != std::string::npos);
  CHECK(room.last_state() == "failed_billed");
  const client::Response cut = room.with("eof-no-done", whole(kBody));
  CHECK(cut.is_whole);
  CHECK_FALSE(json::parse(cut.body));
  CHECK_FALSE(room.with("reset-midstream", whole(kBody)).is_whole);
  CHECK(room.with("no-usage", whole(kBody)).body.find("\"usage\"") == std::string::npos);
  CHECK(room.with("502", whole(kBody)).status == 502);
}
