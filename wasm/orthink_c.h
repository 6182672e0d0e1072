/* The C interface of orthink: what orthink.wasm exports, and the same functions as a static library for native programs.
 *
 *   memcpy(orthink_room(n), document, n);
 *   const orthink_result* plan = orthink_plan(now_ms, n);        // plan->text: the `plan` document
 *
 *   memcpy(orthink_room(n + m), document_then_options, n + m);
 *   const orthink_result* out = orthink_open(now_ms, n, m);      // out->value: a handle, 0 = refused (the text is the error event)
 *   for (;;) {
 *     ... act on out->records in order; the last one says until when to wait, or ends the call ...
 *     memcpy(orthink_room(k), bytes, k);
 *     out = orthink_step(handle, now_ms, ORTHINK_BYTES, leg, k);
 *   }
 *   orthink_close(handle);
 *
 * Owned by the module: the input buffer of orthink_room() and every orthink_result. A result is BORROWED: it dies at the next call of
 * any function here. What goes in is copied before the call returns. Nothing has to be freed but handles (orthink_close).
 * A bad argument (handle, length, kind, document) gives a result with another status than ORTHINK_OK; nothing is undefined.
 * Times are milliseconds since 1970 (UTC); a time that goes back is taken as the last one.
 * Thread rule: one thread at a time for the whole interface.
 */
#ifndef ORTHINK_C_H
#define ORTHINK_C_H

#include <stdint.h>

#define ORTHINK_ABI_VERSION 1u

#ifdef __cplusplus
extern "C" {
#endif

enum orthink_status {
  ORTHINK_OK = 0,
  ORTHINK_BAD_ARGUMENT = 1, /* the text is an error object that says which and why */
  ORTHINK_BAD_HANDLE = 2,   /* never given, closed, or of another sort */
  ORTHINK_TOO_LARGE = 3     /* no more handles, or a length beyond the input buffer */
};

enum orthink_record_kind {
  ORTHINK_THINKING = 1,  /* text; value: running tokens */
  ORTHINK_SUMMARY = 2,   /* thinking of kind summary */
  ORTHINK_ENCRYPTED = 3, /* thinking of kind encrypted */
  ORTHINK_OUTPUT = 4,    /* text; value: running tokens */
  /* text: any other event (tool_call, usage, heartbeat, complete, error) or order to the host (store, send, close, wait) as its JSON line.
   * `wait`, `complete` and `error` are the last record of a step; nothing follows the latter two at all. */
  ORTHINK_LINE = 5,
  ORTHINK_FIRST = 256 /* added to the kinds 1 to 4 for the first event of a stream, whose JSON line begins with "schema":1 */
};

enum orthink_input_kind {
  ORTHINK_POLL = 0,          /* nothing happened: the outputs after orthink_open() */
  ORTHINK_SENT = 1,          /* a byte of the request left */
  ORTHINK_HEAD = 2,          /* {"status":200,"headers":[["name","value"],...]} */
  ORTHINK_BYTES = 3,
  ORTHINK_BODY_END = 4,
  ORTHINK_LOST = 5,          /* {"where":"resolve|connect|tls|sending|waiting|body","sent_any":true,"detail":"..."} */
  ORTHINK_TICK = 6,
  ORTHINK_CANCEL = 7,
  ORTHINK_CANCEL_URGENT = 8,
  ORTHINK_STORE_REPLY = 9    /* {"ticket":1,"verdict":"applied",...}: a reply of core/orthink/ledger/batch_json.h */
};

enum orthink_answer_part { ORTHINK_ANSWER_OUTPUT = 0, ORTHINK_ANSWER_THINKING = 1, ORTHINK_ANSWER_MESSAGE = 2 };

/* Records point into the result's text one after the other: the first has the first `bytes` bytes, and so on. */
typedef struct orthink_record {
  uint32_t kind;
  uint32_t units; /* length of its text in UTF-16 units */
  uint32_t bytes; /* the same in bytes */
  uint32_t value;
} orthink_record;

typedef struct orthink_result {
  uint32_t status;
  uint32_t value; /* open: the handle; finish: the exit code that `orthink replay` would have */
  uint32_t count;
  uint32_t text_size;
  const orthink_record* records;
  const char* text; /* UTF-8 */
} orthink_result;

uint32_t orthink_abi_version(void);

/* The input buffer, at least `size` bytes of it; NULL above 64 MiB. Lives until the next orthink_room(). */
uint8_t* orthink_room(uint32_t size);

/* Takes the catalogue in the input buffer: a models document or the compact text of the cache file. Later plans, calls and replays
 * use it; those already open keep theirs. value: its rows. Without one the compiled-in snapshot serves, for plans only. */
const orthink_result* orthink_catalog(double fetched_at_ms, uint32_t size);

/* The ask document in the input buffer : gives the plan document; a refusal is a plan document too. */
const orthink_result* orthink_plan(double now_ms, uint32_t size);

/* The input buffer holds the ask document and, after it, the options:
 * {"call_id":"...","entropy":N,"thinking_tokens_max":N,"attempts":N,"allow_stale_prices":false,
 *  "connect_ms":N,"first_token_ms":N,"idle_ms":N,"call_ms":N,
 *  "ledger":{"scopes":{"global":{},"user:NAME":{"usd_per_day":"5","requests_per_minute":20}},"epoch":"...","warn_percent":80,
 *  "slice_tokens":N}};
 * each may be left out. Scopes begin with global; their limits are those of the budget document; the epoch names this process. */
const orthink_result* orthink_open(double now_ms, uint32_t ask_size, uint32_t options_size);
const orthink_result* orthink_step(uint32_t handle, double now_ms, uint32_t input_kind, uint32_t leg, uint32_t size);

/* A recorded body read as if it had just arrived. Options {"model":"...","as":"events"|"deltas"}: events are those of
 * `orthink replay --json`, priced; deltas are the text alone, without receipt. value: the handle. */
const orthink_result* orthink_read(uint32_t options_size);
const orthink_result* orthink_feed(uint32_t handle, uint32_t size);
const orthink_result* orthink_finish(uint32_t handle);

/* A channel of MCP: a pair of streams, or one HTTP request. The input buffer holds the document that opens it, later one event; the records
 * are the acts that the host carries out, each ORTHINK_LINE, in order; the last one says until when to wait, or ends the channel.
 * core/orthink/mcp/text_channel.h draws the document, act_json.h events and acts. value: the handle. */
const orthink_result* orthink_channel(double now_ms, uint32_t size);
const orthink_result* orthink_event(uint32_t handle, double now_ms, uint32_t size);

/* A part of the answer so far, of a call or of a body that is read. */
const orthink_result* orthink_answer(uint32_t handle, uint32_t part);

/* Frees what the handle names; nothing happens for a handle that is none. */
void orthink_close(uint32_t handle);

#ifdef __cplusplus
}
#endif

#endif
