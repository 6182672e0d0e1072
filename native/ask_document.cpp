#include "native/ask_document.h"

#include <algorithm>
#include <utility>

#include "native/system.h"
#include "orthink/base/base64.h"
#include "orthink/base/limits.h"
#include "orthink/base/utf8.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

constexpr size_t kSchemaBytesMax = size_t{1} << 20;
constexpr size_t kNameBytesMax = 64;  // of a response format

bool starts_with(std::string_view text, std::string_view head) {
  return text.substr(0, head.size()) == head;
}
bool is_address(std::string_view text) {
  return starts_with(text, "https://") || starts_with(text, "http://") || starts_with(text, "data:");
}

Result<json::Value> text_value(std::string text, const std::string& place) {
  if (is_utf8(text)) return json::Value::string(std::move(text));
  return make_error(Errc::invalid_argument, place + " is not UTF-8 text", "Convert it first, for example: iconv -t UTF-8.");
}

std::string base_name(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

json::Value part(const char* type) {
  json::Value value = json::Value::object();
  value.set("type", json::Value::string(type));
  return value;
}

json::Value text_part(std::string text) {
  json::Value value = part("text");
  value.set("text", json::Value::string(std::move(text)));
  return value;
}

Result<json::Value> image_part(const std::string& source) {
  std::string url = source;
  if (!is_address(source)) {
    const Result<std::string> bytes = read_file(source, kImageBytesMax);
    if (!bytes) return bytes.error();
    const std::string_view type = sniff_image(*bytes);
    if (type.empty())
      return make_error(Errc::invalid_argument, source + " is no picture that models take", "Give a PNG, JPEG, WebP or GIF file.");
    url = "data:" + std::string(type) + ";base64," + base64(*bytes);
  }
  json::Value holder = json::Value::object();
  Result<json::Value> text = text_value(std::move(url), "--image");
  if (!text) return text;
  holder.set("url", std::move(*text));
  json::Value value = part("image_url");
  value.set("image_url", std::move(holder));
  return value;
}

// A PDF goes as a file; text goes as text, which every model takes and whose tokens can be bounded.
Result<json::Value> file_part(const std::string& source) {
  std::string data = source;
  if (!is_address(source)) {
    Result<std::string> bytes = read_file(source, kFileBytesMax);
    if (!bytes) return bytes.error();
    if (!starts_with(*bytes, "%PDF-")) {
      if (is_utf8(*bytes) && bytes->find('\0') == std::string::npos && !bytes->empty()) {
        return text_part("File " + base_name(source) + ":\n\n" + *bytes);
      }
      return make_error(Errc::invalid_argument, source + (bytes->empty() ? " is empty" : " is neither a PDF nor UTF-8 text"),
                        "Give a PDF or a text file; pictures go with --image.");
    }
    data = "data:application/pdf;base64," + base64(*bytes);
  }
  json::Value holder = json::Value::object();
  Result<json::Value> name = text_value(starts_with(source, "data:") ? "file" : base_name(source), "--file");
  Result<json::Value> text = text_value(std::move(data), "--file");
  if (!name) return name;
  if (!text) return text;
  holder.set("filename", std::move(*name));
  holder.set("file_data", std::move(*text));
  json::Value value = part("file");
  value.set("file", std::move(holder));
  return value;
}

Result<json::Value> read_json(const std::string& path, size_t bytes_max, int stdin_fd) {
  const Result<std::string> bytes = path == "-" ? read_all(stdin_fd, "standard input", bytes_max) : read_file(path, bytes_max);
  if (!bytes) return bytes.error();
  Result<json::Value> document = json::parse(*bytes);
  if (!document) document.error().message = (path == "-" ? "standard input" : path) + ": " + document.error().message;
  return document;
}

// {"type":"json_schema","json_schema":{"name","strict","schema"}}; a file that already holds name and schema is taken as it is.
Result<json::Value> response_format(const std::string& path) {
  Result<json::Value> schema = read_json(path, kSchemaBytesMax, -1);
  if (!schema) return schema;
  if (!schema->is_object())
    return make_error(Errc::invalid_argument, path + " is not a JSON object", "Give a JSON schema such as {\"type\":\"object\",...}.");
  json::Value format = json::Value::object();
  format.set("type", json::Value::string("json_schema"));
  if (schema->find("name") != nullptr && schema->find("schema") != nullptr) {
    format.set("json_schema", std::move(*schema));
    return format;
  }
  std::string name = base_name(path);
  name = name.substr(0, std::min(name.find('.'), kNameBytesMax));
  for (char& c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!is_plain) c = '_';
  }
  json::Value named = json::Value::object();
  named.set("name", json::Value::string(name.empty() ? "answer" : name));
  named.set("strict", json::Value::boolean(true));
  named.set("schema", std::move(*schema));
  format.set("json_schema", std::move(named));
  return format;
}

