// Loads orthink.wasm and turns its packed results into objects: it copies memory and nothing else. What is asked, planned,
// read, priced and refused is decided in the module (wasm/orthink_c.h is its interface).
//
//   const orthink = await load(fetch('orthink.wasm'));
//   const plan = orthink.plan({ model: 'openai/gpt-5-mini', prompt: 'Why?', think: 'low' });
//   const reader = orthink.read({ model: 'openai/gpt-5-mini' });
//   for (const event of reader.feed(bytes)) show(event);
const ABI_VERSION = 1;
const FIRST = 256;
const LINE = 5;
const THINKING = ['', 'text', 'summary', 'encrypted'];
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
  if (!(given instanceof Response)) return WebAssembly.compile(given);
  if (!given.ok) throw new Error(`orthink.wasm could not be had: HTTP status ${given.status}`);
  const streams = given.headers.get('content-type') === 'application/wasm';
  return streams ? WebAssembly.compileStreaming(given) : WebAssembly.compile(await given.arrayBuffer());
}

const bytesOf = (part) => (part instanceof Uint8Array ? part : encoder.encode(typeof part === 'string' ? part : JSON.stringify(part)));

export class Orthink {
  #wasm;
  #bytes;
  #words;
  #room = 0;
  #roomSize = 0;

  constructor(exports) {
    this.#wasm = exports;
    if (exports.orthink_abi_version() !== ABI_VERSION) throw new Error('orthink.wasm and orthink.js are of different releases');
  }

  /** Takes a models document, or the compact text of a cache file; the number of its rows. */
  catalog(document, fetchedAt = Date.now()) {
    return this.#call('orthink_catalog', [fetchedAt], [document]).value;
  }

  /** What would be sent and what it could cost, as the text of the `plan` document. Sends nothing. */
  planText(ask, now = Date.now()) {
    return this.#records(this.#call('orthink_plan', [now], [ask]))[0].text;
  }

  plan(ask, now) {
    return JSON.parse(this.planText(ask, now));
  }

  /** Opens a call. A refusal is a call that is over, with its error event in `refusal`. */
  open(ask, options = {}, now = Date.now()) {
    const result = this.#call('orthink_open', [now], [ask, options]);
    return new Call(this.#session(result.value), result.value === 0 ? output(this.#records(result)[0]) : null);
  }

  /** Reads a recorded body as if it had just arrived. */
  read(options = {}) {
    return new Reader(this.#session(this.#call('orthink_read', [], [options]).value));
  }

  #session(handle) {
    return {
      handle,
      count: (name, parts) => this.#call(name, [handle], parts).count,
      run: (name, leading, parts) => {
        const result = this.#call(name, [handle, ...leading], parts);
        return { value: result.value, records: this.#records(result) };
      },
      close: () => this.#wasm.orthink_close(handle),
    };
  }

  // Copies the parts into the module one after the other, calls, and reads the head of the result.
  #call(name, leading, parts) {
    const inside = parts.map(bytesOf);
    this.#put(inside);
    const at = this.#wasm[name](...leading, ...inside.map((part) => part.length)) >>> 2;
    this.#refresh();
    const w = this.#words;
    const result = { status: w[at], value: w[at + 1], count: w[at + 2], textSize: w[at + 3], records: w[at + 4], text: w[at + 5] };
    if (result.status !== 0) throw new OrthinkError(JSON.parse(this.#text(result)));
    return result;
  }

  #put(parts) {
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    if (size > this.#roomSize) {
      const room = this.#wasm.orthink_room(size);
      if (room === 0) throw new RangeError(`${size} bytes are more than one input may have`);
      this.#room = room;
      this.#roomSize = size;
    }
    this.#refresh();
    let at = this.#room;
    for (const part of parts) {
      this.#bytes.set(part, at);
      at += part.length;
    }
  }

  #refresh() {
    const { buffer } = this.#wasm.memory;
    if (this.#bytes?.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
  }

  #text(result) {
    return decoder.decode(this.#bytes.subarray(result.text, result.text + result.textSize));
  }

  // One string for the whole result, cut by UTF-16 units.
  #records(result) {
    const all = this.#text(result);
    const out = new Array(result.count);
    for (let i = 0, at = result.records >>> 2, begin = 0; i < result.count; ++i, at += 4) {
      const end = begin + this.#words[at + 1];
      out[i] = { kind: this.#words[at], text: all.substring(begin, end), value: this.#words[at + 3] };
      begin = end;
    }
    return out;
  }
}

function output({ kind, text, value }) {
  const sort = kind & ~FIRST;
  if (sort === LINE) {
    const parsed = JSON.parse(text);
    lines.set(parsed, text);
    return parsed;
  }
  const made = sort === LINE - 1 ? { type: 'output', text, tokens: value } : { type: 'thinking', text, tokens: value, kind: THINKING[sort] };
  return kind & FIRST ? { schema: 1, ...made } : made;
}

class Session {
  constructor(session) {
    this.session = session;
  }

  /** 'output', 'thinking' or 'message' (the JSON text to send back next turn) of the answer so far. */
  answer(part) {
    return this.session.run('orthink_answer', [PARTS[part]], []).records[0].text;
  }

  close() {
    this.session.close();
  }
}

/** A live call: one input in, then the outputs in order: events, and orders to the host (store, send, close, wait). */
export class Call extends Session {
  constructor(session, refusal) {
    super(session);
    this.refusal = refusal;
  }

  step(kind, payload = '', leg = 0, now = Date.now()) {
    return this.session.run('orthink_step', [now, INPUTS[kind], leg], [payload]).records.map(output);
  }
}

/** A body that is read. */
export class Reader extends Session {
  exitCode = null;

  feed(bytes) {
    return this.session.run('orthink_feed', [], [bytes]).records.map(output);
  }

  /** Feeds without making a string; the number of events. The answer stays in the module until answer(). */
  absorb(bytes) {
    return this.session.count('orthink_feed', [bytes]);
  }

  finish() {
    const { value, records } = this.session.run('orthink_finish', [], []);
    this.exitCode = value;
    return records.map(output);
  }
}
