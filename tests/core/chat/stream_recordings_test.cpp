// Guards the decoding of recorded bodies: each chat body gives an answer or the error it records, each other is refused by its
// name, the thinking is the recorded one, and no cut changes anything.
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <map>

#include "orthink/chat/stream.h"
#include "orthink/wire/json.h"
#include "tests/support/slicer.h"
#include "tests/support/transcript.h"

namespace orthink {
namespace {

std::vector<std::filesystem::path> bodies() {
  const auto folder = test::folder_of("ORTHINK_RECORDINGS");
  if (!folder) SKIP("ORTHINK_RECORDINGS names no folder");
  auto out = test::files_ending(*folder, ".response.sse");
  for (const auto& path : test::files_ending(*folder, ".response.json")) out.push_back(path);
  return out;
}

std::string name_of(const std::filesystem::path& path) {
  const std::string file = path.filename().string();
  return file.substr(0, file.find(".response."));
}

bool begins(const std::string& text, std::string_view prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

// The recordings that are not chat bodies, by the first words of their names.
const std::map<std::string, BodyKind, std::less<>> kForeign = {
    {"native-anthropic", BodyKind::anthropic_messages}, {"native-google", BodyKind::gemini},       {"native-openai-sse", BodyKind::responses},
    {"or-responses", BodyKind::responses},              {"or-embeddings", BodyKind::embeddings},   {"or-rerank", BodyKind::rerank},
    {"or-models", BodyKind::models},                    {"or-generation", BodyKind::generation},
};

// The errors that chat recordings hold.
const std::map<std::string, Errc, std::less<>> kErrors = {
    {"native-openai-err-temperature", Errc::upstream_bad_request},
    {"or-err-400-context-length", Errc::upstream_context_length},
    {"or-err-400-model-id", Errc::upstream_not_found},
    {"or-err-400-models-list-first-invalid", Errc::upstream_not_found},
    {"or-err-400-provider-raw-json-schema", Errc::upstream_bad_request},
    {"or-err-400-provider-raw-notfound", Errc::upstream_bad_request},
    {"or-err-400-temperature-range", Errc::upstream_bad_request},
    {"or-err-401-missing-auth", Errc::upstream_auth},
    {"or-err-404-generation", Errc::upstream_not_found},
    {"or-err-429-upstream-raw", Errc::upstream_rate_limited},
    {"or-sse-midstream-error-400", Errc::upstream_bad_request},
};

// The texts of a key of the first choice's delta or message, joined, read through the document parser.
std::string joined(const std::string& body, const std::string& key) {
  std::string out;
  const auto add = [&](std::string_view text) {
    const auto document = json::parse(text);
    if (!document) return;
    const json::Value* choices = document->find("choices");
    if (choices == nullptr || choices->members().empty()) return;
    const json::Value& choice = choices->members().front().value;
    for (const char* holder : {"delta", "message"}) {
      const json::Value* part = choice.find(holder);
      const json::Value* value = part != nullptr ? part->find(key) : nullptr;
      if (value != nullptr && value->is_string()) out += value->text();
    }
  };
  if (body.find("data: ") == std::string::npos) {
    add(std::string_view(body).substr(body.find('{')));
    return out;
  }
  for (size_t at = 0; at < body.size();) {
    const size_t end = std::min(body.find('\n', at), body.size());
    const std::string_view line = std::string_view(body).substr(at, end - at);
    if (line.substr(0, 6) == "data: ") add(line.substr(6));
    at = end + 1;
  }
  return out;
}

TEST_CASE("every recorded body decodes, records its error, or is refused by name") {
  uint64_t answers = 0;
  uint64_t errors = 0;
  uint64_t refused = 0;
  for (const auto& path : bodies()) {
    const std::string name = name_of(path);
    INFO(name);
    const std::string body = test::read_file(path);
    const test::Decoded decoded = test::decode({body});
    const auto foreign = std::find_if(kForeign.begin(), kForeign.end(), [&](const auto& row) { return begins(name, row.first); });
    const auto error = kErrors.find(name);
    if (error != kErrors.end()) {
      REQUIRE(decoded.ending.error);
      CHECK(decoded.ending.error->errc == error->second);
      ++errors;
    } else if (foreign != kForeign.end()) {
      REQUIRE(decoded.ending.error);
      CHECK(decoded.ending.error->errc == Errc::not_a_chat_body);
      CHECK(decoded.ending.error->message.find(orthink::name(foreign->second)) != std::string::npos);
      ++refused;
    } else {
      CHECK_FALSE(decoded.ending.error);
      CHECK(decoded.ending.outcome != Outcome::empty);
      CHECK(decoded.answer.usage.state == UsageState::final_);
      CHECK_FALSE(decoded.answer.finish_reason.empty());
      ++answers;
    }
    CHECK(decoded.answer.invalid_chunks == 0);
  }
  std::printf("recordings: %llu answers, %llu errors, %llu refused\n", static_cast<unsigned long long>(answers),
              static_cast<unsigned long long>(errors), static_cast<unsigned long long>(refused));
}

TEST_CASE("joined thinking and output are the recorded ones") {
  for (const auto& path : bodies()) {
    const std::string name = name_of(path);
    if (std::any_of(kForeign.begin(), kForeign.end(), [&](const auto& row) { return begins(name, row.first); })) continue;
    INFO(name);
    const std::string body = test::read_file(path);
    const Answer answer = test::decode({body}).answer;
    std::string readable;
    for (const Detail& item : answer.details) readable += item.text.value_or("") + item.summary.value_or("");
    const std::string recorded = joined(body, "reasoning") + joined(body, "reasoning_content");  // no recording has both
    CHECK(answer.thinking == (recorded.empty() ? readable : recorded));
    CHECK(answer.output == joined(body, "content"));
    if (!readable.empty() && begins(name, "or-sse")) CHECK(readable == answer.thinking);
  }
}

TEST_CASE("details of whole bodies go back byte for byte") {
  uint64_t checked = 0;
  for (const auto& path : bodies()) {
    const std::string body = test::read_file(path);
    const Answer answer = test::decode({body}).answer;
    const std::string message = answer.message_json();
    for (const Detail& item : answer.details) {
      if (item.raw.empty()) continue;
      INFO(name_of(path));
      CHECK(body.find(item.raw) != std::string::npos);
      CHECK(message.find(item.raw) != std::string::npos);
      ++checked;
    }
    CHECK(json::parse(message).ok());
  }
  std::printf("details kept byte for byte: %llu\n", static_cast<unsigned long long>(checked));
}

TEST_CASE("no cut changes what a recorded body says") {
  const uint64_t rounds = test::seeded_rounds();
  std::printf("seeded cuts per recording: %llu, seeds from 1\n", static_cast<unsigned long long>(rounds));
  for (const auto& path : bodies()) {
    const std::string body = test::read_file(path);
    INFO(name_of(path));
    const std::string whole = test::transcript({body});
    CHECK(test::transcript(test::slices_bytes(body)) == whole);
    for (uint64_t seed = 1; seed <= rounds; ++seed) {
      INFO("seed " << seed);
      REQUIRE(test::transcript(test::slices_seeded(body, seed)) == whole);
    }
  }
}

}  // namespace
}  // namespace orthink
