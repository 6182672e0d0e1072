#include "wasm/orthink_c.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "orthink/chat/prepare.h"
#include "orthink/exchange/render.h"
#include "orthink/tools/offer.h"
#include "wasm/documents.h"
#include "wasm/pack.h"
#include "wasm/sessions.h"

using namespace orthink;  // NOLINT: this file is the seam between the core's names and C's
using namespace orthink::wasm;  // NOLINT

namespace {

constexpr uint32_t kRoomMax = 64U << 20;   // two of the largest documents (limits::kAskBytesMax)
constexpr double kTimeMaxMs = 8.64e15;     // the last time of a JavaScript Date; its microseconds fit an Instant

struct Module {
  std::vector<uint8_t> room;
  std::shared_ptr<const Catalog> catalog;  // null = the snapshot
  Sessions sessions;
  Pack pack;
};

Module& module() {
  static Module module;
  return module;
}

const Catalog& catalog_of(const std::shared_ptr<const Catalog>& catalog) { return catalog ? *catalog : Catalog::snapshot(); }

std::optional<Instant> instant(double ms) {
  if (!(ms >= 0 && ms <= kTimeMaxMs)) return std::nullopt;
  return Instant{static_cast<int64_t>(ms * 1000)};
}

const orthink_result* bad_argument(std::string what) {
  return module().pack.failed(ORTHINK_BAD_ARGUMENT, make_error(Errc::invalid_argument, std::move(what)));
}

const orthink_result* bad_time() { return bad_argument("a time is milliseconds since 1970, not before it and not after the year 275760"); }

const orthink_result* bad_handle() {
  return module().pack.failed(ORTHINK_BAD_HANDLE, make_error(Errc::invalid_argument, "this handle names nothing that takes this call"));
}

const orthink_result* too_large(std::string what) {
  return module().pack.failed(ORTHINK_TOO_LARGE, make_error(Errc::too_large, std::move(what)));
}

// The bytes [begin, begin + size) of the input buffer; nothing when they are not all there.
std::optional<std::string_view> incoming(uint32_t size, uint32_t begin = 0) {
  const std::vector<uint8_t>& room = module().room;
  if (begin > room.size() || size > room.size() - begin) return std::nullopt;
  if (size == 0) return std::string_view();
  return std::string_view(reinterpret_cast<const char*>(room.data()) + begin, size);
}

const orthink_result* beyond_room() { return too_large("this length is beyond the input buffer that orthink_room() gave"); }

const orthink_result* hand_out(std::unique_ptr<Session> session) {
  const uint32_t handle = module().sessions.add(std::move(session));
  return handle != 0 ? module().pack.done(handle) : too_large("as many handles are open as there may be; close some");
}

render::Position position(Session& session) {
  return std::exchange(session.is_first, false) ? render::Position::first : render::Position::later;
}

uint32_t with_first(Session& session, uint32_t kind) { return std::exchange(session.is_first, false) ? kind | ORTHINK_FIRST : kind; }

uint32_t thinking_kind(ThinkingKind kind) { return ORTHINK_THINKING + static_cast<uint32_t>(kind); }
static_assert(static_cast<uint32_t>(ThinkingKind::summary) == ORTHINK_SUMMARY - ORTHINK_THINKING);
static_assert(static_cast<uint32_t>(ThinkingKind::encrypted) == ORTHINK_ENCRYPTED - ORTHINK_THINKING);

void add(Pack& pack, Session& session, const Output& output) {
  if (const auto* thinking = std::get_if<output::Thinking>(&output)) {
    pack.add(with_first(session, thinking_kind(thinking->kind)), thinking->text, thinking->tokens);
  } else if (const auto* text = std::get_if<output::Text>(&output)) {
    pack.add(with_first(session, ORTHINK_OUTPUT), text->text, text->tokens);
  } else {
    const render::Position at = render::is_event(output) ? position(session) : render::Position::later;
    pack.add(ORTHINK_LINE, render::output_json(at, output, *session.exchange));
  }
}

const orthink_result* drain(Session& session) {
  Pack& pack = module().pack;
  pack.begin();
  while (!session.is_over) {
    const Output output = session.exchange->poll();
    add(pack, session, output);
    session.is_over = is_last(output);
    if (std::holds_alternative<output::WaitUntil>(output)) break;
  }
  return pack.done();
}

Result<Input> input_from(uint32_t kind, uint32_t leg, std::string_view bytes) {
  const auto as_input = [](auto parsed) -> Result<Input> {
    if (!parsed) return parsed.error();
    return Input(std::move(*parsed));
  };
  switch (kind) {
    case ORTHINK_SENT: return Input(input::Sent{leg});
    case ORTHINK_HEAD: return as_input(head_from(bytes, leg));
    case ORTHINK_BYTES: return Input(input::Bytes{leg, bytes});
    case ORTHINK_BODY_END: return Input(input::BodyEnd{leg});
    case ORTHINK_LOST: return as_input(lost_from(bytes, leg));
    case ORTHINK_TICK: return Input(input::Tick{});
    case ORTHINK_CANCEL: return Input(input::Cancel{.is_urgent = false});
    case ORTHINK_CANCEL_URGENT: return Input(input::Cancel{.is_urgent = true});
    case ORTHINK_STORE_REPLY: return as_input(store_reply_from(bytes));
    default: return make_error(Errc::invalid_argument, "there is no input kind " + std::to_string(kind));
  }
}

const orthink_result* refuse(const Ask& ask, const ExchangeOptions& options, const Error& error) {
  Pack& pack = module().pack;
  pack.begin();
  pack.add(ORTHINK_LINE, render::failed(render::Position::first, error, refusal_receipt(ask, options.call_id)));
  return pack.done();
}

// What a body that is read has to say, as events or as deltas.
const orthink_result* read_out(Session& session, uint32_t value) {
  Pack& pack = module().pack;
  pack.begin();
  if (session.replay) {
    std::string line;
    while (session.replay->poll(line)) pack.add(ORTHINK_LINE, line);
    return pack.done(value);
  }
  const ResponseReader& reader = *session.reader;
  for (const Delta& delta : reader.deltas()) {
    switch (delta.kind) {
      case Delta::Kind::thinking:
        pack.add(with_first(session, thinking_kind(delta.thinking_kind)), reader.text(delta), delta.tokens);
        break;
      case Delta::Kind::output:
        pack.add(with_first(session, ORTHINK_OUTPUT), reader.text(delta), delta.tokens);
        break;
      case Delta::Kind::tool_call:
        pack.add(ORTHINK_LINE, render::tool_call(position(session), reader.answer().tool_calls[delta.tool_call]));
        break;
      case Delta::Kind::usage:
        pack.add(ORTHINK_LINE, render::usage(position(session), reader.answer().usage));
        break;
    }
  }
  return pack.done(value);
}

// The session of a body that can still be fed; null otherwise.
Session* reading(uint32_t handle) {
  Session* session = module().sessions.find(handle);
  return session != nullptr && !session->exchange && !session->channel && !session->is_over ? session : nullptr;
}

void add_acts(mcp::TextChannel& channel) {
  module().pack.begin();
  for (const std::string& act : channel.drain()) module().pack.add(ORTHINK_LINE, act);
}

}  // namespace

