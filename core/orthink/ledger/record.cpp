#include "orthink/ledger/record.h"

#include <array>

#include "orthink/wire/json.h"

namespace orthink {
namespace {

constexpr uint64_t kVersion = 1;
constexpr std::array<std::string_view, 4> kSources{"none", "provider", "computed", "bound"};
constexpr std::array<UsageState, 3> kUsageStates{UsageState::none, UsageState::partial, UsageState::final_};

void write_text(json::Writer& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out.key(key).string(text);
}

void write_count(json::Writer& out, std::string_view key, const std::optional<uint64_t>& count) {
  if (count) out.key(key).number(*count);
}

void write_usage(json::Writer& out, const Usage& usage) {
  if (usage.state == UsageState::none) return;
  out.key("usage").object().key("state").string(name(usage.state));
  write_count(out, "prompt", usage.prompt_tokens);
  write_count(out, "cached", usage.cached_tokens);
  write_count(out, "cache_write", usage.cache_write_tokens);
  write_count(out, "completion", usage.completion_tokens);
  write_count(out, "thinking", usage.thinking_tokens);
  out.end();
}

// Reads members of one object and remembers whether each that is there had its type.
class Members {
 public:
  explicit Members(const json::Value& object) : object_(object) {}

  std::optional<uint64_t> count(std::string_view key) {
    const json::Value* value = object_.find(key);
    if (value == nullptr) return std::nullopt;
    const std::optional<uint64_t> number = value->as_u64();
    is_good_ = is_good_ && number.has_value();
    return number;
  }
  std::string text(std::string_view key) {
    const json::Value* value = object_.find(key);
    if (value == nullptr) return {};
    is_good_ = is_good_ && value->is_string();
    return value->is_string() ? value->text() : std::string();
  }
  // A whole number of 0 to 2^53 - 1 that must be there.
  int64_t number(std::string_view key) {
    const std::optional<uint64_t> number = count(key);
    if (!number || *number > static_cast<uint64_t>(NanoUsd::kMax)) return fail();
    return static_cast<int64_t>(*number);
  }
  int64_t fail() {
    is_good_ = false;
    return 0;
  }
  [[nodiscard]] bool is_good() const { return is_good_; }

 private:
  const json::Value& object_;
  bool is_good_ = true;
};

template <class State, size_t N>
std::optional<State> named(const std::array<State, N>& states, std::string_view text) {
  for (const State state : states)
    if (name(state) == text) return state;
  return std::nullopt;
}

bool read_usage(const json::Value& object, Usage& usage) {
  if (!object.is_object()) return false;
  Members in(object);
  const std::optional<UsageState> state = named(kUsageStates, in.text("state"));
  usage.prompt_tokens = in.count("prompt");
  usage.cached_tokens = in.count("cached");
  usage.cache_write_tokens = in.count("cache_write");
  usage.completion_tokens = in.count("completion");
  usage.thinking_tokens = in.count("thinking");
  usage.state = state.value_or(UsageState::none);
  return in.is_good() && state;
}

bool read_scopes(const json::Value* list, std::vector<Scope>& scopes) {
  if (list == nullptr || !list->is_array() || list->members().empty()) return false;
  for (const json::Member& member : list->members()) {
    if (!member.value.is_string()) return false;
    Result<Scope> scope = Scope::parse(member.value.text());
    if (!scope) return false;
    scopes.push_back(std::move(*scope));
  }
  return true;
}

Error unreadable(std::string_view why) {
  return make_error(Errc::internal, "a row of the ledger cannot be read: " + std::string(why),
                    "Run orthink ledger verify; it names every row that does not hold.");
}

bool is_true(const json::Value& document, std::string_view key) {
  const json::Value* value = document.find(key);
  return value != nullptr && value->is_boolean() && value->as_bool();
}

}  // namespace

std::string_view name(AmountSource source) { return kSources[static_cast<size_t>(source)]; }

std::string HoldRecord::key() const { return call_id + "/" + std::to_string(row); }

std::string HoldRecord::account() const {
  for (const Scope& scope : scopes)
    if (scope.kind == ScopeKind::tenant) return scope.to_text();
  return "global";
}

std::string HoldRecord::to_json() const {
  json::Writer out;
  out.object().key("v").number(kVersion).key("call").string(call_id).key("row").number(uint64_t{row}).key("attempt").number(uint64_t{attempt});
  out.key("scopes").array();
  for (const Scope& scope : scopes) out.string(scope.to_text());
  out.end();
  out.key("day").number(day).key("month").number(month).key("bound").number(bound.nano);
  if (source != AmountSource::none) out.key("actual").number(actual.nano).key("source").string(name(source));
  if (is_flagged) out.key("flagged").boolean(true);
  if (tokens_bound > 0) out.key("tokens").number(tokens_bound);
  write_text(out, "model", model);
  write_text(out, "provider", provider);
  write_text(out, "generation", generation_id);
  write_text(out, "prices", price_source);
  write_text(out, "claim", claim);
  write_usage(out, usage);
  out.key("created").number(created.us);
  if (!deadline.is_never()) out.key("deadline").number(deadline.us);
  if (asks > 0) out.key("asks").number(uint64_t{asks});
  out.end();
  return out.take();
}

Result<HoldRecord> HoldRecord::parse(std::string_view text) {
  const Result<json::Value> document = json::parse(text);
  if (!document) return unreadable(document.error().message);
  if (!document->is_object()) return unreadable("it is no object");
  Members in(*document);
  if (in.count("v") != kVersion) return unreadable("its version is not 1");
  HoldRecord record;
  record.call_id = in.text("call");
  record.row = static_cast<uint32_t>(in.number("row"));
  record.attempt = static_cast<uint32_t>(in.number("attempt"));
  record.day = in.number("day");
  record.month = in.number("month");
  record.bound = {in.number("bound")};
  const std::string source = in.text("source");
  for (size_t i = 1; i < kSources.size(); ++i)
    if (kSources[i] == source) record.source = static_cast<AmountSource>(i);
  if (record.source != AmountSource::none) record.actual = {in.number("actual")};
  if (!source.empty() && record.source == AmountSource::none) return unreadable("its source is '" + source + "'");
  record.is_flagged = is_true(*document, "flagged");
  record.tokens_bound = in.count("tokens").value_or(0);
  record.model = in.text("model");
  record.provider = in.text("provider");
  record.generation_id = in.text("generation");
  record.price_source = in.text("prices");
  record.claim = in.text("claim");
  record.created = {in.number("created")};
  record.deadline = document->find("deadline") != nullptr ? Instant{in.number("deadline")} : Instant::never();
  record.asks = static_cast<uint32_t>(in.count("asks").value_or(0));
  if (const json::Value* usage = document->find("usage"); usage != nullptr && !read_usage(*usage, record.usage))
    return unreadable("its usage has a wrong type");
  if (!read_scopes(document->find("scopes"), record.scopes)) return unreadable("its scopes have a wrong form");
  if (!in.is_good() || record.call_id.empty()) return unreadable("a member is missing or has a wrong type");
  return record;
}

}  // namespace orthink
