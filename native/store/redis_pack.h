// Batches, rows and documents as the words of redis_script.
//
//   Words keys = redis_pack::keys_of(batch), arguments = redis_pack::arguments_of(batch);   // of kApply, without the epoch
//   Result<StoredRow> row = redis_pack::read_row(packed);
//
// Every number goes as its decimal digits. What cannot be read is Errc::store_unavailable.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native/store/redis_connection.h"
#include "orthink/base/result.h"
#include "orthink/ledger/batch.h"
#include "orthink/ledger/memory_table.h"

namespace orthink::redis_pack {

using Words = RedisConnection::Words;

// An error of the database for `what`, as "the row a/1 cannot be read": Errc::store_unavailable.
Error unreadable(std::string_view what);

Words keys_of(const StoreBatch& batch);
Words arguments_of(const StoreBatch& batch);
// The reply of kApply to a batch of these `reads`, without its ticket.
Result<StoreReply> read_reply(const RedisAnswer& answer, const std::vector<std::string>& reads);

// `key` names it in an error.
Result<StoredRow> read_row(std::string_view key, std::string_view packed);
Result<StoredDocument> read_document(std::string_view key, std::string_view packed);
Result<int64_t> read_integer(std::string_view key, std::string_view text);

// The bounds that ZRANGEBYLEX takes for the names that begin with `prefix`.
struct LexRange {
  std::string low, high;
};
LexRange range_of(std::string_view prefix);

}  // namespace orthink::redis_pack
