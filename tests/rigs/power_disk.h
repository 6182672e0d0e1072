// PowerDisk: a disk that forgets what was not synced, as a VFS of SQLite over the system's.
//
//   PowerDisk disk({.seed = 7, .cut_after = 300});
//   SqliteStore::open({.path = folder.file("store"), .vfs = disk.name()});    // and traffic, until everything fails
//   disk.cut();                                                               // at the latest now
//   disk.leave(other.file("store"));                                          // what a machine finds after the power came back
//
// Per file it keeps what is on the platter and every version of each 512-byte sector, and every size, written since the last sync.
// After a cut each sector is any one of its versions, apart from its neighbours: writes are lost, reordered and torn. A sector
// that a file grew by and that was not written holds zeros or garbage. A new file, and a deletion, is on the platter once its folder
// was synced, which the system's VFS does with the first sync of a new journal or log, and when it is asked to with a deletion.
// A sync that fails leaves each sector it should have written at any of its versions, for reads too, and no later sync brings them
// back: so Linux does.
// -shm is no file of this disk: it does not survive.
// Thread rule: any thread.
#pragma once

#include <sqlite3.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/rigs/rig.h"

namespace orthink::rig {

struct PowerOptions {
  uint64_t seed = 1;
  uint64_t cut_after = 0;  // operations that change something; 0: not by itself
  enum class Fault : uint8_t { none, sync_fails, write_fails, disk_is_full } fault = Fault::none;
  uint64_t fault_at = 0;           // the n-th sync or write
  bool is_for_ever = false;        // and every one after it
  std::function<void()> on_cut{};  // called in the operation that is the last
};

class PowerDisk {
 public:
  explicit PowerDisk(const PowerOptions& options);
  ~PowerDisk();  // every connection is closed
  PowerDisk(const PowerDisk&) = delete;
  PowerDisk& operator=(const PowerDisk&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  void cut();
  void cut_after(uint64_t operations) { cut_at_ = operations_ + operations; }  // from now on
  [[nodiscard]] bool is_off() const { return is_off_; }
  [[nodiscard]] bool has_lost_sync() const { return has_lost_sync_; }
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  [[nodiscard]] uint64_t operations() const { return operations_; }
  // Writes what survives of the files that begin with `path` to files that begin with `to`. REQUIRES: is_off().
  void leave(const std::string& path, const std::string& to);

 private:
  static constexpr uint64_t kSector = 512;
  using Sector = std::array<uint8_t, kSector>;
  struct File {
    std::string platter;                               // what is certain
    std::string cache;                                 // what is read
    std::map<uint64_t, std::vector<Sector>> versions;  // by number of the sector, since the last sync
    std::vector<uint64_t> sizes;                       // since the last sync
    bool has_shrunk = false;                           // since the last sync
  };
  using Folder = std::map<std::string, std::shared_ptr<File>>;
  struct Handle;  // of an open file, in memory that SQLite gives
  struct Calls;   // SQLite's way in

  void know(const std::string& path, bool is_there);
  int remove(const std::string& path, bool syncs_folder);
  int write(Handle& handle, const void* bytes, int size, sqlite3_int64 offset);
  int truncate(Handle& handle, sqlite3_int64 size);
  int sync(Handle& handle);
  bool spend();  // one operation; false: the power went off in it, or was off
  bool fails(PowerOptions::Fault kind, uint64_t count);
  void lose_sync(Handle& handle);
  enum class Fate : uint8_t { all_kept, all_lost, few_lost, any };
  Sector version_of(const File& file, uint64_t number, const std::vector<Sector>& versions, Fate fate);
  std::string survivor(const File& file, Fate fate);

  const PowerOptions options_;
  std::string name_;
  sqlite3_vfs* below_;
  sqlite3_vfs vfs_{};
  std::mutex mutex_;
  Dice dice_;
  std::vector<std::shared_ptr<File>> files_;
  Folder now_;      // as programs see it
  Folder platter_;  // as it is on the platter
  uint64_t syncs_ = 0, writes_ = 0;
  std::atomic<uint64_t> operations_{0}, cut_at_;
  std::atomic<bool> is_off_{false}, has_lost_sync_{false}, has_failed_{false};
};

}  // namespace orthink::rig
