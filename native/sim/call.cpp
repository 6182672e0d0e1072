#include "native/sim/call.h"

#include <utility>

#include "orthink/policy/billing.h"

namespace orthink::sim {
namespace {

BillLine line_of(const Script& script) {
  BillLine line;
  line.id = script.id;
  line.model = script.row_id;
  line.provider = script.provider;
  line.user = script.user;
  line.session = script.session;
  return line;
}

}  // namespace

Call::Call(Script script, const ActiveFaults& faults, BillBook& bill, Generations& generations)
    : script_(std::move(script)),
      faults_(faults),
      frames_(script_, faults_),
      bill_(bill),
      generations_(generations),
      line_(bill.open(line_of(script_))) {}

Call::~Call() { client_left(); }

bool Call::next(std::string& part) {
  if (!has_started_) has_ahead_ = frames_.next(ahead_);
  has_started_ = true;
  if (!has_ahead_) return false;
  part = std::move(ahead_);
  tokens_handed_out_ = frames_.tokens_out();
  has_ahead_ = frames_.next(ahead_);
  const bool is_last = !has_ahead_ && !frames_.wants_stall();
  if (is_last && frames_.is_failure_billed()) settle(script_.usage_at(frames_.tokens_out()), "failed_billed");
  else if (is_last && frames_.has_failed()) settle(script_.usage_at(0), "failed");
  else if (is_last) finish();
  return true;
}

void Call::client_left() {
  const bool is_cut = script_.streams && stops_billing_on_cancel(script_.provider);
  const Usage usage = is_cut ? script_.usage_at(tokens_handed_out_) : script_.usage();
  settle(usage, is_cut ? "cancelled" : "cancelled_in_full");
}

void Call::finish() { settle(script_.usage(), "complete"); }

void Call::settle(const Usage& usage, std::string state) {
  if (std::exchange(is_settled_, true)) return;
  const Money cost = script_.cost_of(usage);
  const bool is_cancelled = state.starts_with("cancelled");
  generations_.add(script_, usage, cost, is_cancelled);
  bill_.close(line_, usage, cost, std::move(state));
}

std::string Call::as_sent(std::string part) {
  const bool is_crlf = faults_.has(Fault::crlf);
  std::string out = !has_sent_ && faults_.has(Fault::bom) ? "\xef\xbb\xbf" : "";
  has_sent_ = true;
  if (!is_crlf && !faults_.has(Fault::cr)) return out + part;
  for (const char c : part) {
    if (c != '\n') out += c;
    else out += is_crlf ? "\r\n" : "\r";
  }
  return out;
}

}  // namespace orthink::sim
