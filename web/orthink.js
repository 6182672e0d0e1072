// Loads orthink.wasm and turns its packed results into objects: it copies memory and nothing else. What is asked, planned,
// read, priced and refused is decided in the module (wasm/orthink_c.h is its interface).
//
//   const orthink = await load(fetch('orthink.wasm'));
//   const plan = orthink.plan({ model: 'openai/gpt-5-mini', prompt: 'Why?', think: 'low' });
//   const reader = orthink.read({ model: 'openai/gpt-5-mini' });
//   for (const event of reader.feed(bytes)) show(event);
const ABI_VERSION = 1;
const FIRST = 256;
const INPUTS = { poll: 0, sent: 1, head: 2, bytes: 3, body_end: 4, lost: 5, tick: 6, cancel: 7, cancel_urgent: 8, store_reply: 9 };
const PARTS = { output: 0, thinking: 1, message: 2 };
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const lines = new WeakMap();

/** The event as the JSON line that the command line prints, to the byte. */
export const lineOf = (event) => lines.get(event) ?? JSON.stringify(event);

/** What the module refused to do: `error` is the error object of the public interface. */
export class OrthinkError extends Error {
  constructor(error) {
    super(error.message);
    this.name = 'OrthinkError';
    this.error = error;
  }
}

/** From a compiled module, its bytes, or a response (or the promise of one) that holds them. */
export async function load(source) {
  const given = await source;
  const instance = await WebAssembly.instantiate(await compiled(given), {});
  instance.exports._initialize();
  return new Orthink(instance.exports);
}

async function compiled(given) {
  if (given instanceof WebAssembly.Module) return given;
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given)) return WebAssembly.compile(given);  // Response is not named: Node takes 20 ms to load it
  if (!given.ok) throw new Error(`orthink.wasm could not be had: HTTP status ${given.status}`);
  const streams = given.headers.get('content-type') === 'application/wasm';
  return streams ? WebAssembly.compileStreaming(given) : WebAssembly.compile(await given.arrayBuffer());
}

const bytesOf = (part) => (part instanceof Uint8Array ? part : encoder.encode(typeof part === 'string' ? part : JSON.stringify(part)));

// The module's memory: bytes in through its input buffer, packed results out. A result holds until the next call.
class Border {
  #room = 0;
  #roomSize = 0;
  #at = 0;  // the result, as an index of words

  constructor(wasm) {
    this.wasm = wasm;
    this.#renew();
  }

