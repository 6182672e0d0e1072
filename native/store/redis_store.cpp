#include "native/store/redis_store.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "native/store/redis_facts.h"
#include "native/store/redis_pack.h"
#include "native/store/redis_script.h"
#include "orthink/ledger/rederive.h"

namespace orthink {
namespace {

using namespace redis_script;

constexpr size_t kLinksMax = 16;
constexpr int kRoundsMax = 2;  // one is made up while the server works on the other
constexpr size_t kRowsAtOnce = 512;
constexpr uint64_t kLinesAtOnce = 1'024;

const char* text_of(size_t script) {
  constexpr std::array kTexts{&kApply, &kClaim, &kAccept, &kReadRows, &kReadDocuments};
  return *kTexts[script];
}

bool is_asked(const RowQuery& query, const StoredRow& row) {
  const auto& states = query.states;
  const bool has_state = states.empty() || std::find(states.begin(), states.end(), row.state) != states.end();
  return has_state && row.due <= query.due_by && row.created >= query.since && (query.until.is_never() || row.created < query.until);
}

bool asks_for_open_only(const RowQuery& query) {
  const auto is_open = [](HoldState state) {
    return state == HoldState::reserved || state == HoldState::sent || state == HoldState::unknown;
  };
  return !query.states.empty() && std::all_of(query.states.begin(), query.states.end(), is_open);
}

RedisConnection::Words script_words(const char* command, std::string script, const RedisConnection::Words& keys,
                                    const RedisConnection::Words& arguments) {
  RedisConnection::Words words{command, std::move(script), std::to_string(keys.size())};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

// Of these keys, in their order; absent is 0.
Result<std::vector<int64_t>> integers_of(const RedisAnswer& answer, const std::vector<std::string>& keys) {
  std::vector<int64_t> values;
  for (size_t i = 0; i < std::min(answer.size(), keys.size()); ++i) {
    const Result<int64_t> value = redis_pack::read_integer(keys[i], answer.text(i).value_or("0"));
    if (!value) return value.error();
    values.push_back(*value);
  }
  return values;
}

Result<ledger::Counters> counters_of(const RedisAnswer& answer) {
  ledger::Counters counters;
  for (size_t i = 0; i + 1 < answer.size(); i += 2) {
    const std::string_view key = answer.text(i).value_or("");
    const Result<int64_t> value = redis_pack::read_integer(key, answer.text(i + 1).value_or(""));
    if (!value) return value.error();
    counters.emplace(key, *value);
  }
  return counters;
}

StoreReply unavailable(const Error& error) {
  StoreReply reply;
  reply.verdict = StoreReply::Verdict::unavailable;
  reply.found_text = error.message;
  return reply;
}

}  // namespace

struct RedisStore::Link {
  RedisConnection connection;
  std::string epoch;    // run_id of its server
  uint64_t losses = 0;  // of the store when it was opened
  bool is_lost = false;
};

class RedisStore::Lease {
 public:
  Lease(RedisStore& store, std::unique_ptr<Link> link) : store_(&store), link_(std::move(link)) {}
  Lease(Lease&&) = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (link_) store_->give_back(std::move(link_));
  }
  Link& operator*() { return *link_; }

