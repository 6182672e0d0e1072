#include "native/install/diff.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace orthink::install {
namespace {

constexpr size_t kAround = 2;
constexpr size_t kLineMax = 160;
constexpr size_t kTableMax = 4'000'000;  // cells of the comparison; beyond it the whole middle is shown as replaced

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

struct Shown {
  char mark;  // ' ', '-' or '+'
  std::string_view text;
};

// The middle, where the two differ, by the longest common subsequence of their lines.
void compare(const Lines& a, const Lines& b, std::vector<Shown>& out) {
  const size_t width = b.size() + 1;
  const bool is_large = (a.size() + 1) * width > kTableMax;
  std::vector<uint32_t> common(is_large ? 0 : (a.size() + 1) * width, 0);
  for (size_t i = a.size(); !is_large && i-- > 0;) {
    for (size_t j = b.size(); j-- > 0;)
      common[i * width + j] = a[i] == b[j] ? common[(i + 1) * width + j + 1] + 1
                                           : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
  }
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (!is_large && i < a.size() && j < b.size() && a[i] == b[j]) {
      out.push_back({' ', a[i]});
      ++i, ++j;
    } else if (i < a.size() && (j == b.size() || is_large || common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      out.push_back({'-', a[i++]});
    } else {
      out.push_back({'+', b[j++]});
    }
  }
}

std::string without_secret(std::string_view line) {
  std::string lower(line);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kWords[] = {"key", "token", "secret", "password", "passwd", "authorization", "bearer", "credential", "cookie"};
  const bool speaks = std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view word) { return lower.find(word) != std::string::npos; });
  const size_t sign = line.find_first_of(":=");
  if (!speaks || sign == std::string_view::npos) return std::string(line);
  return std::string(line.substr(0, sign + 1)) + " ***";
}

// `from` is where a long line gets interesting.
std::string shortened(std::string_view line, size_t from) {
  if (line.size() <= kLineMax) return std::string(line);
  constexpr size_t kBefore = 40;
  size_t begin = from > kBefore ? from - kBefore : 0;
  while (begin > 0 && (static_cast<unsigned char>(line[begin]) & 0xc0U) == 0x80U) --begin;
  size_t end = std::min(begin + kLineMax, line.size());
  while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xc0U) == 0x80U) ++end;
  return (begin > 0 ? "..." : "") + std::string(line.substr(begin, end - begin)) + (end < line.size() ? "..." : "");
}

size_t first_difference(std::string_view a, std::string_view b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin()).first - a.begin());
}

void show(std::string& out, const std::vector<Shown>& lines, size_t at) {
  const Shown& line = lines[at];
  size_t from = 0;
  if (line.mark == '-' && at + 1 < lines.size() && lines[at + 1].mark == '+') from = first_difference(line.text, lines[at + 1].text);
  if (line.mark == '+' && at > 0 && lines[at - 1].mark == '-') from = first_difference(line.text, lines[at - 1].text);
  const std::string text = line.mark == ' ' ? without_secret(line.text) : std::string(line.text);
  out.append(1, line.mark).append(shortened(text, from));
  if (out.back() == '\r') out.pop_back();
  out += '\n';
}

}  // namespace

std::string diff(std::string_view before, std::string_view after) {
  Lines a = lines_of(before);
  Lines b = lines_of(after);
  std::vector<Shown> lines;
  size_t same = 0;
  while (same < std::min(a.size(), b.size()) && a[same] == b[same]) ++same;
  size_t tail = 0;
  while (tail < std::min(a.size(), b.size()) - same && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  for (size_t i = same - std::min(same, kAround); i < same; ++i) lines.push_back({' ', a[i]});
  compare({a.begin() + static_cast<std::ptrdiff_t>(same), a.end() - static_cast<std::ptrdiff_t>(tail)},
          {b.begin() + static_cast<std::ptrdiff_t>(same), b.end() - static_cast<std::ptrdiff_t>(tail)}, lines);
  for (size_t i = 0; i < std::min(tail, kAround); ++i) lines.push_back({' ', a[a.size() - tail + i]});

  const auto is_near = [&](size_t at) {
    const size_t end = std::min(at + kAround + 1, lines.size());
    for (size_t i = at - std::min(at, kAround); i < end; ++i)
      if (lines[i].mark != ' ') return true;
    return false;
  };
  std::string out;
  bool has_gap = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (is_near(i)) {
      if (has_gap && !out.empty()) out += " ...\n";
      show(out, lines, i);
    }
    has_gap = !is_near(i);
  }
  return out;
}

}  // namespace orthink::install
