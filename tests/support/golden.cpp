#include "tests/support/golden.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace orthink::test {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> golden_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(ORTHINK_SOURCE_DIR) + "/tests/golden/" + folder)) {
    if (entry.path().extension() == ".golden") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Golden read_golden(const std::string& path) {
  Golden golden{path, {}};
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    GoldenStep step;
    if (line.rfind("@ ", 0) == 0) {
      step.kind = GoldenStep::Kind::time;
      step.ms = std::stoll(line.substr(2));
    } else if (line.rfind("> {", 0) == 0) {
      step.kind = GoldenStep::Kind::input;
      step.json = line.substr(2);
    } else if (line.rfind("> ", 0) == 0) {
      step.kind = GoldenStep::Kind::input;
      const size_t space = line.find(' ', 2);
      step.text = line.substr(2, space - 2);
      step.json = space == std::string::npos ? "{}" : line.substr(space + 1);
    } else if (line.rfind("< ", 0) == 0) {
      step.kind = GoldenStep::Kind::output;
      step.text = line.substr(2);
    } else {
      step.text = line;
    }
    golden.steps.push_back(std::move(step));
  }
  return golden;
}

void check_golden(const Golden& golden, const GoldenHandler& handler) {
  std::string got, wanted;
  int64_t ms = 0;
  for (const GoldenStep& step : golden.steps) {
    switch (step.kind) {
      case GoldenStep::Kind::comment:
        got += step.text + "\n";
        break;
      case GoldenStep::Kind::time:
        ms = step.ms;
        got += "@ " + std::to_string(ms) + "\n";
        break;
      case GoldenStep::Kind::input:
        got += "> " + (step.text.empty() ? "" : step.text + " ") + step.json + "\n";
        for (const std::string& line : handler(step.text, step.json, ms)) got += "< " + line + "\n";
        break;
      case GoldenStep::Kind::output:
        break;
    }
  }
  const char* update = std::getenv("ORTHINK_UPDATE_GOLDENS");
  if (update != nullptr && std::string(update) == "1") {
    std::ofstream(golden.path, std::ios::binary) << got;
    return;
  }
  wanted = read_file(golden.path);
  if (got == wanted) {
    SUCCEED();
    return;
  }
  std::istringstream got_lines(got), wanted_lines(wanted);
  std::string g, w;
  for (int number = 1;; ++number) {
    const bool has_got = static_cast<bool>(std::getline(got_lines, g));
    const bool has_wanted = static_cast<bool>(std::getline(wanted_lines, w));
    if (!has_got) g = "(end)";
    if (!has_wanted) w = "(end)";
    if (g != w || !has_got || !has_wanted) {
      FAIL(golden.path << ":" << number << "\n  wanted " << w << "\n  got    " << g);
      return;
    }
  }
}

}  // namespace orthink::test
