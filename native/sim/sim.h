// The OpenRouter stand-in on loopback: real wire, invented answers, no money. Everything it says is labelled as simulated.
//
//   Result<std::unique_ptr<sim::Simulator>> room = sim::Simulator::start({.seed = 7, .faults = *sim::parse_faults("503=2")});
//   ask((*room)->url());                 // http://127.0.0.1:PORT/api/v1
//   (*room)->bill().total;               // what it charged, exactly
//
// Serves POST /chat/completions (streamed and whole), GET /models, /models/{author}/{slug}/endpoints, /generation?id=, /key and /sim/bill.
// Any non-empty Bearer key is good, but one that begins with "sk-wrong" is refused. The same seed and the same request body give the
// same answer; only the generation id tells repeated requests apart.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "native/sim/bill.h"
#include "native/sim/faults.h"
#include "orthink/base/instant.h"
#include "orthink/base/result.h"
#include "orthink/catalog/catalog.h"

namespace orthink::sim {

struct SimOptions {
  uint16_t port = 0;                  // 0: any free one
  uint64_t seed = 1;
  std::string replay_dir{};           // a folder of recordings to serve by request match; empty: none
  std::vector<FaultSpec> faults{};    // of parse_faults()
  // Pause between stream frames. Absent: a gentle one when `is_terminal`, else none.
  std::optional<Duration> pace{};
  bool json = false;                  // run_sim: first line ready, last line bill
  bool is_terminal = false;           // run_sim's output is looked at by a person
  // The clock (created, time-of-day prices). Empty: the time of the catalogue, standing still. May be called from several threads.
  std::function<Instant()> now{};
  const Catalog* catalog = nullptr;   // null: the compiled-in snapshot. Outlives the Simulator.
};

// A request as it came in.
struct SeenRequest {
  std::string method;
  std::string path;                   // "/api/v1/chat/completions"
  std::string authorization;
  std::string body;                   // at most the first 1 MB
};

// Thread rule: start and destroy on one thread; the accessors may be called from any.
class Simulator {
 public:
  // Listens on 127.0.0.1 when it returns. Errc::invalid_argument when the port is taken or the replay folder cannot be read.
  static Result<std::unique_ptr<Simulator>> start(const SimOptions& options);
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  [[nodiscard]] std::string url() const;      // "http://127.0.0.1:PORT/api/v1"
  [[nodiscard]] uint16_t port() const;
  [[nodiscard]] Bill bill() const;
  // The last 256 requests, oldest first.
  [[nodiscard]] std::vector<SeenRequest> requests() const;
  // Ends running answers, closes every connection and waits for its threads. Twice is harmless.
  void stop();

 private:
  struct State;
  explicit Simulator(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Serves until `stop_fd` becomes readable, then prints the bill. With `json` the first and last line on `out` are the ready and
// bill documents; else `out` gets a banner for people. Complaints go to `err`. Returns an exit code: 0 stopped, 2 could not start.
int run_sim(const SimOptions& options, int stop_fd, std::ostream& out, std::ostream& err);

// {"schema":1,"type":"ready","url":...,"port":N,"seed":N}
std::string ready_document(const Simulator& simulator, uint64_t seed);

}  // namespace orthink::sim
