#include "native/money/epoch.h"

#include "native/system.h"
#include "orthink/wire/json.h"

namespace orthink::epoch {
namespace {

constexpr std::string_view kFolder = "epoch/";

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? value->text() : std::string();
}

std::optional<uint64_t> count_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value == nullptr ? std::nullopt : value->as_u64();
}

Result<void> write(Store& store, const std::string& id, std::optional<std::string> text) {
  const Result<Instant> at = store.now();
  if (!at) return at.error();
  StoreBatch batch;
  batch.at = *at;
  batch.documents.push_back({std::string(kFolder) + id, DocumentWrite::Expects::anything, {}, std::move(text), Instant::never()});
  const StoreReply reply = store.apply(batch);
  if (reply.verdict == StoreReply::Verdict::applied) return {};
  return not_taken(reply, "an epoch");
}

}  // namespace

std::string Epoch::to_json() const {
  json::Writer out;
  out.object().key("boot").string(boot).key("machine").string(machine).key("space").string(space);
  return out.key("pid").number(pid).key("start").number(start).end().take();
}

std::optional<Epoch> Epoch::parse(std::string_view text) {
  const Result<json::Value> document = json::parse(text);
  if (!document || !document->is_object()) return std::nullopt;
  const std::optional<uint64_t> pid = count_at(*document, "pid");
  const std::optional<uint64_t> start = count_at(*document, "start");
  if (!pid || *pid > INT32_MAX || !start) return std::nullopt;
  return Epoch{text_at(*document, "boot"), text_at(*document, "machine"), text_at(*document, "space"), static_cast<int64_t>(*pid), *start};
}

Epoch Epoch::own() {
  const int64_t pid = process_id();
  return {boot_id(), machine_id(), process_space(), pid, process_start(pid).value_or(0)};
}

Fate fate(const Epoch& epoch, const Epoch& self) {
  if (self.boot.empty() || epoch.boot.empty()) return Fate::not_known;
  if (epoch.boot != self.boot) return !self.machine.empty() && epoch.machine == self.machine ? Fate::dead : Fate::not_known;
  if (epoch.space != self.space) return Fate::not_known;
  return process_start(epoch.pid) == epoch.start ? Fate::alive : Fate::dead;
}

Result<std::string> begin(Store& store) {
  std::string id = random_id("");
  if (auto ok = write(store, id, Epoch::own().to_json()); !ok) return ok.error();
  return id;
}

Result<void> end(Store& store, const std::string& id) {
  return write(store, id, std::nullopt);
}

}  // namespace orthink::epoch
