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

/** Holds in memory: applies a batch all or nothing, and knows no rule about money. */
export class MemoryStore {
  rows = new Map();
  counters = new Map();

  async apply({ ticket, rows, additions }) {
    const sums = new Map();
    for (const { key, from } of rows) {
      if ((this.rows.get(key)?.to ?? 'none') !== from) return { ticket, verdict: 'row_conflict', failed_key: key };
    }
    for (const { key, add_nano, limit_nano } of additions) {
      const sum = (sums.get(key) ?? this.counters.get(key) ?? 0) + add_nano;
      if (limit_nano >= 0 && sum > limit_nano) return { ticket, verdict: 'guard_failed', failed_key: key };
      sums.set(key, sum);
    }
    for (const row of rows) this.rows.set(row.key, row);
    for (const [key, sum] of sums) this.counters.set(key, sum);
    return { ticket, verdict: 'applied' };
  }
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
