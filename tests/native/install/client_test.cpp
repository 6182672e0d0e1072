// What each client is told, and what is refused.
#include "native/install/client.h"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <string>

using namespace orthink;
using namespace orthink::install;

namespace {

const Server kProgram = {"orthink", "/usr/bin/orthink", {"mcp"}};
const Server kRemote = {"orthink", {}, {}, "https://think.example.com/mcp", "ORTHINK_MCP_KEY"};

std::string with(Client client, std::string_view text, const Server& server) {
  Result<std::string> out = with_server(client, text, server);
  return out ? *out : "refused: " + out.error().message;
}

std::string path_of(Client client, std::map<std::string, std::string> variables) {
  Result<std::string> path = settings_path(client, [&](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
  return path ? *path : "refused: " + path.error().message;
}

}  // namespace

TEST_CASE("each client's own file", "[client]") {
  CHECK(path_of(Client::claude_code, {{"HOME", "/h"}}) == "/h/.claude.json");
  CHECK(path_of(Client::claude_code, {{"HOME", "/h"}, {"CLAUDE_CONFIG_DIR", "/c"}}) == "/c/.claude.json");
  CHECK(path_of(Client::claude_desktop, {{"HOME", "/h"}}) == "/h/.config/Claude/claude_desktop_config.json");
  CHECK(path_of(Client::claude_desktop, {{"XDG_CONFIG_HOME", "/x"}}) == "/x/Claude/claude_desktop_config.json");
  CHECK(path_of(Client::cursor, {{"HOME", "/h"}}) == "/h/.cursor/mcp.json");
  CHECK(path_of(Client::vscode, {{"HOME", "/h"}}) == "/h/.config/Code/User/mcp.json");
  CHECK(path_of(Client::codex, {{"HOME", "/h"}}) == "/h/.codex/config.toml");
  CHECK(path_of(Client::codex, {{"HOME", "/h"}, {"CODEX_HOME", "/c"}}) == "/c/config.toml");
  CHECK(path_of(Client::chatgpt, {}).empty());
  CHECK(path_of(Client::cursor, {}).starts_with("refused: HOME is not set"));
}

TEST_CASE("a program to start, as each client writes it", "[client]") {
  CHECK(with(Client::claude_code, "", kProgram) ==
        "{\n  \"mcpServers\": {\n    \"orthink\": {\n      \"type\": \"stdio\",\n      \"command\": \"/usr/bin/orthink\",\n      \"args\": [\"mcp\"]\n    }\n  }\n}\n");
  const std::string plain =
      "{\n  \"mcpServers\": {\n    \"orthink\": {\n      \"command\": \"/usr/bin/orthink\",\n      \"args\": [\"mcp\"]\n    }\n  }\n}\n";
  CHECK(with(Client::claude_desktop, "", kProgram) == plain);
  CHECK(with(Client::cursor, "", kProgram) == plain);
  CHECK(with(Client::vscode, "", kProgram).starts_with("{\n  \"servers\": {\n    \"orthink\": {\n      \"type\": \"stdio\",\n"));
  CHECK(with(Client::codex, "", kProgram) ==
        "[mcp_servers.orthink]\ncommand = \"/usr/bin/orthink\"\nargs = [\"mcp\"]\ntool_timeout_sec = 900\n");
}

TEST_CASE("an address that is none is told what one of a server looks like", "[client]") {
  for (const char* url : {"ftp://x", "https://", "https://user@x.example/mcp", "http://x.example/mcp"}) {
    const Result<> good = check_server(Client::cursor, {"orthink", {}, {}, url, {}});
    REQUIRE_FALSE(good);
    CAPTURE(url, good.error().remedy);
    CHECK(good.error().remedy.find("https://think.example.com/mcp") != std::string::npos);
  }
}

TEST_CASE("an address, with the key named and never written", "[client]") {
  const auto has = [](const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; };
  CHECK(has(with(Client::claude_code, "", kRemote), "\"type\": \"http\",\n      \"url\": \"https://think.example.com/mcp\",\n"
                                                    "      \"headers\": {\n        \"Authorization\": \"Bearer ${ORTHINK_MCP_KEY}\"\n"));
  CHECK(has(with(Client::cursor, "", kRemote), "\"Authorization\": \"Bearer ${env:ORTHINK_MCP_KEY}\""));
  CHECK(has(with(Client::vscode, "", kRemote), "\"Authorization\": \"Bearer ${env:ORTHINK_MCP_KEY}\""));
  CHECK(with(Client::codex, "", kRemote) ==
        "[mcp_servers.orthink]\nurl = \"https://think.example.com/mcp\"\nbearer_token_env_var = \"ORTHINK_MCP_KEY\"\ntool_timeout_sec = 900\n");
  CHECK(has(by_hand(Client::chatgpt, kRemote), "https://think.example.com/mcp"));
}

TEST_CASE("an entry changes from a program to an address and back; what its user added stays", "[client]") {
  for (Client client : {Client::claude_code, Client::cursor, Client::vscode, Client::codex}) {
    const std::string program = with(client, "", kProgram);
    const std::string remote = with(client, "", kRemote);
    CAPTURE(row(client).name);
    const auto lines = [](std::string text) {
      std::multimap<std::string, int> out;
      for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        if (line.ends_with(',')) line.pop_back();
        out.emplace(line, 0);
        at = end + 1;
      }
      return out;
    };
    CHECK(lines(with(client, program, kRemote)) == lines(remote));
    CHECK(lines(with(client, remote, kProgram)) == lines(program));
    CHECK(with(client, program, kProgram) == program);
    CHECK(with(client, remote, kRemote) == remote);
  }
  const std::string own = "{\"mcpServers\":{\"orthink\":{\"command\":\"/old\",\"args\":[\"mcp\"],\"env\":{\"ORTHINK_LOG_LEVEL\":\"debug\"},\"disabled\":true}}}";
  CHECK(with(Client::cursor, own, kProgram) ==
        "{\"mcpServers\":{\"orthink\":{\"command\":\"/usr/bin/orthink\",\"args\":[\"mcp\"],\"env\":{\"ORTHINK_LOG_LEVEL\":\"debug\"},\"disabled\":true}}}");
}

TEST_CASE("a credential stays with the address it was for", "[client]") {
  const auto has = [](const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; };
  Server moved = kRemote;
  moved.key_variable.clear();
  for (Client client : {Client::claude_code, Client::cursor, Client::vscode, Client::codex}) {
    CAPTURE(row(client).name);
    const std::string before = with(client, "", kRemote);
    REQUIRE(has(before, "ORTHINK_MCP_KEY"));
    moved.url = kRemote.url;
    CHECK(with(client, before, moved) == before);
    moved.url = "https://elsewhere.example.com/mcp";
    const std::string after = with(client, before, moved);
    CHECK(has(after, moved.url));
    CHECK_FALSE(has(after, "ORTHINK_MCP_KEY"));
    CHECK_FALSE(has(after, "Bearer"));
  }
}

TEST_CASE("what a client cannot be told is refused with what to do", "[client]") {
  const auto says = [](Client client, const Server& server) {
    Result<> good = check_server(client, server);
    return good ? std::string() : good.error().message;
  };
  for (const ClientRow& how : client_rows()) {
    CHECK(client_of(how.name) == how.client);
    if (how.format != Format::none) CHECK(says(how.client, kProgram).empty());
    if (how.takes_url) CHECK(says(how.client, kRemote).empty());
  }
  CHECK(says(Client::claude_desktop, kRemote) == "Claude Desktop keeps no addresses in its file");
  CHECK(says(Client::chatgpt, kProgram) == "ChatGPT starts no programs; it reaches servers over https alone");
  CHECK(says(Client::chatgpt, {"orthink", {}, {}, "http://127.0.0.1:8080/mcp"}) == "ChatGPT reaches servers over https alone");
  CHECK_FALSE(says(Client::cursor, {"orthink", {}, {}, "http://example.com/mcp"}).empty());
  CHECK(says(Client::cursor, {"orthink", {}, {}, "http://127.0.0.1:8080/mcp"}).empty());
  CHECK(says(Client::cursor, {"orthink", {}, {}, "https://x.example/mcp", "sk-or-v1-123"}) == "--key-env takes the name of an environment variable, not a key");
  CHECK_FALSE(says(Client::cursor, {"orthink", "/o", {}, {}, "KEY"}).empty());
  for (const char* name : {"", "a b", "a.b", "\"", "a\n"}) CHECK_FALSE(says(Client::codex, {name, "/o", {}}).empty());
  CHECK_FALSE(says(Client::codex, {std::string(65, 'a'), "/o", {}}).empty());
}

TEST_CASE("uninstalling takes the server and leaves its neighbours", "[client]") {
  for (Client client : {Client::claude_code, Client::claude_desktop, Client::cursor, Client::vscode, Client::codex}) {
    const Server other = {"other", "/bin/other", {}};
    const std::string before = with(client, "", other);
    Result<std::string> after = without_server(client, with(client, before, kProgram), "orthink");
    REQUIRE(after);
    CHECK(*after == before);
  }
}
