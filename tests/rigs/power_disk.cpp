#include "tests/rigs/power_disk.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

namespace orthink::rig {
namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

struct PowerDisk::Handle {
  sqlite3_file base;
  PowerDisk* disk;
  File* file;         // lives in the disk
  bool syncs_folder;  // at its next sync
  [[nodiscard]] sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

struct PowerDisk::Calls {
  static Handle& handle(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
  static sqlite3_file* below(sqlite3_file* file) { return handle(file).below(); }
  static PowerDisk& disk(sqlite3_vfs* vfs) { return *static_cast<PowerDisk*>(vfs->pAppData); }

  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out);
  static int remove(sqlite3_vfs* vfs, const char* path, int syncs_folder) { return disk(vfs).remove(path, syncs_folder != 0); }

  static int close(sqlite3_file* file) { return below(file)->pMethods->xClose(below(file)); }
  static int read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
    if (handle(file).disk->is_off()) return SQLITE_IOERR_READ;
    return below(file)->pMethods->xRead(below(file), bytes, size, offset);
  }
  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    return handle(file).disk->write(handle(file), bytes, size, offset);
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) { return handle(file).disk->truncate(handle(file), size); }
  static int sync(sqlite3_file* file, int) { return handle(file).disk->sync(handle(file)); }
  static int size(sqlite3_file* file, sqlite3_int64* size) { return below(file)->pMethods->xFileSize(below(file), size); }
  static int lock(sqlite3_file* file, int level) { return below(file)->pMethods->xLock(below(file), level); }
  static int unlock(sqlite3_file* file, int level) { return below(file)->pMethods->xUnlock(below(file), level); }
  static int is_reserved(sqlite3_file* file, int* is) { return below(file)->pMethods->xCheckReservedLock(below(file), is); }
  static int control(sqlite3_file* file, int what, void* with) { return below(file)->pMethods->xFileControl(below(file), what, with); }
  static int sector(sqlite3_file* file) { return below(file)->pMethods->xSectorSize(below(file)); }
  static int traits(sqlite3_file* file) { return below(file)->pMethods->xDeviceCharacteristics(below(file)); }
  static int map(sqlite3_file* file, int page, int size, int extends, void volatile** out) {
    return below(file)->pMethods->xShmMap(below(file), page, size, extends, out);
  }
  static int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
    return below(file)->pMethods->xShmLock(below(file), offset, n, flags);
  }
  static void barrier(sqlite3_file* file) { below(file)->pMethods->xShmBarrier(below(file)); }
  static int unmap(sqlite3_file* file, int removes) { return below(file)->pMethods->xShmUnmap(below(file), removes); }

  static constexpr sqlite3_io_methods kMethods{2,       close,  read,   write, truncate, sync,    size,  lock,    unlock, is_reserved,
                                               control, sector, traits, map,   shm_lock, barrier, unmap, nullptr, nullptr};
};

