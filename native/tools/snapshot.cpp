// Writes core/orthink/catalog/snapshot_data.inc from a models document (the body of GET /models):
//
//   orthink_snapshot MODELS.json FETCHED_MS > core/orthink/catalog/snapshot_data.inc
//
// FETCHED_MS: when the document was fetched, milliseconds since 1970.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "orthink/catalog/catalog.h"

namespace {

// One string literal a line. Bytes that are not plain ASCII become octal escapes of three digits, which end by themselves.
void print_line(const std::string& line) {
  std::putchar('"');
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\t') {
      std::fputs("\\t", stdout);
    } else if (c == '"' || c == '\\') {
      std::printf("\\%c", c);
    } else if (byte < 0x20 || byte > 0x7e) {
      std::printf("\\%03o", byte);
    } else {
      std::putchar(c);
    }
  }
  std::fputs("\\n\"\n", stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: orthink_snapshot MODELS.json FETCHED_MS\n", stderr);
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  const std::string json((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto catalog = orthink::Catalog::from_models_document(json, orthink::Instant::from_ms(std::atoll(argv[2])));
  if (!catalog) {
    std::fprintf(stderr, "%s\n", catalog.error().message.c_str());
    return 1;
  }
  std::string line;
  for (const char c : catalog->to_compact()) {
    if (c == '\n') {
      print_line(line);
      line.clear();
    } else {
      line += c;
    }
  }
  std::fprintf(stderr, "%zu rows, %zu rejected\n", catalog->size(), catalog->rejected_rows());
  return 0;
}
