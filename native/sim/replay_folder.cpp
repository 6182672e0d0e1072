#include "native/sim/replay_folder.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "orthink/wire/json.h"

namespace orthink::sim {
namespace {

namespace fs = std::filesystem;

// Framing is ours: the bytes of the body are what was recorded, not how they travelled.
constexpr std::array<std::string_view, 5> kDropped = {"transfer-encoding", "content-length", "content-encoding", "connection", "content-type"};

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::optional<json::Value> read_document(const fs::path& path) {
  const std::optional<std::string> text = read_file(path);
  if (!text) return std::nullopt;
  Result<json::Value> document = json::parse(*text);
  return document && document->is_object() ? std::optional(std::move(*document)) : std::nullopt;
}

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value && value->is_string() ? value->text() : std::string();
}

bool truth_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value && value->is_boolean() && value->as_bool();
}

std::string messages_of(const json::Value& request) {
  const json::Value* messages = request.find("messages");
  return messages ? json::dump(*messages) : std::string();
}

void take_meta(const json::Value& meta, Recording& out) {
  out.url = text_at(meta, "url");
  if (const json::Value* status = meta.find("status")) out.head.status = static_cast<int>(status->as_u64().value_or(200));
  const json::Value* headers = meta.find("headers");
  if (!headers || !headers->is_object()) return;
  for (const json::Member& header : headers->members()) {
    if (!header.value.is_string()) continue;
    if (http::same_name(header.key, "content-type")) out.head.content_type = header.value.text();
    const bool is_dropped = std::any_of(kDropped.begin(), kDropped.end(), [&](std::string_view n) { return http::same_name(header.key, n); });
    if (!is_dropped) out.head.headers.push_back({header.key, header.value.text()});
  }
}

std::vector<std::string> split_events(std::string_view body) {
  std::vector<std::string> parts;
  while (!body.empty()) {
    const size_t blank = body.find("\n\n");
    const size_t end = blank == body.npos ? body.size() : blank + 2;
    parts.emplace_back(body.substr(0, end));
    body.remove_prefix(end);
  }
  return parts;
}

std::optional<Recording> read_recording(const fs::path& response, std::string_view suffix) {
  const std::string file = response.filename().string();
  Recording out;
  out.name = file.substr(0, file.size() - suffix.size());
  const std::optional<std::string> body = read_file(response);
  if (!body) return std::nullopt;
  const bool is_sse = suffix.ends_with("sse");
  out.head.content_type = is_sse ? "text/event-stream" : "application/json";
  out.streams = is_sse;
  if (is_sse) out.parts = split_events(*body);
  else if (!body->empty()) out.parts.push_back(*body);
  if (const std::optional<json::Value> request = read_document(response.parent_path() / (out.name + ".request.json"))) {
    out.model = text_at(*request, "model");
    out.messages = messages_of(*request);
  }
  if (const std::optional<json::Value> meta = read_document(response.parent_path() / (out.name + ".meta.json"))) take_meta(*meta, out);
  return out;
}

}  // namespace

Result<std::unique_ptr<ReplayFolder>> ReplayFolder::open(const std::string& folder) {
  std::error_code failed;
  fs::directory_iterator entries(folder, failed);
  if (failed) return make_error(Errc::file_unreadable, "the folder " + folder + " cannot be read: " + failed.message());
  auto out = std::make_unique<ReplayFolder>();
  out->folder_ = folder;
  for (const fs::directory_entry& entry : entries) {
    const std::string file = entry.path().filename().string();
    for (const std::string_view suffix : {".response.sse", ".response.json"}) {
      if (!file.ends_with(suffix)) continue;
      if (std::optional<Recording> recording = read_recording(entry.path(), suffix)) out->recordings_.push_back(*std::move(recording));
    }
  }
  if (out->recordings_.empty()) {
    return make_error(Errc::file_unreadable, "the folder " + folder + " holds no NAME.response.sse or NAME.response.json");
  }
  std::sort(out->recordings_.begin(), out->recordings_.end(), [](const Recording& a, const Recording& b) { return a.name < b.name; });
  return out;
}

const Recording* ReplayFolder::find(std::string_view name, std::string_view path, std::string_view body) const {
  if (!name.empty()) {
    const auto named = std::find_if(recordings_.begin(), recordings_.end(), [&](const Recording& r) { return r.name == name; });
    return named == recordings_.end() ? nullptr : &*named;
  }
  const Result<json::Value> request = json::parse(body);
  if (!request || !request->is_object()) return nullptr;
  const std::string model = text_at(*request, "model");
  const std::string messages = messages_of(*request);
  const bool streams = truth_at(*request, "stream");
  const Recording* found = nullptr;
  for (const Recording& recording : recordings_) {
    const bool is_same = !messages.empty() && recording.model == model && recording.messages == messages;
    const bool is_here = recording.url.empty() || recording.url.ends_with(path);
    if (!is_same || !is_here) continue;
    if (recording.streams == streams) return &recording;
    if (!found) found = &recording;
  }
  return found;
}

}  // namespace orthink::sim
