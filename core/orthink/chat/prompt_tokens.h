// How many tokens a prompt is at the most, and how many it probably is, before anything is sent.
//
// Texts are bounded by catalog/estimate with the family's factor; added are 1,024 for the family's own preamble, 32 a message, 128 a
// tool plus the bytes of its schema. An inline image counts as the larger of its base64 bytes and the family's cap, so that a provider
// that reads it as text is covered. A file or a video has no bound of its own: the whole context is taken.
// Thread rule: pure functions.
#pragma once

#include <cstdint>

#include "orthink/catalog/catalog.h"
#include "orthink/chat/ask.h"

namespace orthink {

struct PromptTokens {
  uint64_t expected = 0;     // unbiased
  uint64_t for_context = 0;  // bound used against the context: images by the family's cap, files left out
  uint64_t bound = 0;        // bound used for money; never above the context where that is known
  uint64_t images = 0;
  bool is_unbounded = false;   // a file or video, and the context is unknown: no bound exists
  bool takes_context = false;  // a file or video: the bound is the whole context
};

PromptTokens prompt_tokens(const Ask& ask, const ModelCard& card);

}  // namespace orthink