uint32_t orthink_abi_version(void) { return ORTHINK_ABI_VERSION; }

uint8_t* orthink_room(uint32_t size) {
  std::vector<uint8_t>& room = module().room;
  if (size > kRoomMax) return nullptr;
  if (room.size() < size || room.empty()) room.resize(std::max<size_t>(size, size_t{64} << 10));
  return room.data();
}

const orthink_result* orthink_catalog(double fetched_at_ms, uint32_t size) {
  const std::optional<Instant> fetched_at = instant(fetched_at_ms);
  if (!fetched_at) return bad_time();
  const std::optional<std::string_view> document = incoming(size);
  if (!document) return beyond_room();
  const bool is_json = document->find_first_of("{[") == document->find_first_not_of(" \t\r\n");
  Result<Catalog> catalog = is_json ? Catalog::from_models_document(*document, *fetched_at) : Catalog::from_compact(std::string(*document));
  Pack& pack = module().pack;
  if (!catalog) return pack.failed(ORTHINK_BAD_ARGUMENT, catalog.error());
  module().catalog = std::make_shared<const Catalog>(std::move(*catalog));
  pack.begin();
  return pack.done(static_cast<uint32_t>(module().catalog->size()));
}

const orthink_result* orthink_plan(double now_ms, uint32_t size) {
  const std::optional<Instant> now = instant(now_ms);
  if (!now) return bad_time();
  const std::optional<std::string_view> document = incoming(size);
  if (!document) return beyond_room();
  Result<Ask> ask = parse_ask(*document);
  Pack& pack = module().pack;
  pack.begin();
  pack.add(ORTHINK_LINE, ask ? plan_document(*ask, catalog_of(module().catalog), {.now = *now})
                                   : R"({"schema":1,"ok":false,"error":)" + render::error_json(ask.error()) + R"(,"nearest":null})");
  return pack.done();
}

const orthink_result* orthink_open(double now_ms, uint32_t ask_size, uint32_t options_size) {
  const std::optional<Instant> now = instant(now_ms);
  if (!now) return bad_time();
  const std::optional<std::string_view> document = incoming(ask_size);
  const std::optional<std::string_view> option_text = incoming(options_size, ask_size);
  if (!document || !option_text) return beyond_room();
  Result<ExchangeOptions> options = exchange_options(*option_text);
  if (!options) return module().pack.failed(ORTHINK_BAD_ARGUMENT, options.error());
  options->prepare.now = *now;
  Result<Ask> ask = parse_ask(*document);
  if (!ask) return refuse(Ask{}, *options, ask.error());
  auto session = std::make_unique<Session>();
  session->catalog = module().catalog;
  session->now = *now;
  Result<Exchange> exchange = Exchange::open(*now, *ask, catalog_of(session->catalog), *options);
  if (!exchange) return refuse(*ask, *options, exchange.error());
  session->exchange.emplace(std::move(*exchange));
  module().pack.begin();
  return hand_out(std::move(session));
}

