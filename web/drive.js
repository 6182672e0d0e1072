// The loop over fetch: drain the call's outputs, act on each, wait for the next input or tick. Same shape as native/driver.
//
//   for await (const event of ask(orthink, { prompt: 'Why?' }, { baseUrl, key })) show(event);
//
// It carries bytes, time and store answers, and adds the key on its way out; every decision is the module's.
// To cancel, abort `signal` and go on reading: the call settles its bill and ends by itself. Leaving the loop closes at once.

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const started = Date.now() - performance.now();
const now = () => started + performance.now();

/** Fetches the models document and hands it over; a paid call needs one that is not too old. */
export async function refreshCatalog(orthink, { baseUrl, key, fetch = globalThis.fetch }) {
  const response = await fetch(baseUrl + '/models', { headers: authorization(baseUrl, key) });
  if (!response.ok) throw new Error(`the models document could not be had: HTTP status ${response.status}`);
  return orthink.catalog(new Uint8Array(await response.arrayBuffer()), now());
}

/** Holds in memory: applies a batch all or nothing (core/orthink/ledger/batch.h), and knows no rule about money. */
export class MemoryStore {
  rows = new Map();
  counters = new Map();
  rates = new Map();
  marks = new Map();
  documents = new Map();
  journals = new Map();

  async apply(batch) {
    const staged = Object.fromEntries(TABLES.map((table) => [table, new Overlay(this[table])]));
    const refusal = firstRefusal(batch, staged);
    if (!refusal) {
      for (const table of TABLES) staged[table].keep();
      for (const { account, text } of batch.journal ?? []) {
        if (!this.journals.has(account)) this.journals.set(account, []);
        this.journals.get(account).push(text);
      }
    }
    const reply = { ticket: batch.ticket, verdict: 'applied', ...refusal };
    if (batch.reads) reply.values = batch.reads.map((key) => this.counters.get(key) ?? 0);
    return reply;
  }
}

const TABLES = ['rows', 'counters', 'rates', 'marks', 'documents'];

