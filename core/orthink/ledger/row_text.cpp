#include "orthink/ledger/row_text.h"

#include <array>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "orthink/ledger/csv.h"
#include "orthink/ledger/window.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

using Texts = std::vector<std::string>;
using Cell = std::variant<std::monostate, std::string, uint64_t, bool, Texts>;

struct Line {
  std::string_view key;
  const StoredRow& row;
  const HoldRecord& record;
};

struct Field {
  std::string_view name;
  bool is_of_store;  // known also when the record cannot be read
  Cell (*read)(const Line&);
};

Cell text_or_none(const std::string& text) { return text.empty() ? Cell() : Cell(text); }
Cell usd(NanoUsd amount) { return amount.to_money().to_decimal(); }
Cell count(const std::optional<uint64_t>& value) { return value ? Cell(*value) : Cell(); }
Cell ms(Instant when) { return when.is_never() || when.us < 0 ? Cell() : Cell(static_cast<uint64_t>(when.ms())); }

Texts scopes_of(const HoldRecord& record) {
  Texts texts;
  for (const Scope& scope : record.scopes) texts.push_back(scope.to_text());
  return texts;
}

constexpr std::array kFields{
    Field{"key", true, [](const Line& l) { return Cell(std::string(l.key)); }},
    Field{"state", true, [](const Line& l) { return Cell(std::string(name(l.row.state))); }},
    Field{"created_at", true, [](const Line& l) { return Cell(window::iso_text(l.row.created)); }},
    Field{"created_ms", true, [](const Line& l) { return ms(l.row.created); }},
    Field{"due_ms", true, [](const Line& l) { return ms(l.row.due); }},
    Field{"account", true, [](const Line& l) { return Cell(l.row.account); }},
    Field{"epoch", true, [](const Line& l) { return text_or_none(l.row.epoch); }},
    Field{"call_id", false, [](const Line& l) { return Cell(l.record.call_id); }},
    Field{"row", false, [](const Line& l) { return Cell(uint64_t{l.record.row}); }},
    Field{"attempt", false, [](const Line& l) { return Cell(uint64_t{l.record.attempt}); }},
    Field{"scopes", false, [](const Line& l) { return Cell(scopes_of(l.record)); }},
    Field{"day", false, [](const Line& l) { return Cell(window::day_text(l.record.day)); }},
    Field{"month", false, [](const Line& l) { return Cell(window::month_text(l.record.month)); }},
    Field{"bound_usd", false, [](const Line& l) { return usd(l.record.bound); }},
    Field{"actual_usd", false, [](const Line& l) { return l.row.state == HoldState::settled ? usd(l.record.actual) : Cell(); }},
    Field{"source", false, [](const Line& l) { return Cell(std::string(name(l.record.source))); }},
    Field{"flagged", false, [](const Line& l) { return Cell(l.record.is_flagged); }},
    Field{"tokens_bound", false, [](const Line& l) { return Cell(l.record.tokens_bound); }},
    Field{"model", false, [](const Line& l) { return text_or_none(l.record.model); }},
    Field{"provider", false, [](const Line& l) { return text_or_none(l.record.provider); }},
    Field{"generation_id", false, [](const Line& l) { return text_or_none(l.record.generation_id); }},
    Field{"price_source", false, [](const Line& l) { return text_or_none(l.record.price_source); }},
    Field{"usage_state", false, [](const Line& l) { return Cell(std::string(name(l.record.usage.state))); }},
    Field{"prompt_tokens", false, [](const Line& l) { return count(l.record.usage.prompt_tokens); }},
    Field{"cached_tokens", false, [](const Line& l) { return count(l.record.usage.cached_tokens); }},
    Field{"cache_write_tokens", false, [](const Line& l) { return count(l.record.usage.cache_write_tokens); }},
    Field{"completion_tokens", false, [](const Line& l) { return count(l.record.usage.completion_tokens); }},
    Field{"thinking_tokens", false, [](const Line& l) { return count(l.record.usage.thinking_tokens); }},
    Field{"visible_tokens", false, [](const Line& l) { return count(l.record.usage.visible_tokens()); }},
    Field{"deadline_ms", false, [](const Line& l) { return ms(l.record.deadline); }},
    Field{"asks", false, [](const Line& l) { return Cell(uint64_t{l.record.asks}); }},
};

Cell read(const Field& field, std::string_view key, const StoredRow& row, const Result<HoldRecord>& record) {
  if (record) return field.read({key, row, *record});
  return field.is_of_store ? field.read({key, row, HoldRecord()}) : Cell();
}

struct WriteJson {
  json::Writer& out;
  void operator()(std::monostate) const { out.null(); }
  void operator()(const std::string& text) const { out.string(text); }
  void operator()(uint64_t number) const { out.number(number); }
  void operator()(bool truth) const { out.boolean(truth); }
  void operator()(const Texts& texts) const {
    out.array();
    for (const std::string& text : texts) out.string(text);
    out.end();
  }
};

struct WriteCsv {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(const std::string& text) const { return csv::cell(text); }
  std::string operator()(uint64_t number) const { return std::to_string(number); }
  std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  std::string operator()(const Texts& texts) const {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : " ") + text;
    return csv::cell(all);
  }
};

}  // namespace

std::string RowText::json(bool is_first) const {
  json::Writer out;
  out.object();
  if (is_first) out.key("schema").number(uint64_t{1});
  for (const Field& field : kFields) std::visit(WriteJson{out.key(field.name)}, read(field, key_, row_, record_));
  out.end();
  return out.take();
}

std::string RowText::csv_head() {
  std::string line;
  for (const Field& field : kFields) (line += line.empty() ? "" : ",") += field.name;
  return line + "\r\n";
}

std::string RowText::csv() const {
  std::string line;
  for (const Field& field : kFields) line += (line.empty() ? "" : ",") + std::visit(WriteCsv{}, read(field, key_, row_, record_));
  return line + "\r\n";
}

}  // namespace orthink
