// OpenCall: one call from its start to its response: turns News into JSON-RPC messages, holds progress to its rate, and keeps what was asked
// of the client.
// Thread rule: one thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/instant.h"
#include "orthink/mcp/call.h"
#include "orthink/mcp/dispatcher.h"
#include "orthink/mcp/menu.h"
#include "orthink/mcp/progress.h"

namespace orthink::mcp {

class OpenCall {
 public:
  // What stays the same for all calls of a channel. A view: its texts must outlive the call.
  struct Rules {
    Duration progress_interval;
    std::string_view state_key;
    Duration state_life;
  };
  // `id` as JSON. `begin` without what its Call carries to the work.
  OpenCall(std::string id, const Begin& begin, Rules rules);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] Era era() const { return era_; }

  // A notification; nothing where none is wanted, or not now.
  std::optional<std::string> progress(Instant now, news::Progress news);
  std::optional<std::string> progress_due(Instant now);   // one that was held back
  [[nodiscard]] Instant progress_at() const { return progress_.next(); }
  std::optional<std::string> log(const news::Log& news);
  // The response, and the status of an HTTP answer that is this response alone. REQUIRES: is_last(news).
  struct End {
    std::string message;
    int status = 200;
  };
  End end(Instant now, const Menu& menu, const News& news);

  // A request to the client; `ask_id` (without quotes) must be unique to the client.
  std::string ask(std::string ask_id, const news::Ask& ask);
  // The tag of the ask that this response answers; nothing for any other.
  std::optional<uint64_t> answered(std::string_view ask_id);

 private:
  struct Asked {
    std::string id;
    uint64_t tag;
  };
  End input_required(Instant now, const Menu& menu, const news::InputRequired& news);
  [[nodiscard]] std::string progress_message(const news::Progress& news) const;

  std::string id_, progress_token_, binding_;
  Era era_;
  std::optional<LogLevel> log_level_;
  bool is_cacheable_;
  bool may_ask_;
  CacheHint cache_;
  Rules rules_;
  Progress progress_;
  std::vector<Asked> asked_;
};

// {"error":...}: the answer to an ask of a client that cannot be asked this.
std::string cannot_ask(std::string_view method);
// The error of a call whose end did not come before the server had to leave. It may have been paid: "retry" is "no".
news::Fault stopped_fault();
// A client with these capabilities said that it answers `method`.
bool can_ask(std::string_view method, const json::Value& client_capabilities);

}  // namespace orthink::mcp
