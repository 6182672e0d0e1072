// Errors as the upstream words them: status lines, error documents, mid-stream error objects (OpenRouter's documentation).
#pragma once

#include <string_view>

#include "orthink/base/error.h"
#include "orthink/base/instant.h"
#include "orthink/wire/http.h"

namespace orthink {

// From an HTTP status and the body that came with it (an error document, or anything). Retry-After (seconds or HTTP date) is
// read from `head`; `now` dates it. The real reason in error.metadata.raw is part of the message; text is capped, control characters are shown as U+FFFD.
Error error_from_response(const http::Head& head, std::string_view body, Instant now);

// Whether `body` is a document with an `error` object: the upstream's own words, not those of a gateway in front of it.
bool is_error_document(std::string_view body);

// From an `error` object found in a stream or in a whole body under status 200.
Error error_from_object(std::string_view error_json, int http_status);

}  // namespace orthink
