#include <algorithm>
#include <set>

#include "native/cli/answer_text.h"
#include "native/cli/open_ledger.h"
#include "native/cli/verbs.h"
#include "orthink/chat/plain_text.h"
#include "orthink/exchange/dossier.h"
#include "orthink/ledger/row_text.h"
#include "orthink/ledger/window.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

constexpr size_t kIdsShown = 5;
constexpr size_t kPrefixMin = 4;  // shorter ones would read every document
constexpr uint32_t kRowsMax = 1000;
constexpr std::string_view kIdHead = "call-";

struct Story {
  std::string call_id;
  json::Value dossier = json::Value::object();  // empty: none is kept
  std::vector<std::pair<std::string, StoredRow>> rows;
  std::vector<json::Value> lines;  // of the journal
};

std::string id_of(std::string_view row_key) {
  return std::string(row_key.substr(0, row_key.rfind('/')));
}

Result<std::string> newest(Store& store, Instant at) {
  for (Instant since : {Instant{std::max<int64_t>(0, at.us - int64_t{86'400'000'000})}, Instant::zero()}) {
    std::string key;
    RowQuery query;
    query.since = since;
    Result<void> done = store.rows(query, [&key](const std::string& each, const StoredRow&) {
      key = each;
      return true;
    });
    if (!done) return done.error();
    if (!key.empty()) return id_of(key);
  }
  return make_error(Errc::invalid_argument, "there is no call in the ledger yet", "`orthink ask` writes the first.");
}

// Ids that begin with `word`, with or without their head, or whose generation it is; at most one more than are shown.
Result<std::set<std::string>> matching(Store& store, const std::string& word, Instant at) {
  std::set<std::string> ids;
  const std::string headed = std::string(kIdHead) + word;
  for (const std::string& begin : {word, headed}) {
    if (std::max(begin.size(), kIdHead.size()) - (begin.starts_with(kIdHead) ? kIdHead.size() : 0) < kPrefixMin) continue;
    Result<Store::Texts> documents = store.documents(Dossier::document_key(begin), at);
    if (!documents) return documents.error();
    for (const auto& [key, text] : *documents) ids.insert(key.substr(Dossier::document_key("").size()));
  }
  Result<void> done = store.rows({}, [&](const std::string& key, const StoredRow& row) {
    const bool is_generation = row.record.find("\"" + word + "\"") != std::string::npos;
    if (key.starts_with(word) || key.starts_with(headed) || is_generation) ids.insert(id_of(key));
    return ids.size() <= kIdsShown;
  });
  if (!done) return done.error();
  return ids;
}

Result<std::string> call_named(Store& store, const std::string& word, Instant at) {
  if (word == "last") return newest(store, at);
  if (word.empty()) return make_error(Errc::invalid_argument, "no call is named", "Write its id, the beginning of it, or last.");
  Result<std::optional<std::string>> exact = store.document(Dossier::document_key(word), at);
  if (!exact) return exact.error();
  if (*exact) return word;
  const size_t slash = word.rfind('/');
  Result<std::set<std::string>> ids = matching(store, word.substr(0, slash), at);
  if (!ids) return ids.error();
  if (ids->size() == 1) return *ids->begin();
  std::string shown = "\"" + plain_text(word, 60) + "\"";
  if (ids->empty())
    return make_error(Errc::invalid_argument, "no call is " + shown,
                      "`orthink why last` shows the newest; `orthink ledger export` lists the ids of all.");
  std::string list;
  size_t left = kIdsShown;
  for (const std::string& id : *ids)
    if (left-- > 0) list += (list.empty() ? "" : ", ") + id;
  return make_error(Errc::invalid_argument, shown + " is the beginning of several calls",
                    "Did you mean one of " + list + (ids->size() > kIdsShown ? " ..." : "") + "?");
}

Result<Story> story_of(Store& store, const std::string& call_id, Instant at) {
  Story story{call_id, {}, {}, {}};
  Result<std::optional<std::string>> document = store.document(Dossier::document_key(call_id), at);
  if (!document) return document.error();
  if (*document) {
    Result<json::Value> dossier = json::parse(**document);
    if (!dossier) return make_error(Errc::internal, "what is kept of " + call_id + " cannot be read: " + dossier.error().message);
    story.dossier = std::move(*dossier);
  }
  std::set<std::string> accounts;
  for (uint32_t number = 1; number <= kRowsMax; ++number) {
    std::string key = call_id + "/" + std::to_string(number);
    Result<std::optional<StoredRow>> row = store.row(key);
    if (!row) return row.error();
    if (!*row) break;
    accounts.insert((*row)->account);
    story.rows.emplace_back(std::move(key), std::move(**row));
  }
  std::string mark;
  json::write_string(mark, call_id + "/");
  mark.pop_back();  // the quote: a row's number follows
  for (const std::string& account : accounts) {
    Result<void> done = store.journal(account, 1, [&](uint64_t, const std::string& text) {
      if (text.find(mark) == std::string::npos) return true;
      if (Result<json::Value> line = json::parse(text)) story.lines.push_back(std::move(*line));
      return true;
    });
    if (!done) return done.error();
  }
  return story;
}

void write_member(json::Writer& out, const json::Value& object, std::string_view key) {
  out.key(key);
  if (const json::Value* value = object.find(key))
    out.value(*value);
  else
    out.null();
}

std::string document_of(const Story& story) {
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("call_id").string(story.call_id);
  for (std::string_view key : {"asked", "decisions", "complete", "error"}) write_member(out, story.dossier, key);
  out.key("rows").array();
  for (const auto& [key, row] : story.rows) out.raw(row_text::json(key, row));
  out.end().key("journal").array();
  for (const json::Value& line : story.lines) out.value(line);
  return out.end().end().take();
}

std::string word_of(const json::Value& value) {
  if (value.is_string() || value.is_number()) return value.text();
  return json::dump(value);
}

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.is_object() ? object.find(key) : nullptr;
  return value == nullptr || value->is_null() ? "" : word_of(*value);
}

// "model x, think 8000": the members that are known.
std::string facts_of(const json::Value* object) {
  std::string out;
  if (object == nullptr || !object->is_object()) return out;
  for (const json::Member& member : object->members())
    if (!member.value.is_null()) out += (out.empty() ? "" : ", ") + member.key + " " + word_of(member.value);
  return out;
}

std::string padded(std::string text, size_t width) {
  text.append(text.size() < width ? width - text.size() : 0, ' ');
  return text;
}

void print_decisions(Printer& printer, const json::Value& decisions) {
  for (const json::Member& member : decisions.members()) {
    const json::Value& decision = member.value;
    printer.line(padded("+" + text_at(decision, "at_ms") + " ms", 12) + padded(text_at(decision, "code"), 11) +
                 harmless(text_at(decision, "text")));
    std::string inputs = facts_of(decision.is_object() ? decision.find("inputs") : nullptr);
    if (!inputs.empty()) printer.line(std::string(23, ' ') + printer.styled_out(Style::dim, harmless(inputs)));
  }
}

void print_rows(Printer& printer, const Story& story) {
  for (const auto& [key, row] : story.rows) {
    printer.out("\n" + printer.styled_out(Style::bold, "row " + harmless(key.substr(key.rfind('/') + 1))) + "  " +
                std::string(name(row.state)));
    Result<HoldRecord> record = HoldRecord::parse(row.record);
    if (!record) {
      printer.line("  its record cannot be read");
      continue;
    }
    const std::string bound = "$" + record->bound.to_money().to_decimal();
    if (row.state == HoldState::settled)
      printer.out("  $" + record->actual.to_money().to_decimal() + " (" + std::string(name(record->source)) +
                  (record->is_flagged ? ", flagged" : "") + ") of at most " + bound);
    else
      printer.out((row.state == HoldState::released ? "  at most " : "  held ") + bound);
    for (const std::string& text : {record->model, record->provider, record->generation_id})
      if (!text.empty()) printer.out("  " + harmless(text));
    printer.line("");
    std::string scopes;
    for (const Scope& scope : record->scopes) scopes += (scopes.empty() ? "" : ", ") + scope.to_text();
    printer.line("  charged to " + harmless(scopes) + ", day " + window::day_text(record->day));
    for (const json::Value& line : story.lines) {
      if (text_at(line, "row") != key) continue;
      const json::Value* at = line.find("at");
      const Instant when{static_cast<int64_t>(at != nullptr ? at->as_u64().value_or(0) : 0)};
      printer.line("  " + window::iso_text(when) + "  " + harmless(text_at(line, "from") + " -> " + text_at(line, "to")));
    }
  }
}

void print_notes(Printer& printer, const json::Value* notes, std::string_view what, Style style) {
  if (notes == nullptr || !notes->is_array()) return;
  for (const json::Member& note : notes->members())
    printer.line(printer.styled_out(style, padded(std::string(what), 9)) + harmless(text_at(note.value, "text")));
}

void print_end(Printer& printer, const json::Value& dossier) {
  const json::Value* end = dossier.find("complete");
  if (end == nullptr) end = dossier.find("error");
  if (end == nullptr || !end->is_object()) return;
  printer.line("");
  if (const json::Value* error = end->find("error"); error != nullptr && error->is_object()) {
    printer.line(printer.styled_out(Style::red, padded("error", 9)) +
                 harmless(text_at(*error, "code") + ": " + text_at(*error, "message")));
    if (std::string remedy = text_at(*error, "remedy"); !remedy.empty()) printer.line(std::string(9, ' ') + harmless(remedy));
  } else {
    printer.line(padded("outcome", 9) + harmless(text_at(*end, "outcome")));
  }
  const json::Value* receipt = end->find("receipt");
  if (receipt == nullptr || !receipt->is_object()) return;
  for (std::string_view key : {"think", "usage", "cost"})
    if (std::string facts = facts_of(receipt->find(key)); !facts.empty()) printer.line(padded(std::string(key), 9) + harmless(facts));
  std::string took = text_at(*receipt, "total_ms");
  if (!took.empty())
    printer.line(padded("took", 9) + took + " ms, " + text_at(*receipt, "attempts") +
                 (text_at(*receipt, "attempts") == "1" ? " attempt" : " attempts"));
  print_notes(printer, receipt->find("reasons"), "reason", Style::plain);
  print_notes(printer, receipt->find("warnings"), "warning", Style::yellow);
}

void print_story(Printer& printer, const Story& story) {
  printer.line(printer.styled_out(Style::bold, harmless(story.call_id)));
  const std::string asked = facts_of(story.dossier.find("asked"));
  if (!asked.empty()) printer.line("asked: " + harmless(asked) + "\n");
  const json::Value* decisions = story.dossier.find("decisions");
  if (decisions != nullptr && decisions->is_array())
    print_decisions(printer, *decisions);
  else
    printer.line("Its decisions are not there: they are written when a call ends, and kept for 90 days.");
  print_rows(printer, story);
  print_end(printer, story.dossier);
}

}  // namespace

int run_why(const Typed& typed, Printer& printer) {
  Result<OpenLedger> ledger = open_ledger();
  if (!ledger) return printer.fail(ledger.error(), typed.json());
  Result<Instant> at = ledger->store->now();
  if (!at) return printer.fail(at.error(), typed.json());
  Result<std::string> call_id = call_named(*ledger->store, typed.words().front(), *at);
  if (!call_id) return printer.fail(call_id.error(), typed.json());
  Result<Story> story = story_of(*ledger->store, *call_id, *at);
  if (!story) return printer.fail(story.error(), typed.json());
  if (typed.json())
    printer.line(document_of(*story));
  else
    print_story(printer, *story);
  return 0;
}

}  // namespace orthink::cli
