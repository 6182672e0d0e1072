// From what was typed to the ask document (docs/ask.schema.json), the one form in which a question enters core.
//
//   Result<std::string> document = ask_document(typed, config, 0);
//   Result<Ask> ask = parse_ask(*document);
//
// Thread rule: reads files; else pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native/config.h"
#include "orthink/base/result.h"

namespace orthink {

// The flags that ask, chat and plan share, as typed. Flags win over the same field of --request.
struct AskTyped {
  std::optional<std::string> prompt;     // positional; "-" = standard input
  std::optional<std::string> model, think, answer, max_tokens, max_cost, system, user, tenant, session, deadline;
  std::optional<std::string> tools_path, schema_path, request_path;   // request_path "-" = standard input
  std::vector<std::string> images;       // file or URL
  std::vector<std::string> files;
  bool fit = false;
  bool lenient = false;
  bool no_stream = false;
  bool hide_thinking = false;            // --hide-thinking: the text is not shown (still asked for and kept)
  bool show_thinking = false;
};

inline constexpr size_t kImageBytesMax = size_t{15} << 20;
inline constexpr size_t kFileBytesMax = size_t{20} << 20;

// Reads the files named. Without a model in flags or request, the configured one. A prompt missing from arguments, request and (when it
// is no terminal) standard input is Errc::empty_prompt. Wrong numbers are left to parse_ask, so that there is one wording.
Result<std::string> ask_document(const AskTyped& typed, const Config& config, int stdin_fd);

// "image/png", "image/jpeg", "image/webp", "image/gif" by the first bytes; empty for anything else.
std::string_view sniff_image(std::string_view bytes);
std::string base64(std::string_view bytes);

}  // namespace orthink
