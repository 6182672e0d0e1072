#include "orthink/ledger/report.h"

#include <algorithm>
#include <array>

#include "orthink/base/utf8.h"
#include "orthink/ledger/csv.h"
#include "orthink/ledger/window.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

constexpr std::array<std::string_view, 4> kBys{"model", "user", "day", "tenant"};

int64_t plus(int64_t a, int64_t b) { return a > INT64_MAX - b ? INT64_MAX : a + b; }

void add_count(std::optional<uint64_t>& sum, const std::optional<uint64_t>& count) {
  if (count) sum = *count > UINT64_MAX - sum.value_or(0) ? UINT64_MAX : sum.value_or(0) + *count;
}

std::string usd(int64_t nano) { return NanoUsd{nano}.to_money().to_decimal(); }

void write_count(json::Writer& out, std::string_view key, const std::optional<uint64_t>& count, uint64_t calls) {
  out.key(key);
  if (!count && calls > 0) {
    out.null();
  } else {
    out.number(count.value_or(0));
  }
}

void write_instant(json::Writer& out, std::string_view key, const std::optional<Instant>& when) {
  out.key(key);
  if (when && !when->is_never()) {
    out.string(window::iso_text(*when));
  } else {
    out.null();
  }
}

template <class Sum>
std::string cost_text(const Sum& sum, std::string_view unknown) {
  return sum.is_known() ? usd(sum.cost) : std::string(unknown);
}

template <class Sum>
void write_cost(json::Writer& out, const Sum& sum) {
  out.key("cost_usd").string_or_null(sum.is_known() ? std::optional<std::string>(usd(sum.cost)) : std::nullopt);
}

// What a known sum leaves out.
template <class Sum>
std::string rest_text(const Sum& sum) {
  return sum.is_known() && sum.unknown_calls() > 0 ? " + " + std::to_string(sum.unknown_calls()) + " unknown" : "";
}

template <class Sums>
void write_rows(json::Writer& out, std::string_view key, const Sums& rows) {
  out.key(key).array();
  for (const auto& row : rows) {
    out.object().key("key");
    if (row.key.empty()) {
      out.null();
    } else {
      out.string(row.key);
    }
    out.key("calls").number(row.calls);
    write_cost(out, row);
    write_count(out, "thinking_tokens", row.thinking, row.calls);
    write_count(out, "visible_tokens", row.visible, row.calls);
    out.key("unknown").number(row.unknown_calls()).key("held_usd").string(usd(row.held)).end();
  }
  out.end();
}

std::string count_text(const std::optional<uint64_t>& count, std::string_view unknown) {
  return count ? std::to_string(*count) : std::string(unknown);
}

// `text` as at most `columns` characters that are fit to be shown; sets how many they are.
std::string shown(std::string_view text, size_t columns, size_t& used) {
  std::string out;
  used = 0;
  for (size_t at = 0; at < text.size() && used < columns; ++used) {
    const Character c = character_at(text, at);
    const bool is_fit = c.is_valid && c.code >= 0x20 && !steers_terminal(c.code);
    out += is_fit ? text.substr(at, c.size) : std::string_view("?");
    at += c.size;
  }
  return out;
}

std::string left(std::string_view text, size_t columns) {
  size_t used = 0;
  std::string out = shown(text, columns, used);
  return out.append(columns - used, ' ');
}

// A name that is too long loses its middle: what tells names apart is often their end.
std::string name_cell(std::string_view text, size_t columns) {
  constexpr std::string_view kGap = "...";
  size_t characters = 0;
  for (size_t at = 0; at < text.size(); ++characters) at += character_at(text, at).size;
  if (characters <= columns || columns < kGap.size() + 2) return left(text, columns);
  const size_t head = (columns - kGap.size() + 1) / 2;
  const size_t skipped = characters - (columns - kGap.size() - head);
  size_t tail = 0;
  for (size_t i = 0; i < skipped; ++i) tail += character_at(text, tail).size;
  return left(text, head) + std::string(kGap) + left(text.substr(tail), columns - head - kGap.size());
}