// A number as typed keeps its characters; what is none goes on as a string, for the reader of the document to refuse.
json::Value number_or_text(const std::string& text) {
  const size_t dot = text.find('.');
  const auto is_digits = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const std::string_view whole = std::string_view(text).substr(0, dot);
  const bool has_fraction = dot != std::string::npos;
  const bool is_number =
      is_digits(whole) && (whole.size() == 1 || whole[0] != '0') && (!has_fraction || is_digits(std::string_view(text).substr(dot + 1)));
  return is_number ? json::Value::number_text(text) : json::Value::string(is_utf8(text) ? text : "?");
}

class Merger {
 public:
  Merger(const AskFlags& flags, int stdin_fd) : flags_(flags), stdin_fd_(stdin_fd) {}

  Result<void> start() {
    if (!flags_.request) return {};
    Result<json::Value> request = read_json(*flags_.request, limits::kAskBytesMax, stdin_fd_);
    if (!request) return request.error();
    if (!request->is_object()) {
      return make_error(Errc::invalid_argument, *flags_.request + " is not a JSON object", "docs/ask.schema.json describes the document.");
    }
    document_ = std::move(*request);
    return {};
  }

  Result<void> fields() {
    struct Text {
      const char* key;
      const std::optional<std::string>& flag;
    };
    for (const Text& field : {Text{"model", flags_.model},
                              {"system", flags_.system},
                              {"think", flags_.think},
                              {"user", flags_.user},
                              {"tenant", flags_.tenant},
                              {"session", flags_.session},
                              {"max_cost_usd", flags_.max_cost}}) {
      if (!field.flag) continue;
      Result<json::Value> value = text_value(*field.flag, field.key);
      if (!value) return value.error();
      document_.set(field.key, std::move(*value));
    }
    for (const Text& field : {Text{"answer_tokens", flags_.answer}, {"max_tokens", flags_.max_tokens}, {"deadline_s", flags_.deadline}}) {
      if (field.flag) document_.set(field.key, number_or_text(*field.flag));
    }
    if (flags_.fits) document_.set("fit", json::Value::boolean(true));
    if (flags_.is_lenient) document_.set("lenient", json::Value::boolean(true));
    if (!flags_.streams) document_.set("stream", json::Value::boolean(false));
    if (flags_.thinking != ThinkingShown::by_default) {
      document_.set("hide_thinking", json::Value::boolean(flags_.thinking == ThinkingShown::hidden));
    }
    if (flags_.tools) {
      Result<json::Value> tools = read_json(*flags_.tools, kSchemaBytesMax, -1);
      if (!tools) return tools.error();
      document_.set("tools", std::move(*tools));
    }
    if (flags_.schema) {
      Result<json::Value> format = response_format(*flags_.schema);
      if (!format) return format.error();
      document_.set("response_format", std::move(*format));
    }
    return {};
  }

