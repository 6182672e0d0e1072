// The messages of an ask: what roles and parts there are, and what each must carry (OpenRouter's documentation).
//
// Messages are checked and passed on as they came: reasoning_details of an assistant message keep their bytes and order.
// Thread rule: pure functions.
#pragma once

#include "orthink/base/result.h"
#include "orthink/wire/json.h"

namespace orthink {

// An array of message objects: roles system, developer, user, assistant, tool; content a text, a list of parts (text,
// image_url, file, input_audio, video_url), or null beside tool calls. The Error names the place: "messages[2].content[0].text".
Result<void> check_messages(const json::Value& messages);

// The type of a content part, "" when `part` is none.
std::string_view part_type(const json::Value& part);
// True if any message has a part of this type.
bool has_part(const json::Value& messages, std::string_view type);

}  // namespace orthink
