#include "orthink/ledger/chain.h"

#include <algorithm>

#include "orthink/wire/json.h"

namespace orthink::chain {
namespace {

constexpr uint64_t kVersion = 1;
constexpr size_t kDigits = 10;
constexpr size_t kHashCharacters = 64;

const std::string& no_hash() {
  static const std::string zeros(kHashCharacters, '0');
  return zeros;
}

void add_number(Sha256& hash, uint64_t number) {
  std::array<char, 8> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(number >> (56 - 8 * i) & 0xff);
  hash.update({bytes.data(), bytes.size()});
}

void add_text(Sha256& hash, std::string_view text) {
  add_number(hash, text.size());
  hash.update(text);
}

void begin(Sha256& hash, const Seal& seal) {
  add_text(hash, seal.previous);
  add_text(hash, seal.account);
  add_number(hash, seal.from);
  add_number(hash, seal.to);
}

bool is_hash(std::string_view text) {
  return text.size() == kHashCharacters &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string_view text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? std::string_view(value->text()) : std::string_view();
}

uint64_t number_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value == nullptr ? 0 : value->as_u64().value_or(0);
}

std::string lines_text(uint64_t from, uint64_t to) {
  return from == to ? "line " + std::to_string(from) : "lines " + std::to_string(from) + " to " + std::to_string(to);
}

}  // namespace

std::string Seal::to_json() const {
  json::Writer out;
  out.object().key("v").number(kVersion).key("account").string(account).key("from").number(from).key("to").number(to);
  out.key("previous").string(previous).key("hash").string(hash).end();
  return out.take();
}

Result<Seal> Seal::parse(std::string_view text) {
  const Result<json::Value> document = json::parse(text);
  if (!document) return document.error();
  if (!document->is_object() || number_at(*document, "v") != kVersion) return make_error(Errc::internal, "it is no seal of version 1");
  Seal seal{std::string(text_at(*document, "account")), number_at(*document, "from"), number_at(*document, "to"),
            std::string(text_at(*document, "previous")), std::string(text_at(*document, "hash"))};
  const bool is_whole = !seal.account.empty() && seal.from > 0 && seal.from <= seal.to && is_hash(seal.previous) && is_hash(seal.hash);
  if (!is_whole) return make_error(Errc::internal, "a member of the seal is missing or wrong");
  return seal;
}

std::string seal_key(std::string_view account, uint64_t number) {
  const std::string digits = std::to_string(number);
  const std::string zeros(digits.size() < kDigits ? kDigits - digits.size() : 0, '0');
  return std::string(kSealPrefix) + std::string(account) + "/" + zeros + digits;
}

std::string mark_key(std::string_view account) { return "seals/" + std::string(account); }

std::optional<SealPlace> read_seal_key(std::string_view key) {
  const size_t slash = key.rfind('/');
  if (!key.starts_with(kSealPrefix) || slash <= kSealPrefix.size()) return std::nullopt;
  const std::string_view digits = key.substr(slash + 1);
  if (digits.size() != kDigits) return std::nullopt;
  SealPlace place{std::string(key.substr(kSealPrefix.size(), slash - kSealPrefix.size())), 0};
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    place.number = place.number * 10 + static_cast<uint64_t>(digit - '0');
  }
  return place;
}

Seal seal(const Seal* previous, std::string_view account, const std::vector<std::string>& lines) {
  Seal made;
  made.account = account;
  made.from = previous == nullptr ? 1 : previous->to + 1;
  made.to = made.from + lines.size() - 1;
  made.previous = previous == nullptr ? no_hash() : previous->hash;
  Sha256 hash;
  begin(hash, made);
  for (const std::string& line : lines) add_text(hash, line);
  made.hash = hex(hash.finish());
  return made;
}