  // The prompt of arguments or standard input; nothing when the request's own is to stand.
  Result<std::optional<std::string>> typed_prompt() {
    const bool has_own = document_.find("prompt") != nullptr || document_.find("messages") != nullptr;
    const bool reads_request = flags_.request == "-";
    const bool wants_input = flags_.prompt == "-" || (!flags_.prompt && !has_own && !reads_request && !is_terminal(stdin_fd_));
    if (wants_input && reads_request) {
      return make_error(Errc::invalid_argument, "both --request and the prompt are to come from standard input",
                        "Give one of them as a file or argument.");
    }
    if (!wants_input) return flags_.prompt;
    Result<std::string> text = read_all(stdin_fd_, "standard input", limits::kAskBytesMax);
    if (!text) return text.error();
    if (!text->empty() && text->back() == '\n') text->pop_back();
    return std::optional(std::move(*text));
  }

  Result<void> question() {
    Result<std::optional<std::string>> typed = typed_prompt();
    if (!typed) return typed.error();
    std::optional<std::string> prompt = std::move(*typed);
    const bool has_attachments = !flags_.images.empty() || !flags_.files.empty();
    if (!prompt && has_attachments) {
      const json::Value* own = document_.find("prompt");
      if (own == nullptr || !own->is_string())
        return make_error(Errc::empty_prompt, "a picture or file is given without a prompt", "Say what to do with it.");
      prompt = own->text();
    }
    if (!prompt) {
      if (document_.find("prompt") != nullptr || document_.find("messages") != nullptr) return {};
      return make_error(Errc::empty_prompt, "no question was given", "Write it as an argument, or - to read it from standard input.");
    }
    if (prompt->find_first_not_of(" \t\r\n") == std::string::npos) return make_error(Errc::empty_prompt, "the question is empty");
    Result<json::Value> text = text_value(std::move(*prompt), "the prompt");
    if (!text) return text.error();
    const bool continues = document_.find("messages") != nullptr;
    if (!has_attachments && !continues) {
      document_.set("prompt", std::move(*text));
      return {};
    }
    document_.erase("prompt");
    return append_message(std::move(*text), has_attachments);
  }

  json::Value& document() { return document_; }

 private:
  Result<void> append_message(json::Value text, bool has_attachments) {
    json::Value message = json::Value::object();
    message.set("role", json::Value::string("user"));
    if (has_attachments) {
      json::Value content = json::Value::array();
      content.push(text_part(text.text()));
      for (const std::string& source : flags_.files) {
        Result<json::Value> value = file_part(source);
        if (!value) return value.error();
        content.push(std::move(*value));
      }
      for (const std::string& source : flags_.images) {
        Result<json::Value> value = image_part(source);
        if (!value) return value.error();
        content.push(std::move(*value));
      }
      message.set("content", std::move(content));
    } else {
      message.set("content", std::move(text));
    }
    if (document_.find("messages") == nullptr) document_.set("messages", json::Value::array());
    json::Value* messages = document_.find("messages");
    if (!messages->is_array()) return {};  // for the reader of the document to refuse
    messages->push(std::move(message));
    return {};
  }

  const AskFlags& flags_;
  int stdin_fd_;
  json::Value document_ = json::Value::object();
};

}  // namespace

std::string_view sniff_image(std::string_view bytes) {
  if (starts_with(bytes, "\x89PNG\r\n\x1a\n")) return "image/png";
  if (starts_with(bytes, "\xff\xd8\xff")) return "image/jpeg";
  if (starts_with(bytes, "GIF87a") || starts_with(bytes, "GIF89a")) return "image/gif";
  if (starts_with(bytes, "RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP") return "image/webp";
  return {};
}

Result<std::string> ask_document(const AskFlags& flags, const Config& config, int stdin_fd) {
  Merger merger(flags, stdin_fd);
  if (auto ok = merger.start(); !ok) return ok.error();
  if (auto ok = merger.fields(); !ok) return ok.error();
  if (auto ok = merger.question(); !ok) return ok.error();
  json::Value& document = merger.document();
  if (document.find("model") == nullptr && document.find("models") == nullptr)
    document.set("model", json::Value::string(config.default_model()));
  std::string text = json::dump(document);
  if (text.size() > limits::kAskBytesMax) {
    return make_error(Errc::too_large, "the question has " + std::to_string(text.size()) + " bytes",
                      "Send smaller pictures or files; 32 MB is the most.");
  }
  return text;
}

}  // namespace orthink
