// The small JSON documents that cross the border: options and inputs from the host.
#pragma once

#include <string>
#include <string_view>

#include "orthink/base/result.h"
#include "orthink/exchange/events.h"
#include "orthink/exchange/exchange.h"

namespace orthink::wasm {

// Options of orthink_open(). Empty text = all defaults. Unknown names and wrong types are Errc::invalid_argument.
Result<ExchangeOptions> exchange_options(std::string_view json);

struct ReadOptions {
  std::string model;
  bool as_deltas = false;
};
Result<ReadOptions> read_options(std::string_view json);

Result<input::Head> head_from(std::string_view json, uint32_t leg);
Result<input::Lost> lost_from(std::string_view json, uint32_t leg);
Result<StoreReply> store_reply_from(std::string_view json);

}  // namespace orthink::wasm
