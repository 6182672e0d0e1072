#include "orthink/ledger/batch_json.h"

#include <array>
#include <charconv>
#include <utility>

#include "orthink/base/money.h"

namespace orthink {
namespace {

constexpr std::array<std::string_view, 3> kExpects{"anything", "absence", "this_text"};
constexpr std::array kStates{HoldState::none,    HoldState::reserved, HoldState::sent,
                             HoldState::settled, HoldState::released, HoldState::unknown};
constexpr std::array kVerdicts{StoreReply::Verdict::applied,      StoreReply::Verdict::clock_behind, StoreReply::Verdict::document_conflict,
                               StoreReply::Verdict::row_conflict, StoreReply::Verdict::guard_failed, StoreReply::Verdict::rate_limited,
                               StoreReply::Verdict::unavailable};

template <class Lines, class Each>
void write_list(json::Writer& out, std::string_view key, const Lines& lines, Each&& each) {
  if (lines.empty()) return;
  out.key(key).array();
  for (const auto& line : lines) each(line);
  out.end();
}

void write_time(json::Writer& out, std::string_view key, Instant at) {
  if (!at.is_never()) out.key(key).number(at.us);
}

void write(json::Writer& out, const DocumentWrite& document) {
  out.object().key("key").string(document.key).key("expects").string(kExpects[static_cast<size_t>(document.expects)]);
  if (document.expects == DocumentWrite::Expects::this_text) out.key("expected").string(document.expected);
  if (document.text) out.key("text").string(*document.text);
  write_time(out, "expires_us", document.expires);
  out.end();
}

void write(json::Writer& out, const RowWrite& row) {
  out.object().key("key").string(row.key).key("from").array();
  for (const HoldState state : kStates)
    if (row.from.has(state)) out.string(name(state));
  out.end().key("to").string(name(row.to)).key("account").string(row.account).key("epoch").string(row.epoch);
  write_time(out, "created_us", row.created);
  write_time(out, "due_us", row.due);
  out.key("record").string(row.record).end();
}

// Reads the members of one object and remembers whether all had their type.
class Fields {
 public:
  explicit Fields(const json::Value& object) : object_(object), is_good_(object.is_object()) {}

  std::string text(std::string_view key, bool is_needed = true) {
    const json::Value* value = find(key, is_needed);
    if (value == nullptr) return {};
    is_good_ = is_good_ && value->is_string();
    return value->is_string() ? value->text() : std::string();
  }
  std::optional<std::string> text_if_any(std::string_view key) {
    if (find(key, false) == nullptr) return std::nullopt;
    return text(key);
  }
  std::optional<int64_t> number(std::string_view key, bool is_needed = true) {
    const json::Value* value = find(key, is_needed);
    if (value == nullptr) return std::nullopt;
    int64_t number = 0;
    const std::string& digits = value->text();
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    is_good_ = is_good_ && value->is_number() && code == std::errc{} && end == digits.data() + digits.size() && number <= NanoUsd::kMax &&
               number >= -NanoUsd::kMax;
    return number;
  }
  bool truth(std::string_view key) {
    const json::Value* value = find(key, false);
    if (value == nullptr) return false;
    is_good_ = is_good_ && value->is_boolean();
    return value->is_boolean() && value->as_bool();
  }
  Instant time(std::string_view key) {
    const std::optional<int64_t> us = number(key, false);
    return us ? Instant{*us} : Instant::never();
  }
  template <class Each>
  void list(std::string_view key, Each&& each) {
    const json::Value* value = find(key, false);
    if (value == nullptr) return;
    is_good_ = is_good_ && value->is_array();
    if (!value->is_array()) return;
    for (const json::Member& member : value->members()) is_good_ = each(member.value) && is_good_;
  }
  [[nodiscard]] bool is_good() const { return is_good_; }

