// The parts that documents of the public interface share: the `error` object and the lists of notes.
#pragma once

#include <optional>
#include <vector>

#include "orthink/base/error.h"
#include "orthink/cost/usage.h"
#include "orthink/think/plan.h"
#include "orthink/wire/json.h"

namespace orthink {

// {kind, code, message, remedy, blame, retry, retry_after_ms, http_status, provider, scope, resets_at}
void write_error(json::Writer& out, const Error& error);
// [{code, text}, ...]
void write_notes(json::Writer& out, const std::vector<Note>& notes);
// Decimal USD as a string, or null.
void write_usd(json::Writer& out, const std::optional<Money>& usd);

// prompt_tokens, cached_tokens, cache_write_tokens, completion_tokens, thinking_tokens, visible_tokens: six keys of an open object.
void write_usage_counts(json::Writer& out, const Usage& usage);

}  // namespace orthink
