// The simulator's own bill: one line for each chat completion that reached a model, in exact integers.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "orthink/base/money.h"

namespace orthink::sim {

struct BillLine {
  std::string id;       // generation id
  std::string model;    // id of the catalogue row
  Money cost;
  // "running", "complete", "cancelled" (the client left; what had been generated is charged), "cancelled_in_full" (the client
  // left; the provider finished and charged), "failed" (an error after the model had started; not charged)
  std::string state;
};

struct Bill {
  Money total;
  std::vector<BillLine> lines;
};

// The bill document of the public interface: {"schema":1,"type":"bill","calls":N,"total_usd":S,"lines":[...]}.
std::string bill_document(const Bill& bill);

// Thread rule: any thread.
class BillBook {
 public:
  // Returns the line's number.
  size_t open(std::string id, std::string model);
  // Once per line; the last state wins.
  void close(size_t line, Money cost, std::string state);
  [[nodiscard]] Bill copy() const;

 private:
  mutable std::mutex mutex_;
  Bill bill_;
};

}  // namespace orthink::sim
