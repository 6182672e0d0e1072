#include "native/access/keys_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "native/system.h"
#include "orthink/base/limits.h"

namespace orthink::access {
namespace {

class FileLock {
 public:
  explicit FileLock(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    while (fd_ >= 0 && ::flock(fd_, LOCK_EX) != 0) {
      if (errno == EINTR) continue;
      ::close(fd_);
      fd_ = -1;
    }
    error_ = errno;
  }
  ~FileLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  [[nodiscard]] bool is_held() const { return fd_ >= 0; }
  [[nodiscard]] int error() const { return error_; }

 private:
  int fd_;
  int error_ = 0;
};

Error in_file(const std::string& path, Error error) {
  error.message = path + ": " + error.message;
  return error;
}

}  // namespace

Result<KeyTable> read_keys(const std::string& path) {
  if (path.empty())
    return make_error(Errc::invalid_config, "there is no folder to keep the table of keys in", "Set HOME or ORTHINK_AUTH_KEYS_FILE.");
  const std::optional<FileFacts> facts = file_facts(path);
  if (!facts) return KeyTable();
  if (!facts->is_regular) return make_error(Errc::invalid_config, path + " is not a regular file", "Give auth_keys_file another path.");
  if (!facts->is_own)
    return make_error(Errc::invalid_config, path + " belongs to another user", "Let the user who runs the server own it, or give auth_keys_file another path.");
  if ((facts->mode & 077U) != 0)
    return make_error(Errc::invalid_config, "others may read or write the table of keys " + path, "Run: chmod 600 '" + path + "'");
  const Result<std::string> text = read_file(path, limits::kAccessKeysBytesMax);
  if (!text) return text.error();
  Result<KeyTable> table = KeyTable::parse(*text);
  if (!table) return in_file(path, table.error());
  return table;
}

Result<void> change_keys(const std::string& path, const std::function<Result<void>(KeyTable&)>& change) {
  if (path.empty()) return read_keys(path).error();
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code ignored;  // opening the lock says what is wrong
  if (!folder.empty() && std::filesystem::create_directories(folder, ignored)) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, ignored);
  const FileLock lock(path + ".lock");
  if (!lock.is_held())
    return make_error(Errc::file_unreadable, "cannot lock " + path + ".lock: " + std::strerror(lock.error()), "Look at the rights of its folder.");
  Result<KeyTable> table = read_keys(path);
  if (!table) return table.error();
  if (Result<void> changed = change(*table); !changed) return changed;
  return write_file(path, table->to_json(), 0600);
}

}  // namespace orthink::access
