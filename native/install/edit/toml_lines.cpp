#include "native/install/edit/toml_lines.h"

#include <algorithm>
#include <utility>

#include "orthink/base/utf8.h"

namespace orthink::install {
namespace {

constexpr int kDepthMax = 64;
constexpr std::string_view kMark = "\xef\xbb\xbf";

bool is_bare(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}

  Result<std::vector<TomlStatement>> read() {
    if (!is_utf8(text_)) return make_error(Errc::invalid_config, "the file is not UTF-8 text");
    if (text_.starts_with(kMark)) at_ = kMark.size();
    while (at_ < text_.size()) {
      if (!line()) return fault();
    }
    return std::move(statements_);
  }

 private:
  bool wrong(std::string_view what) {
    if (what_.empty()) what_ = what;
    return false;
  }

  Error fault() const {
    const std::string_view before = text_.substr(0, at_);
    return make_error(Errc::invalid_config,
                      "line " + std::to_string(1 + std::count(before.begin(), before.end(), '\n')) + ": " + std::string(what_));
  }

  [[nodiscard]] char here(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  [[nodiscard]] bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  bool eat(char c) { return at_ < text_.size() && text_[at_] == c && ++at_ > 0; }
  void blanks() {
    while (here() == ' ' || here() == '\t') ++at_;
  }

  bool line() {
    TomlStatement statement;
    statement.begin = at_;
    blanks();
    const char first = here();
    if (first == '#' || first == '\n' || first == '\r' || at_ == text_.size()) return rest_of_line();
    if (!(first == '[' ? header(statement) : pair(statement)) || !rest_of_line()) return false;
    statement.end = at_;
    statements_.push_back(std::move(statement));
    return true;
  }

  // A comment or nothing up to the line's end, and past it.
  bool rest_of_line() {
    blanks();
    if (here() == '#') at_ = std::min(text_.find('\n', at_), text_.size());
    if (here() == '\r' && here(1) == '\n') ++at_;
    return at_ == text_.size() || eat('\n') || wrong("something stands behind the value");
  }

  bool header(TomlStatement& statement) {
    ++at_;
    const bool is_array = eat('[');
    statement.kind = is_array ? TomlStatement::Kind::array_table : TomlStatement::Kind::table;
    table_.clear();
    if (!dotted(table_)) return false;
    if (!eat(']') || (is_array && !eat(']'))) return wrong("a header does not end");
    statement.table = table_;
    return true;
  }

  bool pair(TomlStatement& statement) {
    statement.table = table_;
    if (!dotted(statement.key)) return false;
    if (!eat('=')) return wrong("a line is neither a header nor a key with a value");
    blanks();
    statement.value_begin = at_;
    if (!value(0)) return false;
    statement.value_end = at_;
    return true;
  }

  bool dotted(std::vector<std::string>& parts) {
    do {
      blanks();
      std::string part;
      if (here() == '"' || here() == '\'') {
        if (!quoted(&part)) return false;
      } else {
        while (is_bare(here())) part += text_[at_++];
        if (part.empty()) return wrong("a key is missing");
      }
      parts.push_back(std::move(part));
      blanks();
    } while (eat('.'));
    return true;
  }

  // On one line. `out` takes the text; an escape in a key is kept as written, which is no name of ours.
  bool quoted(std::string* out) {
    const char quote = here();
    const size_t begin = ++at_;
    while (at_ < text_.size() && here() != quote && here() != '\n') at_ += quote == '"' && here() == '\\' ? 2U : 1U;
    at_ = std::min(at_, text_.size());
    if (here() != quote) return wrong("a string does not end");
    if (out != nullptr) *out = text_.substr(begin, at_ - begin);
    ++at_;
    return true;
  }

  bool quoted_lines(std::string_view quotes) {
    at_ += quotes.size();
    while (at_ < text_.size() && !starts(quotes)) at_ += quotes.front() == '"' && here() == '\\' ? 2U : 1U;
    if (at_ >= text_.size()) {
      at_ = text_.size();
      return wrong("a string does not end");
    }
    at_ += quotes.size();
    for (int spare = 0; spare < 2 && here() == quotes.front(); ++spare) ++at_;  // up to two quotes may end the text itself
    return true;
  }

  bool value(int depth) {
    if (depth > kDepthMax) return wrong("nested too deeply");
    if (starts("\"\"\"")) return quoted_lines("\"\"\"");
    if (starts("'''")) return quoted_lines("'''");
    if (here() == '"' || here() == '\'') return quoted(nullptr);
    if (here() == '[') return array(depth);
    if (here() == '{') return inline_table(depth);
    const size_t begin = at_;
    while (is_bare(here()) || here() == '.' || here() == ':' || here() == '+' || (here() == ' ' && is_date_gap(begin))) ++at_;
    return at_ > begin || wrong("a value is missing");
  }

  // The blank of 1979-05-27 07:32:00 (TOML allows it between date and time).
  [[nodiscard]] bool is_date_gap(size_t begin) const {
    constexpr size_t kDate = 10;
    return at_ - begin == kDate && text_[begin + 4] == '-' && here(1) >= '0' && here(1) <= '9' && here(3) == ':';
  }

  void blank_lines() {
    for (;;) {
      while (here() == ' ' || here() == '\t' || here() == '\n' || here() == '\r') ++at_;
      if (here() != '#') return;
      at_ = std::min(text_.find('\n', at_), text_.size());
    }
  }

  bool array(int depth) {
    ++at_;
    for (;;) {
      blank_lines();
      if (eat(']')) return true;
      if (!value(depth + 1)) return false;
      blank_lines();
      if (eat(',')) continue;
      return eat(']') || wrong("an array does not end");
    }
  }

  bool inline_table(int depth) {
    ++at_;
    for (;;) {
      blank_lines();
      if (eat('}')) return true;
      std::vector<std::string> key;
      if (!dotted(key)) return false;
      if (!eat('=')) return wrong("an inline table lacks a value");
      blanks();
      if (!value(depth + 1)) return false;
      blank_lines();
      if (eat(',')) continue;
      return eat('}') || wrong("an inline table does not end");
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string_view what_;
  std::vector<std::string> table_;
  std::vector<TomlStatement> statements_;
};

}  // namespace

Result<std::vector<TomlStatement>> read_toml(std::string_view text) {
  return LineReader(text).read();
}

}  // namespace orthink::install
