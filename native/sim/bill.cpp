#include "native/sim/bill.h"

#include "orthink/wire/json.h"

namespace orthink::sim {
namespace {

std::optional<std::string> named(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

}  // namespace

std::string bill_document(const Bill& bill) {
  json::Writer w;
  w.object().key("schema").number(uint64_t{1}).key("type").string("bill").key("calls").number(uint64_t{bill.lines.size()});
  w.key("total_usd").string(bill.total.to_decimal()).key("lines").array();
  for (const BillLine& line : bill.lines) {
    w.object().key("id").string(line.id).key("model").string(line.model).key("cost_usd").string(line.cost.to_decimal());
    w.key("state").string(line.state).key("provider").string(line.provider);
    w.key("user").string_or_null(named(line.user)).key("session_id").string_or_null(named(line.session));
    w.key("prompt_tokens").number(line.usage.prompt_tokens.value_or(0));
    w.key("thinking_tokens").number(line.usage.thinking_tokens.value_or(0));
    w.key("completion_tokens").number(line.usage.completion_tokens.value_or(0)).end();
  }
  w.end().end();
  return w.take();
}

size_t BillBook::open(BillLine line) {
  const std::lock_guard<std::mutex> lock(mutex_);
  bill_.lines.push_back(std::move(line));
  return bill_.lines.size() - 1;
}

void BillBook::close(size_t line, const Usage& usage, Money cost, std::string state) {
  const std::lock_guard<std::mutex> lock(mutex_);
  BillLine& at = bill_.lines[line];
  bill_.total = bill_.total.minus(at.cost).plus(cost);
  at.usage = usage;
  at.cost = cost;
  at.state = std::move(state);
}

Bill BillBook::copy() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return bill_;
}

}  // namespace orthink::sim
