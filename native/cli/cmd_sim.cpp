#include <ostream>
#include <streambuf>

#include "native/cli/verbs.h"
#include "native/sim/sim.h"
#include "native/system.h"

namespace orthink::cli {
namespace {

// The simulator speaks to streams; the printer is the only writer.
class PrinterBuffer : public std::streambuf {
 public:
  enum class To : uint8_t { out, err };
  PrinterBuffer(Printer& printer, To to) : printer_(printer), to_(to) {}

 protected:
  int_type overflow(int_type c) override {
    char one = traits_type::to_char_type(c);
    if (!traits_type::eq_int_type(c, traits_type::eof())) xsputn(&one, 1);
    return traits_type::not_eof(c);
  }
  std::streamsize xsputn(const char* bytes, std::streamsize size) override {
    std::string_view text(bytes, static_cast<size_t>(size));
    if (to_ == To::out)
      printer_.out(text);
    else
      printer_.talk_raw(text);
    return size;
  }
  int sync() override {
    printer_.flush();
    return 0;
  }

 private:
  Printer& printer_;
  To to_;
};

std::string faults_of(const Typed& typed) {
  std::string list;
  for (const std::string& part : typed.texts(Flag::fault)) list += (list.empty() ? "" : ",") + part;
  return list;
}

}  // namespace

int run_sim(const Typed& typed, Printer& printer) {
  if (typed.has(Flag::list_faults)) {
    printer.out(typed.json() ? sim::faults_document() + "\n" : sim::faults_text());
    return 0;
  }
  Result<std::vector<sim::FaultSpec>> faults = sim::parse_faults(faults_of(typed));
  if (!faults) return printer.fail(faults.error(), typed.json());
  sim::SimOptions options;
  options.port = static_cast<uint16_t>(typed.count(Flag::port).value_or(0));
  options.seed = typed.count(Flag::seed).value_or(1);
  options.replay_dir = std::string(typed.text(Flag::replay).value_or(""));
  options.faults = std::move(*faults);
  if (auto pace = typed.count(Flag::pace)) options.pace = Duration::millis(static_cast<int64_t>(*pace));
  options.json = typed.json();
  options.is_terminal = printer.streams().out_is_terminal;
  options.now = [] { return now(); };
  Signals signals;
  PrinterBuffer out_buffer(printer, PrinterBuffer::To::out);
  PrinterBuffer err_buffer(printer, PrinterBuffer::To::err);
  std::ostream out(&out_buffer);
  std::ostream err(&err_buffer);
  int code = sim::run_sim(options, signals.fd(), out, err);
  printer.flush();
  return code;
}

}  // namespace orthink::cli
