#include "orthink/tools/field.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "orthink/base/money.h"
#include "orthink/chat/ask.h"
#include "orthink/chat/plain_text.h"

namespace orthink::tools {
namespace {

using Tables = std::span<const std::span<const Field>>;

constexpr size_t kShownBytesMax = 60;    // of a value in a message
constexpr size_t kProblemsShownMax = 8;  // a message is read by a model: the first few are enough to go on

struct Problem {
  Errc errc = Errc::invalid_argument;
  std::string message;
  std::string remedy;
};

const Field* field_named(Tables tables, std::string_view name) {
  for (const std::span<const Field> table : tables) {
    for (const Field& field : table) {
      if (field.name == name) return &field;
    }
  }
  return nullptr;
}

std::string_view json_type(Type type) {
  switch (type) {
    case Type::string:
      return "string";
    case Type::integer:
      return "integer";
    case Type::number:
      return "number";
    case Type::boolean:
      return "boolean";
    case Type::object:
      return "object";
    case Type::strings:
    case Type::objects:
      return "array";
    case Type::any:
      break;
  }
  return {};
}

std::string_view pattern(Characters characters) {
  return characters == Characters::handle ? "^[A-Za-z0-9._-]+$" : "^[ -~]+$";
}

bool has_only(std::string_view text, Characters characters) {
  const auto is_handle = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (characters == Characters::any) return true;
  if (characters == Characters::handle) return !text.empty() && std::all_of(text.begin(), text.end(), is_handle);
  return !text.empty() && std::all_of(text.begin(), text.end(), is_printable);
}

// --- printing

void write_one_of(json::Writer& out, const Field& field) {
  if (field.one_of.empty()) return;
  out.key("enum").array();
  for (const std::string_view each : field.one_of) out.string(each);
  out.end();
}

void write_bounds(json::Writer& out, const Field& field) {
  const bool is_value = field.type == Type::integer;
  const bool is_text = field.type == Type::string;
  if (field.min) out.key(is_value ? "minimum" : "minItems").number(*field.min);
  if (field.max) out.key(is_value ? "maximum" : is_text ? "maxLength" : "maxItems").number(*field.max);
}

void write_field(json::Writer& out, const Field& field, const SchemaOptions& options);

void write_members(json::Writer& out, Tables tables, const SchemaOptions& options) {
  out.key("type").string("object").key("properties").object();
  bool has_required = false;
  for (const std::span<const Field> table : tables) {
    for (const Field& field : table) {
      out.key(field.name);
      write_field(out, field, options);
      has_required = has_required || field.is_required;
    }
  }
  out.end();
  if (has_required) {
    out.key("required").array();
    for (const std::span<const Field> table : tables) {
      for (const Field& field : table) {
        if (field.is_required) out.string(field.name);
      }
    }
    out.end();
  }
  if (options.is_closed) out.key("additionalProperties").boolean(false);
}

void write_type(json::Writer& out, const Field& field, const SchemaOptions& options) {
  if (field.type == Type::object && !field.fields.empty()) {
    write_members(out, std::span(&field.fields, 1), options);
    return;
  }
  if (field.type != Type::any) out.key("type").string(json_type(field.type));
  if (field.type == Type::strings) {
    out.key("items").object().key("type").string("string");
    write_one_of(out, field);
    out.end();
  } else if (field.type == Type::objects) {
    out.key("items").object().key("type").string("object").end();
  } else {
    write_one_of(out, field);
  }
  if (options.is_brief) return;
  write_bounds(out, field);
  if (field.characters != Characters::any) out.key("pattern").string(pattern(field.characters));
}

void write_field(json::Writer& out, const Field& field, const SchemaOptions& options) {
  out.object();
  if (!field.is_nullable) write_type(out, field, options);
  if (!field.fallback.empty() && !options.is_brief) out.key("default").raw(field.fallback);
  if (!field.says.empty() && !options.is_brief) out.key("description").string(field.says);
  out.end();
}

// --- checking

std::string listed(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view& each : names) {
    if (!out.empty()) out += &each == &names.back() ? " or " : ", ";
    out += each;
  }
  return out;
}

std::string shown(const json::Value& value) {
  if (value.is_string()) return "\"" + plain_text(value.text(), kShownBytesMax) + "\"";
  if (value.is_number()) return plain_text(value.text(), kShownBytesMax);
  if (value.is_boolean()) return value.as_bool() ? "true" : "false";
  return value.is_null() ? "null" : value.is_array() ? "a list" : "an object";
}

std::string wanted(const Field& field) {
  switch (field.type) {
    case Type::string:
      if (field.is_dollars) return "dollars such as 0.05";
      if (!field.one_of.empty()) return "one of " + listed(field.one_of);
      return field.takes_number ? "a string or a number" : "a string";
    case Type::integer: {
      std::string range = field.min ? " from " + std::to_string(*field.min) : "";
      if (field.max) range += " to " + std::to_string(*field.max);
      return "a whole number" + range;
    }
    case Type::number:
      return "a number";
    case Type::boolean:
      return "true or false";
    case Type::object:
      return "an object";
    case Type::strings:
      return field.one_of.empty() ? "a list of strings" : "a list of " + listed(field.one_of);
    case Type::objects:
      return "a list of objects";
    case Type::any:
      break;
  }
  return "a value";
}

class Checker {
 public:
  explicit Checker(const CheckOptions& options) : options_(options) {}

