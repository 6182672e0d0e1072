// How a running call looks: JSON lines for programs, text with a live view for people.
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <string_view>

#include "native/ask_flags.h"
#include "native/call/purchase.h"
#include "native/cli/print.h"
#include "native/cli/view.h"
#include "orthink/exchange/render.h"

namespace orthink::cli {

// Tells the world to cancel when nobody reads our output any more.
class PrintingAudience : public TurnAudience {
 public:
  PrintingAudience(Printer& printer, NativeWorld& world) : printer_(printer), world_(world) {}
  Instant rest(const Exchange& exchange, Instant now) override;

 protected:
  // Draws what changes with time; returns when it wants to be asked again.
  virtual Instant idle(const Exchange&, Instant) { return Instant::never(); }
  Printer& printer_;

 private:
  NativeWorld& world_;
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
  TextAudience(Printer& printer, NativeWorld& world, ThinkingShown thinking);
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
