// A strict reader of the text exposition format 0.0.4, written from its description and not from our writer.
//
//   Exposition page = read_exposition(text);       // page.faults names what a scraper would stumble over
//   page.value("orthink_calls_total", {{"outcome", "answered"}});
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace orthink::test {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  std::string value;
};

struct Exposition {
  std::map<std::string, std::string> types;
  std::map<std::string, std::string> helps;
  std::vector<Sample> samples;
  std::vector<std::string> faults;

  [[nodiscard]] std::optional<std::string> value(std::string_view name, const std::map<std::string, std::string>& labels = {}) const {
    for (const Sample& sample : samples)
      if (sample.name == name && sample.labels == labels) return sample.value;
    return std::nullopt;
  }
};

class ExpositionReader {
 public:
  explicit ExpositionReader(std::string_view text) : text_(text) {
    if (!text.empty() && text.back() != '\n') fault("the last line has no end");
    while (at_ < text_.size()) line();
    histograms();
  }
  Exposition page;

 private:
  static bool is_name_character(char c, bool is_first) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    return is_letter || (!is_first && c >= '0' && c <= '9');
  }
  static bool is_number(std::string_view text) {
    const bool has_digit = text.find_first_of("0123456789") != std::string_view::npos;
    return has_digit && text.find_first_not_of("-.0123456789") == std::string_view::npos &&
           std::count(text.begin(), text.end(), '.') <= 1 && text.find_last_of('-') != text.size() - 1;
  }
  void fault(const std::string& what) { page.faults.push_back(what + " at " + std::to_string(at_)); }
  std::string name() {
    std::string taken;
    while (at_ < text_.size() && is_name_character(text_[at_], taken.empty())) taken += text_[at_++];
    if (taken.empty()) fault("no name");
    return taken;
  }
  bool take(char c) {
    if (at_ < text_.size() && text_[at_] == c) return ++at_, true;
    fault(std::string("no '") + c + "'");
    return false;
  }
  std::string quoted() {
    std::string value;
    take('"');
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') {
      if (text_[at_] != '\\') {
        value += text_[at_++];
        continue;
      }
      const char escaped = at_ + 1 < text_.size() ? text_[at_ + 1] : ' ';
      if (escaped != '\\' && escaped != 'n' && escaped != '"') fault("an escape that is none");
      value += escaped == 'n' ? '\n' : escaped;
      at_ += 2;
    }
    take('"');
    return value;
  }
  std::string rest() {
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string taken(text_.substr(at_, end - at_));
    at_ = end + 1;
    return taken;
  }
  void comment() {
    at_ += 2;
    const std::string word = name();
    take(' ');
    const std::string metric = name();
    take(' ');
    const std::string what = rest();
    auto& known = word == "TYPE" ? page.types : page.helps;
    if (word != "TYPE" && word != "HELP") fault("a comment of another kind");
    if (!known.emplace(metric, what).second) fault(word + " twice for " + metric);
    if (word == "TYPE" && what != "counter" && what != "gauge" && what != "histogram") fault("type " + what);
  }
  void line() {
    if (text_.substr(at_, 2) == "# ") return comment();
    Sample sample;
    sample.name = name();
    if (at_ < text_.size() && text_[at_] == '{') {
      ++at_;
      while (at_ < text_.size() && text_[at_] != '}') {
        const std::string label = name();
        take('=');
        if (!sample.labels.emplace(label, quoted()).second) fault("a label twice");
        if (text_[at_] == ',') ++at_;
      }
      take('}');
    }
    take(' ');
    sample.value = rest();
    if (!is_number(sample.value)) fault("no number: " + sample.value);
    judge(sample);
    page.samples.push_back(std::move(sample));
  }
  void judge(const Sample& sample) {
    const std::string family = family_of(sample.name);
    if (page.types.count(family) == 0) fault("a sample before its TYPE: " + sample.name);
    if (page.types[family] == "counter" && !sample.name.ends_with("_total")) fault("a counter without _total: " + sample.name);
    if (!seen_.emplace(sample.name, sample.labels).second) fault("a series twice: " + sample.name);
    if (!family_.empty() && family != family_ && !closed_.insert(family_).second) fault("a family in two places");
    if (closed_.count(family) != 0) fault("a family in two places: " + family);
    family_ = family;
  }
  std::string family_of(const std::string& sample) {
    for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
      if (!sample.ends_with(suffix)) continue;
      const std::string base = sample.substr(0, sample.size() - suffix.size());
      if (const auto found = page.types.find(base); found != page.types.end() && found->second == "histogram") return base;
    }
    return sample;
  }
  // Bucket counts rise, end with +Inf, and agree with _count.
  void histograms() {
    std::map<std::pair<std::string, std::map<std::string, std::string>>, std::vector<std::pair<std::string, long long>>> buckets;
    for (const Sample& sample : page.samples) {
      if (!sample.labels.count("le")) continue;
      std::map<std::string, std::string> others = sample.labels;
      others.erase("le");
      buckets[{family_of(sample.name), others}].emplace_back(sample.labels.at("le"), std::stoll(sample.value));
    }
    for (const auto& [series, steps] : buckets) {
      const bool rises = std::is_sorted(steps.begin(), steps.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
      if (!rises || steps.back().first != "+Inf") fault("buckets of " + series.first);
      if (page.value(series.first + "_count", series.second) != std::to_string(steps.back().second)) fault("count of " + series.first);
      if (!page.value(series.first + "_sum", series.second)) fault("no sum of " + series.first);
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string family_;
  std::set<std::string> closed_;
  std::set<std::pair<std::string, std::map<std::string, std::string>>> seen_;
};

inline Exposition read_exposition(std::string_view text) {
  return ExpositionReader(text).page;
}

}  // namespace orthink::test
