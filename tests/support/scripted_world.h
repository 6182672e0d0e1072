// ScriptedWorld: an Exchange with a fake clock, wire and store that record what it asked for.
//
//   ScriptedWorld world = ScriptedWorld::open(R"({"prompt":"Why?"})");
//   world.applied();                      // the store takes the reservation
//   world.applied();                      // and the mark: SendHttp comes out
//   world.head(200); world.bytes("data: ...\n\n"); world.end();
//
// Thread rule: one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/exchange/exchange.h"

namespace orthink::test {

// tests/golden/exchange/models.json, fetched at instant 0.
const Catalog& golden_catalog();

class ScriptedWorld {
 public:
  static ScriptedWorld open(std::string_view ask_document, ExchangeOptions options = {}, Instant now = Instant::zero());

  // One input, then all outputs until the exchange waits or is over; each as its JSON line.
  std::vector<std::string> handle(const Input& input);
  std::vector<std::string> drain();
  void advance(Duration by) { now = now + by; }

  std::vector<std::string> applied();  // the last store batch was applied
  std::vector<std::string> refused(StoreReply::Verdict verdict, std::string key = {});
  std::vector<std::string> start();  // reserve and mark applied, the request sent
  std::vector<std::string> head(int status, std::vector<http::Header> headers = {{"content-type", "text/event-stream"}});
  std::vector<std::string> bytes(std::string_view text);
  std::vector<std::string> end();
  std::vector<std::string> tick_at(Instant at);

  std::optional<Exchange> exchange;
  std::optional<Error> refusal;  // open() was refused
  Instant now;
  std::vector<std::string> lines;  // all outputs so far
  uint64_t ticket = 0;             // of the last store batch
  uint32_t leg = 0;                // of the last SendHttp
  StoreBatch batch;                // the last one that moves a row
  std::map<std::string, std::string> documents;  // texts of the last write of each; removed: empty
  Instant wakes_at;                // of the last WaitUntil
  bool is_first = true;
};

}  // namespace orthink::test