Check::Check(std::string account, const std::vector<Numbered>& seals, uint64_t made) : account_(std::move(account)) {
  uint64_t last = 0;
  for (const auto& [number, text] : seals) {
    if (number > last + 1)
      findings_.add(finding::seal_missing, seal_key(account_, last + 1),
                    std::to_string(number - last - 1) + " of the seals before number " + std::to_string(number) + " are not there");
    last = number;
    Result<Seal> seal = Seal::parse(text);
    if (number == 0 || !seal || seal->account != account_) {
      findings_.add(finding::seal_unreadable, seal_key(account_, number),
                    seal ? "the seal is not one of this account" : "the seal cannot be read: " + seal.error().message);
      continue;
    }
    seals_.push_back({number, std::move(*seal), false});
  }
  if (last < made)
    findings_.add(finding::seal_missing, seal_key(account_, last + 1),
                  std::to_string(made) + " seals were made; the last that is there is number " + std::to_string(last));
  link();
}

void Check::say(std::string_view code, Link& link, std::string text) {
  link.is_judged = true;
  findings_.add(code, seal_key(account_, link.number), std::move(text));
}

// Each seal begins after the one before it. Where one is gone, nothing can be said of what follows but by its own lines.
void Check::link() {
  for (size_t i = 0; i < seals_.size(); ++i) {
    Link& link = seals_[i];
    const bool is_first = link.number == 1;
    const bool follows = i > 0 && seals_[i - 1].number + 1 == link.number;
    if (!is_first && !follows) continue;
    const uint64_t from = is_first ? 1 : seals_[i - 1].seal.to + 1;
    if (link.seal.from != from)
      say(finding::seal_changed, link, "it begins with line " + std::to_string(link.seal.from) + " and not with line " + std::to_string(from));
    else if (is_first && link.seal.previous != no_hash())
      say(finding::seal_changed, link, "it is the first and names one before it");
  }
}

void Check::line(uint64_t number, std::string_view text) {
  while (at_ < seals_.size() && number > seals_[at_].seal.to) close();
  if (at_ == seals_.size() || number < seals_[at_].seal.from) return;
  Link& link = seals_[at_];
  if (next_ == 0) {
    begin(hash_, link.seal);
    next_ = link.seal.from;
  }
  if (number != next_ && !link.is_judged)
    say(finding::lines_missing, link, "line " + std::to_string(next_) + " is under this seal and is not there");
  next_ = number + 1;
  add_text(hash_, text);
  if (number == link.seal.to) close();
}

// All lines of the seal have come that will.
void Check::close() {
  Link& link = seals_[at_++];
  const std::string found = hex(hash_.finish());
  const bool is_whole = next_ == link.seal.to + 1;
  const Link* after = at_ < seals_.size() && seals_[at_].number == link.number + 1 ? &seals_[at_] : nullptr;
  if (!link.is_judged && !is_whole)
    say(finding::lines_missing, link,
        lines_text(next_ == 0 ? link.seal.from : next_, link.seal.to) + (next_ == 0 ? " are under this seal and are not there" : " of it are not there"));
  next_ = 0;
  link.is_hash_changed = after != nullptr && found != link.seal.hash && after->seal.previous == found;
  if (!link.is_judged) judge(link, found, after);
}

// Its lines are all there: does their sum fit, and does it go on from the seal before?
void Check::judge(Link& link, const std::string& found, const Link* after) {
  const auto fits = [&link](const Link& before) {
    return before.number + 1 != link.number || before.seal.hash == link.seal.previous || before.is_hash_changed;
  };
  const bool is_linked = at_ < 2 || fits(seals_[at_ - 2]);
  const std::string lines = lines_text(link.seal.from, link.seal.to);
  if (!is_linked)
    say(finding::seal_changed, link, "it names another seal before it than the one that is there");
  else if (found == link.seal.hash)
    return;
  else if (link.is_hash_changed)
    say(finding::seal_changed, link, "the seal over " + lines + " is not the one that was made");
  else if (after != nullptr && after->seal.previous == link.seal.hash)
    say(finding::lines_changed, link, lines + " are not those that were sealed: one was changed, put in or moved");
  else
    say(finding::seal_mismatch, link, "the seal and " + lines + " do not fit: one of them was changed");
}

Findings Check::finish() {
  while (at_ < seals_.size()) close();
  return std::move(findings_);
}

}  // namespace orthink::chain
