#include "native/cli/view.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "native/cli/print.h"

namespace orthink::cli {
namespace {

// A terminal of the few sequences that the view uses; anything else fails the test.
class Terminal {
 public:
  Terminal(size_t rows, size_t columns) : columns_(columns), screen_(rows, std::string(columns, ' ')) {}

  void write(std::string_view bytes) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      const char c = bytes[i];
      if (c == '\r')
        column_ = 0;
      else if (c == '\n')
        column_ = 0, down();
      else if (c == '\x1b')
        i += escape(bytes.substr(i + 1));
      else
        put(c);
    }
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const std::string& row : screen_) {
      const size_t end = row.find_last_not_of(' ');
      out += (end == std::string::npos ? "" : row.substr(0, end + 1)) + "\n";
    }
    while (out.size() > 1 && out.ends_with("\n\n")) out.pop_back();
    return out;
  }

 private:
  void put(char c) {
    if (column_ == columns_) column_ = 0, down();
    screen_[row_][column_++] = c;
  }
  void down() {
    if (++row_ < screen_.size()) return;
    row_ = screen_.size() - 1;
    screen_.erase(screen_.begin());
    screen_.emplace_back(columns_, ' ');
    ++scrolled;
  }
  size_t escape(std::string_view rest) {
    const auto starts = [&](std::string_view head) { return rest.substr(0, head.size()) == head; };
    if (starts("D")) return down(), 1;
    if (starts("7")) return saved_row_ = row_, saved_column_ = column_, 1;
    if (starts("8")) return row_ = saved_row_, column_ = saved_column_, 1;
    if (starts("[A")) return row_ -= row_ > 0 ? 1 : 0, 2;
    if (starts("[B")) return row_ += row_ + 1 < screen_.size() ? 1 : 0, 2;
    if (starts("[2K")) return screen_[row_].assign(columns_, ' '), 3;
    if (starts("[2m") || starts("[0m")) return 3;
    FAIL("an unknown sequence: " << std::string(rest.substr(0, 4)));
    return 0;
  }

  size_t columns_;
  std::vector<std::string> screen_;
  size_t row_ = 0, column_ = 0, saved_row_ = 0, saved_column_ = 0;

 public:
  int scrolled = 0;
};

ViewFacts facts() {
  return {"thinking", 1624, 0, 4096, Money{8'300'000'000}, Money{41'200'000'000}, Duration::millis(6149)};
}

TEST_CASE("the line tells phase, thinking against its budget, money and time") {
  CHECK(view_line(facts(), 100) == "thinking  [###.......] 1,624 of 4,096 thinking tokens  $0.0083 of $0.0412  6.1 s");
  ViewFacts free = facts();
  free.phase = "answering";
  free.budget_tokens.reset();
  free.output_tokens = 12;
  CHECK(view_line(free, 100) == "answering  1,624 thinking tokens  12 answer tokens  $0.0083 of $0.0412  6.1 s");
}

TEST_CASE("the line is always narrower than the terminal") {
  for (size_t columns = 1; columns < 120; ++columns) CHECK(columns_of(view_line(facts(), columns)) < columns);
  ViewFacts over = facts();
  over.thinking_tokens = 1'000'000;
  CHECK(view_line(over, 100).find("[##########]") != std::string::npos);
}

TEST_CASE("it is drawn at most ten times a second, and not at all where it is not shown") {
  View view(true, false, 80);
  CHECK_FALSE(view.draw(facts(), Instant::from_ms(1000)).empty());
  CHECK(view.draw(facts(), Instant::from_ms(1099)).empty());
  CHECK(view.next() == Instant::from_ms(1100));
  CHECK_FALSE(view.draw(facts(), Instant::from_ms(1100)).empty());
  View hidden(false, false, 80);
  CHECK(hidden.draw(facts(), Instant::from_ms(1000)).empty());
  CHECK(hidden.next().is_never());
  CHECK(hidden.clear().empty());
  CHECK(hidden.make_way("text\n").empty());
}

TEST_CASE("text streams above it and nothing of it stays") {
  // Words and lines of many widths, drawn after each, on screens that scroll.
  for (const size_t columns : {20U, 33U, 80U}) {
    for (const size_t rows : {3U, 6U, 40U}) {
      Terminal with(rows, columns);
      Terminal without(rows, columns);
      View view(true, true, columns);
      int64_t at_ms = 1000;
      std::string all;
      const auto say = [&](const std::string& text) {
        with.write(view.make_way(text));
        with.write(text);
        all += text;
        with.write(view.draw(facts(), Instant::from_ms(at_ms += 60)));
      };
      with.write(view.draw(facts(), Instant::from_ms(at_ms)));
      for (int i = 0; i < 60; ++i) {
        say(std::string(static_cast<size_t>(1 + i * 7 % 13), static_cast<char>('a' + i % 26)));
        say(i % 9 == 0 ? "\n" : i % 17 == 0 ? " x\n\ny" : " ");
      }
      say("\n");
      with.write(view.clear());
      without.write(all);
      INFO(columns << " columns, " << rows << " rows");
      // Drawing below the last row scrolls one line early; what is on the screen is then the same but for that line.
      const std::string expected = without.text();
      const std::string seen = with.text();
      const bool is_same = seen == expected || expected.find(seen.substr(0, seen.size() - 1)) != std::string::npos;
      CHECK(is_same);
      if (!is_same) UNSCOPED_INFO("expected\n" << expected << "seen\n" << seen);
      CHECK(seen.find("thinking") == std::string::npos);
    }
  }
}

}  // namespace
}  // namespace orthink::cli
