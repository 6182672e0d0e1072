#include "native/observe/span.h"

#include "native/observe/instruments.h"
#include "native/observe/redact.h"

namespace orthink::observe {
namespace {

constexpr size_t kTextBytesMax = 256;

std::string clean(std::string_view text) { return fit_for_line(text, 2 * kTextBytesMax, kTextBytesMax); }

class Attributes {
 public:
  explicit Attributes(std::vector<Attribute>& list) : list_(list) {}
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) list_.push_back({std::string(key), clean(value)});
  }
  void number(std::string_view key, std::optional<uint64_t> value) {
    if (value && *value <= INT64_MAX) list_.push_back({std::string(key), static_cast<int64_t>(*value)});
  }
  void decimal(std::string_view key, int64_t value, uint32_t decimals) {
    list_.push_back({std::string(key), DecimalText{decimal_text(value, decimals)}});
  }
  void truth(std::string_view key, bool value) { list_.push_back({std::string(key), value}); }
  void texts(std::string_view key, std::vector<std::string> values) { list_.push_back({std::string(key), std::move(values)}); }

 private:
  std::vector<Attribute>& list_;
};

std::string_view finish_reason(Outcome outcome) {
  switch (outcome) {
    case Outcome::answered:
    case Outcome::empty:
      return "stop";
    case Outcome::tool_calls:
      return "tool_calls";
    case Outcome::truncated:
    case Outcome::thinking_used_all:
      return "length";
    case Outcome::filtered:
      break;
  }
  return "content_filter";
}

void add_usage(Attributes& attributes, const Usage& usage) {
  attributes.number("gen_ai.usage.input_tokens", usage.prompt_tokens);
  attributes.number("gen_ai.usage.output_tokens", usage.completion_tokens);
  attributes.number("gen_ai.usage.cache_read.input_tokens", usage.cached_tokens);
  attributes.number("gen_ai.usage.cache_creation.input_tokens", usage.cache_write_tokens);
  attributes.number("gen_ai.usage.reasoning.output_tokens", usage.thinking_tokens);
}

}  // namespace

Span span_of(const CallFacts& facts) {
  Span span{facts.trace, Span::Kind::client, "chat", facts.began, facts.ended, {}, facts.error.has_value()};
  const std::string model = clean(facts.request_model);
  if (!model.empty()) span.name += " " + model;
  Attributes attributes(span.attributes);
  attributes.text("gen_ai.operation.name", "chat");
  attributes.text("gen_ai.provider.name", kProvider);
  attributes.text("gen_ai.request.model", facts.request_model);
  attributes.text("gen_ai.response.model", facts.response_model);
  attributes.text("gen_ai.response.id", facts.generation_id);
  attributes.truth("gen_ai.request.stream", true);
  if (facts.outcome) attributes.texts("gen_ai.response.finish_reasons", {std::string(finish_reason(*facts.outcome))});
  add_usage(attributes, facts.usage);
  if (facts.first_token) attributes.decimal("gen_ai.response.time_to_first_chunk", facts.first_token->us, 6);
  if (facts.error) attributes.text("error.type", code_of(*facts.error));
  attributes.text("orthink.outcome", outcome_word(facts));
  attributes.text("orthink.call_id", facts.call_id);
  attributes.text("orthink.provider", facts.provider);
  attributes.number("orthink.attempts", facts.attempts);
  attributes.number("orthink.thinking_budget_tokens", facts.thinking_budget_tokens);
  if (facts.cost) attributes.decimal("orthink.cost_usd", facts.cost->nano, 9);
  if (facts.overhead) attributes.decimal("orthink.overhead_seconds", facts.overhead->us, 6);
  return span;
}

Span span_of(const RequestFacts& facts) {
  Span span{facts.trace, Span::Kind::server, std::string(method_label(facts.method)), facts.began, facts.ended, {}, false};
  const std::string_view error = error_type(facts);
  span.is_error = !error.empty();
  const std::string tool = clean(facts.tool);
  if (!tool.empty()) span.name += " " + tool;
  const bool is_http = facts.transport == RequestFacts::Transport::http;
  Attributes attributes(span.attributes);
  attributes.text("mcp.method.name", method_label(facts.method));
  attributes.text("mcp.protocol.version", facts.revision);
  attributes.text("network.transport", is_http ? "tcp" : "pipe");
  if (is_http) attributes.text("network.protocol.name", "http");
  attributes.text("gen_ai.tool.name", facts.tool);
  if (!facts.tool.empty()) attributes.text("gen_ai.operation.name", "execute_tool");
  attributes.text("error.type", error);
  if (facts.fault) attributes.text("rpc.response.status_code", std::to_string(*facts.fault));
  return span;
}

}  // namespace orthink::observe
