#include "tests/rigs/upstream.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string_view>

#include "native/sim/sim.h"
#include "tests/rigs/two_books.h"

namespace orthink::rig {
namespace {

// Asked with the number of the first line that is wanted; answers a line each, and one with a dot.
void serve(uint64_t seed, int fd) {
  auto simulator = sim::Simulator::start({.seed = seed});
  if (!simulator) give_up(simulator.error().message);
  std::FILE* out = ::fdopen(fd, "w");
  std::fprintf(out, "%s\n", (*simulator)->url().c_str());
  std::fflush(out);
  uint64_t from = 0;
  while (::read(fd, &from, sizeof from) == static_cast<ssize_t>(sizeof from)) {
    const sim::Bill bill = settled_bill(**simulator);
    for (size_t i = from; i < bill.lines.size(); ++i) {
      const sim::BillLine& line = bill.lines[i];
      std::fprintf(out, "%s %s %s %s\n", line.id.c_str(), line.session.c_str(), line.cost.to_decimal().c_str(), line.state.c_str());
    }
    std::fprintf(out, ".\n");
    std::fflush(out);
  }
}

std::string word(std::string_view& rest) {
  const size_t end = rest.find(' ');
  std::string first(rest.substr(0, end));
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return first;
}

}  // namespace

Upstream::Upstream(uint64_t seed) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) give_up("no socket");
  process_ = std::make_unique<Process>([&] {
    ::close(ends[0]);
    serve(seed, ends[1]);
  });
  ::close(ends[1]);
  fd_ = ends[0];
  answers_ = ::fdopen(fd_, "r");
  url_ = line();
}

Upstream::~Upstream() {
  process_->kill();
  std::fclose(answers_);
}

std::string Upstream::line() {
  std::string text;
  for (int c = std::fgetc(answers_); c != '\n'; c = std::fgetc(answers_)) {
    if (c == EOF) give_up("the simulator has gone");
    text += static_cast<char>(c);
  }
  return text;
}

const sim::Bill& Upstream::bill() {
  const uint64_t from = bill_.lines.size();
  if (::write(fd_, &from, sizeof from) != static_cast<ssize_t>(sizeof from)) give_up("the simulator has gone");
  for (std::string text = line(); text != "."; text = line()) {
    std::string_view rest = text;
    sim::BillLine next;
    next.id = word(rest);
    next.session = word(rest);
    next.cost = *Money::parse(word(rest));
    next.state = word(rest);
    bill_.total = bill_.total.plus(next.cost);
    bill_.lines.push_back(std::move(next));
  }
  return bill_;
}

}  // namespace orthink::rig
