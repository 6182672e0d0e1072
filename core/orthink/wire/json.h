// The JSON facade: documents in, documents out. (The stream path does not come here: see chat/chunk.h.)
//
//   Result<json::Value> doc = json::parse(R"({"model":"x","n":1})");
//   if (const json::Value* model = doc->find("model"); model && model->is_string()) use(model->text());
//
//   json::Writer w;
//   w.object().key("ok").boolean(true).key("usd").string("0.1").end();
//   w.take();                                        // {"ok":true,"usd":"0.1"}
//
// Objects keep their order and numbers keep their characters, so that what is passed through is passed on as it came.
// Writing follows JSON.stringify to the byte: no white space, short escapes for \b \f \n \r \t, \u00xx in lower case,
// everything else raw UTF-8.
// Thread rule: values; no shared state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/limits.h"
#include "orthink/base/result.h"

namespace orthink::json {

enum class Type : uint8_t { null, boolean, number, string, array, object };
std::string_view name(Type type);

class Value;
struct Member;

class Value {
 public:
  Value() = default;  // null
  static Value boolean(bool value);
  static Value number(int64_t value);
  static Value number(uint64_t value);
  static Value number_text(std::string lexeme);  // REQUIRES: valid JSON number characters
  static Value string(std::string text);         // REQUIRES: valid UTF-8
  static Value array();
  static Value object();

  [[nodiscard]] Type type() const { return type_; }
  [[nodiscard]] bool is_null() const { return type_ == Type::null; }
  [[nodiscard]] bool is_boolean() const { return type_ == Type::boolean; }
  [[nodiscard]] bool is_number() const { return type_ == Type::number; }
  [[nodiscard]] bool is_string() const { return type_ == Type::string; }
  [[nodiscard]] bool is_array() const { return type_ == Type::array; }
  [[nodiscard]] bool is_object() const { return type_ == Type::object; }

  [[nodiscard]] bool as_bool() const { return truth_; }              // REQUIRES: is_boolean()
  [[nodiscard]] const std::string& text() const { return scalar_; }  // string's text or number's lexeme
  // The number as an unsigned integer; nothing for fractions, exponents, negatives, other types or overflow.
  [[nodiscard]] std::optional<uint64_t> as_u64() const;

  // Members of an array (keys empty) or object, in their order. A view: dies with any change of this value.
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }
  [[nodiscard]] std::vector<Member>& members() { return members_; }
  // Of an object: the value at `key`, or null. Dies with any change of this value.
  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] Value* find(std::string_view key);
  void push(Value value);                      // REQUIRES: is_array()
  void set(std::string key, Value value);      // REQUIRES: is_object(); replaces or appends
  bool erase(std::string_view key);            // REQUIRES: is_object()

 private:
  Type type_ = Type::null;
  bool truth_ = false;
  std::string scalar_;
  std::vector<Member> members_;
};

struct Member {
  std::string key;
  Value value;
};

struct ParseLimits {
  size_t bytes_max = limits::kAskBytesMax;
  size_t members_max = limits::kAskMembersMax;
  uint32_t depth_max = limits::kJsonDepthMax;
};

// One whole document (RFC 8259). Refuses invalid UTF-8, trailing bytes (a NUL too), duplicate keys, and what exceeds the
// limits; the message names the byte offset.
Result<Value> parse(std::string_view text, const ParseLimits& limits = {});

// Appends `value`, or a quoted string, to `out`.
void write(std::string& out, const Value& value);
void write_string(std::string& out, std::string_view utf8);
std::string dump(const Value& value);

// Emits one document, commas by itself. Calls must nest properly (asserted in debug builds).
class Writer {
 public:
  Writer& object();
  Writer& array();
  Writer& end();                         // closes the innermost object or array
  Writer& key(std::string_view name);
  Writer& string(std::string_view utf8);
  Writer& number(uint64_t value);
  Writer& number(int64_t value);
  Writer& boolean(bool value);
  Writer& null();
  Writer& raw(std::string_view json);    // REQUIRES: one valid JSON value
  Writer& value(const Value& value);
  Writer& string_or_null(const std::optional<std::string>& utf8);
  Writer& number_or_null(const std::optional<uint64_t>& value);

  [[nodiscard]] const std::string& text() const { return out_; }
  std::string take();                    // the text; the writer is empty again

 private:
  void comma();
  std::string out_;
  std::vector<char> open_;   // '{' or '['
  bool fresh_ = true;        // nothing written yet at this level, or a key was just written
};

}  // namespace orthink::json