 private:
  RedisStore* store_;
  std::unique_ptr<Link> link_;
};

RedisStore::RedisStore(RedisAddress address) : address_(std::move(address)), process_(::getpid()) {}
RedisStore::~RedisStore() = default;

Result<std::unique_ptr<RedisStore>> RedisStore::open(std::string_view url) {
  Result<RedisAddress> address = RedisAddress::parse(url);
  if (!address) return address.error();
  std::unique_ptr<RedisStore> store(new RedisStore(std::move(*address)));
  Result<std::unique_ptr<Link>> link = store->connect();
  if (!link) return link.error();
  if (Result<void> loaded = store->load_scripts(**link); !loaded) return loaded.error();
  store->was_claimed_ = true;
  store->idle_.push_back(std::move(*link));
  // A book that cannot be recovered can still be read and verified: apply() says what stands against it.
  [[maybe_unused]] const Result<void> recovered = store->recover();
  return store;
}

Error RedisStore::refused(std::string_view words) const {
  return make_error(Errc::store_unavailable, address_.words() + ": " + std::string(words),
                    "See the server's log, and what its user may do (ACL).");
}

Result<std::unique_ptr<RedisStore::Link>> RedisStore::connect() {
  Result<RedisConnection> connection = RedisConnection::open(address_);
  if (!connection) return connection.error();
  auto link = std::make_unique<Link>(Link{std::move(*connection), {}, 0, false});
  const Result<RedisAnswer> info = ask(*link, {"INFO"});
  if (!info) return info.error();
  RedisFacts facts = RedisFacts::parse(info->text().value_or(""));
  if (Result<void> fit = facts.judge(address_.words()); !fit) return fit.error();
  if (Result<void> durable = check_durability(*link, facts); !durable) return durable.error();
  link->epoch = std::move(facts.run_id);
  if (Result<void> claimed = claim(*link); !claimed) return claimed.error();
  return link;
}

Result<void> RedisStore::check_durability(Link& link, const RedisFacts& facts) {
  const auto unsafe = [&](const std::string& setting) {
    return unusable_store(address_.words() + " may lose what it has answered: " + setting,
                          "Set appendonly yes and appendfsync always in the server's configuration.");
  };
  if (!facts.has_append_only) return unsafe("appendonly is no");
  const Result<RedisAnswer> answer = link.connection.command({"CONFIG", "GET", "appendfsync"});
  if (!answer) return taken(link, answer.error()).error();
  // Whom the server does not let look has INFO's word alone.
  if (answer->error()) return {};
  const std::string policy(answer->size() == 2 ? answer->text(1).value_or("") : "");
  if (policy != "always") return unsafe("appendfsync is " + policy);
  return {};
}

Result<void> RedisStore::load_scripts(Link& link) {
  for (size_t i = 0; i < digests_.size(); ++i) {
    const Result<RedisAnswer> answer = ask(link, {"SCRIPT", "LOAD", text_of(i)});
    if (!answer) return answer.error();
    digests_[i] = answer->text().value_or("");
  }
  return {};
}

Result<void> RedisStore::claim(Link& link) {
  const Words keys{kFormat, kEpoch, kRows, kCounters, kMarks, kDocuments};
  const Words arguments{link.epoch, was_claimed_ ? "0" : "1", kFormatWritten};
  const Result<RedisAnswer> answer = run(link, Script::claim, keys, arguments);
  if (!answer) return answer.error();
  const std::string format(answer->text().value_or(""));
  if (format == kFormatWritten) return {};
  if (format.empty() && was_claimed_)
    return unusable_store(address_.words() + " has lost the ledger: the server came back without its data",
                          "Restore the server's files, and set appendonly yes and appendfsync always.");
  if (format.empty())
    return unusable_store(address_.words() + " holds a part of a ledger, without its format",
                          "Restore the database from a backup, or choose another one: redis://HOST/DB.");
  return unusable_store(address_.words() + " was written by a newer orthink: its format is " + format + ", this one knows " + kFormatWritten,
                        "Update orthink, or choose another database: redis://HOST/DB.");
}

Result<RedisStore::Lease> RedisStore::lease() {
  if (::getpid() != process_)
    return unusable_store(address_.words() + ": a process was forked after it was opened",
                          "Open the store after the fork.");
  std::unique_ptr<Link> link;
  uint64_t losses = 0;
  {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return in_use_ < kLinksMax; });
    ++in_use_;
    while (!idle_.empty() && !link) {
      link = std::move(idle_.back());
      idle_.pop_back();
      if (link->connection.is_stale()) link.reset();
    }
    losses = losses_;
  }
  if (link) return Lease(*this, std::move(link));
  Result<std::unique_ptr<Link>> opened = connect();
  if (opened) {
    (*opened)->losses = losses;
    return Lease(*this, std::move(*opened));
  }
  const std::lock_guard lock(mutex_);
  --in_use_;
  freed_.notify_one();
  return opened.error();
}

void RedisStore::give_back(std::unique_ptr<Link> link) {
  const std::lock_guard lock(mutex_);
  --in_use_;
  if (link->is_lost) {
    ++losses_;
    idle_.clear();
  } else if (link->losses == losses_) {
    idle_.push_back(std::move(link));
  }
  freed_.notify_one();
}

Result<RedisAnswer> RedisStore::taken(Link& link, Result<RedisAnswer> answer) const {
  if (answer && !answer->error()) return answer;
  if (answer && answer->error()->starts_with("NOSCRIPT")) return answer;
  if (answer && answer->error()->starts_with(kUnreadable)) return redis_pack::unreadable(answer->error()->substr(kUnreadable.size()));
  link.is_lost = true;
  return answer ? refused(*answer->error()) : answer.error();
}

Result<RedisAnswer> RedisStore::ask(Link& link, const Words& words) {
  return taken(link, link.connection.command(words));
}