int PowerDisk::Calls::open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out) {
  PowerDisk& self = disk(vfs);
  Handle& opened = handle(file);
  opened.base.pMethods = nullptr;
  if (self.is_off()) return SQLITE_CANTOPEN;
  int is_there = 0;
  self.below_->xAccess(self.below_, path, SQLITE_ACCESS_EXISTS, &is_there);
  const int code = self.below_->xOpen(self.below_, path, opened.below(), flags, flags_out);
  if (code != SQLITE_OK) return code;
  const std::lock_guard lock(self.mutex_);
  self.know(path, is_there != 0);
  opened.disk = &self;
  opened.file = self.now_[path].get();
  opened.syncs_folder = is_there == 0 && (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
  opened.base.pMethods = &kMethods;
  return SQLITE_OK;
}

PowerDisk::PowerDisk(const PowerOptions& options)
    : options_(options), below_(sqlite3_vfs_find(nullptr)), dice_(options.seed), cut_at_(options.cut_after) {
  static std::atomic<uint64_t> made{0};
  name_ = "power-" + std::to_string(++made);
  vfs_ = *below_;
  vfs_.szOsFile = static_cast<int>(sizeof(Handle)) + below_->szOsFile;
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = &Calls::open;
  vfs_.xDelete = &Calls::remove;
  sqlite3_vfs_register(&vfs_, 0);
}

PowerDisk::~PowerDisk() {
  sqlite3_vfs_unregister(&vfs_);
}

void PowerDisk::cut() {
  is_off_ = true;
}

bool PowerDisk::spend() {
  if (is_off_) return false;
  if (++operations_ != cut_at_) return true;
  if (options_.on_cut) options_.on_cut();
  is_off_ = true;
  return false;
}

bool PowerDisk::fails(PowerOptions::Fault kind, uint64_t count) {
  const bool does = options_.fault == kind && (count == options_.fault_at || (options_.is_for_ever && count > options_.fault_at));
  if (does) has_failed_ = true;
  return does;
}

void PowerDisk::know(const std::string& path, bool is_there) {
  std::shared_ptr<File>& file = now_[path];
  if (file != nullptr) return;
  file = std::make_shared<File>();
  files_.push_back(file);
  if (!is_there) return;
  file->platter = file->cache = contents(path);
  platter_[path] = file;
}

int PowerDisk::remove(const std::string& path, bool syncs_folder) {
  const std::lock_guard lock(mutex_);
  if (is_off_) return SQLITE_IOERR_DELETE;
  const int code = below_->xDelete(below_, path.c_str(), 0);
  now_.erase(path);
  if (!spend()) return SQLITE_IOERR_DELETE;
  if (syncs_folder) platter_ = now_;
  return code;
}

int PowerDisk::write(Handle& handle, const void* bytes, int size, sqlite3_int64 offset) {
  const std::lock_guard lock(mutex_);
  if (is_off_) return SQLITE_IOERR_WRITE;
  ++writes_;
  if (fails(PowerOptions::Fault::write_fails, writes_)) return SQLITE_IOERR_WRITE;
  if (fails(PowerOptions::Fault::disk_is_full, writes_)) return SQLITE_FULL;
  const int code = handle.below()->pMethods->xWrite(handle.below(), bytes, size, offset);
  if (code != SQLITE_OK) return code;
  File& file = *handle.file;
  const auto from = static_cast<uint64_t>(offset);
  const uint64_t to = from + static_cast<uint64_t>(size);
  if (to > file.cache.size()) {
    file.cache.resize(to);
    file.sizes.push_back(to);
  }
  std::memcpy(file.cache.data() + from, bytes, static_cast<size_t>(size));
  for (uint64_t number = from / kSector; number * kSector < to; ++number) {
    Sector sector{};
    std::memcpy(sector.data(), file.cache.data() + number * kSector, std::min(kSector, file.cache.size() - number * kSector));
    file.versions[number].push_back(sector);
  }
  return spend() ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

int PowerDisk::truncate(Handle& handle, sqlite3_int64 size) {
  const std::lock_guard lock(mutex_);
  if (is_off_) return SQLITE_IOERR_TRUNCATE;
  const int code = handle.below()->pMethods->xTruncate(handle.below(), size);
  if (code != SQLITE_OK) return code;
  File& file = *handle.file;
  file.has_shrunk = file.has_shrunk || static_cast<uint64_t>(size) < file.cache.size();
  file.cache.resize(static_cast<uint64_t>(size));
  file.sizes.push_back(file.cache.size());
  return spend() ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int PowerDisk::sync(Handle& handle) {
  const std::lock_guard lock(mutex_);
  if (!spend()) return SQLITE_IOERR_FSYNC;
  if (fails(PowerOptions::Fault::sync_fails, ++syncs_)) {
    lose_sync(handle);
    has_lost_sync_ = true;
    return SQLITE_IOERR_FSYNC;
  }
  File& file = *handle.file;
  if (file.has_shrunk) {
    file.platter = file.cache;
  } else {
    file.platter.resize(file.cache.size());
    for (const auto& [number, versions] : file.versions)
      std::memcpy(file.platter.data() + number * kSector, file.cache.data() + number * kSector,
                  std::min(kSector, file.cache.size() - number * kSector));
  }
  file.versions.clear();
  file.sizes.clear();
  file.has_shrunk = false;
  if (std::exchange(handle.syncs_folder, false)) platter_ = now_;
  return SQLITE_OK;
}

void PowerDisk::lose_sync(Handle& handle) {
  File& file = *handle.file;
  file.platter.resize(file.cache.size());
  for (const auto& [number, versions] : std::exchange(file.versions, {})) {
    const uint64_t at = number * kSector;
    if (at >= file.cache.size()) continue;
    const Sector left = version_of(file, number, versions, Fate::any);
    const uint64_t size = std::min(kSector, file.cache.size() - at);
    std::memcpy(file.platter.data() + at, left.data(), size);
    std::memcpy(file.cache.data() + at, left.data(), size);
    handle.below()->pMethods->xWrite(handle.below(), left.data(), static_cast<int>(size), static_cast<sqlite3_int64>(at));
  }
  file.sizes.clear();
  file.has_shrunk = false;
}

PowerDisk::Sector PowerDisk::version_of(const File& file, uint64_t number, const std::vector<Sector>& versions, Fate fate) {
  const bool is_last = fate == Fate::all_kept || (fate == Fate::few_lost && !dice_.one_in(8));
  const uint64_t choice = is_last ? versions.size() : fate == Fate::all_lost ? 0 : dice_.below(versions.size() + 1);
  if (choice > 0) return versions[choice - 1];
  Sector sector{};
  const uint64_t at = number * kSector;
  if (at < file.platter.size()) {
    std::memcpy(sector.data(), file.platter.data() + at, std::min(kSector, file.platter.size() - at));
  } else if (dice_.one_in(4)) {
    for (uint8_t& byte : sector) byte = static_cast<uint8_t>(dice_.next());
  }
  return sector;
}

std::string PowerDisk::survivor(const File& file, Fate fate) {
  std::vector<uint64_t> sizes = file.sizes;
  sizes.insert(sizes.begin(), file.platter.size());
  const bool is_last = fate == Fate::all_kept || (fate == Fate::few_lost && !dice_.one_in(8));
  const uint64_t size = is_last ? sizes.back() : fate == Fate::all_lost ? sizes.front() : sizes[dice_.below(sizes.size())];
  std::string left = file.platter;
  left.resize(size);
  for (const auto& [number, versions] : file.versions) {
    const uint64_t at = number * kSector;
    if (at >= size) continue;
    const Sector sector = version_of(file, number, versions, fate);
    std::memcpy(left.data() + at, sector.data(), std::min(kSector, size - at));
  }
  return left;
}

void PowerDisk::leave(const std::string& path, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const auto fate = static_cast<Fate>(std::min<uint64_t>(dice_.below(6), 3));
  std::set<std::string> paths;
  for (const Folder* folder : {&now_, &platter_})
    for (const auto& [name, file] : *folder) paths.insert(name);
  for (const std::string& name : paths) {
    if (!name.starts_with(path) || name.ends_with("-shm")) continue;
    const Folder& folder = dice_.one_in(2) ? now_ : platter_;
    const auto found = folder.find(name);
    if (found == folder.end()) continue;
    std::ofstream(to + name.substr(path.size()), std::ios::binary) << survivor(*found->second, fate);
  }
}

}  // namespace orthink::rig
