// How a running call looks: JSON lines for programs, text with a live view for people.
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "native/cli/call.h"
#include "native/cli/print.h"
#include "native/cli/view.h"
#include "native/driver.h"
#include "orthink/exchange/render.h"

namespace orthink::cli {

// What stood against a call's first reservation: money, or tokens a minute.
struct ShortOf {
  ledger::LimitState limit;
  NanoUsd affordable;                      // money: what would have passed
  std::optional<uint64_t> tokens_bound{};  // tokens a minute: what the call may need, the prompt's share in `prompt_tokens`
  uint64_t prompt_tokens = 0;
};

// What is done about it.
struct Shortage {
  bool is_silent = false;  // nothing is printed: it is asked again with less
  std::string remedy;      // in place of the error's own, unless empty
};
using OnShortage = std::function<Shortage(ShortOf by)>;

// Tells the world to cancel when nobody reads our output any more.
class PrintingAudience : public Audience {
 public:
  // `limits` are those of the call's scopes.
  PrintingAudience(Printer& printer, NativeWorld& world, ledger::ScopeList limits, OnShortage on_shortage)
      : printer_(printer), world_(world), limits_(std::move(limits)), on_shortage_(std::move(on_shortage)) {}
  Instant rest(const Exchange& exchange, Instant now) override;
  void stored(const StoreBatch& batch, const StoreReply& reply) override;
  // The line of a Replay; empty when there was none.
  [[nodiscard]] const std::string& replayed() const { return replayed_; }

 protected:
  // Draws what changes with time; returns when it wants to be asked again.
  virtual Instant idle(const Exchange&, Instant) { return Instant::never(); }
  [[nodiscard]] bool is_silent() const { return shortage_.is_silent; }
  [[nodiscard]] Error shown_error(const Exchange& exchange) const;  // REQUIRES: it failed
  Printer& printer_;
  std::string replayed_;

 private:
  NativeWorld& world_;
  ledger::ScopeList limits_;
  OnShortage on_shortage_;
  Shortage shortage_;
  bool has_cancelled_ = false;
};

class JsonAudience : public PrintingAudience {
 public:
  using PrintingAudience::PrintingAudience;
  void see(const Exchange& exchange, const Output& out) override;

 private:
  render::Position position();
  bool is_first_ = true;
};

class TextAudience : public PrintingAudience {
 public:
  TextAudience(Printer& printer, NativeWorld& world, ledger::ScopeList limits, OnShortage on_shortage, ThinkingShown thinking);
  void see(const Exchange& exchange, const Output& out) override;

 protected:
  Instant idle(const Exchange& exchange, Instant now) override;

 private:
  enum class Channel : uint8_t { none, thinking, output };
  void write(Channel channel, std::string_view foreign);
  void put(std::string_view text, Style style);  // REQUIRES: not empty; to standard output
  void end_line();
  void end(const Exchange& exchange);
  void end(const output::Replay& replay);

  View view_;
  bool shows_thinking_;
  bool thinks_on_err_;  // the thinking goes to standard error, so that standard output holds the answer alone
  Instant begun_;
  Channel channel_ = Channel::none;
  bool is_mid_line_ = false;
  uint64_t thinking_tokens_ = 0;
  uint64_t output_tokens_ = 0;
};

}  // namespace orthink::cli
