// The simulator's own bill: one line for each chat completion that reached a model, in exact integers.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "orthink/base/money.h"
#include "orthink/cost/usage.h"

namespace orthink::sim {

struct BillLine {
  std::string id;       // generation id
  std::string model;    // id of the catalogue row
  std::string provider{};
  std::string user{}, session{};  // as the request named them: what ties a line to a call whose generation id never arrived
  Usage usage{};                  // what is charged for
  Money cost{};
  // "running", "complete", "cancelled" (the client left; what had been generated is charged), "cancelled_in_full" (the client
  // left; the provider finished and charged), "failed" (an error after the model had started; not charged),
  // "failed_billed" (the same, charged up to there)
  std::string state = "running";
};

struct Bill {
  Money total;
  std::vector<BillLine> lines;
};

// The bill document of the public interface: {"schema":1,"type":"bill","calls":N,"total_usd":S,"lines":[...]}, a line being
// {"id","model","cost_usd","state","provider","user","session_id","prompt_tokens","thinking_tokens","completion_tokens"}.
std::string bill_document(const Bill& bill);

// Thread rule: any thread.
class BillBook {
 public:
  // Returns the line's number.
  size_t open(BillLine line);
  // Once per line; the last state wins.
  void close(size_t line, const Usage& usage, Money cost, std::string state);
  [[nodiscard]] Bill copy() const;

 private:
  mutable std::mutex mutex_;
  Bill bill_;
};

}  // namespace orthink::sim
