#include "native/key.h"

#include <algorithm>
#include <utility>

#include "orthink/base/sha256.h"

namespace orthink {
namespace {

constexpr size_t kKeyBytesMax = 4096;

// What may stand in an Authorization header; the message never quotes it.
Result<void> check_key(std::string_view key, const std::string& place) {
  if (key.empty()) return make_error(Errc::invalid_config, "the key in " + place + " is empty", "Set it with `orthink key set`.");
  const bool is_plain = std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (is_plain && key.size() <= kKeyBytesMax) return {};
  return make_error(Errc::invalid_config, "the key in " + place + " has blanks or characters that no key has",
                    "Copy the key again, alone and on one line.");
}

void trim(std::string& text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!text.empty() && is_blank(text.back())) text.pop_back();
}

Result<Key> key_of_file(const std::string& path, const FileFacts& facts, Instant now) {
  if (!facts.is_regular) return make_error(Errc::invalid_config, path + " is not a regular file", "Set the key with `orthink key set`.");
  if (!facts.is_own) return make_error(Errc::invalid_config, path + " belongs to another user", "Set your own key with `orthink key set`.");
  if ((facts.mode & 077U) != 0) {
    return make_error(Errc::invalid_config, "others may read or write the key file " + path, "Run: chmod 600 '" + path + "'");
  }
  Result<std::string> text = read_file(path, kKeyBytesMax);
  if (!text) return text.error();
  trim(*text);
  Key key{Secret(std::move(*text)), Key::Origin::file, path, std::max(Duration{0}, now - facts.changed)};
  if (auto ok = check_key(key.secret.reveal(), path); !ok) return ok.error();
  return key;
}

}  // namespace

Secret::Secret(Secret&& other) noexcept : text_(other.text_) {
  other.wipe();
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = other.text_;
    other.wipe();
  }
  return *this;
}

Secret::~Secret() {
  wipe();
}

std::string Secret::fingerprint() const {
  constexpr size_t kDigits = 12;
  return text_.empty() ? std::string() : hex(Sha256::of(text_)).substr(0, kDigits);
}

void Secret::wipe() {
  volatile char* at = text_.data();
  for (size_t i = 0; i < text_.size(); ++i) at[i] = 0;
  text_.clear();
}

Result<Key> find_key(const Config& config, Instant now, const Environment& variables) {
  if (std::optional<std::string> text = variables ? variables("OPENROUTER_API_KEY") : std::nullopt) {
    trim(*text);
    Key key{Secret(std::move(*text)), Key::Origin::environment, {}, {}};
    if (auto ok = check_key(key.secret.reveal(), "OPENROUTER_API_KEY"); !ok) return ok.error();
    return key;
  }
  const std::string& path = config.key_file();
  const std::optional<FileFacts> facts = path.empty() ? std::nullopt : file_facts(path);
  if (!facts) return make_error(Errc::key_missing, path.empty() ? "no key is set" : "no key is set, and " + path + " is not there");
  return key_of_file(path, *facts, now);
}

Result<void> save_key(const std::string& path, const Secret& secret) {
  if (path.empty()) return make_error(Errc::invalid_config, "there is no folder to keep the key in", "Set HOME or ORTHINK_KEY_FILE.");
  if (auto ok = check_key(secret.reveal(), "the input"); !ok) return ok.error();
  return write_file(path, std::string(secret.reveal()) + "\n", 0600);
}

}  // namespace orthink