Result<RedisAnswer> RedisStore::run(Link& link, Script script, const Words& keys, const Words& arguments) {
  const auto number = static_cast<size_t>(script);
  if (!digests_[number].empty()) {
    Result<RedisAnswer> answer = ask(link, script_words("EVALSHA", digests_[number], keys, arguments));
    if (!answer || !answer->error()) return answer;
  }
  return ask(link, script_words("EVAL", text_of(number), keys, arguments));
}

Result<RedisAnswer> RedisStore::ask(const Words& words) {
  Result<Lease> link = lease();
  if (!link) return link.error();
  return ask(**link, words);
}

Result<RedisAnswer> RedisStore::run(Script script, const Words& keys, const Words& arguments) {
  Result<Lease> link = lease();
  if (!link) return link.error();
  return run(**link, script, keys, arguments);
}

struct RedisStore::Waiting {
  Words words;            // of EVALSHA
  size_t epoch_at = 0;    // where among them
  bool is_queued = true;  // in no round yet
  std::optional<Result<RedisAnswer>> answer;
};

Result<std::vector<Result<RedisAnswer>>> RedisStore::apply_all(const std::vector<Waiting*>& round) {
  Result<Lease> lease = this->lease();
  if (!lease) return lease.error();
  Link& link = **lease;
  std::vector<const Words*> all;
  for (Waiting* waiting : round) {
    waiting->words[waiting->epoch_at] = link.epoch;
    all.push_back(&waiting->words);
  }
  Result<std::vector<RedisAnswer>> answers = link.connection.commands(all);
  link.is_lost = !answers;
  if (!answers) return answers.error();
  std::vector<Result<RedisAnswer>> judged;
  for (size_t i = 0; i < round.size(); ++i) {
    Result<RedisAnswer> answer = taken(link, std::move((*answers)[i]));
    if (answer && answer->error()) {
      Words words = std::move(round[i]->words);
      words[0] = "EVAL";
      words[1] = kApply;
      answer = ask(link, words);
    }
    judged.push_back(std::move(answer));
  }
  return judged;
}

Result<StoreReply> RedisStore::apply_together(const StoreBatch& batch) {
  Waiting mine;
  const Words keys = redis_pack::keys_of(batch);
  mine.words = script_words("EVALSHA", digests_[static_cast<size_t>(Script::apply)], keys, {""});
  mine.epoch_at = mine.words.size() - 1;
  for (std::string& word : redis_pack::arguments_of(batch)) mine.words.push_back(std::move(word));
  std::unique_lock lock(round_);
  waiting_.push_back(&mine);
  round_over_.wait(lock, [&] { return mine.answer || (mine.is_queued && rounds_ < kRoundsMax); });
  if (!mine.answer) {
    // This thread applies all that wait, its own among them.
    ++rounds_;
    std::vector<Waiting*> round;
    round.swap(waiting_);
    for (Waiting* waiting : round) waiting->is_queued = false;
    lock.unlock();
    Result<std::vector<Result<RedisAnswer>>> answers = apply_all(round);
    lock.lock();
    for (size_t i = 0; i < round.size(); ++i) {
      if (answers)
        round[i]->answer.emplace(std::move((*answers)[i]));
      else
        round[i]->answer.emplace(answers.error());
    }
    --rounds_;
    round_over_.notify_all();
  }
  if (!*mine.answer) return mine.answer->error();
  return redis_pack::read_reply(**mine.answer, batch.reads);
}

StoreReply RedisStore::apply(const StoreBatch& batch) {
  Result<StoreReply> reply = apply_together(batch);
  if (reply && reply->verdict == StoreReply::Verdict::unavailable) {
    // The script has seen another epoch and done nothing.
    const Result<void> recovered = recover();
    reply = recovered ? apply_together(batch) : recovered.error();
    if (reply && reply->verdict == StoreReply::Verdict::unavailable) reply = refused("the server has restarted once more");
  }
  StoreReply answered = reply ? std::move(*reply) : unavailable(reply.error());
  answered.ticket = batch.ticket;
  return answered;
}

Result<RedisStore::Words> RedisStore::recovered_counters(Link& link) {
  ledger::Rederived rederived;
  std::string after;
  for (bool is_over = false; !is_over;) {
    const Result<Rows> page = read_rows(link, kCreated, {"page", "-inf", after, std::to_string(kRowsAtOnce)});
    if (!page) return page.error();
    for (const auto& [key, row] : *page) {
      if (Result<void> added = rederived.add(row.state, row.record); !added) {
        Error error = added.error();
        return unusable_store("holds cannot be recomputed after a restart of the server; the row " + key + ": " + error.message,
                              std::move(error.remedy));
      }
    }
    is_over = page->size() < kRowsAtOnce;
    if (!is_over) after = page->back().first;
  }
  const Result<RedisAnswer> answer = ask(link, {"HGETALL", kCounters});
  if (!answer) return answer.error();
  const Result<ledger::Counters> found = counters_of(*answer);
  if (!found) return found.error();
  Words words;
  for (const auto& [key, value] : rederived.corrections(*found)) {
    words.push_back(key);
    words.push_back(std::to_string(value));
  }
  return words;
}

