// Guards the framing rules of WHATWG "server-sent events" under every cut, the cap, and linear work.
#include "orthink/wire/sse.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "tests/support/slicer.h"

namespace orthink {
namespace {

struct Seen {
  std::string type;
  std::string data;
  bool operator==(const Seen&) const = default;
};

struct Reading {
  std::vector<Seen> events;
  uint64_t comments = 0;
  bool ended_inside = false;
  bool overflowed = false;
  bool operator==(const Reading&) const = default;
};

Reading read(const test::Slices& slices, size_t cap = limits::kEventBytesMax) {
  SseReader reader(cap);
  Reading out;
  SseEvent event;
  for (std::string_view slice : slices) {
    reader.feed(slice);
    while (reader.next(event)) {
      const auto sentinel = static_cast<unsigned char>(*(event.data.data() + event.data.size()));
      REQUIRE(sentinel < 0x20);
      out.events.push_back({std::string(event.type), std::string(event.data)});
    }
  }
  out.comments = reader.comments();
  out.ended_inside = reader.finish();
  out.overflowed = reader.overflowed();
  return out;
}

Reading read_every_way(std::string_view text, size_t cap = limits::kEventBytesMax) {
  const Reading whole = read(test::slices_whole(text), cap);
  CHECK(read(test::slices_bytes(text), cap) == whole);
  for (uint64_t seed = 1; seed <= test::seeded_rounds(); ++seed) {
    INFO("seed " << seed);
    CHECK(read(test::slices_seeded(text, seed, 64), cap) == whole);
  }
  return whole;
}

TEST_CASE("events are framed by the rules of the standard") {
  struct Row {
    const char* what;
    std::string text;
    std::vector<Seen> events;
  };
  const std::vector<Row> rows = {
      {"one data line", "data: a\n\n", {{"message", "a"}}},
      {"no space behind the colon", "data:a\n\n", {{"message", "a"}}},
      {"only one space is dropped", "data:  a\n\n", {{"message", " a"}}},
      {"a tab is no space", "data:\ta\n\n", {{"message", "\ta"}}},
      {"several data lines are joined", "data: a\ndata: b\ndata\ndata:c\n\n", {{"message", "a\nb\n\nc"}}},
      {"CR", "data: a\r\rdata: b\r\r", {{"message", "a"}, {"message", "b"}}},
      {"CRLF", "data: a\r\n\r\ndata: b\r\ndata: c\r\n\r\n", {{"message", "a"}, {"message", "b\nc"}}},
      {"mixed line ends", "data: a\r\ndata: b\rdata: c\n\r", {{"message", "a\nb\nc"}}},
      {"a line end inside what looks like one line", "data: a\rb: c\n\n", {{"message", "a"}}},
      {"BOM", "\xEF\xBB\xBF" "data: a\n\n", {{"message", "a"}}},
      {"only the first BOM", "\xEF\xBB\xBF\xEF\xBB\xBF" "data: a\n\ndata: b\n\n", {{"message", "b"}}},
      {"a BOM later is data", "data: \xEF\xBB\xBF" "a\n\n", {{"message", "\xEF\xBB\xBF" "a"}}},
      {"half a BOM is text", "\xEF\xBB" "data: a\n\ndata: b\n\n", {{"message", "b"}}},
      {"data without colon is empty data", "data\n\n", {{"message", ""}}},
      {"data without value is empty data", "data:\n\n", {{"message", ""}}},
      {"two empty data lines are one LF", "data\ndata\n\n", {{"message", "\n"}}},
      {"event without data is not dispatched", "event: x\n\ndata: a\n\n", {{"message", "a"}}},
      {"event type", "event: ping\ndata: a\n\ndata: b\n\n", {{"ping", "a"}, {"message", "b"}}},
      {"the last event type counts", "event: x\nevent: y\ndata: a\n\n", {{"y", "a"}}},
      {"an empty event type is message", "event: x\nevent:\ndata: a\n\n", {{"message", "a"}}},
      {"id and retry are skipped", "id: 7\nretry: 10\ndata: a\nid\n\n", {{"message", "a"}}},
      {"unknown fields are skipped", "dataa: x\n data: y\ndat: z\nDATA: u\ndata: a\n\n", {{"message", "a"}}},
      {"comments", ": OPENROUTER PROCESSING\n\ndata: a\n:\ndata: b\n\n", {{"message", "a\nb"}}},
      {"NUL inside", std::string("data: a\0b\n\n", 11), {{"message", std::string("a\0b", 3)}}},
      {"blank lines before and between", "\n\r\n\rdata: a\n\n\n\n\ndata: b\n\n", {{"message", "a"}, {"message", "b"}}},
      {"a colon inside the value", "data: a:b: c\n\n", {{"message", "a:b: c"}}},
      {"no blank line at the end", "data: a\n\ndata: b\n", {{"message", "a"}}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(read_every_way(row.text).events == row.events);
  }
}

TEST_CASE("comments are counted, an event without its end is reported") {
  const Reading reading = read_every_way(": a\n: b\n\ndata: x\n\n:c\ndata: y");
  CHECK(reading.comments == 3);
  CHECK(reading.events == std::vector<Seen>{{"message", "x"}});
  CHECK(reading.ended_inside);
  CHECK_FALSE(read_every_way("data: x\n\n").ended_inside);
  CHECK_FALSE(read_every_way("data: x\r\r\n").ended_inside);
  CHECK_FALSE(read_every_way("data: x\n\n: unfinished comment").ended_inside);
  CHECK(read_every_way("data: x\n").ended_inside);
  CHECK_FALSE(read_every_way("").ended_inside);
}

TEST_CASE("an event over the cap silences the reader, under every cut alike") {
  const std::string long_line = "data: a\n\ndata: " + std::string(200, 'x') + "\n\ndata: b\n\n";
  const Reading line = read_every_way(long_line, 100);
  CHECK(line.overflowed);
  CHECK(line.events == std::vector<Seen>{{"message", "a"}});

  std::string many = "data: a\n\n";
  for (int i = 0; i < 50; ++i) many += "data: xxxxxxxxxx\n";
  many += "\ndata: b\n\n";
  const Reading lines = read_every_way(many, 100);
  CHECK(lines.overflowed);
  CHECK(lines.events == std::vector<Seen>{{"message", "a"}});

  CHECK_FALSE(read_every_way("data: " + std::string(94, 'x') + "\n\n", 100).overflowed);
  CHECK(read_every_way("data: " + std::string(95, 'x') + "\n\n", 100).overflowed);
}

TEST_CASE("random bytes are framed alike under every cut") {
  constexpr std::string_view kPieces[] = {"data", ":", " ", "\n", "\r", "\r\n", "a", "event", "id", "\xEF\xBB\xBF", "\n\n", "data: {\"a\":1}\n\n", std::string_view("\0", 1)};
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    test::Seeded random(seed);
    std::string text;
    for (int i = 0; i < 60; ++i) text += kPieces[random.below(std::size(kPieces))];
    const Reading whole = read(test::slices_whole(text), 60);
    REQUIRE(read(test::slices_bytes(text), 60) == whole);
    REQUIRE(read(test::slices_seeded(text, seed, 9), 60) == whole);
  }
}

TEST_CASE("a line of ten megabytes, byte by byte, takes linear work") {
  const std::string text = "data: " + std::string(10'000'000, 'x') + "\n\n";
  SseReader reader;
  SseEvent event;
  uint64_t events = 0;
  for (char c : text) {
    reader.feed({&c, 1});
    while (reader.next(event)) {
      ++events;
      CHECK(event.data.size() == 10'000'000);
    }
  }
  CHECK(events == 1);
}

}  // namespace
}  // namespace orthink
