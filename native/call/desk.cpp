#include "native/call/desk.h"

#include <chrono>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "native/key.h"
#include "native/money/clock_guard.h"
#include "native/store/store.h"
#include "native/system.h"

namespace orthink {
namespace {

constexpr Duration kFreshFor = Duration::seconds(24 * 60 * 60);
constexpr Duration kFetchPause = Duration::seconds(60);
constexpr Duration kOfflineFor = Duration::seconds(60);  // then the cache's file is read again: another program may have fetched

bool is_older_than_a_day(const Catalogue& catalogue, Instant at) {
  return at - catalogue.catalog.fetched_at() >= kFreshFor;
}

// Whether there may be a ledger already: looking into it must not make one.
bool may_exist(std::string_view store_url) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (store_url.empty() || store_url == "memory:") return false;
  std::error_code unreadable;
  return !store_url.starts_with(kSqlite) || std::filesystem::exists(store_url.substr(kSqlite.size()), unreadable);
}

Error interrupted() {
  return make_error(Errc::cancelled, "interrupted while the ledger and the catalogue were opened");
}

}  // namespace

class Desk::Turn {
 public:
  Turn(Desk& desk, int stop_fd) : desk_(desk), is_taken_(desk.take_turn(stop_fd)) {}
  ~Turn() {
    if (is_taken_) desk_.end_turn();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const { return is_taken_; }

 private:
  Desk& desk_;
  const bool is_taken_;
};

bool Desk::take_turn(int stop_fd) {
  constexpr std::chrono::milliseconds kLook{20};  // how soon a stop is noticed while another has the turn; later where many wait
  constexpr size_t kFew = 16;
  const int fds[] = {stop_fd};
  std::unique_lock lock(mutex_);
  ++waiting_;
  bool is_off = false;
  while (has_turn_ && !is_off) {
    turn_over_.wait_for(lock, kLook * (1 + waiting_ / kFew));
    is_off = stop_fd >= 0 && wait_readable(fds, Instant::zero());
  }
  --waiting_;
  if (is_off) {
    turn_over_.notify_one();  // it may have been this one who was told
    return false;
  }
  has_turn_ = true;
  return true;
}

void Desk::end_turn() {
  const std::lock_guard lock(mutex_);
  has_turn_ = false;
  turn_over_.notify_one();  // who takes the turn tells the next
}

std::optional<Error> Desk::failed_since(Instant asked) {
  const std::lock_guard lock(mutex_);
  return failure_ && failed_at_ >= asked ? failure_ : std::nullopt;
}

Error Desk::failed(const Error& error) {
  if (error.errc == Errc::cancelled) return error;  // that call's own affair
  const std::lock_guard lock(mutex_);
  failure_ = error;
  failed_at_ = now();
  return error;
}

Desk::Desk(Config config) : first_(std::move(config)), config_(std::make_shared<const Config>(first_)) {}
Desk::~Desk() = default;

std::shared_ptr<const Config> Desk::config() {
  const std::lock_guard lock(mutex_);
  return config_;
}

std::shared_ptr<Book> Desk::book_at_hand() {
  const std::lock_guard lock(mutex_);
  return book_;
}

Result<Upstream> Desk::find_upstream(const Config& config) {
  Result<Key> key = find_key(config, now());
  if (!key) return key.error();
  std::string key_id = key->secret.fingerprint();
  Result<std::unique_ptr<HttpClient>> client = HttpClient::create(first_.base_url(), std::move(key->secret));
  if (!client) return client.error();
  return Upstream{std::move(*client), std::move(key_id)};
}

Result<Upstream> Desk::upstream() {
  const std::lock_guard lock(mutex_);
  if (upstream_) return *upstream_;
  Result<Upstream> found = find_upstream(*config_);
  if (found) upstream_ = *found;
  return found;
}

Result<void> Desk::reread(Config fresh) {
  const std::lock_guard lock(mutex_);
  config_ = std::make_shared<const Config>(std::move(fresh));
  if (!upstream_) return {};  // it is looked for by the next call
  Result<Upstream> found = find_upstream(*config_);
  if (!found) return found.error();
  if (found->key_id != upstream_->key_id) upstream_ = std::move(*found);
  key_refusal_ = std::nullopt;
  return {};
}

bool Desk::judge_key(const std::string& key_id, const std::optional<Error>& error) {
  const std::lock_guard lock(mutex_);
  if (!upstream_ || (!key_id.empty() && key_id != upstream_->key_id)) return false;
  const bool is_refused = error && error->errc == Errc::upstream_auth && !error->provider;
  if (error && !is_refused) return false;
  const bool was_refused = key_refusal_.has_value();
  key_refusal_ = error;
  return is_refused && !was_refused;
}

std::optional<Error> Desk::key_refusal() {
  const std::lock_guard lock(mutex_);
  return key_refusal_;
}

void Desk::keep(Catalogue catalogue) {
  const std::lock_guard lock(mutex_);
  catalogue_ = std::make_shared<const Catalogue>(std::move(catalogue));
  if (is_older_than_a_day(*catalogue_, now())) fetch_again_ = now() + kFetchPause;
}

std::shared_ptr<const Catalogue> Desk::catalogue_to_buy_with() {
  const std::lock_guard lock(mutex_);
  return catalogue_;
}

std::shared_ptr<const Catalogue> Desk::catalogue_at_hand() {
  if (auto fetched = catalogue_to_buy_with()) return fetched;
  const std::lock_guard reading(offline_mutex_);  // one reads the file; who buys does not wait for it
  if (auto fetched = catalogue_to_buy_with()) return fetched;
  const Instant at = now();
  if (offline_ && at < offline_until_) return offline_;
  auto offline = std::make_shared<const Catalogue>(offline_catalogue(first_, folders().cache));
  offline_ = offline;
  offline_until_ = at + kOfflineFor;
  // The snapshot is no catalogue to buy with, nor is an old one.
  if (offline->source == Catalogue::Source::snapshot || is_older_than_a_day(*offline, at)) return offline;
  const std::lock_guard lock(mutex_);
  if (!catalogue_) catalogue_ = std::move(offline);
  return catalogue_;
}

Result<std::shared_ptr<const Catalogue>> Desk::refresh_catalogue(int stop_fd) {
  const Result<Upstream> upstream = this->upstream();
  if (!upstream) return upstream.error();
  const Turn turn(*this, stop_fd);
  if (!turn) return interrupted();
  Result<Catalogue> catalogue = orthink::refresh_catalogue(first_, folders().cache, *upstream->client, now(), stop_fd);
  if (!catalogue) return catalogue.error();
  keep(std::move(*catalogue));
  return catalogue_at_hand();
}

std::shared_ptr<Store> Desk::store_at_hand() {
  const std::lock_guard lock(mutex_);
  return book_ ? std::shared_ptr<Store>(book_, &book_->store()) : store_;
}

Result<std::shared_ptr<Store>> Desk::store() {
  if (auto store = store_at_hand()) return store;
  const std::lock_guard opening(store_mutex_);  // one opens it; who buys does not wait for it
  if (auto store = store_at_hand()) return store;
  if (first_.store().empty()) return no_folder_for_ledger();
  Result<std::unique_ptr<Store>> opened = open_store(first_.store());
  if (!opened) return opened.error();
  std::shared_ptr<Store> store = std::move(*opened);
  const std::lock_guard lock(mutex_);
  if (book_) return std::shared_ptr<Store>(book_, &book_->store());
  if (first_.store() != "memory:") store_ = store;  // one in memory is empty while the book is not open: nothing was bought
  return store;
}

Result<std::shared_ptr<Book>> Desk::passing_book() {
  if (!may_exist(first_.store())) return std::shared_ptr<Book>();
  const Result<std::shared_ptr<Store>> store = this->store();
  if (!store) return store.error();
  RowQuery open_rows;
  open_rows.states = {HoldState::reserved, HoldState::sent, HoldState::unknown};
  bool is_open = false;
  Result<void> read = (*store)->rows(open_rows, [&is_open](const std::string&, const StoredRow&) {
    is_open = true;
    return false;
  });
  if (!read) return read.error();
  if (!is_open) return std::shared_ptr<Book>();
  Result<std::unique_ptr<Book>> book = Book::open(first_);
  if (!book) return book.error();
  return std::shared_ptr<Book>(std::move(*book));
}

// A clock that was set, rightly or not, or that nobody has looked at since this machine started: the upstream's decides. GET /models
// costs nothing.
Result<std::shared_ptr<Book>> Desk::book_by_upstream_clock(const Error& refusal, const Upstream& upstream, int stop_fd) {
  Result<Catalogue> catalogue = orthink::refresh_catalogue(first_, folders().cache, *upstream.client, now(), stop_fd);
  if (!catalogue) {
    Error error = refusal;
    error.message += ", and the upstream cannot be asked: " + catalogue.error().message;
    return error;
  }
  Result<std::unique_ptr<Book>> book =
      Book::open(first_, {.ahead_of_upstream = catalogue->clock_ahead, .clock = BookOptions::Clock::cannot_be_proven});
  if (!book) return book.error();
  keep(std::move(*catalogue));
  return std::shared_ptr<Book>(std::move(*book));
}

Result<void> Desk::need_book(const Upstream& upstream, int stop_fd) {
  if (book_at_hand()) return {};
  const Instant asked = now();
  const Turn turn(*this, stop_fd);
  if (!turn) return interrupted();
  if (book_at_hand()) return {};
  if (const std::optional<Error> error = failed_since(asked)) return *error;
  upstream.client->warm_up();  // while the ledger is opened
  std::shared_ptr<Book> opened;
  Result<std::unique_ptr<Book>> book = Book::open(first_, {.ahead_of_upstream = {}, .clock = BookOptions::Clock::must_be_proven});
  if (book) {
    opened = std::move(*book);
  } else if (book.error().errc == Errc::clock_refused) {
    Result<std::shared_ptr<Book>> other = book_by_upstream_clock(book.error(), upstream, stop_fd);
    if (!other) return failed(other.error());
    opened = std::move(*other);
  } else {
    return failed(book.error());
  }
  const std::lock_guard lock(mutex_);
  book_ = std::move(opened);
  store_ = nullptr;
  return {};
}

bool Desk::has_good_catalogue() {
  const std::lock_guard lock(mutex_);
  return catalogue_ && (!is_older_than_a_day(*catalogue_, now()) || now() < fetch_again_);
}

Result<void> Desk::need_catalogue(const Upstream& upstream, int stop_fd) {
  if (has_good_catalogue()) return {};
  {
    const std::lock_guard lock(mutex_);
    if (catalogue_ && has_turn_) return {};  // another fetches it; prepare() judges the age of the one there is
  }
  const Instant asked = now();
  const Turn turn(*this, stop_fd);
  if (!turn) return interrupted();
  if (has_good_catalogue()) return {};
  if (const std::optional<Error> error = failed_since(asked)) return *error;
  Result<Catalogue> catalogue = current_catalogue(first_, folders().cache, *upstream.client, now(), stop_fd);
  if (!catalogue) return failed(catalogue.error());
  if (catalogue->clock_ahead)
    if (auto ok = clock_guard::check_upstream(*catalogue->clock_ahead); !ok) return failed(ok.error());
  keep(std::move(*catalogue));
  return {};
}

Result<Till> Desk::open(int stop_fd) {
  Result<Upstream> upstream = this->upstream();
  if (!upstream) return upstream.error();
  if (auto ok = need_book(*upstream, stop_fd); !ok) return ok.error();
  if (auto ok = need_catalogue(*upstream, stop_fd); !ok) return ok.error();
  const std::lock_guard lock(mutex_);
  return Till{config_, std::move(*upstream), book_, catalogue_};
}

}  // namespace orthink