// Works on one connection, and so on one server process: nothing is applied there while the epoch is another.
Result<void> RedisStore::recover() {
  const std::lock_guard one_at_a_time(recovery_);
  Result<Lease> lease = this->lease();
  if (!lease) return lease.error();
  Link& link = **lease;
  const Result<RedisAnswer> stored = ask(link, {"GET", kEpoch});
  if (!stored) return stored.error();
  const std::string before(stored->text().value_or(""));
  if (before == link.epoch) return {};
  Result<Words> counters = recovered_counters(link);
  if (!counters) return counters.error();
  Words arguments{link.epoch, before};
  arguments.insert(arguments.end(), counters->begin(), counters->end());
  const Result<RedisAnswer> accepted = run(link, Script::accept, {kEpoch, kCounters}, arguments);
  if (!accepted) return accepted.error();
  if (accepted->number() == 1) return {};
  const Result<RedisAnswer> stands = ask(link, {"GET", kEpoch});
  if (!stands) return stands.error();
  if (stands->text().value_or("") == link.epoch) return {};
  return refused("the epoch changed while holds were recomputed");
}

Result<std::optional<StoredRow>> RedisStore::row(const std::string& key) {
  const Result<RedisAnswer> answer = ask({"HGET", kRows, key});
  if (!answer) return answer.error();
  if (!answer->text()) return std::optional<StoredRow>();
  Result<StoredRow> row = redis_pack::read_row(key, *answer->text());
  if (!row) return row.error();
  return std::optional<StoredRow>(std::move(*row));
}

Result<RedisStore::Rows> RedisStore::read_rows(Link& link, const char* index, const Words& arguments) {
  const Result<RedisAnswer> answer = run(link, Script::read_rows, {kRows, index}, arguments);
  if (!answer) return answer.error();
  Rows rows;
  for (size_t i = 0; i + 1 < answer->size(); i += 2) {
    Result<StoredRow> row = redis_pack::read_row(answer->text(i).value_or(""), answer->text(i + 1).value_or(""));
    if (!row) return row.error();
    rows.emplace_back(answer->text(i).value_or(""), std::move(*row));
  }
  return rows;
}

Result<RedisStore::Rows> RedisStore::rows_in(const char* index, const Words& arguments) {
  Result<Lease> link = lease();
  if (!link) return link.error();
  return read_rows(**link, index, arguments);
}

Result<void> RedisStore::rows(const RowQuery& query, const OnRow& on_row) {
  const std::string since = std::to_string(query.since.us);
  if (!query.due_by.is_never() || asks_for_open_only(query)) {
    const bool is_by_due = !query.due_by.is_never();
    const Words range{"range", is_by_due ? "-inf" : since, is_by_due ? std::to_string(query.due_by.us) : "+inf"};
    Result<Rows> found = rows_in(is_by_due ? kDue : kOpen, range);
    if (!found) return found.error();
    std::sort(found->begin(), found->end(),
              [](const auto& a, const auto& b) { return std::tie(a.second.created, a.first) < std::tie(b.second.created, b.first); });
    for (const auto& [key, row] : *found)
      if (is_asked(query, row) && !on_row(key, row)) return {};
    return {};
  }
  std::string after;
  while (true) {
    const Result<Rows> page = rows_in(kCreated, {"page", since, after, std::to_string(kRowsAtOnce)});
    if (!page) return page.error();
    for (const auto& [key, row] : *page) {
      if (!query.until.is_never() && row.created >= query.until) return {};
      if (is_asked(query, row) && !on_row(key, row)) return {};
    }
    if (page->size() < kRowsAtOnce) return {};
    after = page->back().first;
  }
}

Result<std::vector<int64_t>> RedisStore::integers(const char* hash, const std::vector<std::string>& keys) {
  if (keys.empty()) return std::vector<int64_t>();
  Words words{"HMGET", hash};
  words.insert(words.end(), keys.begin(), keys.end());
  const Result<RedisAnswer> answer = ask(words);
  if (!answer) return answer.error();
  return integers_of(*answer, keys);
}

Result<std::vector<int64_t>> RedisStore::counters(const std::vector<std::string>& keys) {
  return integers(kCounters, keys);
}
Result<std::vector<int64_t>> RedisStore::rates(const std::vector<std::string>& keys) {
  return integers(kRates, keys);
}

