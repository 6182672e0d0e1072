#include "native/sim/bill.h"

#include "orthink/wire/json.h"

namespace orthink::sim {

std::string bill_document(const Bill& bill) {
  json::Writer w;
  w.object().key("schema").number(uint64_t{1}).key("type").string("bill").key("calls").number(uint64_t{bill.lines.size()});
  w.key("total_usd").string(bill.total.to_decimal()).key("lines").array();
  for (const BillLine& line : bill.lines) {
    w.object().key("id").string(line.id).key("model").string(line.model).key("cost_usd").string(line.cost.to_decimal());
    w.key("state").string(line.state).end();
  }
  w.end().end();
  return w.take();
}

size_t BillBook::open(std::string id, std::string model) {
  const std::lock_guard<std::mutex> lock(mutex_);
  bill_.lines.push_back({std::move(id), std::move(model), Money::zero(), "running"});
  return bill_.lines.size() - 1;
}

void BillBook::close(size_t line, Money cost, std::string state) {
  const std::lock_guard<std::mutex> lock(mutex_);
  BillLine& at = bill_.lines[line];
  bill_.total = bill_.total.minus(at.cost).plus(cost);
  at.cost = cost;
  at.state = std::move(state);
}

Bill BillBook::copy() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return bill_;
}

}  // namespace orthink::sim
