#include "native/install/edit/json_tree.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "orthink/base/utf8.h"
#include "orthink/wire/json.h"

namespace orthink::install {
namespace {

constexpr int kDepthMax = 128;
constexpr std::string_view kMark = "\xef\xbb\xbf";  // U+FEFF as UTF-8

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

class TreeReader {
 public:
  explicit TreeReader(std::string_view text) : text_(text) {}

  Result<JsonNode> read() {
    if (!is_utf8(text_)) return make_error(Errc::invalid_json, "the file is not UTF-8 text");
    if (text_.starts_with(kMark)) at_ = kMark.size();
    JsonNode root;
    if (!blanks() || !value(root, 0) || !blanks()) return fault();
    if (at_ != text_.size()) {
      wrong("something stands behind the document");
      return fault();
    }
    return root;
  }

 private:
  bool wrong(std::string_view what) {
    if (what_.empty()) what_ = what;
    return false;
  }

  Error fault() const {
    const std::string_view before = text_.substr(0, at_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t column = at_ - (before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1) + 1;
    return make_error(Errc::invalid_json,
                      "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + std::string(what_));
  }

  bool blanks() {
    for (;;) {
      while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (rest.starts_with("/*")) {
        const size_t stop = text_.find("*/", at_ + 2);
        if (stop == std::string_view::npos) return wrong("a comment does not end");
        at_ = stop + 2;
      } else {
        return true;
      }
    }
  }

  bool value(JsonNode& node, int depth) {
    node.begin = at_;
    const char first = at_ < text_.size() ? text_[at_] : '\0';
    bool read = false;
    if (first == '{' || first == '[')
      read = depth < kDepthMax ? container(node, depth, first == '{') : wrong("nested too deeply");
    else
      read = first == '"' ? string() : word();
    node.end = at_;
    return read;
  }

  bool container(JsonNode& node, int depth, bool is_object) {
    node.is_object = is_object;
    const char close = is_object ? '}' : ']';
    ++at_;
    for (;;) {
      if (!blanks()) return false;
      if (eat(close)) return true;
      JsonEntry entry{{}, at_, {}};
      if (is_object && !key(entry)) return false;
      if (!value(entry.value, depth + 1) || !blanks()) return false;
      if (is_object) node.entries.push_back(std::move(entry));
      if (eat(',')) continue;
      return eat(close) || wrong(is_object ? "a comma or } is missing" : "a comma or ] is missing");
    }
  }

  bool key(JsonEntry& entry) {
    if (at_ >= text_.size() || text_[at_] != '"') return wrong("the name of a member is missing");
    if (!string()) return false;
    Result<json::Value> decoded = json::parse(text_.substr(entry.key_begin, at_ - entry.key_begin));
    if (!decoded) return wrong("the name of a member cannot be read");
    entry.key = decoded->text();
    return blanks() && (eat(':') || wrong("a colon is missing")) && blanks();
  }

  bool eat(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool string() {
    const size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') at_ += text_[at_] == '\\' ? 2U : 1U;
    at_ = std::min(at_, text_.size());
    if (at_ >= text_.size() || text_[at_] != '"') return wrong("a string does not end");
    ++at_;
    return lexeme(begin);
  }

  bool word() {
    const size_t begin = at_;
    const auto is_part = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == 'E' || c == '+' || c == '-' || c == '.'; };
    while (at_ < text_.size() && is_part(text_[at_])) ++at_;
    if (at_ == begin) return wrong("a value is missing");
    return lexeme(begin);
  }

  // Strings, numbers and words are judged by the reader that everything else of the program uses.
  bool lexeme(size_t begin) {
    if (json::parse(text_.substr(begin, at_ - begin), {.bytes_max = text_.size() + 1})) return true;
    at_ = begin;
    return wrong("this is no value of JSON");
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string_view what_;
};

}  // namespace

size_t JsonNode::count(std::string_view key) const {
  return static_cast<size_t>(std::count_if(entries.begin(), entries.end(), [&](const JsonEntry& entry) { return entry.key == key; }));
}

const JsonEntry& JsonNode::at(std::string_view key) const {
  return *std::find_if(entries.begin(), entries.end(), [&](const JsonEntry& entry) { return entry.key == key; });
}

Result<JsonNode> read_json_tree(std::string_view text) {
  return TreeReader(text).read();
}

size_t skip_json_blanks(std::string_view text, size_t at) {
  for (;;) {
    while (at < text.size() && is_blank(text[at])) ++at;
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("//"))
      at = std::min(text.find('\n', at), text.size());
    else if (rest.starts_with("/*"))
      at = std::min(text.find("*/", at + 2), text.size() - 2) + 2;
    else
      return at;
  }
}

}  // namespace orthink::install
