// Random batches and reads over few keys, so that their lines meet; the same from the same seed.
//
//   RandomBatches dice(seed);
//   StoreBatch batch = dice.batch(ticket);
//   std::string found = dice.read()(store);     // what one read of a store says, as text
//   CHECK(contents(a, at) == contents(b, at));
#pragma once

#include <array>
#include <functional>
#include <random>
#include <string>

#include "native/store/store.h"
#include "orthink/base/money.h"

namespace orthink::test {

inline std::string text_of(const StoredRow& row) {
  const auto part = [](const std::string& text) { return std::to_string(text.size()) + ":" + text + " "; };
  return std::string(name(row.state)) + " " + part(row.account) + part(row.epoch) + part(row.record) + std::to_string(row.created.us) +
         " " + std::to_string(row.due.us);
}

inline std::string text_of(const StoreReply& reply) {
  std::string text = std::to_string(reply.ticket) + " " + std::string(name(reply.verdict)) + " " + reply.failed_key + " " +
                     std::string(name(reply.found_state)) + " " + std::to_string(reply.found_value) + " " + reply.found_text;
  for (const int64_t value : reply.values) text += " " + std::to_string(value);
  return text;
}

inline std::string rows_text(Store& store, const RowQuery& query) {
  std::string text;
  const Result<void> done = store.rows(query, [&](const std::string& key, const StoredRow& row) {
    text += key + " " + text_of(row) + "\n";
    return true;
  });
  return done ? text : done.error().message;
}

inline std::string texts_text(const Result<Store::Texts>& texts) {
  if (!texts) return texts.error().message;
  std::string text;
  for (const auto& [key, value] : *texts) text += key + " " + std::to_string(value.size()) + ":" + value + "\n";
  return text;
}

inline std::string values_text(const Result<std::vector<int64_t>>& values) {
  if (!values) return values.error().message;
  std::string text;
  for (const int64_t value : *values) text += std::to_string(value) + " ";
  return text;
}

class RandomBatches {
 public:
  static constexpr uint32_t kKeys = 6;  // of each kind

  explicit RandomBatches(uint32_t seed) : engine_(seed) {}
  [[nodiscard]] Instant at() const { return {at_}; }
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(engine_() % n); }

