#include "orthink/mcp/open_call.h"

#include <utility>

#include "orthink/mcp/code.h"
#include "orthink/mcp/message.h"
#include "orthink/mcp/method.h"
#include "orthink/mcp/request_state.h"

namespace orthink::mcp {
namespace {

int status_of(int code) {
  switch (code) {
    case kMethodNotFound:
      return 404;
    case kHeaderMismatch:
    case kMissingClientCapability:
    case kUnsupportedVersion:
      return 400;
    default:
      return 200;
  }
}

}  // namespace

OpenCall::OpenCall(std::string id, const Begin& begin, Rules rules)
    : id_(std::move(id)), progress_token_(begin.progress_token), binding_(begin.state_binding), era_(begin.call.era),
      log_level_(begin.call.log_level), is_cacheable_(begin.is_cacheable), may_ask_(begin.may_ask), cache_(begin.cache), rules_(rules),
      progress_(rules.progress_interval) {}

std::string OpenCall::progress_message(const news::Progress& news) const {
  json::Writer params;
  params.object().key("progressToken").raw(progress_token_).key("progress").number(news.done);
  if (news.total) params.key("total").number(*news.total);
  if (!news.message.empty()) params.key("message").string(news.message);
  params.end();
  return write_notification("notifications/progress", params.text());
}

std::optional<std::string> OpenCall::progress(Instant now, news::Progress news) {
  if (progress_token_.empty()) return std::nullopt;
  const std::optional<news::Progress> ready = progress_.offer(now, std::move(news));
  return ready ? std::optional(progress_message(*ready)) : std::nullopt;
}

std::optional<std::string> OpenCall::progress_due(Instant now) {
  const std::optional<news::Progress> ready = progress_.due(now);
  return ready ? std::optional(progress_message(*ready)) : std::nullopt;
}

std::optional<std::string> OpenCall::log(const news::Log& news) {
  if (!log_level_ || news.level < *log_level_) return std::nullopt;
  json::Writer params;
  params.object().key("level").string(name(news.level));
  if (!news.logger.empty()) params.key("logger").string(news.logger);
  params.key("data").raw(news.data_json.empty() ? "null" : std::string_view(news.data_json)).end();
  return write_notification("notifications/message", params.text());
}

OpenCall::End OpenCall::input_required(Instant now, const Menu& menu, const news::InputRequired& news) {
  if (era_ != Era::modern || !may_ask_ || (!news.state.empty() && rules_.state_key.empty()))
    return {write_error(id_, {kInternalError, "this call cannot ask for input", {}}), 200};
  json::Writer result;
  result.object();
  if (!news.requests_json.empty()) result.key("inputRequests").raw(news.requests_json);
  if (!news.state.empty()) result.key("requestState").string(seal_state(rules_.state_key, binding_, now + rules_.state_life, news.state));
  result.end();
  return {write_result(id_, menu.modern_result(result.text(), "input_required", nullptr)), 200};
}

OpenCall::End OpenCall::end(Instant now, const Menu& menu, const News& news) {
  if (const auto* result = std::get_if<news::Result>(&news)) {
    if (era_ == Era::legacy) return {write_result(id_, result->json), 200};
    return {write_result(id_, menu.modern_result(result->json, "complete", is_cacheable_ ? &cache_ : nullptr)), 200};
  }
  if (const auto* input = std::get_if<news::InputRequired>(&news)) return input_required(now, menu, *input);
  if (const auto* fault = std::get_if<news::Fault>(&news)) {
    if (era_ == Era::legacy) return {write_error(id_, *fault), 200};
    news::Fault modern = *fault;
    if (modern.code == kResourceNotFound) modern.code = kInvalidParams;
    return {write_error(id_, modern), status_of(modern.code)};
  }
  return {write_error(id_, {kInternalError, "the call ended without a result", {}}), 200};
}

std::string OpenCall::ask(std::string ask_id, const news::Ask& ask) {
  std::string quoted;
  json::write_string(quoted, ask_id);
  asked_.push_back({std::move(ask_id), ask.tag});
  return write_request(quoted, ask.method, ask.params_json);
}

std::optional<uint64_t> OpenCall::answered(std::string_view ask_id) {
  for (auto asked = asked_.begin(); asked != asked_.end(); ++asked) {
    if (asked->id != ask_id) continue;
    const uint64_t tag = asked->tag;
    asked_.erase(asked);
    return tag;
  }
  return std::nullopt;
}

std::string cannot_ask(std::string_view method) {
  json::Writer answer;
  answer.object().key("error").object().key("code").number(int64_t{kMethodNotFound});
  answer.key("message").string("the client cannot be asked for " + std::string(method)).end().end();
  return answer.take();
}

news::Fault stopped_fault() {
  return {kServerStopping, "the server has stopped, and how this call ended is not known here: it may have been paid", R"({"retry":"no"})"};
}

bool can_ask(std::string_view method, const json::Value& client_capabilities) {
  const size_t slash = method.find('/');
  return client_capabilities.is_object() && client_capabilities.find(method.substr(0, slash)) != nullptr;
}

}  // namespace orthink::mcp
