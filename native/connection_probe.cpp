#include "native/connection_probe.h"

#include "native/system.h"
#include "orthink/base/limits.h"
#include "orthink/chat/upstream_error.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

std::optional<Money> money_of(const json::Value* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const Result<Money> money = Money::parse(value->text(), Money::Rounding::half_even);
  return money ? std::optional(*money) : std::nullopt;
}

}  // namespace

Result<ConnectionProbe> probe_connection(HttpClient& client, Instant until, int stop_fd) {
  const Instant begun = now();
  const Result<HttpResponse> response = get(client, "/key", until, limits::kErrorBytesMax, stop_fd);
  if (!response) return response.error();
  ConnectionProbe probe;
  probe.took = now() - begun;
  probe.clock_ahead = clock_ahead(response->head);
  if (response->head.status != 200) return error_from_response(response->head, response->body, wall_now());
  const Result<json::Value> document = json::parse(response->body);
  const json::Value* data = document && document->is_object() ? document->find("data") : nullptr;
  if (data == nullptr || !data->is_object())
    return make_error(Errc::malformed_response, "GET /key answered something else than a key's data");
  if (const json::Value* label = data->find("label"); label != nullptr && label->is_string()) probe.label = label->text();
  if (const json::Value* free = data->find("is_free_tier"); free != nullptr && free->is_boolean()) probe.is_free_tier = free->as_bool();
  probe.usage = money_of(data->find("usage"));
  probe.limit_remaining = money_of(data->find("limit_remaining"));
  return probe;
}

}  // namespace orthink
