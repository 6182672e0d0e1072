// What usage_report and budget_status show: the ledger as far as the caller may see it.
//
// Who runs the program sees all of it. A caller who is bound to a user, a tenant or a key sees what was charged to those scopes alone.
// Thread rule: any thread; reads the store.
#pragma once

#include <functional>
#include <string>

#include "native/call/desk.h"
#include "orthink/access/principal.h"
#include "orthink/wire/json.h"

namespace orthink::serve {

// `arguments` are checked. Result objects of the tools. Once `is_off` says yes, the look ends with Errc::cancelled.
Result<std::string> usage_report(Desk& desk, const access::Principal& caller, const json::Value& arguments, const std::function<bool()>& is_off);
Result<std::string> budget_status(Desk& desk, const access::Principal& caller, const json::Value& arguments, const std::function<bool()>& is_off);

}  // namespace orthink::serve