  json::Value object(Tables tables, const json::Value& given, const std::string& head) {
    json::Value out = json::Value::object();
    for (const json::Member& member : given.members()) {
      const Field* field = field_named(tables, member.key);
      if (field == nullptr) {
        unknown(tables, member.key, head);
      } else if (!member.value.is_null() || field->type == Type::any) {
        out.set(member.key, value(*field, member.value, head + member.key));
      }
    }
    for (const std::span<const Field> table : tables) {
      for (const Field& field : table) complete(out, field, head);
    }
    return out;
  }

  [[nodiscard]] std::optional<Error> error() const {
    if (problems_.empty()) return std::nullopt;
    const Problem& first = problems_.front();
    if (problems_.size() == 1) return make_error(first.errc, first.message, first.remedy);
    std::string message = std::to_string(problems_.size()) + " arguments will not do: ";
    std::string remedy;
    for (size_t i = 0; i < std::min(problems_.size(), kProblemsShownMax); ++i) {
      const std::string number = "(" + std::to_string(i + 1) + ") ";
      message += (i == 0 ? "" : "; ") + number + problems_[i].message;
      remedy += (i == 0 ? "" : " ") + number + problems_[i].remedy;
    }
    if (problems_.size() > kProblemsShownMax) message += "; and " + std::to_string(problems_.size() - kProblemsShownMax) + " more";
    return make_error(first.errc, std::move(message), std::move(remedy));
  }

 private:
  void add(Errc errc, std::string message, std::string remedy) { problems_.push_back({errc, std::move(message), std::move(remedy)}); }

  void unknown(Tables tables, std::string_view key, const std::string& head) {
    std::vector<std::string_view> names;
    for (const std::span<const Field> table : tables) {
      for (const Field& field : table) names.push_back(field.name);
    }
    const bool is_root = head.empty();
    const std::span<const Hint> hints = options_.hints;
    const auto hint = std::find_if(hints.begin(), hints.end(), [&](const Hint& each) { return is_root && each.name == key; });
    const std::span<const std::string_view> inner = options_.inner_names;
    const bool is_inner = is_root && std::find(inner.begin(), inner.end(), key) != inner.end();
    const std::string_view close = closest_name(key, names);
    std::string remedy;
    if (hint != hints.end()) remedy = hint->instead;
    else if (is_inner) remedy = "Give it as " + std::string(options_.inside) + "." + std::string(key) + ".";
    else if (!close.empty()) remedy = "Did you mean " + head + std::string(close) + "?";
    else if (names.empty()) remedy = "It takes no arguments.";
    else remedy = "It takes " + listed(names) + ".";
    add(Errc::unknown_field, "unknown argument \"" + head + plain_text(key, kShownBytesMax) + "\"", std::move(remedy));
  }

  void complete(json::Value& out, const Field& field, const std::string& head) {
    if (out.find(field.name) != nullptr) return;
    const std::string place = head + std::string(field.name);
    if (field.is_required && !has_problem(place)) {
      add(Errc::missing_field, place + " is missing", "Give " + place + ": " + wanted(field) + ". " + std::string(field.says));
    }
    if (field.fallback.empty()) return;
    if (Result<json::Value> fallback = json::parse(field.fallback)) out.set(std::string(field.name), std::move(*fallback));
  }

  [[nodiscard]] bool has_problem(const std::string& place) const {
    return std::any_of(problems_.begin(), problems_.end(), [&](const Problem& each) { return each.message.starts_with(place + " "); });
  }

  json::Value refuse(const Field& field, const json::Value& given, const std::string& place) {
    add(Errc::invalid_argument, place + " is " + shown(given) + ", not " + wanted(field), "Give " + place + " as " + wanted(field) + ".");
    return given;
  }

  json::Value value(const Field& field, const json::Value& given, const std::string& place) {
    switch (field.type) {
      case Type::string:
        return text(field, given, place);
      case Type::integer:
        return whole(field, given, place);
      case Type::number:
        return given.is_number() ? given : refuse(field, given, place);
      case Type::boolean:
        return given.is_boolean() ? given : refuse(field, given, place);
      case Type::object:
        if (!given.is_object()) return refuse(field, given, place);
        return field.fields.empty() ? given : object(std::span(&field.fields, 1), given, place + ".");
      case Type::strings:
      case Type::objects:
        return list(field, given, place);
      case Type::any:
        break;
    }
    return given;
  }

