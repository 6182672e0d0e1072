#include "native/cli/print.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "native/system.h"
#include "orthink/base/utf8.h"
#include "orthink/exchange/exit_code.h"
#include "orthink/exchange/render.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

constexpr size_t kHeldMax = 32 << 10;

std::string_view code_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::red:
      return "\x1b[31m";
    case Style::green:
      return "\x1b[32m";
    case Style::yellow:
      return "\x1b[33m";
    case Style::cyan:
      return "\x1b[36m";
  }
  return "";
}

std::string styled(bool has_color, Style style, std::string_view text) {
  if (!has_color || style == Style::plain || text.empty()) return std::string(text);
  return std::string(code_of(style)) + std::string(text) + "\x1b[0m";
}

// U+2400 + code for C0, U+2421 for DEL.
void append_picture(std::string& out, uint32_t code) {
  if (code == 0x7f)
    out += "\xe2\x90\xa1";
  else if (code < 0x20)
    out += {'\xe2', '\x90', static_cast<char>(0x80 + code)};
  else
    out += kReplacementCharacter;
}

bool is_combining(uint32_t code) {
  return (code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200f) || (code >= 0x20d0 && code <= 0x20ff) ||
         (code >= 0xfe00 && code <= 0xfe0f);
}

bool is_wide(uint32_t code) {
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf && code != 0x303f) || (code >= 0xac00 && code <= 0xd7a3) ||
         (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
         (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1f64f) || (code >= 0x1f900 && code <= 0x1f9ff) ||
         (code >= 0x20000 && code <= 0x3fffd);
}

}  // namespace

Printer::Streams Printer::of_process() {
  Streams streams;
  streams.out_is_terminal = is_terminal(streams.out_fd);
  streams.err_is_terminal = is_terminal(streams.err_fd);
  streams.out_has_color = takes_colour(streams.out_fd);
  streams.err_has_color = takes_colour(streams.err_fd);
  int fd = streams.out_is_terminal ? streams.out_fd : streams.err_fd;
  streams.columns = static_cast<uint32_t>(std::max(20, terminal_columns(fd)));
  return streams;
}

void Printer::out(std::string_view text) {
  held_ += text;
  if (held_.size() >= kHeldMax) flush();
}

void Printer::out_foreign(std::string_view text) {
  out(harmless(text));
}

void Printer::line(std::string_view text) {
  held_ += text;
  out("\n");
}

void Printer::flush() {
  if (!is_gone_) write_all(streams_.out_fd, held_);
  held_.clear();
}

void Printer::talk(std::string_view text) {
  flush();
  write_all(streams_.err_fd, std::string(text) + "\n");
}

void Printer::talk_raw(std::string_view bytes) {
  flush();
  write_all(streams_.err_fd, bytes);
}

int Printer::fail(const Error& error, bool json) {
  talk(styled_err(Style::red, "orthink: ") + harmless(error.message));
  if (!error.remedy.empty()) talk("  " + harmless(error.remedy));
  if (json) line("{\"schema\":1,\"ok\":false,\"error\":" + render::error_json(error) + "}");
  flush();
  return exit_code(error);
}

int Printer::finish(int code) {
  flush();
  if (lost_errno_ == 0) return code;
  talk(styled_err(Style::red, "orthink: ") + "standard output cannot be written: " + std::system_category().message(lost_errno_) +
       "\n  What was printed is not whole.");
  return code == 0 ? 1 : code;
}

std::string Printer::styled_out(Style style, std::string_view text) const {
  return styled(streams_.out_has_color, style, text);
}

std::string Printer::styled_err(Style style, std::string_view text) const {
  return styled(streams_.err_has_color, style, text);
}

void Printer::write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      if (fd == streams_.out_fd && !is_gone_) {
        is_gone_ = true;
        lost_errno_ = errno == EPIPE ? 0 : errno;
      }
      return;
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

std::string harmless(std::string_view foreign) {
  std::string out;
  out.reserve(foreign.size());
  for (size_t i = 0; i < foreign.size();) {
    Character c = character_at(foreign, i);
    bool is_kept_space = c.code == '\n' || c.code == '\t' || (c.code == '\r' && foreign.substr(i + 1, 1) == "\n");
    bool is_space_control = c.code >= '\t' && c.code <= '\r';
    if (!c.is_valid)
      out += kReplacementCharacter;
    else if (is_kept_space || (!is_space_control && !steers_terminal(c.code)))
      out += foreign.substr(i, c.size);
    else
      append_picture(out, c.code);
    i += c.size;
  }
  return out;
}

size_t columns_of(std::string_view utf8) {
  size_t columns = 0;
  for (size_t i = 0; i < utf8.size();) {
    Character c = character_at(utf8, i);
    columns += is_combining(c.code) ? 0 : is_wide(c.code) ? 2 : 1;
    i += c.size;
  }
  return columns;
}

}  // namespace orthink::cli
