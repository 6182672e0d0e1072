// The file that holds the table of bearer keys (access/keys): mode 0600, ours, written whole.
//
// Thread rule: any thread, any process: whoever changes the file holds a lock on FILE.lock meanwhile.
#pragma once

#include <functional>
#include <string>

#include "orthink/access/keys.h"

namespace orthink::access {

// A file that is not there is an empty table. Errc::invalid_config for one that others may read or write, that is not ours, or whose
// text is no table; the message names the path.
Result<KeyTable> read_keys(const std::string& path);

// Reads, lets `change` work on the table, and writes; an Error of it leaves the file as it was.
Result<void> change_keys(const std::string& path, const std::function<Result<void>(KeyTable&)>& change);

}  // namespace orthink::access
