// Batches and replies as JSON: what hosts in JavaScript apply, and what the contract suite of stores is written in.
//
// A batch: {"ticket":1,"at_us":0,"durable":true, and those of these lists that are not empty:
//   "marks":[{"key","value","slack"}], "documents":[{"key","expects":"anything|absence|this_text"[,"expected"][,"text"][,"expires_us"]}],
//   "rows":[{"key","from":["none"],"to","account","epoch","created_us"[,"due_us"],"record"}], "additions":[{"key","add"[,"limit"]}],
//   "rates":[{"key","cost_us","tolerance_us"}], "journal":[{"account","text"}], "reads":["key"]}
// A reply: {"ticket":1,"verdict":"applied", and where they say something: "failed_key","found_state","found_text","found_value",
// "values":[1]}. Integers are within 2^53 - 1 in size.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "orthink/base/result.h"
#include "orthink/ledger/batch.h"
#include "orthink/wire/json.h"

namespace orthink {

// Adds the members of `batch` to the object that is open in `out`.
void write_batch(json::Writer& out, const StoreBatch& batch);
Result<StoreBatch> read_batch(const json::Value& object);

std::string reply_json(const StoreReply& reply);
Result<StoreReply> read_reply(const json::Value& object);

}  // namespace orthink
