#include "native/sim/faults.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "orthink/wire/json.h"

namespace orthink::sim {
namespace {

constexpr std::array kTable = {
    FaultRow{Fault::refuse, Stage::accept, "refuse", "", "", "nothing listens: the connection is refused (the whole run; TIMES has no meaning)"},
    FaultRow{Fault::reset_before, Stage::accept, "reset-before", "", "", "the connection is reset before a byte of the request is read"},
    FaultRow{Fault::reset_after_request, Stage::reply, "reset-after-request", "", "", "the request is read, then the connection is reset"},
    FaultRow{Fault::reset_billed, Stage::reply, "reset-billed", "", "", "the model works and charges, then the connection is reset without a byte"},
    FaultRow{Fault::hang, Stage::reply, "hang", "", "", "the request is read, then nothing comes"},
    FaultRow{Fault::hang_after_head, Stage::reply, "hang-after-head", "", "", "status 200 and the head, then nothing"},
    FaultRow{Fault::status_429, Stage::reply, "429", "seconds|date|garbage|10y|none", "1",
             "429 of the provider; Retry-After is a number of seconds, an HTTP date a minute ahead, nonsense, ten years, or left out"},
    FaultRow{Fault::status_429_daily, Stage::reply, "429-daily", "", "", "429 of the free tier: no more requests today"},
    FaultRow{Fault::status_402, Stage::reply, "402", "credits|too-dear|key-limit", "credits",
             "402: the balance cannot pay this max_tokens, this one request outweighs the budget, or the key's limit is reached"},
    FaultRow{Fault::status_402_in_flight, Stage::reply, "402-in-flight", "seconds", "1", "402 in_flight_budget_exhausted with Retry-After"},
    FaultRow{Fault::status_403, Stage::reply, "403", "moderation|guardrail|workspace|key-limit", "moderation", "403 of the kind named"},
    FaultRow{Fault::status_404, Stage::reply, "404", "", "", "404, no endpoint fits"},
    FaultRow{Fault::status_408, Stage::reply, "408", "", "", "408, request timed out"},
    FaultRow{Fault::status_413, Stage::reply, "413", "", "", "413, payload too large"},
    FaultRow{Fault::status_500, Stage::reply, "500", "", "", "500 with its masked text"},
    FaultRow{Fault::status_502, Stage::reply, "502", "", "", "502, the provider answered nonsense"},
    FaultRow{Fault::status_503, Stage::reply, "503", "seconds|none", "none", "503, no provider available; Retry-After when given"},
    FaultRow{Fault::status_504, Stage::reply, "504", "", "", "504, upstream timeout: whether it was billed is unknown"},
    FaultRow{Fault::status_504_billed, Stage::reply, "504-billed", "", "", "504, although the model has worked and charges"},
    FaultRow{Fault::status_524, Stage::reply, "524", "", "", "524 of the edge, an HTML page"},
    FaultRow{Fault::status_529, Stage::reply, "529", "", "", "529, provider overloaded"},
    FaultRow{Fault::error_body_200, Stage::reply, "error-body-200", "code", "502", "status 200, white space, then an error document"},
    FaultRow{Fault::redirect, Stage::reply, "redirect", "url", "https://elsewhere.example/api/v1/chat/completions", "307 to another host"},
    FaultRow{Fault::html_200, Stage::reply, "html-200", "", "", "status 200 and a login page, as a captive portal sends"},
    FaultRow{Fault::gzip_bomb, Stage::reply, "gzip-bomb", "megabytes", "64", "Content-Encoding gzip, small on the wire, large unpacked"},
    FaultRow{Fault::wrong_length, Stage::reply, "wrong-length", "bytes", "1000", "Content-Length says so many bytes more than come"},
    FaultRow{Fault::short_length, Stage::reply, "short-length", "bytes", "200", "Content-Length says so many bytes fewer than come"},
    FaultRow{Fault::bad_chunk_size, Stage::reply, "chunk-size", "size", "-2", "the answer's second chunk has this size line"},
    FaultRow{Fault::thinks_although_off, Stage::behaviour, "thinks-although-off", "", "", "the model thinks although thinking is off"},
    FaultRow{Fault::no_thinking, Stage::behaviour, "no-thinking", "", "", "the model does not think although asked to"},
    FaultRow{Fault::thinks_all, Stage::behaviour, "thinks-all", "", "", "thinking uses the whole cap; the answer is empty"},
    FaultRow{Fault::overruns, Stage::behaviour, "overruns", "", "", "thinking overruns its budget by a quarter"},
    FaultRow{Fault::over_cap, Stage::behaviour, "over-cap", "", "", "usage says twice as many tokens as the cap allows, and charges them"},
    FaultRow{Fault::empty_answer, Stage::behaviour, "empty-answer", "", "", "no token and no finish reason; not charged"},
    FaultRow{Fault::provider_dearer, Stage::behaviour, "provider-dearer", "", "", "a provider serves that charges half as much again as listed"},
    FaultRow{Fault::other_provider, Stage::behaviour, "provider", "name", "Amazon Bedrock", "this provider serves"},
    FaultRow{Fault::dated_model, Stage::behaviour, "dated-model", "", "", "the answer names the model by its canonical slug"},
    FaultRow{Fault::byok, Stage::behaviour, "byok", "", "", "is_byok: cost 0, the vendor is paid upstream_inference_cost"},
    FaultRow{Fault::filtered, Stage::behaviour, "content-filter", "", "", "finish reason content_filter, no answer"},
    FaultRow{Fault::malformed_call, Stage::behaviour, "malformed-call", "", "", "native finish MALFORMED_FUNCTION_CALL, content null"},
    FaultRow{Fault::midstream_error, Stage::frames, "midstream-error", "chunks", "3", "after so many chunks an error object, finish reason error"},
    FaultRow{Fault::midstream_error_billed, Stage::frames, "midstream-error-billed", "chunks", "3",
             "the same, with the usage so far, which is charged"},
    FaultRow{Fault::eof_no_done, Stage::frames, "eof-no-done", "chunks", "3", "after so many chunks the body ends: no finish reason, no [DONE]"},
    FaultRow{Fault::no_done, Stage::frames, "no-done", "", "", "all of the answer and its usage, but no [DONE]"},
    FaultRow{Fault::reset_midstream, Stage::frames, "reset-midstream", "chunks", "3", "after so many chunks the connection is reset"},
    FaultRow{Fault::stall, Stage::frames, "stall", "chunks", "3", "after so many chunks nothing comes until the client leaves"},
    FaultRow{Fault::comments_only, Stage::frames, "comments-only", "ms", "200", "keep-alive comments this far apart, for ever"},
    FaultRow{Fault::no_usage, Stage::frames, "no-usage", "", "", "the answer says nothing of its usage"},
    FaultRow{Fault::usage_twice, Stage::frames, "usage-twice", "", "", "two usage chunks; the second one is right"},
    FaultRow{Fault::usage_then_text, Stage::frames, "usage-then-text", "", "", "text comes after the usage"},
    FaultRow{Fault::cost_null, Stage::frames, "cost-null", "", "", "usage.cost is null"},
    FaultRow{Fault::cost_negative, Stage::frames, "cost-negative", "", "", "usage.cost is below zero"},
    FaultRow{Fault::cost_huge, Stage::frames, "cost-huge", "", "", "usage.cost is 1e400"},
    FaultRow{Fault::cost_string, Stage::frames, "cost-string", "", "", "usage.cost is a string"},
    FaultRow{Fault::invalid_json, Stage::frames, "invalid-json", "", "", "one chunk is not JSON"},
    FaultRow{Fault::nul, Stage::frames, "nul", "", "", "a NUL byte in a chunk and in a comment"},
    FaultRow{Fault::long_line, Stage::frames, "long-line", "megabytes", "64", "one line of so many megabytes"},
    FaultRow{Fault::crlf, Stage::bytes, "crlf", "", "", "lines end in CRLF"},
    FaultRow{Fault::cr, Stage::bytes, "cr", "", "", "lines end in CR"},
    FaultRow{Fault::bom, Stage::bytes, "bom", "", "", "the body starts with a byte order mark"},
    FaultRow{Fault::one_byte, Stage::bytes, "one-byte", "", "", "every byte is a packet of its own"},
    FaultRow{Fault::drip, Stage::bytes, "drip", "ms", "20", "a pause after every chunk"},
    FaultRow{Fault::slow_start, Stage::bytes, "slow-start", "ms", "1000", "the head at once, the body only after a pause"},
    FaultRow{Fault::clock_skew, Stage::head, "clock-skew", "seconds ahead", "3600", "the Date header is so far ahead (below zero: behind)"},
    FaultRow{Fault::generation_404, Stage::generation, "generation-404", "lookups", "2", "GET /generation finds nothing the first so many times"},
    FaultRow{Fault::generation_never, Stage::generation, "generation-never", "", "", "GET /generation never finds anything"},
};

bool same_name(std::string_view written, std::string_view name) {
  return std::equal(written.begin(), written.end(), name.begin(), name.end(),
                    [](char a, char b) { return a == b || (a == '_' && b == '-'); });
}

const FaultRow* find_row(std::string_view name) {
  const auto found = std::find_if(kTable.begin(), kTable.end(), [&](const FaultRow& row) { return same_name(name, row.name); });
  return found == kTable.end() ? nullptr : &*found;
}

const FaultRow& row_of(Fault fault) {
  return *std::find_if(kTable.begin(), kTable.end(), [&](const FaultRow& row) { return row.fault == fault; });
}

std::optional<uint64_t> read_number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Names that share a beginning or contain the mistyped one.
std::string near(std::string_view name) {
  std::string out;
  for (const FaultRow& row : kTable) {
    const size_t same = static_cast<size_t>(
        std::mismatch(name.begin(), name.end(), row.name.begin(), row.name.end()).first - name.begin());
    if (same < 3 && (name.size() < 3 || row.name.find(name) == std::string_view::npos)) continue;
    out += (out.empty() ? "" : ", ") + std::string(row.name);
  }
  return out;
}

Error unknown_fault(std::string_view name) {
  const std::string close = near(name);
  return make_error(Errc::invalid_argument, "no fault is named \"" + std::string(name) + "\"" + (close.empty() ? "" : "; close ones: " + close),
                    "orthink sim --list-faults shows all of them");
}

constexpr bool is_standing(Stage stage) { return stage == Stage::head || stage == Stage::generation; }

bool is_number_argument(const FaultRow& row) {
  return row.argument == "chunks" || row.argument == "ms" || row.argument == "megabytes" || row.argument == "bytes" ||
         row.argument == "lookups" || row.argument == "seconds" || row.argument == "code";
}

Result<FaultSpec> parse_fault(std::string_view text) {
  const size_t equals = std::min(text.find('='), text.size());
  const std::string_view name = text.substr(0, equals);
  const FaultRow* row = find_row(name);
  if (!row) return unknown_fault(name);
  FaultSpec spec{row->fault, std::string(row->initial), std::nullopt};
  if (equals == text.size()) return spec;
  std::string_view value = text.substr(equals + 1);
  std::string_view times;
  if (row->argument.empty()) {
    times = value;
    value = {};
  } else if (const size_t colon = value.rfind(':'); colon != std::string_view::npos && read_number(value.substr(colon + 1))) {
    times = value.substr(colon + 1);
    value = value.substr(0, colon);
  }
  if (!value.empty()) spec.argument = value;
  if (!times.empty() || row->argument.empty()) {
    spec.times = read_number(times);
    if (!spec.times) {
      return make_error(Errc::invalid_argument, "\"" + std::string(text) + "\": \"" + std::string(times) + "\" is no number of times",
                        "write " + std::string(name) + "=N for the first N requests");
    }
  }
  const bool is_signed = row->stage == Stage::head;
  const std::string_view magnitude = std::string_view(spec.argument).substr(is_signed && spec.argument.starts_with('-') ? 1 : 0);
  if ((is_signed || is_number_argument(*row)) && !read_number(magnitude)) {
    return make_error(Errc::invalid_argument, "\"" + std::string(text) + "\": " + std::string(row->argument) + " must be a whole number",
                      "write " + std::string(name) + "=" + std::string(row->initial));
  }
  return spec;
}

}  // namespace

std::string_view name(Stage stage) {
  switch (stage) {
    case Stage::accept: return "accept";
    case Stage::reply: return "reply";
    case Stage::behaviour: return "behaviour";
    case Stage::frames: return "frames";
    case Stage::bytes: return "bytes";
    case Stage::head: return "head";
    case Stage::generation: return "generation";
  }
  return "";
}

std::span<const FaultRow> fault_table() { return kTable; }

Result<std::vector<FaultSpec>> parse_faults(std::string_view text) {
  std::vector<FaultSpec> specs;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    Result<FaultSpec> spec = parse_fault(text.substr(0, comma));
    if (!spec) return spec.error();
    specs.push_back(std::move(*spec));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return specs;
}

std::string faults_text() {
  std::string out =
      "Faults of the simulator: --fault NAME[=...],... or the header X-Sim-Fault of one request.\n"
      "NAME plays always; NAME=TIMES for the first TIMES requests; where an argument is shown, NAME=ARG or NAME=ARG:TIMES.\n"
      "Faults of one stage come one after the other, faults of different stages together.\n";
  Stage stage = Stage::generation;
  for (const FaultRow& row : kTable) {
    if (row.stage != stage) out += "\n" + std::string(name(row.stage)) + "\n";
    stage = row.stage;
    std::string left = "  " + std::string(row.name);
    if (!row.argument.empty()) left += "=" + std::string(row.argument);
    left.resize(std::max<size_t>(left.size() + 2, 38), ' ');
    out += left + std::string(row.what);
    if (!row.initial.empty()) out += " [" + std::string(row.initial) + "]";
    out += "\n";
  }
  return out;
}

std::string faults_document() {
  json::Writer w;
  w.object().key("schema").number(uint64_t{1}).key("faults").array();
  for (const FaultRow& row : kTable) {
    w.object().key("name").string(row.name).key("stage").string(name(row.stage));
    w.key("argument").string_or_null(row.argument.empty() ? std::nullopt : std::optional<std::string>(row.argument));
    w.key("default").string_or_null(row.initial.empty() ? std::nullopt : std::optional<std::string>(row.initial));
    w.key("what").string(row.what).end();
  }
  w.end().end();
  return w.take();
}

void ActiveFaults::add(const FaultSpec& spec) {
  std::optional<FaultSpec>& slot = by_stage_[static_cast<size_t>(row_of(spec.fault).stage)];
  if (!slot) slot = spec;
}

bool ActiveFaults::has(Fault fault) const {
  const FaultSpec* spec = at(row_of(fault).stage);
  return spec && spec->fault == fault;
}

const FaultSpec* ActiveFaults::at(Stage stage) const {
  const std::optional<FaultSpec>& slot = by_stage_[static_cast<size_t>(stage)];
  return slot ? &*slot : nullptr;
}

uint64_t ActiveFaults::number(Stage stage, uint64_t otherwise) const {
  const FaultSpec* spec = at(stage);
  return spec ? read_number(spec->argument).value_or(otherwise) : otherwise;
}

FaultBook::FaultBook(std::vector<FaultSpec> specs) : specs_(std::move(specs)) {}

std::optional<FaultSpec> FaultBook::take_at_accept() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (FaultSpec& spec : specs_) {
    if (spec.fault != Fault::reset_before || spec.times == 0) continue;
    if (spec.times) --*spec.times;
    return spec;
  }
  return std::nullopt;
}

ActiveFaults FaultBook::take(std::span<const FaultSpec> by_header) {
  ActiveFaults active;
  for (const FaultSpec& spec : by_header) active.add(spec);
  const std::lock_guard<std::mutex> lock(mutex_);
  for (FaultSpec& spec : specs_) {
    const Stage stage = row_of(spec.fault).stage;
    if (stage == Stage::accept || is_standing(stage) || spec.times == 0 || active.at(stage)) continue;
    active.add(spec);
    if (spec.times) --*spec.times;
  }
  return active;
}

std::optional<FaultSpec> FaultBook::standing(Stage stage, std::span<const FaultSpec> by_header) const {
  const auto is_of = [stage](const FaultSpec& spec) { return row_of(spec.fault).stage == stage; };
  if (const auto named = std::find_if(by_header.begin(), by_header.end(), is_of); named != by_header.end()) return *named;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto listed = std::find_if(specs_.begin(), specs_.end(), is_of);
  return listed == specs_.end() ? std::nullopt : std::optional(*listed);
}

bool FaultBook::refuses() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(specs_.begin(), specs_.end(), [](const FaultSpec& spec) { return spec.fault == Fault::refuse; });
}

}  // namespace orthink::sim
