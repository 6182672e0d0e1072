#include "native/money/clock_guard.h"

#include <charconv>
#include <utility>

#include "native/system.h"
#include "orthink/ledger/ledger.h"
#include "orthink/ledger/window.h"
#include "orthink/wire/json.h"

namespace orthink::clock_guard {
namespace {

constexpr Duration kJumpMax = Duration::seconds(3600);
constexpr std::string_view kFolder = "clock/";

std::string key_of(const Reading& reading) {
  return std::string(kFolder) + reading.boot;
}

std::string to_json(const Reading& reading) {
  json::Writer out;
  out.object().key("wall").number(reading.wall.us).key("boot").number(reading.since_boot.us);
  return out.key("machine").string(reading.machine).end().take();
}

std::optional<int64_t> whole_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  int64_t whole = 0;
  const char* end = value->text().data() + value->text().size();
  const auto [stop, error] = std::from_chars(value->text().data(), end, whole);
  return error == std::errc{} && stop == end ? std::optional(whole) : std::nullopt;
}

Result<Anchor> parse(const std::string& key, const std::string& text) {
  const Result<json::Value> document = json::parse(text);
  const std::optional<int64_t> wall = document ? whole_at(*document, "wall") : std::nullopt;
  const std::optional<int64_t> boot = document ? whole_at(*document, "boot") : std::nullopt;
  if (!wall || !boot) return unusable_store("the clock's anchor at " + key + " cannot be read", {});
  return Anchor{Instant{*wall}, Duration{*boot}};
}

std::string words(Duration difference) {
  const int64_t seconds = (difference.us < 0 ? -difference.us : difference.us) / 1'000'000;
  if (seconds >= 2 * 86'400) return std::to_string(seconds / 86'400) + " days";
  if (seconds >= 2 * 3600) return std::to_string(seconds / 3600) + " hours";
  return std::to_string(seconds / 60) + " minutes";
}

Result<StoreReply> write(Store& store, const Reading& reading, DocumentWrite::Expects expects) {
  const std::string own = key_of(reading);
  std::string anchor = to_json(reading);
  StoreBatch batch;
  batch.at = reading.wall;
  batch.is_durable = true;
  batch.documents.push_back({own, expects, {}, std::move(anchor), Instant::never()});
  if (!reading.machine.empty()) {
    const Result<Store::Texts> others = store.documents(kFolder, reading.wall);
    if (!others) return others.error();
    for (const auto& [key, text] : *others) {
      const Result<json::Value> document = json::parse(text);
      const json::Value* machine = document ? document->find("machine") : nullptr;
      const bool is_own = machine != nullptr && machine->is_string() && machine->text() == reading.machine;
      if (is_own && key != own) batch.documents.push_back({key, DocumentWrite::Expects::anything, {}, std::nullopt, Instant::never()});
    }
  }
  StoreReply reply = store.apply(batch);
  const bool is_answer = reply.verdict == StoreReply::Verdict::applied || reply.verdict == StoreReply::Verdict::document_conflict;
  if (is_answer) return reply;
  return not_taken(reply, "the clock's anchor");
}

}  // namespace

Result<Reading> read(Store& store) {
  const Result<Instant> wall = store.now();
  if (!wall) return wall.error();
  return Reading{*wall, since_boot(), boot_id(), machine_id()};
}

Result<bool> is_anchored(Store& store, const Reading& reading) {
  if (reading.boot.empty()) return true;
  const Result<std::optional<std::string>> found = store.document(key_of(reading), Instant::zero());
  if (!found) return found.error();
  return found->has_value();
}

Result<Anchor> check(Store& store, const Reading& reading) {
  const Anchor fresh{reading.wall, reading.since_boot};
  if (reading.boot.empty()) return fresh;
  const std::string key = key_of(reading);
  Result<std::optional<std::string>> found = store.document(key, Instant::zero());
  if (!found) return found.error();
  if (!*found) {
    const Result<StoreReply> reply = write(store, reading, DocumentWrite::Expects::absence);
    if (!reply) return reply.error();
    if (reply->verdict == StoreReply::Verdict::applied) return fresh;
    *found = reply->found_text;  // another process was first
  }
  const Result<Anchor> anchor = parse(key, **found);
  if (!anchor) return anchor.error();
  if (auto ok = check(*anchor, reading.wall, reading.since_boot); !ok) return ok.error();
  return *anchor;
}

Result<void> check(const Anchor& anchor, Instant wall, Duration since_boot) {
  const Duration jump = (wall - anchor.wall) - (since_boot - anchor.since_boot);
  if (jump <= kJumpMax && jump >= Duration{-kJumpMax.us}) return {};
  return make_error(Errc::clock_refused,
                    "the clock was set " + words(jump) + (jump.us > 0 ? " forward" : " back") + " since this machine started, to " +
                        window::iso_text(wall),
                    "Set the clock right. If it is right now, run orthink again while the upstream can be reached: its time decides.");
}

Result<Anchor> anchor_anew(Store& store, const Reading& reading) {
  if (!reading.boot.empty()) {
    const Result<StoreReply> reply = write(store, reading, DocumentWrite::Expects::anything);
    if (!reply) return reply.error();
  }
  return Anchor{reading.wall, reading.since_boot};
}

Result<void> check_upstream(Duration ahead) {
  if (ahead <= ledger::kClockSlack && ahead >= Duration{-ledger::kClockSlack.us}) return {};
  return make_error(Errc::clock_refused,
                    "this machine's clock is " + words(ahead) + (ahead.us > 0 ? " ahead of" : " behind") + " the upstream's",
                    "Set the clock right, then try again.");
}

}  // namespace orthink::clock_guard