const orthink_result* orthink_step(uint32_t handle, double now_ms, uint32_t input_kind, uint32_t leg, uint32_t size) {
  Session* session = module().sessions.find(handle);
  if (session == nullptr || !session->exchange) return bad_handle();
  const std::optional<Instant> now = instant(now_ms);
  if (!now) return bad_time();
  const std::optional<std::string_view> bytes = incoming(size);
  if (!bytes) return beyond_room();
  if (*now > session->now) session->now = *now;
  if (input_kind != ORTHINK_POLL && !session->is_over) {
    const Result<Input> input = input_from(input_kind, leg, *bytes);
    if (!input) return module().pack.failed(ORTHINK_BAD_ARGUMENT, input.error());
    session->exchange->handle(session->now, *input);
  }
  return drain(*session);
}

const orthink_result* orthink_read(uint32_t options_size) {
  const std::optional<std::string_view> text = incoming(options_size);
  if (!text) return beyond_room();
  Result<ReadOptions> options = read_options(*text);
  if (!options) return module().pack.failed(ORTHINK_BAD_ARGUMENT, options.error());
  auto session = std::make_unique<Session>();
  session->catalog = module().catalog;
  if (options->as_deltas) {
    session->reader.emplace();
  } else {
    session->replay.emplace(ReplayOptions{.model = options->model, .when = {}}, catalog_of(session->catalog));
  }
  module().pack.begin();
  return hand_out(std::move(session));
}

const orthink_result* orthink_feed(uint32_t handle, uint32_t size) {
  Session* session = reading(handle);
  if (session == nullptr) return bad_handle();
  const std::optional<std::string_view> bytes = incoming(size);
  if (!bytes) return beyond_room();
  if (session->replay) session->replay->feed(*bytes);
  else session->reader->feed(*bytes);
  return read_out(*session, 0);
}

const orthink_result* orthink_finish(uint32_t handle) {
  Session* session = reading(handle);
  if (session == nullptr) return bad_handle();
  session->is_over = true;
  if (session->replay) {
    session->replay->finish();
    return read_out(*session, static_cast<uint32_t>(session->replay->exit_code()));
  }
  const Ending ending = session->reader->finish();
  const orthink_result* rest = read_out(*session, ending.error ? 1 : 0);
  if (!ending.error) return rest;
  Pack& pack = module().pack;
  pack.add(ORTHINK_LINE, R"({"type":"error","error":)" + render::error_json(*ending.error) + "}");
  return pack.done(1);
}

const orthink_result* orthink_channel(double now_ms, uint32_t size) {
  const std::optional<Instant> now = instant(now_ms);
  if (!now) return bad_time();
  const std::optional<std::string_view> text = incoming(size);
  if (!text) return beyond_room();
  const Result<json::Value> document = json::parse(*text);
  if (!document) return module().pack.failed(ORTHINK_BAD_ARGUMENT, document.error());
  auto session = std::make_unique<Session>();
  session->now = *now;
  Result<std::unique_ptr<mcp::TextChannel>> channel = mcp::TextChannel::open(*now, *document, tools::offer());
  if (!channel) return module().pack.failed(ORTHINK_BAD_ARGUMENT, channel.error());
  session->channel = std::move(*channel);
  add_acts(*session->channel);
  return hand_out(std::move(session));
}

const orthink_result* orthink_event(uint32_t handle, double now_ms, uint32_t size) {
  Session* session = module().sessions.find(handle);
  if (session == nullptr || !session->channel) return bad_handle();
  const std::optional<Instant> now = instant(now_ms);
  if (!now) return bad_time();
  const std::optional<std::string_view> text = incoming(size);
  if (!text) return beyond_room();
  const Result<json::Value> event = json::parse(*text);
  if (!event) return module().pack.failed(ORTHINK_BAD_ARGUMENT, event.error());
  if (*now > session->now) session->now = *now;
  if (auto ok = session->channel->handle(session->now, *event); !ok) return module().pack.failed(ORTHINK_BAD_ARGUMENT, ok.error());
  add_acts(*session->channel);
  return module().pack.done();
}

const orthink_result* orthink_answer(uint32_t handle, uint32_t part) {
  const Session* session = module().sessions.find(handle);
  if (session == nullptr || session->channel) return bad_handle();
  Pack& pack = module().pack;
  pack.begin();
  switch (part) {
    case ORTHINK_ANSWER_OUTPUT: pack.add(ORTHINK_OUTPUT, session->answer().output); break;
    case ORTHINK_ANSWER_THINKING: pack.add(ORTHINK_THINKING, session->answer().thinking); break;
    case ORTHINK_ANSWER_MESSAGE: pack.add(ORTHINK_LINE, session->answer().message_json()); break;
    default: return bad_argument("there is no part " + std::to_string(part) + " of an answer");
  }
  return pack.done();
}

void orthink_close(uint32_t handle) { module().sessions.close(handle); }
