#include "orthink/exchange/dossier.h"

namespace orthink {
namespace {

void write_fact(json::Writer& out, const Fact& fact) {
  if (fact.number)
    out.key(fact.name).number(*fact.number);
  else if (!fact.text.empty())
    out.key(fact.name).string(fact.text);
}

}  // namespace

std::string Dossier::document_key(std::string_view call_id) { return "call/" + std::string(call_id); }

Dossier::Dossier(const Ask& ask, const Prepared& prepared) {
  out_.object().key("v").number(uint64_t{1}).key("asked").object();
  write_fact(out_, {"model", ask.model});
  if (!ask.fallbacks.empty()) {
    out_.key("fallbacks").array();
    for (const std::string& model : ask.fallbacks) out_.string(model);
    out_.end();
  }
  const std::string max_cost = ask.max_cost ? ask.max_cost->to_decimal() : std::string();
  for (const Fact& fact : Facts{{"think", prepared.think.asked},
                                {"answer_tokens", ask.answer_tokens},
                                {"max_tokens", ask.max_tokens},
                                {"max_cost_usd", max_cost},
                                {"user", ask.user},
                                {"tenant", ask.tenant},
                                {"session", ask.session},
                                {"prompt_tokens_bound", prepared.prompt_tokens_bound}})
    write_fact(out_, fact);
  out_.end().key("decisions").array();
}

void Dossier::decide(Duration at, std::string_view code, std::string_view text, const Facts& inputs) {
  out_.object().key("at_ms").number(at.ms()).key("code").string(code).key("text").string(text).key("inputs").object();
  for (const Fact& fact : inputs) write_fact(out_, fact);
  out_.end().end();
}

DocumentWrite Dossier::write(std::string_view call_id, bool is_complete, std::string_view line, Instant at) const {
  json::Writer out = out_;
  out.end().key(is_complete ? "complete" : "error").raw(line).end();
  return {document_key(call_id), DocumentWrite::Expects::anything, {}, out.take(), at + kKeptFor};
}

}  // namespace orthink
