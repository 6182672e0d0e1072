#include "native/sim/room.h"

#include <algorithm>
#include <cstdlib>

#include "native/sim/dice.h"
#include "native/sim/fault_replies.h"
#include "native/sim/frames.h"
#include "native/sim/models_document.h"
#include "native/sim/question.h"
#include "orthink/wire/json.h"

namespace orthink::sim {
namespace {

constexpr std::string_view kBase = "/api/v1";
constexpr size_t kSeenMax = 256;
constexpr size_t kSeenBytesMax = size_t{1} << 20;
constexpr size_t kRepetitionsMax = 100'000;

constexpr std::string_view kWrongKey = "sk-wrong";  // a key that begins so is refused

bool has_key(const Incoming& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view given = request.authorization;
  if (!given.starts_with(kBearer) || given.size() == kBearer.size()) return false;
  return !given.substr(kBearer.size()).starts_with(kWrongKey);
}

Reply document(std::string body) {
  Reply reply;
  reply.body = std::move(body);
  return reply;
}

Reply not_found() { return error_reply(404, "Not Found"); }

// Below HTTP, with an answer to spoil.
bool needs_answer(Fault fault) {
  return fault == Fault::reset_billed || fault == Fault::hang_after_head || fault == Fault::wrong_length || fault == Fault::short_length ||
         fault == Fault::bad_chunk_size;
}

bool is_below_http(Fault fault) {
  return fault == Fault::reset_after_request || fault == Fault::hang || fault == Fault::gzip_bomb || needs_answer(fault);
}

}  // namespace

Room::Room(const SimOptions& options, std::unique_ptr<ReplayFolder> recordings)
    : catalog_(options.catalog ? *options.catalog : Catalog::snapshot()),
      seed_(options.seed),
      clock_(options.now),
      recordings_(std::move(recordings)),
      faults_(options.faults) {}

Instant Room::now() const { return clock_ ? clock_() : catalog_.fetched_at(); }

std::string Room::date(const Incoming& request) const {
  if (!clock_) return {};
  const Result<std::vector<FaultSpec>> by_header = parse_faults(request.faults);
  const std::optional<FaultSpec> skew = faults_.standing(Stage::head, by_header ? *by_header : std::vector<FaultSpec>());
  return http_date(clock_() + Duration::seconds(skew ? std::atoll(skew->argument.c_str()) : 0));
}

Outcome Room::handle(const Incoming& request) {
  remember(request);
  const std::string_view path = request.path;
  if (path == "/sim/bill" || path == "/api/v1/sim/bill") return document(bill_document(bill()));
  if (!path.starts_with(kBase)) return not_found();
  if (request.method == "GET") return get(request);
  if (request.method != "POST") return error_reply(405, "Method Not Allowed");
  if (!has_key(request)) return error_reply(401, request.authorization.empty() ? "Missing Authentication header" : "Invalid credentials");
  if (path == "/api/v1/chat/completions") return chat(request);
  return recordings_ ? replay(request) : Outcome(not_found());
}

Outcome Room::chat(const Incoming& request) {
  Result<std::vector<FaultSpec>> by_header = parse_faults(request.faults);
  if (!by_header) return error_reply(400, "X-Sim-Fault: " + by_header.error().message);
  const ActiveFaults active = faults_.take(*by_header);
  const FaultSpec* spec = active.at(Stage::reply);
  if (recordings_ && !spec) return replay(request);
  const Instant at = now();
  std::variant<Question, Reply> read = read_question(request.body, catalog_, at);
  const Question* question = std::get_if<Question>(&read);
  if (spec) {
    const FaultContext context{.model = question ? std::string_view(question->card.id) : std::string_view("the model"),
                               .provider = question ? std::string_view(question->provider) : std::string_view("Simulated"),
                               .cap_tokens = question ? question->cap_tokens : 0,
                               .now = at};
    if (std::optional<Reply> reply = fault_reply(*spec, context)) {
      if (question && spec->fault == Fault::status_504_billed) open_call(*question, active, request.body, at)->finish();
      return *std::move(reply);
    }
    if (is_below_http(spec->fault) && !needs_answer(spec->fault)) return Violation{spec->fault, spec->argument, nullptr};
  }
  if (!question) return std::get<Reply>(std::move(read));
  std::shared_ptr<Call> call = open_call(*question, active, request.body, at);
  if (spec) return Violation{spec->fault, spec->argument, std::move(call)};
  return call;
}

std::shared_ptr<Call> Room::open_call(const Question& question, const ActiveFaults& active, std::string_view body, Instant at) {
  const ScriptContext context{.seed = seed_, .repetition = repetition(body), .now = at, .body = body};
  return std::make_shared<Call>(write_script(question, active, context), active, bill_, generations_);
}

Outcome Room::replay(const Incoming& request) {
  const Recording* recording = recordings_->find(request.recording, request.path, request.body);
  if (!recording) {
    return error_reply(404, "No recording in " + recordings_->folder() + " matches this request's model and messages; name one in the header " +
                                "X-Sim-Recording");
  }
  return Replayed{recording->head, recording->parts};
}

Outcome Room::get(const Incoming& request) {
  const std::string_view path = std::string_view(request.path).substr(kBase.size());
  if (path == "/models") {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (models_.empty()) models_ = models_document(catalog_);
    return document(models_);
  }
  if (path.starts_with("/models/") && path.ends_with("/endpoints")) return endpoints(path);
  if (!has_key(request)) return error_reply(401, request.authorization.empty() ? "Missing Authentication header" : "Invalid credentials");
  if (path == "/generation") return generation(request);
  if (path == "/key") return key_document();
  return not_found();
}

Reply Room::endpoints(std::string_view path) {
  path.remove_prefix(std::string_view("/models/").size());
  path.remove_suffix(std::string_view("/endpoints").size());
  const std::optional<ModelCard> card = catalog_.find(path);
  return card ? document(endpoints_document(*card)) : error_reply(404, "Model not found");
}

Reply Room::generation(const Incoming& request) {
  const Result<std::vector<FaultSpec>> by_header = parse_faults(request.faults);
  const std::optional<FaultSpec> fault = faults_.standing(Stage::generation, by_header ? *by_header : std::vector<FaultSpec>());
  const std::optional<std::string> found = generations_.find(request.query_id, fault);
  return found ? document(*found) : error_reply(404, "Generation " + request.query_id + " not found");
}

Reply Room::key_document() {
  json::Writer w;
  w.object().key("data").object().key("label").string("simulated").key("limit").null().key("limit_reset").null().key("limit_remaining").null();
  const std::string used = js_number(bill().total);
  w.key("usage").raw(used).key("usage_daily").raw(used).key("usage_weekly").raw(used).key("usage_monthly").raw(used);
  w.key("byok_usage").number(uint64_t{0}).key("is_free_tier").boolean(false).key("is_management_key").boolean(false);
  w.key("is_provisioning_key").boolean(false).key("include_byok_in_limit").boolean(false).key("expires_at").null().end().end();
  return document(w.take());
}

uint64_t Room::repetition(std::string_view body) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (repetitions_.size() >= kRepetitionsMax) repetitions_.clear();
  return repetitions_[Dice::fnv(body)]++;
}

void Room::remember(const Incoming& request) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (seen_.size() == kSeenMax) seen_.pop_front();
  seen_.push_back({request.method, request.path, request.authorization, request.body.substr(0, kSeenBytesMax)});
}

std::vector<SeenRequest> Room::requests() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {seen_.begin(), seen_.end()};
}

}  // namespace orthink::sim