// What a batch has changed of one table, until it is known to pass.
class Overlay {
  #changed = new Map();
  constructor(below) {
    this.below = below;
  }
  get(key) {
    return this.#changed.has(key) ? this.#changed.get(key) : this.below.get(key);
  }
  set(key, value) {
    this.#changed.set(key, value);
  }
  keep() {
    for (const [key, value] of this.#changed) value === undefined ? this.below.delete(key) : this.below.set(key, value);
  }
}

function firstRefusal({ at_us, marks = [], documents = [], rows = [], additions = [], rates = [] }, staged) {
  for (const { key, value, slack } of marks) {
    const stands = staged.marks.get(key) ?? value;
    if (stands > value + slack) return { verdict: 'clock_behind', failed_key: key, found_value: stands };
    staged.marks.set(key, Math.max(stands, value));
  }
  for (const { key, expects, expected, text, expires_us = Infinity } of documents) {
    const kept = staged.documents.get(key);
    const found = kept && kept.expires_us > at_us ? kept.text : undefined;
    const isExpected = expects === 'anything' || (expects === 'absence' ? found === undefined : found === expected);
    if (!isExpected) return { verdict: 'document_conflict', failed_key: key, ...(found && { found_text: found }) };
    staged.documents.set(key, text === undefined ? undefined : { text, expires_us });
  }
  for (const row of rows) {
    const found = staged.rows.get(row.key);
    const state = found?.to ?? 'none';
    if (!row.from.includes(state)) return { verdict: 'row_conflict', failed_key: row.key, ...(found && { found_state: state }) };
    staged.rows.set(row.key, { ...row, created_us: found?.created_us ?? row.created_us });
  }
  for (const { key, add, limit = Infinity } of additions) {
    const before = staged.counters.get(key) ?? 0;
    const after = before + add;
    if (after > limit || Math.abs(after) > Number.MAX_SAFE_INTEGER)
      return { verdict: 'guard_failed', failed_key: key, ...(before && { found_value: before }) };
    staged.counters.set(key, after);
  }
  for (const { key, cost_us, tolerance_us } of rates) {
    const arrival = Math.max(staged.rates.get(key) ?? at_us, at_us) + cost_us;
    const wait = arrival - at_us - tolerance_us;
    if (cost_us > 0 && wait > 0) return { verdict: 'rate_limited', failed_key: key, found_value: wait };
    staged.rates.set(key, arrival);
  }
  return null;
}

/**
 * One question, as the events of the public interface. `document` is the ask document (object or JSON text). Host: baseUrl, key,
 * signal (cancel, settle the bill), urgentSignal (leave at once), store, options (of the call), fetch.
 */
export async function* ask(orthink, document, host) {
  const { baseUrl, key, fetch = globalThis.fetch, store = new MemoryStore() } = host;
  const upstream = { baseUrl, fetch, added: Object.entries(authorization(baseUrl, key)) };
  const inbox = new Inbox();
  const legs = new Map();
  const entropy = crypto.getRandomValues(new Uint32Array(1))[0];
  const call = orthink.open(document, { call_id: crypto.randomUUID(), entropy, ...host.options }, now());
  if (call.refusal) {
    yield call.refusal;
    return;
  }
  const unwatch = [watch(host.signal, () => inbox.push('cancel')), watch(host.urgentSignal, () => inbox.push('cancel_urgent'))];
  let isOver = false;
  try {
    for (let outputs = call.step('poll', '', 0, now()); !isOver;) {
      let until = null;
      for (const output of outputs) {
        if (output.type === 'store') store.apply(output).then(inbox.reply, () => inbox.reply(unavailable(output)));
        else if (output.type === 'send') legs.set(output.leg, carry(output, upstream, inbox));
        else if (output.type === 'close') legs.get(output.leg)?.abort();
        else if (output.type === 'wait') until = output.at_ms;
        else {
          isOver = output.type === 'complete' || output.type === 'error';
          yield output;
        }
      }
      if (isOver) break;
      const input = await inbox.next(until === null ? Infinity : until - now());
      outputs = call.step(input.kind, input.payload, input.leg, now());
    }
  } finally {
    if (!isOver) await leave(call, store);
    for (const stop of unwatch) stop();
    for (const leg of legs.values()) leg.abort();
    call.close();
  }
}

// Starts one request; what happens to it goes to the inbox. The next read waits until the last one was taken.
function carry({ leg, method, path, headers, body }, { baseUrl, fetch, added }, inbox) {
  const controller = new AbortController();
  let where = 'waiting';
  const run = async () => {
    const answer = fetch(baseUrl + path, { method, headers: [...headers, ...added], body, signal: controller.signal, redirect: 'manual' });
    inbox.push('sent', '', leg);
    const response = await answer;
    const status = response.type === 'opaqueredirect' ? 302 : response.status;
    await inbox.push('head', { status, headers: [...response.headers] }, leg);
    where = 'body';
    const reader = response.body?.getReader();
    for (let read = await reader?.read(); read && !read.done; read = await reader.read()) await inbox.push('bytes', read.value, leg);
    inbox.push('body_end', '', leg);
  };
  // fetch does not say how far it came, so the request counts as sent.
  run().catch((error) => controller.signal.aborted || inbox.push('lost', { where, sent_any: true, detail: String(error) }, leg));
  return controller;
}

function authorization(baseUrl, key) {
  if (!key) return {};
  const { protocol, hostname } = new URL(baseUrl);
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127\.[\d.]+$/.test(hostname);
  if (protocol !== 'https:' && !isLoopback) throw new Error('a key is sent over https only, or to this machine itself');
  return { authorization: `Bearer ${key}` };
}

// The consumer has left: close at once, and still store what is known of the bill.
async function leave(call, store) {
  let batches = call.step('cancel_urgent', '', 0, now());
  while ((batches = batches.filter((output) => output.type === 'store')).length > 0) {
    const replies = await Promise.all(batches.map((batch) => store.apply(batch).catch(() => unavailable(batch))));
    batches = replies.flatMap((reply) => call.step('store_reply', reply, 0, now()));
  }
}

const unavailable = ({ ticket }) => ({ ticket, verdict: 'unavailable' });

function watch(signal, act) {
  if (signal?.aborted) act();
  signal?.addEventListener('abort', act);
  return () => signal?.removeEventListener('abort', act);
}

// Inputs in the order they came. push() resolves when its input is taken; next() is a tick when nothing came in time.
class Inbox {
  #inputs = [];
  #wake = null;

  push(kind, payload = '', leg = 0) {
    return new Promise((taken) => {
      this.#inputs.push({ kind, payload, leg, taken });
      this.#wake?.();
    });
  }

  reply = (reply) => this.push('store_reply', reply);

  async next(ms) {
    if (this.#inputs.length === 0) {
      await new Promise((wake) => {
        const timer = setTimeout(wake, Math.min(ms, LONGEST_TIMER_MS));
        this.#wake = () => (clearTimeout(timer), wake());
      });
      this.#wake = null;
    }
    const input = this.#inputs.shift() ?? { kind: 'tick', payload: '', leg: 0, taken() {} };
    input.taken();
    return input;
  }
}
