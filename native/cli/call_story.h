// The story of one call: what the ledger and the call's dossier know of it, found by its id.
//
//   Result<std::string> call_id = call_named(store, "4f0c", at);      // the beginning of an id, a row's key, a generation, or last
//   Result<Story> story = story_of(store, *call_id, at);
//
// Thread rule: one thread at a time.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "native/store/store.h"
#include "orthink/base/result.h"
#include "orthink/wire/json.h"

namespace orthink::cli {

struct Story {
  std::string call_id;
  json::Value dossier = json::Value::object();  // empty: none is kept
  std::vector<std::pair<std::string, StoredRow>> rows;
  std::vector<json::Value> lines;  // of the journal
};

// Errc::invalid_argument when no call or several have that name; the remedy lists some.
Result<std::string> call_named(Store& store, const std::string& word, Instant at);
Result<Story> story_of(Store& store, const std::string& call_id, Instant at);
// {"schema":1,"call_id","asked","decisions","complete","error","rows":[as ledger export],"journal":[lines]}; null where nothing is kept.
std::string story_json(const Story& story);

}  // namespace orthink::cli
