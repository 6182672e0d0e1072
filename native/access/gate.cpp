#include "native/access/gate.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "native/access/keys_file.h"
#include "native/access/signature.h"
#include "native/http_client.h"
#include "native/system.h"
#include "orthink/access/admitted.h"
#include "orthink/base/limits.h"

namespace orthink::access {
namespace {

constexpr std::array<std::string_view, 4> kKinds{"none", "keys", "jwt", "both"};

Error wrong(std::string message, std::string remedy) { return make_error(Errc::invalid_config, std::move(message), std::move(remedy)); }

// RFC 6749 section 3.3: printable without quote and backslash.
bool is_scope(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

Result<void> algorithms_read(const Config& config, TokenRules& rules) {
  rules.algorithms.clear();
  for (const std::string& word : config.words("auth_algorithms")) {
    const std::optional<Algorithm> named = algorithm(word);
    if (!named)
      return wrong("auth_algorithms names \"" + word + "\"", "It takes ES256, RS256, EdDSA and PS256, separated by spaces. Nothing unsigned, no shared secrets.");
    rules.algorithms.push_back(*named);
  }
  if (rules.algorithms.empty()) return wrong("auth_algorithms names no algorithm", "It takes ES256, RS256, EdDSA and PS256, separated by spaces.");
  return {};
}

Result<void> rules_read(const Config& config, GateOptions& options) {
  TokenRules& rules = options.rules;
  if (auto read = algorithms_read(config, rules); !read) return read;
  rules.issuer = config.text("auth_issuer");
  rules.audience = config.text("auth_audience");
  rules.user_claim = config.text("auth_user_claim");
  rules.tenant_claim = config.text("auth_tenant_claim");
  rules.scopes = config.words("auth_scopes");
  rules.types = config.text("auth_access_token_type") == "true" ? TypeRule::access_token : TypeRule::any_jwt;
  options.jwks_url = config.text("auth_jwks_url");
  for (const std::string_view needed : {"auth_issuer", "auth_audience", "auth_jwks_url"})
    if (config.text(needed).empty())
      return wrong("auth is " + std::string(name(options.kind)) + ", but " + std::string(needed) + " is not set",
                   "Tokens need auth_issuer, auth_audience and auth_jwks_url; see docs/configuration.md.");
  const bool is_canonical = rules.audience.find('#') == std::string::npos && !rules.audience.ends_with('/') && check_base_url(rules.audience);
  if (!is_canonical)
    return wrong("auth_audience is \"" + rules.audience + "\", which is no canonical address of a resource",
                 "Give the address that clients use, such as https://orthink.example/mcp: https, no fragment, no slash at its end.");
  if (!std::all_of(rules.scopes.begin(), rules.scopes.end(), is_scope))
    return wrong("auth_scopes holds a character that no scope has", "It takes words of printable ASCII, separated by spaces.");
  return {};
}

struct Address {
  std::string base;  // https://host:port
  std::string path;  // /jwks.json
};
Address split(const std::string& url) {
  const size_t slash = std::min(url.find('/', url.find("://") + 3), url.size());
  return {url.substr(0, slash), slash == url.size() ? "/" : url.substr(slash)};
}

}  // namespace

std::string_view name(GateKind kind) { return kKinds[static_cast<size_t>(kind)]; }

Result<GateOptions> GateOptions::from(const Config& config) {
  GateOptions options;
  const std::string& word = config.text("auth");
  const auto* found = std::find(kKinds.begin(), kKinds.end(), word);
  if (found == kKinds.end()) return wrong("auth is \"" + word + "\"", "It takes none, keys, jwt or both.");
  options.kind = static_cast<GateKind>(found - kKinds.begin());
  options.keys_file = config.text("auth_keys_file");
  if (options.kind == GateKind::jwt || options.kind == GateKind::both)
    if (auto read = rules_read(config, options); !read) return read.error();
  return options;
}

struct Gate::State {
  explicit State(GateOptions given) : options(std::move(given)), cache(options.cache) {}
  ~State() {
    stop.notify();
    if (fetcher.joinable()) fetcher.join();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] bool takes_keys() const { return options.kind == GateKind::keys || options.kind == GateKind::both; }
  [[nodiscard]] bool takes_tokens() const { return options.kind == GateKind::jwt || options.kind == GateKind::both; }
  [[nodiscard]] std::shared_ptr<const KeyTable> current_table() const {
    const std::lock_guard lock(mutex);
    return table;
  }

  Judged<Principal> judge(std::string_view authorization, Instant at);
  Judged<Principal> judge_token(std::string_view text, Instant at);
  [[nodiscard]] std::optional<Principal> known_caller(const Sha256::Digest& sum, uint64_t generation, Instant at) const;
  JwksCache::Found keys_for(const Token& token, Instant at);
  void begin_fetch(Instant at);  // with the mutex held
  void fetch(Instant at);

  const GateOptions options;
  ResourceFacts facts;
  Address address;
  std::unique_ptr<HttpClient> client;
  Wakeup stop;

