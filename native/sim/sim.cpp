#include "native/sim/sim.h"

#include <poll.h>

#include <cerrno>
#include <ostream>

#include "native/sim/room.h"
#include "native/sim/server.h"
#include "orthink/wire/json.h"

namespace orthink::sim {
namespace {

constexpr Duration kGentlePace = Duration::millis(12);

void wait_for(int stop_fd) {
  pollfd fd{stop_fd, POLLIN, 0};
  while (::poll(&fd, 1, -1) < 0 && errno == EINTR) {
  }
}

void print_banner(const Simulator& simulator, const SimOptions& options, std::ostream& out) {
  out << "SIMULATION: answers are invented, nothing is sent to OpenRouter, nothing is charged.\n"
      << "listening on " << simulator.url() << " (this machine only), seed " << options.seed << "\n\n"
      << "  export ORTHINK_BASE_URL=" << simulator.url() << "\n"
      << "  export OPENROUTER_API_KEY=simulated\n"
      << "  orthink ask --think 2k \"Why is the sky blue?\"\n\n"
      << "faults: orthink sim --list-faults    bill so far: curl " << simulator.url() << "/sim/bill    stop: Ctrl-C\n"
      << std::flush;
}

void print_bill(const Bill& bill, std::ostream& out) {
  out << "\nSIMULATION ended: " << bill.lines.size() << (bill.lines.size() == 1 ? " call" : " calls") << ", $" << bill.total.to_decimal()
      << " in simulated money\n";
  for (const BillLine& line : bill.lines) {
    out << "  " << line.id << "  " << line.model << "  $" << line.cost.to_decimal() << "  " << line.state << "\n";
  }
  out << std::flush;
}

}  // namespace

struct Simulator::State {
  State(const SimOptions& options, std::unique_ptr<ReplayFolder> recordings) : room(options, std::move(recordings)) {}

  Room room;
  std::unique_ptr<Server> server;   // ends before the room
};

Simulator::Simulator(std::unique_ptr<State> state) : state_(std::move(state)) {}
Simulator::~Simulator() { stop(); }

Result<std::unique_ptr<Simulator>> Simulator::start(const SimOptions& options) {
  std::unique_ptr<ReplayFolder> recordings;
  if (!options.replay_dir.empty()) {
    Result<std::unique_ptr<ReplayFolder>> opened = ReplayFolder::open(options.replay_dir);
    if (!opened) return opened.error();
    recordings = std::move(*opened);
  }
  auto state = std::make_unique<State>(options, std::move(recordings));
  const ServerOptions server_options{.port = options.port,
                                     .pace = options.pace.value_or(options.is_terminal ? kGentlePace : Duration{}),
                                     .is_pace_capped = !options.pace};
  Result<std::unique_ptr<Server>> server = Server::start(state->room, server_options);
  if (!server) return server.error();
  state->server = std::move(*server);
  return std::unique_ptr<Simulator>(new Simulator(std::move(state)));
}

std::string Simulator::url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/api/v1"; }
uint16_t Simulator::port() const { return state_->server->port(); }
Bill Simulator::bill() const { return state_->room.bill(); }
std::vector<SeenRequest> Simulator::requests() const { return state_->room.requests(); }
void Simulator::stop() { state_->server->stop(); }

std::string ready_document(const Simulator& simulator, uint64_t seed) {
  json::Writer w;
  w.object().key("schema").number(uint64_t{1}).key("type").string("ready").key("url").string(simulator.url());
  w.key("port").number(uint64_t{simulator.port()}).key("seed").number(seed).end();
  return w.take();
}

int run_sim(const SimOptions& options, int stop_fd, std::ostream& out, std::ostream& err) {
  Result<std::unique_ptr<Simulator>> simulator = Simulator::start(options);
  if (!simulator) {
    err << "orthink sim: " << simulator.error().message << ". " << simulator.error().remedy << "\n";
    return 2;
  }
  if (options.json) out << ready_document(**simulator, options.seed) << "\n" << std::flush;
  else print_banner(**simulator, options, out);
  wait_for(stop_fd);
  (*simulator)->stop();
  if (options.json) out << bill_document((*simulator)->bill()) << "\n" << std::flush;
  else print_bill((*simulator)->bill(), out);
  return 0;
}

}  // namespace orthink::sim
