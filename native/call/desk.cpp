#include "native/call/desk.h"

#include <utility>

#include "native/key.h"
#include "native/money/clock_guard.h"
#include "native/store/store.h"
#include "native/system.h"

namespace orthink {
namespace {

constexpr Duration kFreshFor = Duration::seconds(24 * 60 * 60);
constexpr Duration kFetchPause = Duration::seconds(60);

bool is_older_than_a_day(const Catalogue& catalogue, Instant at) {
  return at - catalogue.catalog.fetched_at() >= kFreshFor;
}

}  // namespace

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
  return {};
}

void Desk::keep(Catalogue catalogue) {
  const std::lock_guard lock(mutex_);
  catalogue_ = std::make_shared<const Catalogue>(std::move(catalogue));
  if (is_older_than_a_day(*catalogue_, now())) fetch_again_ = now() + kFetchPause;
}

std::shared_ptr<const Catalogue> Desk::catalogue_at_hand() {
  const std::lock_guard lock(mutex_);
  if (!catalogue_) {
    auto offline = std::make_shared<const Catalogue>(offline_catalogue(first_, folders().cache));
    // The snapshot is no catalogue to buy with: it is not kept.
    if (offline->source == Catalogue::Source::snapshot || is_older_than_a_day(*offline, now())) return offline;
    catalogue_ = std::move(offline);
  }
  return catalogue_;
}

Result<std::shared_ptr<const Catalogue>> Desk::refresh_catalogue(int stop_fd) {
  const Result<Upstream> upstream = this->upstream();
  if (!upstream) return upstream.error();
  const std::lock_guard opening(opening_);
  Result<Catalogue> catalogue = orthink::refresh_catalogue(first_, folders().cache, *upstream->client, now(), stop_fd);
  if (!catalogue) return catalogue.error();
  keep(std::move(*catalogue));
  return catalogue_at_hand();
}

Result<std::shared_ptr<Store>> Desk::store() {
  const std::lock_guard opening(opening_);
  if (const std::shared_ptr<Book> book = book_at_hand()) return std::shared_ptr<Store>(book, &book->store());
  const std::lock_guard lock(mutex_);
  if (store_) return store_;
  if (first_.store().empty()) return no_folder_for_ledger();
  if (first_.store() == "memory:") {
    Result<std::unique_ptr<Store>> own = open_store(first_.store());
    if (!own) return own.error();
    return std::shared_ptr<Store>(std::move(*own));  // empty: the book of this process is not open, so nothing was bought
  }
  Result<std::unique_ptr<Store>> opened = open_store(first_.store());
  if (!opened) return opened.error();
  store_ = std::move(*opened);
  return store_;
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
  const std::lock_guard opening(opening_);
  if (book_at_hand()) return {};
  upstream.client->warm_up();  // while the ledger is opened
  std::shared_ptr<Book> opened;
  Result<std::unique_ptr<Book>> book = Book::open(first_, {.ahead_of_upstream = {}, .clock = BookOptions::Clock::must_be_proven});
  if (book) {
    opened = std::move(*book);
  } else if (book.error().errc == Errc::clock_refused) {
    Result<std::shared_ptr<Book>> other = book_by_upstream_clock(book.error(), upstream, stop_fd);
    if (!other) return other.error();
    opened = std::move(*other);
  } else {
    return book.error();
  }
  const std::lock_guard lock(mutex_);
  book_ = std::move(opened);
  store_ = nullptr;
  return {};
}

Result<void> Desk::need_catalogue(const Upstream& upstream, int stop_fd) {
  const auto is_good = [this] {
    const std::lock_guard lock(mutex_);
    return catalogue_ && (!is_older_than_a_day(*catalogue_, now()) || now() < fetch_again_);
  };
  if (is_good()) return {};
  std::unique_lock opening(opening_, std::defer_lock);
  const bool has_one = [this] {
    const std::lock_guard lock(mutex_);
    return catalogue_ != nullptr;
  }();
  if (has_one) {
    if (!opening.try_lock()) return {};  // another fetches it; prepare() judges the age of the one there is
  } else {
    opening.lock();
  }
  if (is_good()) return {};
  Result<Catalogue> catalogue = current_catalogue(first_, folders().cache, *upstream.client, now(), stop_fd);
  if (!catalogue) return catalogue.error();
  if (catalogue->clock_ahead)
    if (auto ok = clock_guard::check_upstream(*catalogue->clock_ahead); !ok) return ok.error();
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