  mutable std::mutex mutex;  // of all below
  std::condition_variable fetch_ended;
  std::shared_ptr<const KeyTable> table;
  JwksCache cache;
  Admitted admitted;
  std::string last_failure;
  std::thread fetcher;
};

Judged<Principal> Gate::State::judge(std::string_view authorization, Instant at) {
  if (options.kind == GateKind::none) return Principal::local();
  const Judged<std::string_view> credential = bearer_of(authorization);
  if (!credential) return credential.denial();
  if (takes_tokens() && (!takes_keys() || looks_like_token(*credential))) return judge_token(*credential, at);
  return current_table()->find(at, *credential);
}

Judged<Principal> Gate::State::judge_token(std::string_view text, Instant at) {
  const Judged<Token> token = read_token(text, options.rules.algorithms, options.rules.types);
  if (!token) return token.denial();
  const JwksCache::Found found = keys_for(*token, at);
  if (found.keys.empty()) return found.has_set ? Denial::signing_key_unknown : Denial::keys_unavailable;
  const Sha256::Digest sum = Sha256::of(text);
  if (std::optional<Principal> known = known_caller(sum, found.generation, at)) return std::move(*known);
  const bool is_right = std::any_of(found.keys.begin(), found.keys.end(), [&](const SigningKey& key) {
    return is_signed(key, token->algorithm, token->signed_part, token->signature);
  });
  if (!is_right) return Denial::signature_wrong;
  Judged<Admission> admission = judge_claims(at, options.rules, token->claims);
  if (!admission) return admission.denial();
  const std::lock_guard lock(mutex);
  admitted.remember(sum, found.generation, *admission);
  return std::move(admission->caller);
}

std::optional<Principal> Gate::State::known_caller(const Sha256::Digest& sum, uint64_t generation, Instant at) const {
  const std::lock_guard lock(mutex);
  const Principal* caller = admitted.find(at, sum, generation);
  return caller != nullptr ? std::optional(*caller) : std::nullopt;
}

// Whoever finds the keys old has them fetched and goes on with those there are; whoever finds none waits for the fetch.
JwksCache::Found Gate::State::keys_for(const Token& token, Instant at) {
  std::unique_lock lock(mutex);
  for (;;) {
    JwksCache::Found found = cache.find(at, token.kid, token.algorithm);
    if (found.should_fetch && cache.may_fetch(at)) begin_fetch(at);
    if (!found.keys.empty() || !cache.is_fetching()) return found;
    fetch_ended.wait(lock, [this] { return !cache.is_fetching(); });
  }
}

void Gate::State::begin_fetch(Instant at) {
  if (fetcher.joinable()) fetcher.join();  // it has said that it is done, under this mutex
  cache.began(at);
  fetcher = std::thread([this, at] { fetch(at); });
}

void Gate::State::fetch(Instant at) {
  const Result<HttpResponse> answer = get(*client, address.path, orthink::now() + options.fetch_deadline, limits::kJwksBytesMax, stop.fd());
  const std::lock_guard lock(mutex);
  std::string failure;
  if (!answer) {
    failure = answer.error().message;
  } else if (answer->head.status != 200) {
    failure = "HTTP " + std::to_string(answer->head.status);
  } else if (Result<void> taken = cache.fetched(at, answer->body); !taken) {
    failure = taken.error().message;
  }
  if (cache.is_fetching()) cache.failed();
  last_failure = std::move(failure);
  fetch_ended.notify_all();
}

Gate::Gate(std::unique_ptr<State> state) : state_(std::move(state)) {}
Gate::~Gate() = default;

Result<std::unique_ptr<Gate>> Gate::open(GateOptions options) {
  auto state = std::make_unique<State>(std::move(options));
  state->table = std::make_shared<const KeyTable>();
  if (state->takes_tokens()) {
    if (auto ready = signatures_ready(); !ready) return ready.error();
    const Result<std::string> url = check_base_url(state->options.jwks_url);
    if (!url) return url.error();
    state->address = split(*url);
    Result<std::unique_ptr<HttpClient>> client = HttpClient::create(state->address.base, Secret());
    if (!client) return client.error();
    state->client = std::move(*client);
    state->facts = {state->options.rules.audience, {state->options.rules.issuer}, state->options.rules.scopes};
  }
  std::unique_ptr<Gate> gate(new Gate(std::move(state)));
  if (auto read = gate->reload(); !read) return read.error();
  return gate;
}

Verdict Gate::admit(std::string_view authorization, Instant now) {
  Judged<Principal> judged = state_->judge(authorization, now);
  Verdict verdict;
  if (judged) {
    verdict.caller = std::move(*judged);
  } else {
    verdict.denial = judged.denial();
    verdict.challenge = challenge_of(judged.denial(), state_->facts);
  }
  return verdict;
}

Result<void> Gate::reload() {
  if (!state_->takes_keys()) return {};
  Result<KeyTable> table = read_keys(state_->options.keys_file);
  if (!table) return table.error();
  auto fresh = std::make_shared<const KeyTable>(std::move(*table));
  const std::lock_guard lock(state_->mutex);
  state_->table = std::move(fresh);
  return {};
}

GateKind Gate::kind() const { return state_->options.kind; }

const ResourceFacts& Gate::facts() const { return state_->facts; }

Gate::Status Gate::status() const {
  const std::lock_guard lock(state_->mutex);
  return {state_->table->keys().size(), state_->cache.fetches(), state_->last_failure};
}

}  // namespace orthink::access
