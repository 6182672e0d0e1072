#include "native/cli/print.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>

#include "native/cli/answer_text.h"

using namespace orthink;
using namespace orthink::cli;

namespace {

// What the printer wrote to a descriptor.
class Pipe {
 public:
  Pipe() { REQUIRE(::pipe2(fds_.data(), O_NONBLOCK) == 0); }
  ~Pipe() {
    close_reader();
    ::close(fds_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] int writer() const { return fds_[1]; }
  void close_reader() {
    if (fds_[0] >= 0) ::close(fds_[0]);
    fds_[0] = -1;
  }
  std::string taken() {
    std::string out;
    std::array<char, 4096> piece{};
    for (ssize_t size = 0; (size = ::read(fds_[0], piece.data(), piece.size())) > 0;) out.append(piece.data(), static_cast<size_t>(size));
    return out;
  }

 private:
  std::array<int, 2> fds_{};
};

}  // namespace

TEST_CASE("text of a model steers no terminal", "[print]") {
  CHECK(harmless("plain\n\ttext \xc3\xa9\xf0\x9f\x98\x80") == "plain\n\ttext \xc3\xa9\xf0\x9f\x98\x80");
  CHECK(harmless("\x1b[2J\x07\x7f") == "\xe2\x90\x9b[2J\xe2\x90\x87\xe2\x90\xa1");
  CHECK(harmless("\xc2\x9b"
                 "2J") ==
        "\xef\xbf\xbd"
        "2J");
  CHECK(harmless("a\r\nb\rc") ==
        "a\r\nb\xe2\x90\x8d"
        "c");
  CHECK(harmless("\xe2\x80\xaetxt.exe") == "\xef\xbf\xbdtxt.exe");
  CHECK(harmless("\xff\xc0") == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(harmless(std::string_view("\0", 1)) == "\xe2\x90\x80");
  for (int c = 0; c < 256; ++c) {
    std::string shown = harmless(std::string(1, static_cast<char>(c)));
    if (c != '\n' && c != '\t' && (c < 0x20 || c == 0x7f)) CHECK(shown.size() == 3);
  }
}

TEST_CASE("columns of text", "[print]") {
  CHECK(columns_of("abc") == 3);
  CHECK(columns_of("\xe4\xb8\xad\xe6\x96\x87") == 4);
  CHECK(columns_of("e\xcc\x81") == 1);
  CHECK(columns_of("\xf0\x9f\x98\x80") == 2);
}

TEST_CASE("results go to one stream, talk to the other, in order", "[print]") {
  Pipe out;
  Pipe err;
  Printer printer({.out_fd = out.writer(), .err_fd = err.writer()});
  printer.out("a");
  CHECK(out.taken().empty());
  printer.talk("word");
  CHECK(out.taken() == "a");
  CHECK(err.taken() == "word\n");
  printer.line("b");
  printer.flush();
  CHECK(out.taken() == "b\n");
  printer.out_foreign("\x1b");
  printer.flush();
  CHECK(out.taken() == "\xe2\x90\x9b");
  CHECK(printer.styled_out(Style::red, "x") == "x");
}

TEST_CASE("an error is a message and a remedy, and a document for programs", "[print]") {
  Pipe out;
  Pipe err;
  Printer printer({.out_fd = out.writer(), .err_fd = err.writer()});
  CHECK(printer.fail(make_error(Errc::invalid_argument, "bad \x1b thing", "Do better."), false) == 2);
  CHECK(err.taken() == "orthink: bad \xe2\x90\x9b thing\n  Do better.\n");
  CHECK(out.taken().empty());
  CHECK(printer.fail(make_error(Errc::cost_above_max, "dear", "Pay."), true) == 3);
  CHECK(out.taken() ==
        "{\"schema\":1,\"ok\":false,\"error\":{\"kind\":\"BUDGET_EXCEEDED\",\"code\":\"cost_above_max\",\"message\":\"dear\",\"remedy\":"
        "\"Pay.\",\"blame\":\"policy\",\"retry\":\"changed\","
        "\"retry_after_ms\":null,\"http_status\":null,\"provider\":null,\"scope\":null,\"resets_at\":null}}\n");
}

TEST_CASE("a reader that has gone is no error", "[print]") {
  ::signal(SIGPIPE, SIG_IGN);
  Pipe out;
  Pipe err;
  Printer printer({.out_fd = out.writer(), .err_fd = err.writer()});
  out.close_reader();
  CHECK_FALSE(printer.gone());
  printer.line("x");
  printer.flush();
  CHECK(printer.gone());
  printer.line("y");
  printer.flush();
}

TEST_CASE("styles only where a terminal shows them", "[print]") {
  Printer printer({.out_fd = -1, .err_fd = -1, .err_has_color = true});
  CHECK(printer.styled_err(Style::red, "x") == "\x1b[31mx\x1b[0m");
  CHECK(printer.styled_err(Style::red, "").empty());
  CHECK(printer.styled_err(Style::plain, "x") == "x");
  CHECK(printer.styled_out(Style::red, "x") == "x");
}

TEST_CASE("numbers for people", "[answer_text]") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(short_count(999) == "999");
  CHECK(short_count(8192) == "8.2k");
  CHECK(short_count(200'000) == "200k");
  CHECK(short_count(999'499) == "999k");
  CHECK(short_count(999'500) == "1M");
  CHECK(short_count(1'310'720) == "1.3M");
  CHECK(age_text(90) == "90 s");
  CHECK(age_text(3599) == "59 min");
  CHECK(age_text(8'145'618) == "94 days");
  CHECK(dollars(std::nullopt) == "unknown");
  CHECK(dollars(Money::zero()) == "$0");
  CHECK(dollars(*Money::parse("0.030251")) == "$0.03026");
  CHECK(dollars(*Money::parse("0.5")) == "$0.50");
  CHECK(dollars(*Money::parse("12.345")) == "$12.35");
  CHECK(dollars(*Money::parse("0.0000000001")) == "$0.0000000001");
}

TEST_CASE("a bar is as wide as it should be, and no part vanishes", "[answer_text]") {
  Printer printer({.out_fd = -1, .err_fd = -1});
  auto cells = [&printer](uint64_t a, uint64_t b, uint64_t whole) {
    return bar(printer, {{a, Style::plain, "a"}, {b, Style::plain, "b"}}, whole, 10);
  };
  CHECK(cells(50, 50, 100) == "aaaaabbbbb");
  CHECK(cells(1, 999, 1000) == "abbbbbbbbb");
  CHECK(cells(8000, 4096, 12096) == "aaaaaabbbb");
  CHECK(cells(0, 0, 10).size() == 30);
  CHECK(cells(5, 0, 0).size() == 30);
  CHECK(columns_of(cells(3, 1, 10)) == 10);
  CHECK(cells(900, 900, 100) == "aaaaaaaaaa");
}
