// A folder of recorded exchanges, served by request match:
//
//   NAME.response.sse | NAME.response.json   the body, exact
//   NAME.request.json                        the request it answered (optional)
//   NAME.meta.json                           {"status":200,"url":"https://.../api/v1/chat/completions","headers":{...}} (optional)
//
// Read whole at the start. Thread rule: const members from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "native/sim/reply.h"
#include "orthink/base/result.h"

namespace orthink::sim {

struct Recording {
  std::string name;
  std::string url;                  // where it was recorded; empty: unknown
  std::string model;                // of the request; empty: no request is kept
  std::string messages;             // their JSON without white space
  bool streams = false;
  Reply head;                       // status and kept headers, no body
  std::vector<std::string> parts;   // the body; a stream is split after each blank line
};

class ReplayFolder {
 public:
  // Errc::file_unreadable when the folder cannot be listed or holds no recording.
  static Result<std::unique_ptr<ReplayFolder>> open(const std::string& folder);

  // The recording of this name; without a name the first, in the order of names, whose request has the same model and messages (one that
  // agrees about `stream` before others). Null: none.
  [[nodiscard]] const Recording* find(std::string_view name, std::string_view path, std::string_view body) const;
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const std::vector<Recording>& recordings() const { return recordings_; }

 private:
  std::string folder_;
  std::vector<Recording> recordings_;
};

}  // namespace orthink::sim
