// Reading goes through nlohmann's SAX parser, which keeps no tree, does not recurse and does not throw. What it does not do
// by itself is done here: it takes a NUL byte for the end, keeps the last of two equal keys, and hands integers over
// without their characters (the only integer whose characters its value does not give back is "-0").
#include "orthink/wire/json.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace orthink::json {
namespace {

// Where the parser stands in the text, for messages about what it accepted and we refuse.
struct CountingIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  const char** furthest = nullptr;

  reference operator*() const { return *at; }
  CountingIterator& operator++() {
    *furthest = ++at;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at == other.at; }
};

std::string at_byte(size_t offset) {
  return " at byte " + std::to_string(offset);
}

class Builder {
 public:
  Builder(const ParseLimits& limits, const char* begin) : limits_(limits), begin_(begin), furthest_(begin) {}

  const char** furthest() { return &furthest_; }
  Result<Value> take() {
    if (error_) return std::move(*error_);
    return std::move(root_);
  }

  bool null() { return add(Value()); }
  bool boolean(bool value) { return add(Value::boolean(value)); }
  bool number_integer(int64_t value) { return add(value == 0 ? Value::number_text("-0") : Value::number(value)); }
  bool number_unsigned(uint64_t value) { return add(Value::number(value)); }
  bool number_float(double, const std::string& lexeme) { return add(Value::number_text(lexeme)); }
  bool string(std::string& text) { return add(Value::string(std::move(text))); }
  bool binary(std::vector<uint8_t>&) { return false; }
  bool start_object(size_t) { return open(Value::object()); }
  bool start_array(size_t) { return open(Value::array()); }
  bool key(std::string& text) {
    open_.back().next_key = std::move(text);
    return true;
  }
  bool end_object() { return check_keys(open_.back().value) && close(); }
  bool end_array() { return close(); }
  template <class Exception>
  bool parse_error(size_t position, const std::string&, const Exception&) {
    error_ = make_error(Errc::invalid_json, "not valid JSON" + at_byte(position > 0 ? position - 1 : 0));
    return false;
  }

 private:
  struct Open {
    Value value;
    std::string key;       // where it goes in its parent
    std::string next_key;  // of the member that is being read
  };

  bool refuse(Errc errc, const std::string& what) {
    error_ = make_error(errc, what + at_byte(static_cast<size_t>(furthest_ - begin_)));
    return false;
  }

  bool add(Value value) {
    if (++members_ > limits_.members_max)
      return refuse(Errc::too_large, "JSON of more than " + std::to_string(limits_.members_max) + " values");
    if (open_.empty())
      root_ = std::move(value);
    else
      open_.back().value.members().push_back({std::move(open_.back().next_key), std::move(value)});
    return true;
  }

  bool open(Value value) {
    if (open_.size() >= limits_.depth_max)
      return refuse(Errc::too_deep, "JSON deeper than " + std::to_string(limits_.depth_max) + " levels");
    std::string key = open_.empty() ? std::string() : std::move(open_.back().next_key);
    open_.push_back({std::move(value), std::move(key), {}});
    return true;
  }

  bool close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (!open_.empty()) open_.back().next_key = std::move(done.key);
    return add(std::move(done.value));
  }

  bool check_keys(const Value& object) {
    std::vector<std::string_view> keys;
    keys.reserve(object.members().size());
    for (const Member& member : object.members()) keys.push_back(member.key);
    std::sort(keys.begin(), keys.end());
    auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) return true;
    std::string key;
    write_string(key, twice->substr(0, 80));
    return refuse(Errc::duplicate_key, "the key " + key + " stands twice in one object that ends");
  }

  const ParseLimits& limits_;
  const char* begin_;
  const char* furthest_;
  std::vector<Open> open_;
  Value root_;
  size_t members_ = 0;
  std::optional<Error> error_;
};

template <class Integer>
std::string integer_text(Integer value) {
  char digits[24];
  auto [end, ec] = std::to_chars(digits, digits + sizeof digits, value);
  return {digits, end};
}

}  // namespace

std::string_view name(Type type) {
  switch (type) {
    case Type::null:
      return "null";
    case Type::boolean:
      return "boolean";
    case Type::number:
      return "number";
    case Type::string:
      return "string";
    case Type::array:
      return "array";
    case Type::object:
      return "object";
  }
  return "null";
}

Value Value::boolean(bool value) {
  Value out;
  out.type_ = Type::boolean;
  out.truth_ = value;
  return out;
}

Value Value::number(int64_t value) {
  return number_text(integer_text(value));
}

Value Value::number(uint64_t value) {
  return number_text(integer_text(value));
}

Value Value::number_text(std::string lexeme) {
  Value out;
  out.type_ = Type::number;
  out.scalar_ = std::move(lexeme);
  return out;
}

Value Value::string(std::string text) {
  Value out;
  out.type_ = Type::string;
  out.scalar_ = std::move(text);
  return out;
}

