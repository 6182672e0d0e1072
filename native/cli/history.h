// The history of a conversation: one JSON file, written after every turn.
//
//   {"schema":1,"model":"author/name","system":"...","messages":[{"role":"user",...},{"role":"assistant",...,"reasoning_details":[...]}]}
//
// Assistant messages are kept and sent back as they came, thinking blocks to the byte. Those blocks are of use to the model that made
// them alone (signed or encrypted there), so they are left out when the model changes.
// Thread rule: values.
#pragma once

#include <string>
#include <string_view>

#include "orthink/base/result.h"
#include "orthink/wire/json.h"

namespace orthink::cli {

inline constexpr size_t kHistoryBytesMax = size_t{64} << 20;

class History {
 public:
  // A file that is not there is an empty conversation. Errc::invalid_json, invalid_argument for one that is no history.
  static Result<History> load(const std::string& path);

  // The document of one turn (of ask_document) with the conversation so far in front of it. `left_out` tells whether thinking blocks
  // of another model were left out.
  [[nodiscard]] Result<std::string> continued(std::string_view turn_document, bool& left_out) const;

  // Adds a turn: what was asked, by the document of the turn, and the assistant's message.
  Result<void> add(std::string_view turn_document, std::string_view assistant_message);
  [[nodiscard]] Result<void> save(const std::string& path) const;

  [[nodiscard]] const std::string& model() const { return model_; }  // empty before the first turn
  [[nodiscard]] size_t size() const { return messages_.members().size(); }

 private:
  std::string model_;
  std::string system_;
  json::Value messages_ = json::Value::array();
};

}  // namespace orthink::cli
