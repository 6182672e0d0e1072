// Room: the stand-in without its sockets: requests in as plain data, replies and running answers out.
//
// Thread rule: any thread; a Call belongs to the thread that got it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "native/sim/bill.h"
#include "native/sim/call.h"
#include "native/sim/generations.h"
#include "native/sim/question.h"
#include "native/sim/replay_folder.h"
#include "native/sim/reply.h"
#include "native/sim/sim.h"

namespace orthink::sim {

struct Incoming {
  std::string method;
  std::string path;                     // without query, "/api/v1/..."
  std::string query_id;                 // ?id=
  std::string authorization;            // header values; empty: absent
  std::string faults;                   // X-Sim-Fault
  std::string recording;                // X-Sim-Recording
  std::string body;
};

// Something no correct server does: written to the socket by raw_answer.
struct Violation {
  Fault fault = Fault::hang;
  std::string argument;
  std::shared_ptr<Call> call;           // where the fault has an answer to spoil; else null
  std::string date{};                   // of its head; empty: none
};

// A recording sent as it is, split where its events end.
struct Replayed {
  Reply head;                           // body empty
  std::vector<std::string> parts;
};

using Outcome = std::variant<Reply, std::shared_ptr<Call>, Violation, Replayed>;

class Room {
 public:
  // `recordings` may be null.
  Room(const SimOptions& options, std::unique_ptr<ReplayFolder> recordings);

  Outcome handle(const Incoming& request);
  // The Date header of the answer; empty where the simulator has no clock of its own.
  [[nodiscard]] std::string date(const Incoming& request) const;
  [[nodiscard]] Bill bill() const { return bill_.copy(); }
  [[nodiscard]] std::vector<SeenRequest> requests() const;
  FaultBook& faults() { return faults_; }

 private:
  Outcome chat(const Incoming& request);
  std::shared_ptr<Call> open_call(const Question& question, const ActiveFaults& active, std::string_view body, Instant at);
  Outcome get(const Incoming& request);
  Reply generation(const Incoming& request);
  Reply key_document();
  Reply endpoints(std::string_view path);
  Outcome replay(const Incoming& request);
  uint64_t repetition(std::string_view body);
  void remember(const Incoming& request);
  [[nodiscard]] Instant now() const;

  const Catalog& catalog_;
  const uint64_t seed_;
  const std::function<Instant()> clock_;
  const std::unique_ptr<ReplayFolder> recordings_;
  BillBook bill_;
  Generations generations_;
  FaultBook faults_;
  mutable std::mutex mutex_;
  std::map<uint64_t, uint64_t> repetitions_;   // by hash of the body
  std::deque<SeenRequest> seen_;
  std::string models_;                         // written at the first request for it
};

}  // namespace orthink::sim