  StoreBatch batch(uint64_t ticket) {
    StoreBatch batch;
    batch.ticket = ticket;
    at_ += below(2'000'000);
    batch.at = {at_ - below(3'000'000)};
    batch.is_durable = below(200) == 0;
    times(3, [&] { batch.marks.push_back({key("m"), number(20), below(12)}); });
    times(3, [&] { batch.documents.push_back(document()); });
    times(3, [&] { batch.rows.push_back(row()); });
    times(4, [&] { batch.additions.push_back(addition()); });
    times(2, [&] { batch.rates.push_back({key("t"), number(3'000'000) - 500'000, below(9'000'000)}); });
    times(3, [&] { batch.journal.push_back({key("a"), text()}); });
    times(4, [&] { batch.reads.push_back(key("c")); });
    return batch;
  }

  std::function<std::string(Store&)> read() {
    const std::string counter = key("c"), rate = key("t"), mark = key("m"), row_key = row_name(), document = key("d");
    switch (below(7)) {
      case 0:
        return [=](Store& store) { return values_text(store.counters({counter, "nothing", "c0", counter})); };
      case 1:
        return [=](Store& store) { return values_text(store.rates({rate, "nothing", "t0"})); };
      case 2:
        return [=](Store& store) {
          const Result<int64_t> value = store.mark(mark);
          return value ? std::to_string(*value) : value.error().message;
        };
      case 3:
        return [=](Store& store) {
          const auto row = store.row(row_key);
          return !row ? row.error().message : *row ? text_of(**row) : "(none)";
        };
      case 4:
        return [=, at = this->at()](Store& store) {
          const auto text = store.document(document, at);
          return !text ? text.error().message : text->value_or("(none)");
        };
      case 5:
        return [=, at = this->at()](Store& store) { return texts_text(store.documents(document, at)); };
      default:
        return [query = this->query()](Store& store) { return rows_text(store, query); };
    }
  }

 private:
  template <class Each>
  void times(uint32_t most, const Each& each) {
    for (uint32_t n = below(3) == 0 ? below(most + 1) : 0; n > 0; --n) each();
  }
  int64_t number(uint32_t n) { return static_cast<int64_t>(below(n)); }
  std::string key(const char* kind) { return kind + std::to_string(below(kKeys)); }
  std::string row_name() { return key("r") + "/" + key(""); }
  std::string text() {
    static const std::array<std::string, 6> texts{"", "one", "two", std::string("nul\0in", 6), "\xc3\xa9 \xff", "it's \"q\"\n"};
    return texts[below(static_cast<uint32_t>(texts.size()))];
  }
  HoldState state() { return static_cast<HoldState>(below(6)); }
  DocumentWrite document() {
    DocumentWrite write;
    // Now and then one that is never written again, so that what expired is cleared away.
    const bool is_lonely = below(40) == 0;
    write.key = is_lonely ? "x" + std::to_string(at_) : key("d");
    write.expects = static_cast<DocumentWrite::Expects>(below(3));
    write.expected = text();
    if (below(4) != 0) write.text = text();
    if (is_lonely || below(2) == 0) write.expires = {at_ + number(6'000'000) - 1'000'000};
    return write;
  }
  RowWrite row() {
    RowWrite write;
    write.key = row_name();
    write.from = HoldStates(state()).or_(HoldState::none).or_(state());
    write.to = state();
    write.account = key("a");
    write.epoch = key("e");
    write.created = {at_ - number(4)};
    if (below(2) == 0) write.due = {at_ + number(5'000'000)};
    write.record = text();
    return write;
  }
  GuardedAddition addition() {
    if (below(30) == 0) return {key("c"), below(2) == 0 ? NanoUsd::kMax : -NanoUsd::kMax, std::nullopt};
    GuardedAddition line{key("c"), number(41) - 20, std::nullopt};
    if (below(2) == 0) line.limit = number(100) - 10;
    return line;
  }
  RowQuery query() {
    RowQuery query;
    for (uint32_t n = below(3); n > 0; --n) query.states.push_back(state());
    if (below(3) == 0) query.since = {at_ - number(60'000'000)};
    if (below(3) == 0) query.until = {at_ - number(60'000'000)};
    if (below(3) == 0) query.due_by = {at_ - number(10'000'000)};
    return query;
  }

  std::mt19937 engine_;
  int64_t at_ = 1'795'521'600'000'000;
};

// All that a store holds at `at`, as text.
inline std::string contents(Store& store, Instant at) {
  std::string text = "rows\n" + rows_text(store, {}) + "documents\n" + texts_text(store.documents("", at)) + "counters\n";
  Result<void> done = store.all_counters([&](const std::string& key, int64_t value) {
    text += key + " " + std::to_string(value) + "\n";
    return true;
  });
  if (!done) return done.error().message;
  std::vector<std::string> rates;
  for (uint32_t i = 0; i < RandomBatches::kKeys; ++i) {
    rates.push_back("t" + std::to_string(i));
    const Result<int64_t> mark = store.mark("m" + std::to_string(i));
    text += "mark " + (mark ? std::to_string(*mark) : mark.error().message) + "\n";
  }
  text += "rates " + values_text(store.rates(rates)) + "\n";
  const auto accounts = store.accounts();
  if (!accounts) return accounts.error().message;
  for (const std::string& account : *accounts) {
    text += "journal of " + account + "\n";
    done = store.journal(account, 1, [&](uint64_t number, const std::string& line) {
      text += std::to_string(number) + " " + line + "\n";
      return true;
    });
    if (!done) return done.error().message;
  }
  return text;
}

}  // namespace orthink::test
