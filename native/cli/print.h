// Printer: the only writer to the terminal. Results go to standard output, talk to standard error.
//
//   Printer printer(Printer::of_process());
//   printer.out("...");  printer.flush();       // results, as they come
//   return printer.fail(error, typed.json());   // message and remedy; returns the exit code
//
// When the reader of standard output has gone (`| head`), everything after is dropped in silence: gone() tells, and a running
// call is then cancelled. When it cannot be written for another reason (a full disk), finish() says so. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "orthink/base/error.h"

namespace orthink::cli {

enum class Style : uint8_t { plain, bold, dim, red, green, yellow, cyan };

class Printer {
 public:
  struct Streams {
    int out_fd = 1;
    int err_fd = 2;
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool out_has_color = false;  // terminal, no NO_COLOR, TERM is not "dumb"
    bool err_has_color = false;
    uint32_t columns = 80;  // of the terminal
  };
  static Streams of_process();  // looks at the descriptors and the environment

  explicit Printer(Streams streams) : streams_(streams) {}
  Printer(const Printer&) = delete;
  Printer& operator=(const Printer&) = delete;
  ~Printer() { flush(); }

  [[nodiscard]] const Streams& streams() const { return streams_; }

  // Standard output. `foreign` is text of a model or an upstream: made harmless first. Held back until flush() or 32 kB.
  void out(std::string_view text);
  void out_foreign(std::string_view text);
  void line(std::string_view text);  // text and a line end
  void flush();
  [[nodiscard]] bool gone() const { return is_gone_; }

  // The end of the program: `code`, or 1 in place of 0 with a message when results were lost.
  int finish(int code);

  // Standard error, at once; flushes standard output first so that the order is kept.
  void talk(std::string_view text);       // a line
  void talk_raw(std::string_view bytes);  // as it is, for a view that moves the cursor

  // An error: for people message and remedy on standard error; with `json` the document {"schema":1,"ok":false,"error":{...}} on
  // standard output as well. Returns the exit code.
  int fail(const Error& error, bool json);

  // `text` between the codes of `style`, when that stream has colour.
  [[nodiscard]] std::string styled_out(Style style, std::string_view text) const;
  [[nodiscard]] std::string styled_err(Style style, std::string_view text) const;

 private:
  void write_all(int fd, std::string_view bytes);
  Streams streams_;
  std::string held_;
  bool is_gone_ = false;
  int lost_errno_ = 0;
};

// Text of a model or an upstream that steers no terminal: line ends and tabs stay, other control characters become their Unicode
// pictures, bidirectional overrides and invalid bytes U+FFFD.
std::string harmless(std::string_view foreign);

// Display columns of UTF-8 text: wide characters count two, combining marks none.
size_t columns_of(std::string_view utf8);

}  // namespace orthink::cli