Result<int64_t> RedisStore::mark(const std::string& key) {
  const Result<std::vector<int64_t>> found = integers(kMarks, {key});
  if (!found) return found.error();
  return found->front();
}

Result<void> RedisStore::all_counters(const OnCounter& on_counter) {
  const Result<RedisAnswer> answer = ask({"HGETALL", kCounters});
  if (!answer) return answer.error();
  const Result<ledger::Counters> counters = counters_of(*answer);
  if (!counters) return counters.error();
  for (const auto& [key, value] : *counters)
    if (!on_counter(key, value)) break;
  return {};
}

Result<std::optional<std::string>> RedisStore::document(const std::string& key, Instant at) {
  const Result<RedisAnswer> answer = ask({"HGET", kDocuments, key});
  if (!answer) return answer.error();
  if (!answer->text()) return std::optional<std::string>();
  Result<StoredDocument> document = redis_pack::read_document(key, *answer->text());
  if (!document) return document.error();
  if (document->expires <= at) return std::optional<std::string>();
  return std::optional<std::string>(std::move(document->text));
}

Result<Store::Texts> RedisStore::documents(std::string_view prefix, Instant at) {
  const redis_pack::LexRange range = redis_pack::range_of(prefix);
  const Result<RedisAnswer> answer = run(Script::read_documents, {kNames, kDocuments}, {range.low, range.high});
  if (!answer) return answer.error();
  Texts texts;
  for (size_t i = 0; i + 1 < answer->size(); i += 2) {
    Result<StoredDocument> document = redis_pack::read_document(answer->text(i).value_or(""), answer->text(i + 1).value_or(""));
    if (!document) return document.error();
    if (document->expires > at) texts.emplace_back(answer->text(i).value_or(""), std::move(document->text));
  }
  return texts;
}

Result<std::vector<std::string>> RedisStore::accounts() {
  const Result<RedisAnswer> answer = ask({"SMEMBERS", kAccounts});
  if (!answer) return answer.error();
  std::vector<std::string> names;
  for (size_t i = 0; i < answer->size(); ++i) names.emplace_back(answer->text(i).value_or(""));
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> RedisStore::journal(const std::string& account, uint64_t from, const OnLine& on_line) {
  constexpr uint64_t kNumberMax = uint64_t{1} << 53;
  for (uint64_t number = std::clamp<uint64_t>(from, 1, kNumberMax);;) {
    const Result<RedisAnswer> answer =
        ask({"LRANGE", kJournalPrefix + account, std::to_string(number - 1), std::to_string(number + kLinesAtOnce - 2)});
    if (!answer) return answer.error();
    for (size_t i = 0; i < answer->size(); ++i, ++number)
      if (!on_line(number, std::string(answer->text(i).value_or("")))) return {};
    if (answer->size() < kLinesAtOnce) return {};
  }
}

Result<Instant> RedisStore::now() {
  constexpr int64_t kSecondUs = 1'000'000;
  const Result<RedisAnswer> answer = ask({"TIME"});
  if (!answer) return answer.error();
  const Result<std::vector<int64_t>> parts = integers_of(*answer, {"seconds of TIME", "microseconds of TIME"});
  if (!parts) return parts.error();
  if (parts->size() != 2) return refused("TIME was answered in another form");
  return Instant{parts->at(0) * kSecondUs + parts->at(1)};
}

Result<void> RedisStore::check() {
  Result<Lease> lease = this->lease();
  if (!lease) return lease.error();
  Link& link = **lease;
  const Result<RedisAnswer> epoch = ask(link, {"GET", kEpoch});
  if (!epoch) return epoch.error();
  if (epoch->text().value_or("") != link.epoch) return refused("holds wait to be recomputed after a restart of the server");
  const Result<RedisAnswer> rows = ask(link, {"HLEN", kRows});
  if (!rows) return rows.error();
  const Result<RedisAnswer> indexed = ask(link, {"ZCARD", kCreated});
  if (!indexed) return indexed.error();
  // Others may write meanwhile: the index lies between two counts of the rows.
  const Result<RedisAnswer> again = ask(link, {"HLEN", kRows});
  if (!again) return again.error();
  if (indexed->number() < rows->number() || indexed->number() > again->number())
    return refused("holds " + std::to_string(rows->number()) + " rows, and " + std::to_string(indexed->number()) + " in their index");
  const Result<RedisAnswer> info = ask(link, {"INFO", "persistence"});
  if (!info) return info.error();
  return check_durability(link, RedisFacts::parse(info->text().value_or("")));
}

}  // namespace orthink
