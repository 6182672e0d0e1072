#include "native/cli/call_story.h"

#include <algorithm>
#include <set>

#include "orthink/chat/plain_text.h"
#include "orthink/exchange/dossier.h"
#include "orthink/ledger/row_text.h"

namespace orthink::cli {
namespace {

constexpr size_t kIdsShown = 5;
constexpr size_t kPrefixMin = 4;  // shorter ones would read every document
constexpr uint32_t kRowsMax = 1000;
constexpr std::string_view kIdHead = "call-";

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
    Result<Store::Texts> documents = store.documents(dossier_key(begin), at);
    if (!documents) return documents.error();
    for (const auto& [key, text] : *documents) ids.insert(key.substr(dossier_key("").size()));
  }
  Result<void> done = store.rows({}, [&](const std::string& key, const StoredRow& row) {
    const bool is_generation = row.record.find("\"" + word + "\"") != std::string::npos;
    if (key.starts_with(word) || key.starts_with(headed) || is_generation) ids.insert(id_of(key));
    return ids.size() <= kIdsShown;
  });
  if (!done) return done.error();
  return ids;
}

void write_member(json::Writer& out, const json::Value& object, std::string_view key) {
  out.key(key);
  if (const json::Value* value = object.find(key))
    out.value(*value);
  else
    out.null();
}

}  // namespace

Result<std::string> call_named(Store& store, const std::string& word, Instant at) {
  if (word == "last") return newest(store, at);
  if (word.empty()) return make_error(Errc::invalid_argument, "no call is named", "Write its id, the beginning of it, or last.");
  Result<std::optional<std::string>> exact = store.document(dossier_key(word), at);
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
  Result<std::optional<std::string>> document = store.document(dossier_key(call_id), at);
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

std::string story_json(const Story& story) {
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("call_id").string(story.call_id);
  for (std::string_view key : {"asked", "decisions", "complete", "error"}) write_member(out, story.dossier, key);
  out.key("rows").array();
  for (const auto& [key, row] : story.rows) out.raw(RowText(key, row).json());
  out.end().key("journal").array();
  for (const json::Value& line : story.lines) out.value(line);
  return out.end().end().take();
}

}  // namespace orthink::cli
