// The faults the simulator can play, one table row each, and the grammar that asks for them.
//
//   --fault 503=2,429=30            the first two requests get 503; after them 429 with Retry-After: 30, always
//   X-Sim-Fault: cost-null          this request alone (a header of one request)
//
//   list  = fault *( "," fault )
//   fault = NAME                    always
//         | NAME "=" TIMES          the first TIMES requests it applies to (faults without an argument of their own)
//         | NAME "=" ARG            always, with its argument
//         | NAME "=" ARG ":" TIMES  both; ARG may be empty for its default
//
// NAME may be written with _ for -. Each fault belongs to a stage. Of every stage the first fault in the list that has times left applies, so that faults of one
// stage come one after the other and faults of different stages together. A fault named by header comes before the list's.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/result.h"

namespace orthink::sim {

enum class Stage : uint8_t {
  accept,      // before a byte of the request is read (not by header)
  reply,       // another reply in place of the answer
  behaviour,   // what the model does
  frames,      // what the body says
  bytes,       // how the body's bytes travel
  head,        // what the head of every answer says; always, a number of times has no meaning
  generation,  // GET /generation; as head
};
inline constexpr size_t kStages = 7;
std::string_view name(Stage stage);

enum class Fault : uint8_t {
  // accept
  refuse, reset_before,
  // reply
  reset_after_request, reset_billed, hang, hang_after_head, status_429, status_429_daily, status_402, status_402_in_flight, status_403,
  status_404, status_408, status_413, status_500, status_502, status_503, status_504, status_504_billed, status_524, status_529,
  error_body_200, redirect, html_200, gzip_bomb, wrong_length, short_length, bad_chunk_size,
  // behaviour
  thinks_although_off, no_thinking, thinks_all, overruns, over_cap, empty_answer, provider_dearer, other_provider, dated_model, byok,
  filtered, malformed_call,
  // frames
  midstream_error, midstream_error_billed, eof_no_done, no_done, reset_midstream, stall, comments_only, no_usage, usage_twice, usage_then_text, cost_null, cost_negative,
  cost_huge, cost_string, invalid_json, nul, long_line,
  // bytes
  crlf, cr, bom, one_byte, drip, slow_start,
  // head
  clock_skew,
  // generation
  generation_404, generation_never,
};

struct FaultRow {
  Fault fault;
  Stage stage;
  std::string_view name;      // of the grammar
  std::string_view argument;  // what ARG is ("" = takes none), for people
  std::string_view initial;   // ARG when absent
  std::string_view what;      // a sentence
};
std::span<const FaultRow> fault_table();

struct FaultSpec {
  Fault fault = Fault::refuse;
  std::string argument;             // empty where the fault takes none
  std::optional<uint64_t> times;    // absent: always
};

// Errc::invalid_argument names the unknown fault (with the closest names) or the part it cannot read. Empty text: no faults.
Result<std::vector<FaultSpec>> parse_faults(std::string_view text);

// For people, and {"schema":1,"faults":[{"name","stage","argument","default","what"}]}.
std::string faults_text();
std::string faults_document();

// The faults that play in one request, at most one of each stage.
class ActiveFaults {
 public:
  void add(const FaultSpec& spec);  // the first of a stage stays
  [[nodiscard]] bool has(Fault fault) const;
  [[nodiscard]] const FaultSpec* at(Stage stage) const;  // null: none
  // The argument as a number; `otherwise` when it is none.
  [[nodiscard]] uint64_t number(Stage stage, uint64_t otherwise) const;

 private:
  std::optional<FaultSpec> by_stage_[kStages];
};

// The list of a running simulator, counting down. Thread rule: any thread.
class FaultBook {
 public:
  explicit FaultBook(std::vector<FaultSpec> specs);
  // One connection's fault of stage accept, if any.
  std::optional<FaultSpec> take_at_accept();
  // The faults of one chat completion: those of its header first, then the list's, of every stage but accept, head and generation.
  ActiveFaults take(std::span<const FaultSpec> by_header);
  // The fault of stage head or generation: of the header of this request, else of the list.
  [[nodiscard]] std::optional<FaultSpec> standing(Stage stage, std::span<const FaultSpec> by_header) const;
  [[nodiscard]] bool refuses() const;

 private:
  mutable std::mutex mutex_;
  std::vector<FaultSpec> specs_;
};

}  // namespace orthink::sim
