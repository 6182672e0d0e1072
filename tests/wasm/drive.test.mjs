// The loop over fetch, on a scripted fetch and on the simulator.
import assert from 'node:assert/strict';
import { test } from '../support/processes.mjs';
import { ask, MemoryStore, refreshCatalog } from '../../web/drive.js';
import { freshModule, program, simulator } from './support.mjs';

const MODELS = JSON.stringify({
  data: [{
    id: 'test/thinker', canonical_slug: 'test/thinker', name: 'Thinker', context_length: 100000,
    architecture: { input_modalities: ['text'], output_modalities: ['text'] },
    pricing: { prompt: '0.000001', completion: '0.000005' },
    top_provider: { context_length: 100000, max_completion_tokens: 20000 },
    supported_parameters: ['include_reasoning', 'max_tokens', 'reasoning'],
    reasoning: { mandatory: false, supports_max_tokens: true, default_enabled: false },
  }],
});
const event = (delta, rest = {}) => `data: ${JSON.stringify({ id: 'gen-1', model: 'test/thinker', provider: 'Test', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: null }], ...rest })}\n\n`;
const ANSWER = [
  event({ role: 'assistant', content: '', reasoning: 'Hm' }),
  event({ content: 'Yes.' }),
  `data: ${JSON.stringify({ id: 'gen-1', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }], usage: { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14, cost: 0.00003, completion_tokens_details: { reasoning_tokens: 2 } } })}\n\n`,
  'data: [DONE]\n\n',
];
const BASE = 'http://127.0.0.1:1/api/v1';
const QUESTION = { model: 'test/thinker', prompt: 'Is it?', think: '2k' };

// A fetch that answers /models, and /chat/completions by the replies in their order: a Response maker or an Error to reject with.
function scripted(...replies) {
  const requests = [];
  const fetch = async (url, init = {}) => {
    if (url.endsWith('/models')) return new Response(MODELS);
    requests.push({ url, ...init });
    const reply = replies.shift();
    if (reply instanceof Error) throw reply;
    return reply(init.signal);
  };
  return { fetch, requests };
}

