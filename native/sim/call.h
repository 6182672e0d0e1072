// Call: one running answer: its frames, and what becomes of its line in the bill however it ends.
//
// Thread rule: one thread at a time (the connection's).
#pragma once

#include <memory>
#include <string>

#include "native/sim/bill.h"
#include "native/sim/faults.h"
#include "native/sim/frames.h"
#include "native/sim/generations.h"
#include "native/sim/script.h"

namespace orthink::sim {

class Call {
 public:
  // Opens a line in `bill`. Both books outlive the Call.
  Call(Script script, const ActiveFaults& faults, BillBook& bill, Generations& generations);
  // Whatever was not settled by then ends as if the client had left.
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // The next part of the body. The bill is settled before the last part is handed out, so that whoever has read the whole answer
  // finds it there.
  bool next(std::string& part);
  // The client closed the connection (or the simulator stops): charged as this provider does it (OpenRouter's documentation).
  void client_left();
  // Charged in full, whatever the client was told.
  void finish();

  [[nodiscard]] const Script& script() const { return script_; }
  [[nodiscard]] const ActiveFaults& faults() const { return faults_; }
  // After next() returned false: reset the connection, or wait for the client to leave.
  [[nodiscard]] bool wants_reset() const { return frames_.wants_reset(); }
  [[nodiscard]] bool wants_stall() const { return frames_.wants_stall(); }
  // `part` as the faults of stage bytes change it: crlf, cr, and bom before the first part.
  [[nodiscard]] std::string as_sent(std::string part);

 private:
  void settle(const Usage& usage, std::string state);

  Script script_;
  ActiveFaults faults_;
  FrameWriter frames_;
  BillBook& bill_;
  Generations& generations_;
  size_t line_;
  std::string ahead_;
  bool has_ahead_ = false;
  bool has_started_ = false;
  bool is_settled_ = false;
  bool has_sent_ = false;
  uint64_t tokens_handed_out_ = 0;   // by the parts before the one that is prepared
};

}  // namespace orthink::sim
