#include <unistd.h>

#include <optional>

#include "native/ask_document.h"
#include "native/cli/call.h"
#include "native/cli/history.h"
#include "native/cli/verbs.h"

namespace orthink::cli {
namespace {

constexpr int kInput = 0;
constexpr int kInterrupted = 130;
constexpr size_t kLineBytesMax = size_t{1} << 20;

class Chat {
 public:
  Chat(const AskFlags& flags, bool json, const Config& config, Printer& printer)
      : flags_(flags), json_(json), config_(config), printer_(printer) {
    // The blocks of thinking must come back to be sent again; --hide-thinking is a matter of the screen here.
    if (flags.thinking == ThinkingShown::hidden) flags_.thinking = ThinkingShown::by_default;
    shown_ = flags.thinking;
  }

  int run() {
    path_ = flags_.continued.value_or("");
    if (path_.empty() && !folders().state.empty()) path_ = folders().state + "/" + random_id("chat-") + ".json";
    if (path_.empty())
      return refuse(make_error(Errc::invalid_argument, "there is no folder for the conversation", "Name a file: --continue FILE."));
    Result<History> history = History::load(path_);
    if (!history) return refuse(history.error());
    history_ = std::move(*history);
    if (!flags_.model && !flags_.request && !history_.model().empty()) flags_.model = history_.model();
    Result<std::unique_ptr<Caller>> caller = Caller::create(config_);
    if (!caller) return refuse(caller.error());
    caller_ = std::move(*caller);
    const bool is_dialogue = !flags_.prompt && !flags_.request && is_terminal(kInput);
    if (is_dialogue && flags_.idempotency_key) {
      return refuse(make_error(Errc::invalid_argument, "an idempotency key stands for one question, not for a conversation",
                               "Give the question as well, or leave --idempotency-key out."));
    }
    const int code = is_dialogue ? converse() : turn();
    if (!flags_.continued && history_.size() > 0) printer_.talk("Continue with: orthink chat --continue " + path_);
    return code;
  }

 private:
  int refuse(const Error& error) { return refuse_call(Ask{}, error, json_, printer_); }

  int turn() {
    const Result<std::string> document = ask_document(flags_, config_, kInput);
    if (!document) return refuse(document.error());
    bool left_out = false;
    const Result<std::string> whole = history_.continued(*document, left_out);
    if (!whole) return refuse(whole.error());
    const Result<Ask> ask = parse_ask(*whole);
    if (!ask) return refuse(ask.error());
    if (left_out) printer_.talk("The model has changed: its thinking starts anew, the texts are kept.");
    const CallEnd end = caller_->call(*ask, {json_, shown_, flags_.idempotency_key}, printer_);
    if (!end.message) return end.exit_code;
    if (auto ok = history_.add(*document, *end.message); !ok) return refuse(ok.error());
    if (auto ok = history_.save(path_); !ok) return printer_.fail(ok.error(), false);
    return end.exit_code;
  }

  int converse() {
    printer_.talk(printer_.styled_err(Style::dim, "One question a line; Ctrl-D ends the conversation, Ctrl-C an answer."));
    for (;;) {
      printer_.talk_raw("\n" + printer_.styled_err(Style::bold, "> "));
      const uint32_t interrupts = caller_->signals().interrupts;
      const std::optional<std::string> line = next_line();
      if (!line) {
        printer_.talk("");
        return caller_->signals().interrupts > interrupts ? kInterrupted : 0;
      }
      if (line->find_first_not_of(" \t\r") == std::string::npos) continue;
      flags_.prompt = *line;
      turn();
      flags_.images.clear();
      flags_.files.clear();
    }
  }

  // Nothing at the end of input, or on a signal.
  std::optional<std::string> next_line() {
    for (;;) {
      if (const size_t newline = input_.find('\n'); newline != std::string::npos) {
        std::string line = input_.substr(0, newline);
        input_.erase(0, newline + 1);
        return line;
      }
      if (!caller_->wait_for_input(kInput)) return std::nullopt;
      char piece[4096];
      const ssize_t n = ::read(kInput, piece, sizeof piece);
      if (n <= 0 || input_.size() > kLineBytesMax) return std::nullopt;
      input_.append(piece, static_cast<size_t>(n));
    }
  }

  AskFlags flags_;
  bool json_;
  ThinkingShown shown_;
  const Config& config_;
  Printer& printer_;
  std::string path_;
  History history_;
  std::unique_ptr<Caller> caller_;
  std::string input_;
};

}  // namespace

int run_chat(const Typed& typed, Printer& printer) {
  const Result<Config> config = load_config();
  if (!config) return refuse_call(Ask{}, config.error(), typed.json(), printer);
  return Chat(ask_flags(typed), typed.json(), *config, printer).run();
}

}  // namespace orthink::cli