const stream = (pieces, { hangs = false } = {}) => (signal) => {
  const left = pieces.map((piece) => new TextEncoder().encode(piece));
  return new Response(new ReadableStream({
    pull(controller) {
      if (left.length > 0) return controller.enqueue(left.shift());
      if (!hangs) return controller.close();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  }), { headers: { 'content-type': 'text/event-stream' } });
};

async function prepared(script, extra = {}) {
  const core = await freshModule();
  const host = { baseUrl: BASE, key: 'secret', fetch: script.fetch, store: new MemoryStore(), ...extra };
  await refreshCatalog(core, host);
  return { core, host };
}

async function collect(events, each = () => {}) {
  const all = [];
  for await (const one of events) {
    all.push(one);
    each(one);
  }
  return all;
}

test('a question is reserved, marked sent, asked, streamed and settled', async () => {
  const script = scripted(stream(ANSWER));
  const { core, host } = await prepared(script);
  const events = await collect(ask(core, QUESTION, host));
  assert.deepEqual(events.map((e) => e.type), ['thinking', 'output', 'usage', 'complete']);
  assert.equal(events.at(-1).receipt.cost.usd, '0.00003');
  const [request] = script.requests;
  assert.equal(request.url, `${BASE}/chat/completions`);
  assert.equal(new Headers(request.headers).get('authorization'), 'Bearer secret');
  assert.equal(JSON.parse(request.body).model, 'test/thinker');
  const [[key, row]] = host.store.rows;
  assert.equal(row.to, 'settled');
  assert.equal(JSON.parse(row.record).actual, 30_000);
  assert.equal(key, `${events.at(-1).receipt.call_id}/1`);
});

test('no request leaves when the store does not answer for the hold', async () => {
  const script = scripted(stream(ANSWER));
  const { core, host } = await prepared(script, { store: { apply: () => Promise.reject(new Error('away')) } });
  const events = await collect(ask(core, QUESTION, host));
  assert.equal(events.at(-1).error.code, 'store_unavailable');
  assert.equal(script.requests.length, 0);
});

test('a refusal before work is retried, and the answer is one answer', async () => {
  const busy = () => new Response('{"error":{"code":503,"message":"busy"}}', { status: 503, headers: { 'retry-after': '0' } });
  const script = scripted(busy, stream(ANSWER));
  const { core, host } = await prepared(script);
  const events = await collect(ask(core, QUESTION, host));
  assert.equal(events.at(-1).type, 'complete');
  assert.equal(events.at(-1).receipt.attempts, 2);
  assert.equal(script.requests.length, 2);
});

test('a fetch that fails may have been sent: it is not retried and its hold stays', async () => {
  const script = scripted(new TypeError('fetch failed'), stream(ANSWER));
  const { core, host } = await prepared(script);
  const events = await collect(ask(core, QUESTION, host));
  assert.equal(events.at(-1).type, 'error');
  assert.equal(script.requests.length, 1);
  assert.notEqual(events.at(-1).receipt.cost.held_usd, null);
});

test('cancelling closes the request and ends with a receipt', async () => {
  const cancel = new AbortController();
  const urgent = new AbortController();
  const script = scripted(stream(ANSWER.slice(0, 2), { hangs: true }));
  const { core, host } = await prepared(script, { signal: cancel.signal, urgentSignal: urgent.signal });
  const events = await collect(ask(core, QUESTION, host), (e) => {
    if (e.type !== 'output') return;
    cancel.abort();
    queueMicrotask(() => urgent.abort());
  });
  assert.equal(events.at(-1).error.kind, 'CANCELLED');
  assert.equal(script.requests[0].signal.aborted, true);
});

test('leaving the loop closes the request and leaves no hold that says less than is known', async () => {
  const script = scripted(stream(ANSWER.slice(0, 2), { hangs: true }));
  const { core, host } = await prepared(script);
  for await (const one of ask(core, QUESTION, host)) if (one.type === 'output') break;
  assert.equal(script.requests[0].signal.aborted, true);
  assert.equal([...host.store.rows.values()][0].to, 'unknown');
});

test('a key goes to https or this machine, nowhere else', async () => {
  const script = scripted(stream(ANSWER));
  const { core, host } = await prepared(script);
  await assert.rejects(collect(ask(core, QUESTION, { ...host, baseUrl: 'http://example.com/api/v1' })), /https/);
  assert.equal(script.requests.length, 0);
});

test('limits of a scope are held, refused by name, and near ones are told', async () => {
  const busy = stream(ANSWER);
  const script = scripted(busy, busy, busy);
  const { core, host } = await prepared(script);
  const limited = (usd_per_day) => ({ ...host, options: { ledger: { scopes: { global: {}, 'user:alice': { usd_per_day, requests_per_day: 2 } } } } });
  const [refused] = await collect(ask(core, QUESTION, limited('0.0001')));
  assert.equal(refused.error.code, 'budget_refused');
  assert.equal(refused.error.scope, 'user:alice');
  assert.match(refused.error.resets_at, /T00:00:00Z$/);
  assert.equal(script.requests.length, 0);
  assert.equal((await collect(ask(core, QUESTION, limited('1')))).at(-1).receipt.warnings.length, 0);
  const second = (await collect(ask(core, QUESTION, limited('1')))).at(-1);
  assert.deepEqual(second.receipt.warnings.map((warning) => warning.code), ['limit_near']);
  assert.equal((await collect(ask(core, QUESTION, limited('1')))).at(-1).error.code, 'rate_limited');
  assert.equal(script.requests.length, 2);
  const money = [...host.store.counters].filter(([key]) => /^[ch]\/user:alice\/d/.test(key)).map(([, value]) => value);
  assert.deepEqual(money, [60_000, 0]);
});

test('the simulator: thinking, answer and its own bill agree with the receipt', { skip: !program }, async () => {
  const sim = await simulator('--seed', '7');
  const core = await freshModule();
  const host = { baseUrl: sim.url, key: 'simulated-key' };
  await refreshCatalog(core, host);
  const events = await collect(ask(core, { prompt: 'What does the ball cost?', think: '2k' }, host));
  const bill = await sim.stop();
  const { receipt } = events.at(-1);
  assert.equal(events.at(-1).type, 'complete');
  assert.ok(events.some((e) => e.type === 'thinking') && events.some((e) => e.type === 'output'));
  assert.equal(bill.total_usd, receipt.cost.usd);
});