std::string right(const std::string& text, size_t columns) {
  return text.size() < columns ? std::string(columns - text.size(), ' ') + text : text;
}

// 0 to `parts`: how much of `parts` part : whole is, without passing 64 bits; at least 1 of what is not nothing.
size_t share(uint64_t part, uint64_t whole, size_t parts) {
  if (part == 0 || whole == 0) return 0;
  while (whole > UINT64_MAX / 2'000) {
    part /= 2;
    whole /= 2;
  }
  return static_cast<size_t>(std::clamp<uint64_t>(part * parts / whole, 1, parts));
}

std::string repeated(std::string_view cell, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += cell;
  return out;
}

std::string bar(uint64_t thinking, uint64_t visible, size_t columns, bool is_ascii, const Paint& paint) {
  const uint64_t whole = thinking > UINT64_MAX - visible ? UINT64_MAX : thinking + visible;
  if (whole == 0) return repeated(".", columns);
  const size_t first = share(thinking, whole, columns);
  return inked(paint, Ink::held, repeated(is_ascii ? "#" : "\u2588", first)) +
         inked(paint, Ink::spent, repeated(is_ascii ? "-" : "\u2591", columns - first));
}

}  // namespace

std::string_view name(ReportBy by) { return kBys[static_cast<size_t>(by)]; }

std::optional<ReportBy> report_by(std::string_view name) {
  for (size_t i = 0; i < kBys.size(); ++i)
    if (kBys[i] == name) return static_cast<ReportBy>(i);
  return std::nullopt;
}

void Report::add(const HoldRecord& record, HoldState state) {
  if (state == HoldState::none) return;
  Call& call = calls_[record.call_id];
  call.created = std::min(call.created, record.created);
  if (record.row >= call.last_row) {
    call.last_row = record.row;
    if (!record.model.empty()) call.model = record.model;
  }
  if (call.model.empty()) call.model = record.model;
  for (const Scope& scope : record.scopes) {
    if (scope.kind == ScopeKind::user) call.user = scope.id;
    if (scope.kind == ScopeKind::tenant) call.tenant = scope.id;
  }
  Coverage coverage = Coverage::exact;
  if (state == HoldState::settled) {
    call.cost = plus(call.cost, record.actual.nano);
    coverage = record.source == AmountSource::provider   ? Coverage::exact
               : record.source == AmountSource::computed ? Coverage::computed
                                                         : Coverage::bound;
  } else if (state != HoldState::released) {
    call.held = plus(call.held, record.bound.nano);
    coverage = Coverage::unknown;
  }
  call.coverage = std::max(call.coverage, coverage);
  add_count(call.prompt, record.usage.prompt_tokens);
  add_count(call.thinking, record.usage.thinking_tokens);
  add_count(call.visible, record.usage.visible_tokens());
}

void Report::Sum::add(const Call& call) {
  ++calls;
  ++covered[static_cast<size_t>(call.coverage)];
  cost = plus(cost, call.cost);
  held = plus(held, call.held);
  if (call.coverage != Coverage::unknown) {
    ++known_calls;
    known_cost = plus(known_cost, call.cost);
  }
  add_count(prompt, call.prompt);
  add_count(thinking, call.thinking);
  add_count(visible, call.visible);
}

std::optional<int64_t> Report::Sum::average() const {
  if (known_calls == 0) return std::nullopt;
  const auto n = static_cast<int64_t>(known_calls);
  const int64_t rest = known_cost % n;
  return known_cost / n + (rest >= n - rest ? 1 : 0);
}

bool Report::is_within(const Call& call) const {
  return (!options_.since || call.created >= *options_.since) && (!options_.until || call.created < *options_.until);
}

std::string Report::key_of(const Call& call, ReportBy by) const {
  switch (by) {
    case ReportBy::model: return call.model;
    case ReportBy::user: return call.user;
    case ReportBy::day: return window::day_text(window::day_of(call.created));
    case ReportBy::tenant: break;
  }
  return call.tenant;
}

