// The compact form: a head line, then one line a row (catalog/row.cpp):
//
//   orthink-catalogue 2 FETCHED_MS REJECTED ROWS
//
// Readers refuse every other version, so that a cache written by another program is fetched anew.
#include "orthink/catalog/catalog.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_set>

#include "orthink/catalog/row.h"
#include "orthink/catalog/snapshot.h"

namespace orthink {

namespace {

constexpr std::string_view kHead = "orthink-catalogue 2 ";

// Calls `visit(line)` for each row until it returns true.
template <class Visit>
void each_line(std::string_view text, Visit visit) {
  size_t at = text.find('\n');
  while (at != text.npos && at + 1 < text.size()) {
    const size_t end = text.find('\n', at + 1);
    if (visit(text.substr(at + 1, end - at - 1))) return;
    at = end;
  }
}

std::string_view id_of(std::string_view line) { return line.substr(0, line.find('\t')); }

std::string_view slug_of(std::string_view line) {
  const std::string_view id = id_of(line);
  line.remove_prefix(std::min(line.size(), id.size() + 1));
  const std::string_view slug = line.substr(0, line.find('\t'));
  return slug.empty() ? id : slug;
}

std::string_view variant_of(std::string_view id) {
  const size_t colon = id.find(':');
  return colon == id.npos ? std::string_view{} : id.substr(colon);
}

std::string_view line_by_id(std::string_view text, std::string_view id) {
  const std::string needle = '\n' + std::string(id) + '\t';
  const size_t at = text.find(needle);
  if (at == text.npos) return {};
  const std::string_view rest = text.substr(at + 1);
  return rest.substr(0, rest.find('\n'));
}

// A slug is shared by a model and its variants: "a/m-2026:batch" is the ":batch" row whose slug is "a/m-2026".
std::string_view line_by_slug(std::string_view text, std::string_view slug) {
  const std::string_view variant = variant_of(slug);
  slug.remove_suffix(variant.size());
  std::string_view found;
  each_line(text, [&](std::string_view line) {
    const std::string_view id = id_of(line);
    if (slug_of(line) != slug || id.starts_with('~') || variant_of(id) != variant) return false;
    found = line;
    return true;
  });
  return found;
}

bool read_number(std::string_view& text, int64_t& n) {
  const auto [end, errc] = std::from_chars(text.data(), text.data() + text.size(), n);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (!text.empty()) text.remove_prefix(1);
  return errc == std::errc{} && n >= 0;
}

Error not_a_catalogue(std::string_view what) {
  return make_error(Errc::invalid_json, "This is no models document: " + std::string(what) + '.');
}

// Edits that turn `a` into `b`: insert, delete, replace.
size_t distance(std::string_view a, std::string_view b) {
  constexpr size_t kLongest = 80;
  a = a.substr(0, kLongest);
  b = b.substr(0, kLongest);
  std::array<size_t, kLongest + 1> row{};
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// How far `id` is from what was typed; a missing or wrong provider costs one.
size_t remoteness(std::string_view typed, std::string_view id) {
  const std::string_view tail = id.substr(id.find('/') + 1);
  const std::string_view typed_tail = typed.substr(typed.find('/') + 1);
  return std::min(distance(typed, id), distance(typed_tail, tail) + 1);
}

}  // namespace

std::string_view name(Control control) {
  static constexpr std::array<std::string_view, 6> kNames = {"effort", "budget", "adaptive", "toggle", "always", "none"};
  return kNames[static_cast<size_t>(control)];
}

std::string_view name(ThinkingDefault value) {
  static constexpr std::array<std::string_view, 3> kNames = {"on", "off", "unknown"};
  return kNames[static_cast<size_t>(value)];
}

static constexpr std::array<std::string_view, 7> kCapabilities = {"vision", "tools", "json", "files", "audio", "structured", "web"};

std::string_view name(Capability capability) { return kCapabilities[static_cast<size_t>(capability)]; }

std::optional<Capability> parse_capability(std::string_view text) {
  for (size_t i = 0; i < kCapabilities.size(); ++i) {
    if (kCapabilities[i] == text) return static_cast<Capability>(i);
  }
  return std::nullopt;
}

Result<Catalog> Catalog::from_models_document(std::string_view json, Instant fetched_at) {
  json::ParseLimits allowed;
  allowed.bytes_max = limits::kModelsBytesMax;
  allowed.members_max = limits::kModelsRowsMax * 400;
  Result<json::Value> document = json::parse(json, allowed);
  if (!document) return document.error();
  const json::Value* data = document->is_object() ? document->find("data") : nullptr;
  if (data == nullptr || !data->is_array()) return not_a_catalogue("it has no \"data\" list");
  if (data->members().size() > limits::kModelsRowsMax) return not_a_catalogue("it has more rows than " + std::to_string(limits::kModelsRowsMax));

  Catalog catalog;
  catalog.fetched_at_ = fetched_at;
  std::string rows;
  size_t count = 0;
  std::unordered_set<std::string> ids;
  for (const json::Member& item : data->members()) {
    std::optional<RowFacts> row = read_row(item.value);
    if (!row || !ids.insert(row->id).second) {
      ++catalog.rejected_rows_;
      continue;
    }
    rows += row_line(*row) + '\n';
    ++count;
  }
  if (count == 0) return not_a_catalogue("none of its rows can be read");
  catalog.text_ = std::string(kHead) + std::to_string(fetched_at.ms()) + ' ' + std::to_string(catalog.rejected_rows_) + ' ' +
                  std::to_string(count) + '\n' + rows;
  return catalog;
}

Result<Catalog> Catalog::from_compact(std::string text) {
  std::string_view head = std::string_view(text).substr(0, text.find('\n'));
  int64_t fetched_ms = 0;
  int64_t rejected = 0;
  int64_t rows = 0;
  if (!head.starts_with(kHead)) return not_a_catalogue("the head line is not of a catalogue file");
  head.remove_prefix(kHead.size());
  if (!read_number(head, fetched_ms) || !read_number(head, rejected) || !read_number(head, rows) || fetched_ms > INT64_MAX / 1000) {
    return not_a_catalogue("the head line of the catalogue file cannot be read");
  }
  if (text.back() != '\n' || std::count(text.begin(), text.end(), '\n') != rows + 1) {
    return not_a_catalogue("the catalogue file does not hold the rows that its head line counts");
  }
  Catalog catalog;
  catalog.fetched_at_ = Instant::from_ms(fetched_ms);
  catalog.rejected_rows_ = static_cast<size_t>(rejected);
  catalog.text_ = std::move(text);
  return catalog;
}

const Catalog& Catalog::snapshot() {
  static const Catalog catalog = [] {
    Catalog made;
    made.is_snapshot_ = true;
    std::string_view head = snapshot_text();
    head = head.substr(0, head.find('\n')).substr(kHead.size());
    int64_t fetched_ms = 0;
    if (read_number(head, fetched_ms)) made.fetched_at_ = Instant::from_ms(fetched_ms);
    return made;
  }();
  return catalog;
}

std::string_view Catalog::text() const { return is_snapshot_ ? snapshot_text() : std::string_view(text_); }

std::string Catalog::to_compact() const { return std::string(text()); }

std::optional<ModelCard> Catalog::find(std::string_view id) const {
  if (id.empty() || id.find_first_of("\t\n") != id.npos) return std::nullopt;
  std::string_view line = line_by_id(text(), id);
  if (line.empty()) line = line_by_slug(text(), id);
  if (line.empty()) return std::nullopt;
  std::optional<RowFacts> row = parse_row_line(line);
  if (!row) return std::nullopt;
  return make_card(*std::move(row));
}

std::vector<ModelCard> Catalog::all() const {
  std::vector<ModelCard> cards;
  each_line(text(), [&](std::string_view line) {
    if (std::optional<RowFacts> row = parse_row_line(line)) cards.push_back(make_card(*std::move(row)));
    return false;
  });
  return cards;
}

std::vector<std::string> Catalog::suggest(std::string_view id) const {
  struct Near {
    size_t remoteness;
    std::string_view id;
  };
  std::vector<Near> near;
  const size_t farthest = std::max<size_t>(2, id.size() / 3);
  each_line(text(), [&](std::string_view line) {
    const std::string_view candidate = id_of(line);
    if (candidate == id) return false;
    size_t away = remoteness(id, candidate);
    if (id.size() >= 3 && candidate.find(id) != candidate.npos) away = std::min<size_t>(away, 2);
    if (away <= farthest) near.push_back({away, candidate});
    return false;
  });
  // Equally near ones stay in the order of the catalogue: their ids point into one text.
  std::sort(near.begin(), near.end(), [](const Near& a, const Near& b) {
    return a.remoteness != b.remoteness ? a.remoteness < b.remoteness : a.id.data() < b.id.data();
  });
  std::vector<std::string> ids;
  for (const Near& n : near) {
    if (ids.size() == 3) break;
    ids.emplace_back(n.id);
  }
  return ids;
}

size_t Catalog::size() const {
  size_t rows = 0;
  each_line(text(), [&](std::string_view) { return ++rows == 0; });
  return rows;
}

}  // namespace orthink
