// The child of the rig kill9: a process that makes calls from eight threads until it is killed, or kills itself at a named point.
//
// Thread rule: what is shared is atomic; the rest belongs to one process.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "native/config.h"
#include "orthink/ledger/batch.h"

namespace orthink::rig {

enum class Point : uint8_t {
  chance,  // the parent kills
  before_reserve,
  after_reserve,
  after_sent,   // marked as sent, not one byte has left
  mid_headers,  // the head has come, the call does not know of it
  mid_stream,
  before_settle,  // the last chunk was read
  inside_settle,  // SQLite writes its log, or the command is on its way to the server
};
inline constexpr std::array kNamedPoints{Point::before_reserve, Point::after_reserve, Point::after_sent,   Point::mid_headers,
                                         Point::mid_stream,     Point::before_settle, Point::inside_settle};
const char* name(Point point);

// What a store acknowledged as durable.
struct Acknowledged {
  std::array<char, 40> key{};
  std::atomic<HoldState> state{HoldState::none};  // none: not written yet
};

struct KillFacts {
  std::atomic<uint64_t> sends{0};         // requests given to the transport
  std::atomic<uint64_t> calls{0};         // that ended
  std::atomic<uint64_t> failures{0};      // calls that ended with an error
  std::atomic<int64_t> countdown{0};      // at 1 the named point kills
  std::atomic<uint64_t> acknowledged{0};  // how many of:
  std::array<Acknowledged, 4'096> durable;
};

struct ChildOptions {
  const Config* config = nullptr;
  std::string upstream;  // base URL
  std::string file;      // of a SQLite store; empty: another
  std::string name;      // of its calls
  uint64_t seed = 1;
  Point point = Point::chance;
};
// Makes calls until it dies.
[[noreturn]] void make_calls(const ChildOptions& options, KillFacts& facts);

}  // namespace orthink::rig