Value Value::array() {
  Value out;
  out.type_ = Type::array;
  return out;
}

Value Value::object() {
  Value out;
  out.type_ = Type::object;
  return out;
}

std::optional<uint64_t> Value::as_u64() const {
  if (!is_number()) return std::nullopt;
  uint64_t value = 0;
  const char* end = scalar_.data() + scalar_.size();
  auto [stop, ec] = std::from_chars(scalar_.data(), end, value);
  if (ec != std::errc() || stop != end) return std::nullopt;
  return value;
}

const Value* Value::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const Member& member : members_)
    if (member.key == key) return &member.value;
  return nullptr;
}

Value* Value::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

void Value::push(Value value) {
  assert(is_array());
  members_.push_back({{}, std::move(value)});
}

void Value::set(std::string key, Value value) {
  assert(is_object());
  if (Value* old = find(key))
    *old = std::move(value);
  else
    members_.push_back({std::move(key), std::move(value)});
}

bool Value::erase(std::string_view key) {
  assert(is_object());
  return std::erase_if(members_, [key](const Member& member) { return member.key == key; }) > 0;
}

Result<Value> parse(std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.bytes_max)
    return make_error(Errc::too_large,
                      "JSON of " + std::to_string(text.size()) + " bytes; at most " + std::to_string(limits.bytes_max) + " are read");
  if (size_t nul = text.find('\0'); nul != std::string_view::npos)
    return make_error(Errc::invalid_json, "a NUL byte in JSON" + at_byte(nul));
  Builder builder(limits, text.data());
  CountingIterator first{text.data(), builder.furthest()};
  CountingIterator last{text.data() + text.size(), builder.furthest()};
  // False stands with an error in the builder.
  static_cast<void>(nlohmann::json::sax_parse(first, last, &builder));
  return builder.take();
}

void write_string(std::string& out, std::string_view utf8) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  size_t plain = 0;
  for (size_t i = 0; i < utf8.size(); ++i) {
    auto c = static_cast<unsigned char>(utf8[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(utf8, plain, i - plain);
    plain = i + 1;
    out += '\\';
    switch (c) {
      case '"':
        out += '"';
        break;
      case '\\':
        out += '\\';
        break;
      case '\b':
        out += 'b';
        break;
      case '\f':
        out += 'f';
        break;
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out += "u00";
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
  }
  out.append(utf8, plain, utf8.size() - plain);
  out += '"';
}

void write(std::string& out, const Value& value) {
  switch (value.type()) {
    case Type::null:
      out += "null";
      return;
    case Type::boolean:
      out += value.as_bool() ? "true" : "false";
      return;
    case Type::number:
      out += value.text();
      return;
    case Type::string:
      write_string(out, value.text());
      return;
    case Type::array:
    case Type::object:
      break;
  }
  bool is_object = value.is_object();
  out += is_object ? '{' : '[';
  bool is_first = true;
  for (const Member& member : value.members()) {
    if (!is_first) out += ',';
    is_first = false;
    if (is_object) {
      write_string(out, member.key);
      out += ':';
    }
    write(out, member.value);
  }
  out += is_object ? '}' : ']';
}

std::string dump(const Value& value) {
  std::string out;
  write(out, value);
  return out;
}

void Writer::comma() {
  if (!fresh_) out_ += ',';
  fresh_ = false;
}

Writer& Writer::object() {
  comma();
  out_ += '{';
  open_.push_back('{');
  fresh_ = true;
  return *this;
}

Writer& Writer::array() {
  comma();
  out_ += '[';
  open_.push_back('[');
  fresh_ = true;
  return *this;
}

Writer& Writer::end() {
  assert(!open_.empty());
  out_ += open_.back() == '{' ? '}' : ']';
  open_.pop_back();
  fresh_ = false;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  assert(!open_.empty() && open_.back() == '{');
  comma();
  write_string(out_, name);
  out_ += ':';
  fresh_ = true;
  return *this;
}

Writer& Writer::string(std::string_view utf8) {
  comma();
  write_string(out_, utf8);
  return *this;
}

Writer& Writer::number(uint64_t value) {
  return raw(integer_text(value));
}

Writer& Writer::number(int64_t value) {
  return raw(integer_text(value));
}

Writer& Writer::boolean(bool value) {
  return raw(value ? "true" : "false");
}

Writer& Writer::null() {
  return raw("null");
}

Writer& Writer::raw(std::string_view json) {
  comma();
  out_ += json;
  return *this;
}

Writer& Writer::value(const Value& value) {
  comma();
  write(out_, value);
  return *this;
}

Writer& Writer::string_or_null(const std::optional<std::string>& utf8) {
  return utf8 ? string(*utf8) : null();
}

Writer& Writer::number_or_null(const std::optional<uint64_t>& value) {
  return value ? number(*value) : null();
}

std::string Writer::take() {
  assert(open_.empty());
  std::string text = std::move(out_);
  out_.clear();
  fresh_ = true;
  return text;
}

}  // namespace orthink::json