  json::Value text(const Field& field, const json::Value& given, const std::string& place) {
    if (!given.is_string() && !(field.takes_number && given.is_number())) return refuse(field, given, place);
    const std::string& said = given.text();
    if (field.is_dollars && !Money::parse(said)) return refuse(field, given, place);
    if (!field.one_of.empty() && std::find(field.one_of.begin(), field.one_of.end(), said) == field.one_of.end()) {
      const std::string_view close = closest_name(said, field.one_of);
      add(Errc::invalid_argument, place + " is " + shown(given) + ", not " + wanted(field),
          close.empty() ? "Give " + place + " as " + wanted(field) + "." : "Did you mean \"" + std::string(close) + "\"?");
    }
    const auto length = static_cast<int64_t>(count_characters(said));
    if (field.max && length > *field.max) {
      add(Errc::invalid_argument, place + " has " + std::to_string(length) + " characters",
          "Give at most " + std::to_string(*field.max) + " characters.");
    }
    if (!has_only(said, field.characters)) {
      const bool is_handle = field.characters == Characters::handle;
      add(Errc::invalid_argument, place + " is " + shown(given) + ", which has characters that it cannot have",
          is_handle ? "Use letters, digits, '.', '_' and '-'." : "Use printable ASCII characters.");
    }
    return given.is_string() ? given : json::Value::string(said);
  }

  json::Value whole(const Field& field, const json::Value& given, const std::string& place) {
    const std::optional<int64_t> number = given.is_number() ? whole_number(given.text()) : std::nullopt;
    if (!number || (field.min && *number < *field.min) || (field.max && *number > *field.max)) return refuse(field, given, place);
    return json::Value::number(*number);
  }

  json::Value list(const Field& field, const json::Value& given, const std::string& place) {
    if (!given.is_array()) return refuse(field, given, place);
    const auto items = static_cast<int64_t>(given.members().size());
    if ((field.min && items < *field.min) || (field.max && items > *field.max)) {
      const bool is_few = field.min && items < *field.min;
      add(Errc::invalid_argument, place + " has " + std::to_string(items) + " items",
          is_few ? "Give at least " + std::to_string(*field.min) + ", or leave " + place + " out." : "Give at most " + std::to_string(*field.max) + ".");
    }
    for (size_t i = 0; i < given.members().size(); ++i) {
      const json::Value& item = given.members()[i].value;
      const std::string at = place + "[" + std::to_string(i) + "]";
      const Field one{.name = field.name, .type = field.type == Type::strings ? Type::string : Type::object, .one_of = field.one_of};
      value(one, item, at);
      if (problems_.size() > kProblemsShownMax) break;
    }
    return given;
  }

  const CheckOptions& options_;
  std::vector<Problem> problems_;
};

}  // namespace

void write_schema(json::Writer& out, Tables tables, const SchemaOptions& options) {
  out.object();
  write_members(out, tables, options);
  out.end();
}

Result<json::Value> check(Tables tables, const json::Value& object, const CheckOptions& options) {
  if (!object.is_object()) {
    return make_error(Errc::invalid_argument, "the arguments are " + shown(object) + ", not an object", "Give them as one JSON object.");
  }
  Checker checker(options);
  json::Value checked = checker.object(tables, object, {});
  if (std::optional<Error> error = checker.error()) return *error;
  return checked;
}

std::optional<int64_t> whole_number(std::string_view lexeme) {
  constexpr int64_t kMax = (int64_t{1} << 53) - 1;
  constexpr int64_t kExponentMax = 400;  // beyond what a JSON number of a double can have
  const bool is_negative = lexeme.starts_with('-');
  if (is_negative) lexeme.remove_prefix(1);
  const size_t e = lexeme.find_first_of("eE");
  int64_t exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view digits = lexeme.substr(e + 1);
    const bool is_below = digits.starts_with('-');
    if (is_below || digits.starts_with('+')) digits.remove_prefix(1);
    for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), kExponentMax);
    if (is_below) exponent = -exponent;
  }
  std::string digits(lexeme.substr(0, e));
  if (const size_t dot = digits.find('.'); dot != std::string::npos) {
    exponent -= static_cast<int64_t>(digits.size() - dot - 1);
    digits.erase(dot, 1);
  }
  for (; exponent < 0 && digits.ends_with('0'); ++exponent) digits.pop_back();
  if (digits.find_first_not_of('0') == std::string::npos) return 0;
  if (exponent < 0 || exponent > 16) return std::nullopt;
  digits.append(static_cast<size_t>(exponent), '0');
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.size() > 16) return std::nullopt;
  int64_t value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  if (value > kMax) return std::nullopt;
  return is_negative ? -value : value;
}

size_t count_characters(std::string_view utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace orthink::tools
