#include "tests/support/scripted_world.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/exchange/render.h"
#include "tests/support/golden.h"

namespace orthink::test {

const Catalog& golden_catalog() {
  static const Catalog catalog = [] {
    Result<Catalog> read =
        Catalog::from_models_document(read_file(std::string(ORTHINK_SOURCE_DIR) + "/tests/golden/exchange/models.json"), Instant::zero());
    REQUIRE(read.ok());
    REQUIRE(read->rejected_rows() == 0);
    return std::move(*read);
  }();
  return catalog;
}

ScriptedWorld ScriptedWorld::open(std::string_view ask_document, ExchangeOptions options, Instant now) {
  ScriptedWorld world;
  world.now = now;
  if (options.call_id.empty()) options.call_id = "call";
  options.prepare.now = now;
  options.prepare.is_paid = true;
  const Result<Ask> ask = parse_ask(ask_document);
  if (!ask) {
    world.refusal = ask.error();
    world.lines.push_back(render::failed(render::Position::first, ask.error(), refusal_receipt(Ask{}, options.call_id)));
    return world;
  }
  const std::string call_id = options.call_id;
  Result<Exchange> opened = Exchange::open(now, *ask, golden_catalog(), std::move(options));
  if (!opened) {
    world.refusal = opened.error();
    world.lines.push_back(render::failed(render::Position::first, opened.error(), refusal_receipt(*ask, call_id)));
    return world;
  }
  world.exchange.emplace(std::move(*opened));
  world.drain();
  return world;
}

std::vector<std::string> ScriptedWorld::drain() {
  std::vector<std::string> out;
  for (;;) {
    const Output output = exchange->poll();
    const bool is_event = render::is_event(output);
    out.push_back(render::output_json(is_first && is_event ? render::Position::first : render::Position::later, output, *exchange));
    if (is_event) is_first = false;
    if (const auto* store = std::get_if<output::Store>(&output)) {
      for (const DocumentWrite& document : store->batch.documents) documents[document.key] = document.text.value_or("");
      if (store->batch.rows.empty()) continue;
      batch = store->batch;
      if (batch.rows.at(0).from != batch.rows.at(0).to) ticket = batch.ticket;
    }
    if (const auto* send = std::get_if<output::SendHttp>(&output)) leg = send->leg;
    if (const auto* wait = std::get_if<output::WaitUntil>(&output)) {
      wakes_at = wait->at;
      break;
    }
    if (is_last(output)) break;
  }
  lines.insert(lines.end(), out.begin(), out.end());
  return out;
}

std::vector<std::string> ScriptedWorld::handle(const Input& input) {
  if (!exchange || exchange->is_over()) return {};
  exchange->handle(now, input);
  return drain();
}

std::vector<std::string> ScriptedWorld::applied() {
  return refused(StoreReply::Verdict::applied);
}

std::vector<std::string> ScriptedWorld::refused(StoreReply::Verdict verdict, std::string key) {
  StoreReply reply;
  reply.ticket = ticket;
  reply.verdict = verdict;
  reply.failed_key = std::move(key);
  return handle(reply);
}

std::vector<std::string> ScriptedWorld::start() {
  applied();
  applied();
  return handle(input::Sent{leg});
}

std::vector<std::string> ScriptedWorld::head(int status, std::vector<http::Header> headers) {
  return handle(input::Head{leg, http::Head{status, std::move(headers)}});
}

std::vector<std::string> ScriptedWorld::bytes(std::string_view text) {
  return handle(input::Bytes{leg, text});
}
std::vector<std::string> ScriptedWorld::end() {
  return handle(input::BodyEnd{leg});
}

std::vector<std::string> ScriptedWorld::tick_at(Instant at) {
  now = at;
  return handle(input::Tick{});
}

}  // namespace orthink::test
