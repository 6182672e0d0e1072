// The Lua that runs inside a Redis server for RedisStore, and the keys it works on.
//
// Every key carries the hash tag {orthink}, so that a cluster keeps them on one node:
//   format     "1"                             epoch      run_id of the server that was last accepted
//   rows       hash  key -> packed row         created    sorted set of row keys by creation
//   open       sorted set of the keys of reserved, sent and unknown rows by creation
//   due        sorted set of the keys of rows with a due time, by it
//   counters, rates, marks   hashes key -> decimal
//   documents  hash  key -> packed document    names      sorted set of document keys, all of score 0
//   expiry     sorted set of document keys by expiry
//   accounts   set of accounts                 journal:A  list of the lines of account A
// A packed row is "STATE CREATED DUE SIZE_OF_ACCOUNT SIZE_OF_EPOCH\n", then account, epoch and record without anything between;
// STATE is the number of its HoldState, DUE "-" when there is none. A packed document is "EXPIRES\n" and the text, EXPIRES empty when
// it stays. Integers are decimals of microseconds or units, never formatted from a double otherwise than with "%.0f", exact up to
// 2^53 - 1.
//
// Thread rule: constants.
#pragma once

#include <string_view>

namespace orthink::redis_script {

inline constexpr const char* kFormatWritten = "1";
inline constexpr std::string_view kUnreadable = "ORTHINK ";  // begins an error of kApply, before what in the database cannot be read
inline constexpr const char* kFormat = "{orthink}:format";
inline constexpr const char* kEpoch = "{orthink}:epoch";
inline constexpr const char* kRows = "{orthink}:rows";
inline constexpr const char* kCreated = "{orthink}:created";
inline constexpr const char* kOpen = "{orthink}:open";
inline constexpr const char* kDue = "{orthink}:due";
inline constexpr const char* kCounters = "{orthink}:counters";
inline constexpr const char* kRates = "{orthink}:rates";
inline constexpr const char* kMarks = "{orthink}:marks";
inline constexpr const char* kDocuments = "{orthink}:documents";
inline constexpr const char* kNames = "{orthink}:names";
inline constexpr const char* kExpiry = "{orthink}:expiry";
inline constexpr const char* kAccounts = "{orthink}:accounts";
inline constexpr const char* kJournalPrefix = "{orthink}:journal:";

// One batch (ledger/batch). KEYS: epoch, rows, created, open, due, counters, rates, marks, documents, names, expiry, accounts, then
// the journal of each journal line in their order.
// ARGV: the epoch of the connection, batch.at, then reads, marks (key value slack), documents (key expects expected has_text text
// expires), rows (key from to is_open created due packed-without-state-and-creation), additions (key add limit), rates (key cost
// tolerance) and journal (account text), each headed by its count; expects is "any", "absent" or "text", `from` the numbers of
// the states without anything between, an absent due, expires or limit "".
// Returns verdict, failed_key, found_state, found_text, found_value, then the values of the reads; or the error kUnreadable.
// All checks come before the first write, since Lua does not roll back. A full server, and one that cannot write its files, refuses the
// first write and no later one.
extern const char* const kApply;

// KEYS: format, epoch, rows, counters, marks, documents. ARGV: the epoch of the connection, "1" to claim a database that holds nothing
// of ours, kFormatWritten. Returns the format, "" when there is none.
extern const char* const kClaim;

// KEYS: epoch, counters. ARGV: the new epoch, the one that must be stored, then counters as key and value.
// Returns 1, or 0 when another is stored.
extern const char* const kAccept;

// KEYS: rows, a sorted set of row keys. ARGV: "range" LOW HIGH, all by score; or "page" LOW AFTER COUNT, by rank: AFTER is the last
// key of the page before, "" at first. Returns key and packed row, in turn.
extern const char* const kReadRows;

// KEYS: names, documents. ARGV: LOW HIGH, as ZRANGEBYLEX takes them. Returns key and packed document, in turn.
extern const char* const kReadDocuments;

}  // namespace orthink::redis_script
