// The upstream key: where it comes from and how it is kept. It is never printed, logged, put in an error or in argv.
//
// Thread rule: values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "native/config.h"
#include "native/system.h"
#include "orthink/base/instant.h"
#include "orthink/base/result.h"

namespace orthink {

// Text that cannot be printed by accident: no conversion, no comparison; wiped when it dies. Movable, not copyable.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  [[nodiscard]] bool empty() const { return text_.empty(); }
  // The one way out; for the Authorization header and the key file alone.
  [[nodiscard]] std::string_view reveal() const { return text_; }
  // Names the key without telling it: the first 12 hex digits of its SHA-256; empty for an empty one.
  [[nodiscard]] std::string fingerprint() const;

 private:
  void wipe();
  std::string text_;
};

struct Key {
  enum class Origin : uint8_t { environment, file };
  Secret secret;
  Origin origin = Origin::environment;
  std::string path;             // of the file
  std::optional<Duration> age;  // of the file
};

// OPENROUTER_API_KEY, else the file of `key_file`. Errc::key_missing when there is none, invalid_config for a file that others may
// read or that is not ours (the remedy is the chmod to run), or for a key that cannot be a header's value.
Result<Key> find_key(const Config& config, Instant now, const Environment& variables = environment);

// Mode 0600, atomically. Refuses what cannot be a key: empty, or anything but printable ASCII without blanks.
Result<void> save_key(const std::string& path, const Secret& secret);

}  // namespace orthink