Report::Sum Report::totals() const {
  Sum sum;
  for (const auto& [id, call] : calls_)
    if (is_within(call)) sum.add(call);
  return sum;
}

std::vector<Report::Sum> Report::sums(ReportBy by) const {
  std::map<std::string, Sum> keyed;
  for (const auto& [id, call] : calls_)
    if (is_within(call)) keyed[key_of(call, by)].add(call);
  std::vector<Sum> all;
  for (auto& [key, sum] : keyed) {
    sum.key = key;
    all.push_back(std::move(sum));
  }
  if (by != ReportBy::day)
    std::sort(all.begin(), all.end(), [](const Sum& a, const Sum& b) { return a.cost != b.cost ? a.cost > b.cost : a.key < b.key; });
  return all;
}

Report::Days Report::trend_days() const {
  const Instant end = options_.until ? std::min(*options_.until + Duration{-1}, options_.now) : options_.now;
  Days days;
  days.last = window::day_of(std::max(end, Instant::zero()));
  days.first = days.last - kTrendDays + 1;
  if (options_.since) days.first = std::clamp(window::day_of(*options_.since), days.first, days.last);
  return days;
}

std::vector<Report::Sum> Report::trend() const {
  const Days range = trend_days();
  std::vector<Sum> days(static_cast<size_t>(range.last - range.first + 1));
  for (const auto& [id, call] : calls_) {
    const int64_t day = window::day_of(call.created);
    if (is_within(call) && day >= range.first && day <= range.last) days[static_cast<size_t>(day - range.first)].add(call);
  }
  return days;
}

std::string Report::json() const {
  const Sum total = totals();
  json::Writer out;
  out.object().key("schema").number(uint64_t{1});
  write_instant(out, "since", options_.since);
  write_instant(out, "until", options_.until);
  out.key("totals").object().key("calls").number(total.calls);
  write_cost(out, total);
  out.key("held_usd").string(usd(total.held));
  write_count(out, "prompt_tokens", total.prompt, total.calls);
  write_count(out, "thinking_tokens", total.thinking, total.calls);
  write_count(out, "visible_tokens", total.visible, total.calls);
  const std::optional<int64_t> average = total.average();
  out.key("average_cost_usd").string_or_null(average ? std::optional<std::string>(usd(*average)) : std::nullopt).end();
  out.key("coverage").object().key("exact").number(total.covered[0]).key("computed").number(total.covered[1]);
  out.key("bound").number(total.covered[2]).key("unknown").number(total.covered[3]).end();
  out.key("by").string(name(options_.by));
  write_rows(out, "rows", sums(options_.by));
  out.key("trend").array();
  int64_t day = trend_days().first;
  for (const Sum& each : trend()) {
    out.object().key("day").string(window::day_text(day++));
    write_cost(out, each);
    out.key("unknown").number(each.unknown_calls()).end();
  }
  out.end();
  std::vector<Sum> top = sums(ReportBy::model);
  if (top.size() > kTopModels) top.erase(top.begin() + kTopModels, top.end());
  write_rows(out, "top_models", top);
  out.end();
  return out.take();
}

std::string Report::csv() const {
  std::string out = "key,calls,cost_usd,thinking_tokens,visible_tokens,unknown,held_usd\r\n";
  for (const Sum& row : sums(options_.by)) {
    out += csv::cell(row.key) + "," + std::to_string(row.calls) + "," + cost_text(row, "") + "," + count_text(row.thinking, "") +
           "," + count_text(row.visible, "") + "," + std::to_string(row.unknown_calls()) + "," + usd(row.held) + "\r\n";
  }
  return out;
}

