// Another program's settings file: read with care, replaced at once, the old one kept beside it.
//
//   Result<SettingsFile> file = read_settings(path);
//   Result<std::string> backup = replace_settings(*file, text, now());
//
// A symbolic link stays one: what it points to is replaced. Permissions stay. A file that is read-only, of another user, or no regular file is
// refused (Errc::file_unreadable), a dangling link too. Thread rule: values; the file system is shared with whoever else writes it, hence
// the look before the write.
#pragma once

#include <string>
#include <string_view>

#include "orthink/base/instant.h"
#include "orthink/base/result.h"

namespace orthink::install {

struct SettingsFile {
  std::string path;  // as asked
  std::string real;  // where the bytes are, links followed
  bool exists = false;
  unsigned mode = 0600;  // of what is there, or of what will be
  std::string text;
};

// A file that is not there is no error.
Result<SettingsFile> read_settings(const std::string& path);

// Writes `text` in the file's place, a copy of the old one first: "FILE.20261130T201500Z.bak", whose path is returned; empty when there was
// none. Errc::invalid_argument when the file is no longer what was read.
Result<std::string> replace_settings(const SettingsFile& file, std::string_view text, Instant now);

}  // namespace orthink::install
