#include "native/cli/call_audience.h"

#include <utility>
#include <variant>

#include "native/cli/answer_text.h"
#include "native/cli/call_less.h"
#include "orthink/exchange/last_event.h"

namespace orthink::cli {

Instant PrintingAudience::rest(const Exchange& exchange, Instant now) {
  const Instant next = idle(exchange, now);
  printer_.flush();
  if (!printer_.gone() || std::exchange(has_cancelled_, true)) return next;
  world_.cancel();
  return now;
}

render::Position JsonAudience::position() {
  return std::exchange(is_first_, false) ? render::Position::first : render::Position::later;
}

void JsonAudience::see(const Exchange& exchange, const Output& out) {
  if (const auto* thinking = std::get_if<output::Thinking>(&out)) {
    printer_.line(render::thinking(position(), thinking->text, thinking->tokens, thinking->kind));
  } else if (const auto* text = std::get_if<output::Text>(&out)) {
    printer_.line(render::output(position(), text->text, text->tokens));
  } else if (const auto* call = std::get_if<output::ToolCall>(&out)) {
    printer_.line(render::tool_call(position(), *call->call));
  } else if (const auto* usage = std::get_if<output::Usage>(&out)) {
    printer_.line(render::usage(position(), *usage->usage));
  } else if (const auto* beat = std::get_if<output::Heartbeat>(&out)) {
    printer_.line(render::heartbeat(position(), beat->phase, beat->elapsed));
  } else if (std::holds_alternative<output::Complete>(out)) {
    printer_.line(render::complete(position(), exchange.answer(), exchange.outcome(), exchange.receipt()));
  } else if (std::holds_alternative<output::Failed>(out)) {
    printer_.line(render::failed(position(), shown_error(exchange), exchange.receipt()));
  } else if (const auto* replay = std::get_if<output::Replay>(&out)) {
    printer_.line(replay->line);
  }
}

TextAudience::TextAudience(Printer& printer, NativeWorld& world, ThinkingShown thinking)
    : PrintingAudience(printer, world),
      view_(printer.streams().err_is_terminal, printer.streams().err_has_color, printer.streams().columns),
      shows_thinking_(thinking == ThinkingShown::shown || (thinking == ThinkingShown::by_default && printer.streams().out_is_terminal)),
      thinks_on_err_(!printer.streams().out_is_terminal),
      begun_(world.now()) {}

Instant TextAudience::idle(const Exchange& exchange, Instant now) {
  const ViewFacts facts{exchange.phase(),          thinking_tokens_,         output_tokens_, exchange.prepared().think.budget_tokens,
                        exchange.spent_estimate(), exchange.prepared().hold, now - begun_};
  if (const std::string bytes = view_.draw(facts, now); !bytes.empty()) printer_.talk_raw(bytes);
  return view_.next();
}

void TextAudience::put(std::string_view text, Style style) {
  if (printer_.streams().out_is_terminal) {
    if (const std::string bytes = view_.make_way(text); !bytes.empty()) printer_.talk_raw(bytes);
  }
  printer_.out(printer_.styled_out(style, text));
  is_mid_line_ = text.back() != '\n';
}

void TextAudience::end_line() {
  if (is_mid_line_) put("\n", Style::plain);
}

void TextAudience::write(Channel channel, std::string_view foreign) {
  if (foreign.empty()) return;
  const std::string text = harmless(foreign);
  const bool is_thinking = channel == Channel::thinking;
  if (!is_thinking && channel_ == Channel::thinking && !thinks_on_err_) {
    end_line();
    put("\n", Style::plain);
  }
  channel_ = channel;
  if (is_thinking && thinks_on_err_) {
    printer_.talk_raw(view_.make_way(text) + printer_.styled_err(Style::dim, text));
  } else {
    put(text, is_thinking ? Style::dim : Style::plain);
  }
}

void TextAudience::end(const Exchange& exchange) {
  if (channel_ == Channel::thinking && thinks_on_err_) printer_.talk_raw(view_.make_way("\n") + "\n");
  end_line();
  printer_.flush();
  if (const std::string bytes = view_.clear(); !bytes.empty()) printer_.talk_raw(bytes);
  if (printer_.gone()) return;
  if (exchange.error()) {
    static_cast<void>(printer_.fail(as_spoken(shown_error(exchange), now()), false));
  } else if (const std::string_view text = advice(exchange.outcome()); !text.empty()) {
    printer_.talk(printer_.styled_err(Style::yellow, std::string(name(exchange.outcome())) + ": ") + std::string(text));
  }
  print_receipt(printer_, exchange.receipt());
  constexpr size_t kIdShown = 13;  // "call-" and enough of it to be the only one
  const bool is_kept = exchange.error() && exchange.error()->errc != Errc::store_unavailable && exchange.receipt().call_id;
  if (is_kept) printer_.talk(printer_.styled_err(Style::dim, "the whole story: orthink why " + exchange.receipt().call_id->substr(0, kIdShown)));
}

// What the call of the same key ended with. Its receipt was shown then; this time nothing was spent.
void TextAudience::end(const output::Replay& replay) {
  if (const std::string bytes = view_.clear(); !bytes.empty()) printer_.talk_raw(bytes);
  const Result<LastEvent> event = read_last_event(replay.line);
  if (!event || event->error) {
    static_cast<void>(printer_.fail(event ? *event->error : event.error(), false));
    return;
  }
  write(Channel::output, event->text);
  end_line();
  printer_.flush();
  printer_.talk(printer_.styled_err(Style::dim, "The call with this idempotency key has ended before; nothing was bought again."));
}

void TextAudience::see(const Exchange& exchange, const Output& out) {
  if (const auto* thinking = std::get_if<output::Thinking>(&out)) {
    thinking_tokens_ = thinking->tokens;
    if (shows_thinking_ && thinking->kind != ThinkingKind::encrypted) write(Channel::thinking, thinking->text);
  } else if (const auto* text = std::get_if<output::Text>(&out)) {
    output_tokens_ = text->tokens;
    write(Channel::output, text->text);
  } else if (const auto* call = std::get_if<output::ToolCall>(&out)) {
    end_line();
    write(Channel::output, "tool call " + call->call->name + " " + call->call->arguments + "\n");
  } else if (std::holds_alternative<output::Complete>(out) || std::holds_alternative<output::Failed>(out)) {
    end(exchange);
  } else if (const auto* replay = std::get_if<output::Replay>(&out)) {
    end(*replay);
  }
}

}  // namespace orthink::cli
