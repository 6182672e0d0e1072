#include "orthink/exchange/replay.h"

#include "orthink/exchange/exit_code.h"
#include "orthink/exchange/render.h"

namespace orthink {

Replay::Replay(ReplayOptions options, const Catalog& catalog)
    : options_(std::move(options)), catalog_(catalog), reader_(ResponseReader::Form::detect) {}

void Replay::queue_deltas() {
  for (const Delta& delta : reader_.deltas()) {
    const auto at = is_first_ ? render::Position::first : render::Position::later;
    is_first_ = false;
    switch (delta.kind) {
      case Delta::Kind::thinking:
        lines_.push_back(render::thinking(at, reader_.text(delta), delta.tokens, delta.thinking_kind));
        break;
      case Delta::Kind::output:
        lines_.push_back(render::output(at, reader_.text(delta), delta.tokens));
        break;
      case Delta::Kind::tool_call:
        lines_.push_back(render::tool_call(at, reader_.answer().tool_calls[delta.tool_call]));
        break;
      case Delta::Kind::usage:
        lines_.push_back(render::usage(at, reader_.answer().usage));
        break;
    }
  }
}

void Replay::feed(std::string_view bytes) {
  // A live call stops reading at [DONE] and at an error; what follows is not looked at here either.
  if (reader_.is_done() || reader_.error()) return;
  reader_.feed(bytes);
  queue_deltas();
}

void Replay::finish() {
  ending_ = reader_.finish();
  queue_deltas();
  const Answer& answer = reader_.answer();
  const std::string& priced_as = options_.model.empty() ? answer.model : options_.model;
  const std::optional<ModelCard> card = priced_as.empty() ? std::nullopt : catalog_.find(priced_as);
  if (!options_.model.empty()) receipt_.asked_model = options_.model;
  receipt_.attempts = 1;
  account(receipt_, answer, card, options_.when);
  const auto at = is_first_ ? render::Position::first : render::Position::later;
  is_first_ = false;
  if (ending_.error) {
    lines_.push_back(render::failed(at, *ending_.error, receipt_));
    exit_code_ = orthink::exit_code(*ending_.error);
  } else {
    lines_.push_back(render::complete(at, answer, ending_.outcome, receipt_));
    exit_code_ = orthink::exit_code(ending_.outcome);
  }
}

bool Replay::poll(std::string& line) {
  if (next_ == lines_.size()) {
    lines_.clear();
    next_ = 0;
    return false;
  }
  line = std::move(lines_[next_++]);
  return true;
}

}  // namespace orthink
