#include <algorithm>

#include "native/cli/call_story.h"
#include "native/cli/help.h"
#include "native/cli/open_ledger.h"
#include "native/cli/verbs.h"
#include "orthink/ledger/window.h"

namespace orthink::cli {
namespace {

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

// A head in the first columns, the text behind it and under itself.
struct Beside {
  std::string head;
  std::string text;
  size_t indent = 9;
  Style head_style = Style::plain;
  Style text_style = Style::plain;
};

void print_beside(Printer& printer, const Beside& beside) {
  const Printer::Streams& streams = printer.streams();
  const size_t columns = streams.out_is_terminal ? std::max<size_t>(streams.columns, beside.indent + 30) : SIZE_MAX;
  const std::string text = wrapped(harmless(beside.text), beside.indent, columns);
  printer.out(printer.styled_out(beside.head_style, padded(beside.head, beside.indent)));
  printer.line(printer.styled_out(beside.text_style, text.substr(std::min(text.size(), beside.indent))));
}

void print_decisions(Printer& printer, const json::Value& decisions) {
  constexpr size_t kIndent = 23;
  for (const json::Member& member : decisions.members()) {
    const json::Value& decision = member.value;
    const std::string head = padded("+" + text_at(decision, "at_ms") + " ms", 12) + text_at(decision, "code");
    print_beside(printer, {harmless(head), text_at(decision, "text"), kIndent});
    std::string inputs = facts_of(decision.is_object() ? decision.find("inputs") : nullptr);
    if (!inputs.empty()) print_beside(printer, {"", inputs, kIndent, Style::plain, Style::dim});
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
    printer.line("");
    std::string served;
    for (const std::string& text : {record->model, record->provider, record->generation_id})
      if (!text.empty()) served += (served.empty() ? "" : ", ") + text;
    if (!served.empty()) printer.line("  " + harmless(served));
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

void print_notes(Printer& printer, const json::Value* notes, const std::string& what, Style style) {
  if (notes == nullptr || !notes->is_array()) return;
  for (const json::Member& note : notes->members()) print_beside(printer, {what, text_at(note.value, "text"), 9, style});
}

void print_end(Printer& printer, const json::Value& dossier) {
  const json::Value* end = dossier.find("complete");
  if (end == nullptr) end = dossier.find("error");
  if (end == nullptr || !end->is_object()) return;
  printer.line("");
  if (const json::Value* error = end->find("error"); error != nullptr && error->is_object()) {
    print_beside(printer, {"error", text_at(*error, "code") + ": " + text_at(*error, "message"), 9, Style::red});
    if (std::string remedy = text_at(*error, "remedy"); !remedy.empty()) print_beside(printer, {"", remedy});
  } else {
    print_beside(printer, {"outcome", text_at(*end, "outcome")});
  }
  const json::Value* receipt = end->find("receipt");
  if (receipt == nullptr || !receipt->is_object()) return;
  for (std::string_view key : {"think", "usage", "cost"})
    if (std::string facts = facts_of(receipt->find(key)); !facts.empty()) print_beside(printer, {std::string(key), facts});
  const std::string attempts = text_at(*receipt, "attempts");
  if (std::string took = text_at(*receipt, "total_ms"); !took.empty())
    print_beside(printer, {"took", took + " ms, " + attempts + (attempts == "1" ? " attempt" : " attempts")});
  print_notes(printer, receipt->find("reasons"), "reason", Style::plain);
  print_notes(printer, receipt->find("warnings"), "warning", Style::yellow);
}

void print_story(Printer& printer, const Story& story) {
  printer.line(printer.styled_out(Style::bold, harmless(story.call_id)));
  const std::string asked = facts_of(story.dossier.find("asked"));
  if (!asked.empty()) print_beside(printer, {"asked", asked + "\n"});
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
    printer.line(story_json(*story));
  else
    print_story(printer, *story);
  return 0;
}

}  // namespace orthink::cli
