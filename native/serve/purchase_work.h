// PurchaseWork: drives one paid call on its thread and tells its RunningCall what it comes to.
//
//   work_on_purchase(desk, {question, caller, id}, *call, telemetry, told, {});       // returns when the call is over; call->end() has been called
//
// Thread rule: blocks its caller; any number at once.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "native/call/purchase.h"
#include "native/observe/telemetry.h"
#include "native/serve/running_call.h"
#include "orthink/access/principal.h"
#include "orthink/tools/question.h"

namespace orthink::serve {

// What is bought, and who pays.
struct Order {
  tools::Question question;
  access::Principal caller;
  std::string call_id;
  observe::TraceContext trace{};  // of the request it is made for
};

using Told = std::function<Error(const Error&)>;  // what the caller is told of an error

// The purchase of `order`, told to `call` while it runs and when it ends, and to `telemetry`. `on_done`, which may be empty, hears that it
// is over before whoever waits for it does.
void work_on_purchase(Desk& desk, const Order& order, RunningCall& call, observe::Telemetry& telemetry, const Told& told,
                      const std::function<void(const Bought&)>& on_done);

}  // namespace orthink::serve