std::string Report::table(size_t width, const Paint& paint) const {
  std::vector<std::array<std::string, 4>> cells{{"calls", "cost $", "thinking", "answer"}};
  const std::vector<Sum> rows = sums(options_.by);
  size_t rest_columns = 0;
  for (const Sum& row : rows) rest_columns = std::max(rest_columns, rest_text(row).size());
  if (rest_columns > 0) cells[0][1].append(rest_columns, ' ');
  for (const Sum& row : rows)
    cells.push_back({std::to_string(row.calls), cost_text(row, "?") + left(rest_text(row), rest_columns), count_text(row.thinking, "?"),
                     count_text(row.visible, "?")});
  std::array<size_t, 4> columns{};
  size_t taken = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    for (const auto& line : cells) columns[i] = std::max(columns[i], line[i].size());
    taken += columns[i] + 2;
  }
  size_t key_columns = name(options_.by).size();
  for (const Sum& row : rows) key_columns = std::max(key_columns, row.key.empty() ? size_t{6} : row.key.size());
  key_columns = std::min(key_columns, width > taken + 8 ? width - taken : size_t{8});
  std::string out;
  for (size_t n = 0; n < cells.size(); ++n) {
    const std::string_view key = n == 0 ? name(options_.by) : rows[n - 1].key.empty() ? std::string_view("(none)") : rows[n - 1].key;
    std::string line = name_cell(key, key_columns);
    for (size_t i = 0; i < columns.size(); ++i) line += "  " + right(cells[n][i], columns[i]);
    out += (n == 0 ? inked(paint, Ink::heading, line) : line) + '\n';
  }
  return out;
}

std::string Report::trend_line(bool is_ascii, const Paint& paint) const {
  static constexpr std::array<std::string_view, 8> kBlocks{"\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
  static constexpr std::string_view kAscii = "_.:-=+*#";
  const std::vector<Sum> days = trend();
  int64_t most = 0;
  uint64_t calls_unknown = 0;
  bool is_any_known = false;
  for (const Sum& day : days) {
    most = std::max(most, day.cost);
    calls_unknown += day.unknown_calls();
    is_any_known = is_any_known || (day.calls > 0 && day.is_known());
  }
  std::string line;
  for (const Sum& day : days) {
    const size_t height = share(static_cast<uint64_t>(day.cost), static_cast<uint64_t>(most), 7);
    line += !day.is_known() ? std::string_view("?") : is_ascii ? kAscii.substr(height, 1) : kBlocks[height];
  }
  std::string out = std::to_string(days.size()) + (days.size() == 1 ? " day" : " days");
  if (window::day_of(options_.now) != trend_days().last) out += " to " + window::day_text(trend_days().last);
  out += " " + inked(paint, Ink::spent, line) + " most " + (is_any_known || calls_unknown == 0 ? "$" + usd(most) : "?") + " a day";
  return out + (is_any_known && calls_unknown > 0 ? " + " + std::to_string(calls_unknown) + " unknown" : "") + "\n";
}

std::string Report::text(size_t width, bool is_ascii, const Paint& paint) const {
  width = std::max<size_t>(width, 60);
  const Sum total = totals();
  const std::optional<int64_t> average = total.average();
  std::string out = std::to_string(total.calls) + (total.calls == 1 ? " call, " : " calls, ");
  out += (total.is_known() ? "$" + usd(total.cost) : "?") + " spent" + rest_text(total) + ", $" + usd(total.held) + " held";
  if (average) out += ", $" + usd(*average) + " a call";
  if (average && total.unknown_calls() > 0)
    out += " over " + std::to_string(total.known_calls) + (total.known_calls == 1 ? " known call" : " known calls");
  out += "\n" + std::to_string(total.calls - total.covered[0]) + " of " + std::to_string(total.calls) + " calls estimated";
  if (total.unknown_calls() > 0) out += "; the cost of " + std::to_string(total.unknown_calls()) + " is not known yet";
  out += "\n\n";
  if (total.calls > 0) out += table(width, paint) + "\n";
  if (total.thinking || total.visible) {
    const std::string first = "thinking " + count_text(total.thinking, "?") + " ";
    const std::string last = " " + count_text(total.visible, "?") + " answer";
    const size_t room = width > first.size() + last.size() + 10 ? width - first.size() - last.size() : 10;
    out += first + bar(total.thinking.value_or(0), total.visible.value_or(0), std::min<size_t>(room, 40), is_ascii, paint) + last + "\n";
  }
  return out + trend_line(is_ascii, paint);
}

}  // namespace orthink
