// From what was typed to the ask document (docs/ask.schema.json), the one form in which a question enters core.
//
//   Result<std::string> document = ask_document(flags, config, 0);
//   Result<Ask> ask = parse_ask(*document);
//
// Thread rule: reads files; else pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "native/ask_flags.h"
#include "native/config.h"
#include "orthink/base/result.h"

namespace orthink {

inline constexpr size_t kImageBytesMax = size_t{15} << 20;
inline constexpr size_t kFileBytesMax = size_t{20} << 20;

// Flags win over the same field of --request. Reads the files named. Without a model in flags or request, the configured one. A prompt
// missing from arguments, request and (when it is no terminal) standard input is Errc::empty_prompt. Wrong numbers are left to parse_ask,
// so that there is one wording.
Result<std::string> ask_document(const AskFlags& flags, const Config& config, int stdin_fd);

// "image/png", "image/jpeg", "image/webp", "image/gif" by the first bytes; empty for anything else.
std::string_view sniff_image(std::string_view bytes);

}  // namespace orthink
