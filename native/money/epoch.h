// Epoch: names a process, or a part of one, for as long as it answers for rows. Document "epoch/ID":
//   {"boot":S,"machine":S,"space":S,"pid":N,"start":N}       (native/system: boot_id, machine_id, process_space, process_start)
//
//   Result<std::string> id = epoch::begin(store);
//   epoch::fate_of(store, id);                    // alive
//   epoch::end(store, id);
//
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "native/store/store.h"

namespace orthink::epoch {

struct Epoch {
  std::string boot, machine, space;
  int64_t pid = 0;
  uint64_t start = 0;

  [[nodiscard]] std::string to_json() const;
  static std::optional<Epoch> parse(std::string_view json);
  static Epoch own();
};

// not_known: on another machine, or in another space of process numbers of this one.
enum class Fate : uint8_t { alive, dead, not_known };
// Whether the process that wrote it still runs, seen from `self`.
Fate fate(const Epoch& epoch, const Epoch& self);

// A new id, with its document.
Result<std::string> begin(Store& store);
// Removes the document. That it was gone already is no error.
Result<void> end(Store& store, const std::string& id);

}  // namespace orthink::epoch
