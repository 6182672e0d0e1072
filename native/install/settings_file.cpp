#include "native/install/settings_file.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "native/system.h"
#include "orthink/ledger/window.h"

namespace orthink::install {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFileMax = size_t{64} << 20;
constexpr unsigned kOwnerWrites = 0200;

Error refused(const std::string& path, std::string_view what, std::string remedy) {
  return make_error(Errc::file_unreadable, path + " " + std::string(what), std::move(remedy));
}

Result<std::string> followed(const std::string& path) {
  std::error_code error;
  if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
  const fs::path real = fs::canonical(path, error);
  if (error) return refused(path, "is a link to something that is not there", "Mend or remove the link, then try again.");
  return real.string();
}

std::string stamp(Instant at) {
  std::string text = window::iso_text(at);
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == '-' || c == ':'; }), text.end());
  return text;
}

// write_file() makes the file under the umask; who could read and write it before still can.
Result<> write_as(const std::string& path, std::string_view text, unsigned mode) {
  if (Result<> written = write_file(path, text, mode); !written) return written;
  std::error_code error;
  fs::permissions(path, static_cast<fs::perms>(mode), error);
  if (error) return refused(path, "was written, but its permissions could not be set: " + error.message(), "Look at them with ls -l.");
  return {};
}

Result<std::string> free_name(const std::string& path, Instant now) {
  constexpr int kTries = 100;
  for (int i = 1; i <= kTries; ++i) {
    std::string name = path + "." + stamp(now) + (i > 1 ? "-" + std::to_string(i) : "") + ".bak";
    std::error_code error;
    if (fs::symlink_status(name, error).type() == fs::file_type::not_found) return name;
  }
  return refused(path, "has too many copies beside it", "Remove old ones, FILE.*.bak.");
}

}  // namespace

Result<SettingsFile> read_settings(const std::string& path) {
  Result<std::string> real = followed(path);
  if (!real) return real.error();
  SettingsFile file{path, std::move(*real), false, 0600, {}};
  const std::optional<FileFacts> facts = file_facts(file.real);
  if (!facts) return file;
  if (!facts->is_regular) return refused(path, "is not a regular file", "Name another file with --settings.");
  if (!facts->is_own) return refused(path, "belongs to another user", "Run this as the user whose client it is.");
  if ((facts->mode & kOwnerWrites) == 0) return refused(path, "is read-only", "Make it writable (chmod u+w), or edit what writes it.");
  Result<std::string> text = read_file(file.real, kFileMax);
  if (!text) return text.error();
  file.exists = true;
  file.mode = facts->mode;
  file.text = std::move(*text);
  return file;
}

Result<std::string> replace_settings(const SettingsFile& file, std::string_view text, Instant now) {
  Result<SettingsFile> again = read_settings(file.path);
  if (!again) return again.error();
  if (again->exists != file.exists || again->real != file.real || again->text != file.text)
    return make_error(Errc::invalid_argument, file.path + " was changed by another program meanwhile", "Run the command again.");
  std::string backup;
  if (file.exists) {
    Result<std::string> name = free_name(file.real, now);
    if (!name) return name.error();
    backup = std::move(*name);
    if (Result<> kept = write_as(backup, file.text, file.mode); !kept) return kept.error();
  }
  if (Result<> written = write_as(file.real, text, file.mode); !written) return written.error();
  return backup;
}

}  // namespace orthink::install