 private:
  const json::Value* find(std::string_view key, bool is_needed) {
    const json::Value* value = object_.is_object() ? object_.find(key) : nullptr;
    is_good_ = is_good_ && (value != nullptr || !is_needed);
    return value;
  }
  const json::Value& object_;
  bool is_good_;
};

bool read(const json::Value& object, MarkRaise& mark) {
  Fields in(object);
  mark = {in.text("key"), in.number("value").value_or(0), in.number("slack").value_or(0)};
  return in.is_good();
}

bool read(const json::Value& object, DocumentWrite& document) {
  Fields in(object);
  document.key = in.text("key");
  const std::string expects = in.text("expects");
  bool is_known = false;
  for (size_t i = 0; i < kExpects.size(); ++i) {
    if (kExpects[i] != expects) continue;
    document.expects = static_cast<DocumentWrite::Expects>(i);
    is_known = true;
  }
  document.expected = in.text("expected", document.expects == DocumentWrite::Expects::this_text);
  document.text = in.text_if_any("text");
  document.expires = in.time("expires_us");
  return in.is_good() && is_known;
}

bool read(const json::Value& object, RowWrite& row) {
  Fields in(object);
  row.key = in.text("key");
  std::optional<HoldStates> from;
  in.list("from", [&from](const json::Value& value) {
    const std::optional<HoldState> state = value.is_string() ? hold_state(value.text()) : std::nullopt;
    if (state) from = from ? from->or_(*state) : HoldStates(*state);
    return state.has_value();
  });
  const std::optional<HoldState> to = hold_state(in.text("to"));
  row.account = in.text("account");
  row.epoch = in.text("epoch");
  row.created = Instant{in.number("created_us").value_or(0)};
  row.due = in.time("due_us");
  row.record = in.text("record");
  if (!in.is_good() || !from || !to) return false;
  row.from = *from;
  row.to = *to;
  return true;
}

bool read(const json::Value& object, GuardedAddition& addition) {
  Fields in(object);
  addition = {in.text("key"), in.number("add").value_or(0), in.number("limit", false)};
  return in.is_good();
}

bool read(const json::Value& object, RateUpdate& rate) {
  Fields in(object);
  rate = {in.text("key"), in.number("cost_us").value_or(0), in.number("tolerance_us").value_or(0)};
  return in.is_good();
}

bool read(const json::Value& object, JournalLine& line) {
  Fields in(object);
  line = {in.text("account"), in.text("text")};
  return in.is_good();
}

template <class Line>
void read_list(Fields& in, std::string_view key, std::vector<Line>& lines) {
  in.list(key, [&lines](const json::Value& value) { return read(value, lines.emplace_back()); });
}

Error wrong(std::string_view what) {
  return make_error(Errc::invalid_argument, std::string(what) + " has a member that is missing or of a wrong type");
}

}  // namespace

void write_batch(json::Writer& out, const StoreBatch& batch) {
  out.key("ticket").number(batch.ticket).key("at_us").number(batch.at.us).key("durable").boolean(batch.is_durable);
  write_list(out, "marks", batch.marks, [&out](const MarkRaise& mark) {
    out.object().key("key").string(mark.key).key("value").number(mark.value).key("slack").number(mark.slack).end();
  });
  write_list(out, "documents", batch.documents, [&out](const DocumentWrite& document) { write(out, document); });
  write_list(out, "rows", batch.rows, [&out](const RowWrite& row) { write(out, row); });
  write_list(out, "additions", batch.additions, [&out](const GuardedAddition& addition) {
    out.object().key("key").string(addition.key).key("add").number(addition.add);
    if (addition.limit) out.key("limit").number(*addition.limit);
    out.end();
  });
  write_list(out, "rates", batch.rates, [&out](const RateUpdate& rate) {
    out.object().key("key").string(rate.key).key("cost_us").number(rate.cost_us).key("tolerance_us").number(rate.tolerance_us).end();
  });
  write_list(out, "journal", batch.journal,
             [&out](const JournalLine& line) { out.object().key("account").string(line.account).key("text").string(line.text).end(); });
  write_list(out, "reads", batch.reads, [&out](const std::string& key) { out.string(key); });
}

Result<StoreBatch> read_batch(const json::Value& object) {
  Fields in(object);
  StoreBatch batch;
  batch.ticket = static_cast<uint64_t>(in.number("ticket").value_or(0));
  batch.at = Instant{in.number("at_us", false).value_or(0)};
  batch.is_durable = in.truth("durable");
  read_list(in, "marks", batch.marks);
  read_list(in, "documents", batch.documents);
  read_list(in, "rows", batch.rows);
  read_list(in, "additions", batch.additions);
  read_list(in, "rates", batch.rates);
  read_list(in, "journal", batch.journal);
  in.list("reads", [&batch](const json::Value& value) {
    batch.reads.push_back(value.text());
    return value.is_string();
  });
  if (!in.is_good()) return wrong("a batch");
  return batch;
}

std::string reply_json(const StoreReply& reply) {
  json::Writer out;
  out.object().key("ticket").number(reply.ticket).key("verdict").string(name(reply.verdict));
  if (!reply.failed_key.empty()) out.key("failed_key").string(reply.failed_key);
  if (reply.found_state != HoldState::none) out.key("found_state").string(name(reply.found_state));
  if (!reply.found_text.empty()) out.key("found_text").string(reply.found_text);
  if (reply.found_value != 0) out.key("found_value").number(reply.found_value);
  write_list(out, "values", reply.values, [&out](int64_t value) { out.number(value); });
  out.end();
  return out.take();
}

Result<StoreReply> read_reply(const json::Value& object) {
  Fields in(object);
  StoreReply reply;
  reply.ticket = static_cast<uint64_t>(in.number("ticket").value_or(0));
  const std::string verdict = in.text("verdict");
  bool is_known = false;
  for (const StoreReply::Verdict each : kVerdicts) {
    if (name(each) != verdict) continue;
    reply.verdict = each;
    is_known = true;
  }
  reply.failed_key = in.text("failed_key", false);
  const std::optional<std::string> found = in.text_if_any("found_state");
  reply.found_state = hold_state(found.value_or("none")).value_or(HoldState::none);
  reply.found_text = in.text("found_text", false);
  reply.found_value = in.number("found_value", false).value_or(0);
  in.list("values", [&reply](const json::Value& value) {
    json::Value holder = json::Value::object();
    holder.set("value", value);
    Fields one(holder);
    reply.values.push_back(one.number("value").value_or(0));
    return one.is_good();
  });
  if (!in.is_good() || !is_known) return wrong("a store reply");
  return reply;
}

}  // namespace orthink