  // Views of a memory that grew are empty.
  #renew() {
    this.bytes = new Uint8Array(this.wasm.memory.buffer);
    this.words = new Uint32Array(this.wasm.memory.buffer);
  }

  put(bytes) {
    const size = bytes.length;
    if (size > this.#roomSize) {
      this.#room = this.wasm.orthink_room(size);
      if (this.#room === 0) throw new RangeError(`${size} bytes are more than one input may have`);
      this.#roomSize = size;
      if (this.bytes.length === 0) this.#renew();
    }
    this.bytes.set(bytes, this.#room);
    return size;
  }

  take(result) {
    if (this.words.length === 0) this.#renew();
    this.#at = result >>> 2;
    if (this.words[this.#at] !== 0) throw new OrthinkError(JSON.parse(this.text()));
    return this;
  }

  get value() {
    return this.words[this.#at + 1];
  }

  get count() {
    return this.words[this.#at + 2];
  }

  text() {
    const begin = this.words[this.#at + 5];
    return decoder.decode(this.bytes.subarray(begin, begin + this.words[this.#at + 3]));
  }

  // One string for the whole result, cut by UTF-16 units.
  outputs() {
    const { words, count } = this;
    const all = count === 0 ? '' : this.text();
    const out = new Array(count);
    for (let i = 0, at = words[this.#at + 4] >>> 2, begin = 0; i < count; ++i, at += 4) {
      const end = begin + words[at + 1];
      out[i] = output(words[at], all.substring(begin, end), words[at + 3]);
      begin = end;
    }
    return out;
  }
}

function output(kind, text, tokens) {
  switch (kind) {
    case 1: return { type: 'thinking', text, tokens, kind: 'text' };
    case 2: return { type: 'thinking', text, tokens, kind: 'summary' };
    case 3: return { type: 'thinking', text, tokens, kind: 'encrypted' };
    case 4: return { type: 'output', text, tokens };
    case 5: return line(text);
    default: return { schema: 1, ...output(kind - FIRST, text, tokens) };
  }
}

function line(text) {
  const parsed = JSON.parse(text);
  lines.set(parsed, text);
  return parsed;
}

export class Orthink {
  #border;
  #wasm;

  constructor(wasm) {
    if (wasm.orthink_abi_version() !== ABI_VERSION) throw new Error('orthink.wasm and orthink.js are of different releases');
    this.#wasm = wasm;
    this.#border = new Border(wasm);
  }

  /** Takes a models document, or the compact text of a cache file; the number of its rows. */
  catalog(document, fetchedAt = Date.now()) {
    return this.#border.take(this.#wasm.orthink_catalog(fetchedAt, this.#border.put(bytesOf(document)))).value;
  }

  /** What would be sent and what it could cost, as the text of the `plan` document. Sends nothing. */
  planText(ask, now = Date.now()) {
    return this.#border.take(this.#wasm.orthink_plan(now, this.#border.put(bytesOf(ask)))).text();
  }

  plan(ask, now) {
    return JSON.parse(this.planText(ask, now));
  }

  /** Opens a call. A refusal is a call that is over, with its error event in `refusal`. */
  open(ask, options = {}, now = Date.now()) {
    const [document, rest] = [bytesOf(ask), bytesOf(options)];
    const both = new Uint8Array(document.length + rest.length);
    both.set(document);
    both.set(rest, document.length);
    this.#border.put(both);
    const result = this.#border.take(this.#wasm.orthink_open(now, document.length, rest.length));
    return new Call(this.#border, result.value, result.outputs()[0] ?? null);
  }

  /** Opens a channel of MCP; its first acts are in `acts`. */
  channel(document, now = Date.now()) {
    const result = this.#border.take(this.#wasm.orthink_channel(now, this.#border.put(bytesOf(document))));
    return new Channel(this.#border, result.value, result.outputs());
  }

  /** Reads a recorded body as if it had just arrived. */
  read(options = {}) {
    return new Reader(this.#border, this.#border.take(this.#wasm.orthink_read(this.#border.put(bytesOf(options)))).value);
  }
}

class Session {
  constructor(border, handle) {
    this.border = border;
    this.handle = handle;
  }

  /** 'output', 'thinking' or 'message' (the JSON text to send back next turn) of the answer so far. */
  answer(part) {
    return this.border.take(this.border.wasm.orthink_answer(this.handle, PARTS[part])).text();
  }

  close() {
    this.border.wasm.orthink_close(this.handle);
  }
}

/** A live call: one input in, then the outputs in order: events, and orders to the host (store, send, close, wait). */
export class Call extends Session {
  constructor(border, handle, refusal) {
    super(border, handle);
    this.refusal = refusal;
  }

  step(kind, payload = '', leg = 0, now = Date.now()) {
    const size = this.border.put(bytesOf(payload));
    return this.border.take(this.border.wasm.orthink_step(this.handle, now, INPUTS[kind], leg, size)).outputs();
  }
}

/** A channel of MCP: one event in, then the acts in order; the last one waits or ends the channel. */
export class Channel {
  constructor(border, handle, acts) {
    this.border = border;
    this.handle = handle;
    this.acts = acts;
  }

  event(event, now = Date.now()) {
    return this.border.take(this.border.wasm.orthink_event(this.handle, now, this.border.put(bytesOf(event)))).outputs();
  }

  close() {
    this.border.wasm.orthink_close(this.handle);
  }
}

/** A body that is read. */
export class Reader extends Session {
  exitCode = null;

  #feed(bytes) {
    return this.border.take(this.border.wasm.orthink_feed(this.handle, this.border.put(bytes)));
  }

  feed(bytes) {
    return this.#feed(bytes).outputs();
  }

  /** Feeds without making a string; the number of events. The answer stays in the module until answer(). */
  absorb(bytes) {
    return this.#feed(bytes).count;
  }

  finish() {
    const result = this.border.take(this.border.wasm.orthink_finish(this.handle));
    this.exitCode = result.value;
    return result.outputs();
  }
}
