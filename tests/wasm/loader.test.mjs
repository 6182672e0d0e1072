// The module's border, from its outside: what it exports, and that no argument does harm.
import assert from 'node:assert/strict';
import { test } from '../support/processes.mjs';
import { brotliCompressSync } from 'node:zlib';
import { lineOf, load, Orthink, OrthinkError } from '../../web/orthink.js';
import { cut, dice, freshModule, wasmBytes } from './support.mjs';

const EXPORTS = ['memory', '_initialize', ...['abi_version', 'answer', 'catalog', 'channel', 'close', 'event', 'feed', 'finish', 'open', 'plan', 'read', 'room', 'step']
  .map((name) => `orthink_${name}`)];
const BROTLI_MAX = 170_000;
const NOW = Date.UTC(2026, 7, 22, 12);

const STREAM = [
  ': OPENROUTER PROCESSING\n\n',
  'data: {"id":"gen-1","model":"openai/gpt-5-mini","provider":"OpenAI","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"Gr\u00fc\u00df \ud83d\ude00","reasoning_details":[{"type":"reasoning.text","text":"Gr\u00fc\u00df \ud83d\ude00","index":0}]}}]}\n\n',
  'data: {"id":"gen-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"\\ufeffDone \ud83d\ude00\\u2028."}}]}\n\n',
  'data: {"id":"gen-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"cost":0.00003}}\n\n',
  'data: [DONE]\n\n',
].join('');

test('the module imports nothing and exports its interface alone', async () => {
  const module = await WebAssembly.compile(wasmBytes);
  assert.deepEqual(WebAssembly.Module.imports(module), []);
  assert.deepEqual(WebAssembly.Module.exports(module).map((e) => e.name).sort(), EXPORTS.sort());
});

test('the module is small', (t) => {
  const size = brotliCompressSync(wasmBytes).length;
  t.diagnostic(`${wasmBytes.length} bytes, ${size} by brotli`);
  assert.ok(size < BROTLI_MAX);
});

test('a module, its bytes and a response all load', async () => {
  const sources = [await WebAssembly.compile(wasmBytes), wasmBytes, new Response(wasmBytes, { headers: { 'content-type': 'application/wasm' } }),
    Promise.resolve(new Response(wasmBytes))];
  for (const source of sources) assert.equal((await load(source)).plan({ prompt: 'x' }, NOW).ok, true);
  await assert.rejects(load(new Response('', { status: 404 })), /404/);
});

test('a stream that is read: text keeps its marks and pairs, in any cut', async () => {
  const core = await freshModule();
  const bytes = new TextEncoder().encode(STREAM);
  for (const how of ['whole', 'bytes', 7, 8, 9]) {
    const reader = core.read();
    const events = [...cut(bytes, how)].flatMap((piece) => reader.feed(piece));
    events.push(...reader.finish());
    assert.deepEqual(events[0], { schema: 1, type: 'thinking', text: 'Gr\u00fc\u00df \ud83d\ude00', tokens: events[0].tokens, kind: 'text' });
    assert.equal(events[1].text, '\ufeffDone \ud83d\ude00\u2028.');
    assert.equal(events.at(-1).type, 'complete');
    assert.equal(reader.exitCode, 0);
    assert.equal(reader.answer('output'), '\ufeffDone \ud83d\ude00\u2028.');
    assert.equal(JSON.parse(reader.answer('message')).role, 'assistant');
    reader.close();
  }
});

test('deltas are the text of the events', async () => {
  const core = await freshModule();
  const bytes = new TextEncoder().encode(STREAM);
  const [events, deltas] = ['events', 'deltas'].map((as) => {
    const reader = core.read({ as });
    return [...reader.feed(bytes), ...reader.finish()].filter((event) => event.type !== 'complete').map(lineOf);
  });
  assert.deepEqual(deltas, events);
  const quiet = core.read({ as: 'deltas' });
  assert.equal(quiet.absorb(bytes), deltas.length);
  assert.equal(quiet.answer('thinking'), 'Gr\u00fc\u00df \ud83d\ude00');
});

test('a refusal is an answer, a wrong argument an error', async () => {
  const core = await freshModule();
  assert.equal(core.plan({ prompt: 'x', model: 'no/such' }, NOW).ok, false);
  assert.equal(core.plan('{', NOW).error.code, 'invalid_json');
  const call = core.open({ prompt: 'x', model: 'no/such' }, { call_id: 'c' }, NOW);
  assert.equal(call.refusal.type, 'error');
  assert.equal(call.refusal.schema, 1);
  const refusals = [
    () => core.plan({ prompt: 'x' }, -1),
    () => core.plan({ prompt: 'x' }, NaN),
    () => core.open({ prompt: 'x' }, { unknown: 1 }, NOW),
    () => core.open({ prompt: 'x' }, '[]', NOW),
    ...[1, { pays: 1 }, { epoch: 1 }, { warn_percent: 101 }, { scopes: {} }, { scopes: { 'user:a': {} } }, { scopes: { global: 5 } },
      { scopes: { global: {}, nobody: {} } }, { scopes: { global: { usd_per_day: 5 } } }].map((ledger) => () => core.open({ prompt: 'x' }, { ledger }, NOW)),
    () => core.read({ as: 'poem' }),
    () => core.catalog('{"data":3}', NOW),
    () => core.catalog('nonsense', NOW),
    () => call.step('poll', '', 0, NOW),
  ];
  for (const refused of refusals) assert.throws(refused, (error) => error instanceof OrthinkError && error.error.kind === 'VALIDATION_ERROR');
});

test('a number is taken where it is finite, as JavaScript has it', async () => {
  const core = await freshModule();
  const border = '1797693134862315807937289714053034';
  const texts = ['1e308', '1e309', '-1e309', '1e999999999999', '-1e-999999999999', '0e999999999999', '0.0001e312', '0.0001e313', '1.7976931348623157e308',
    '1.7976931348623159e308', `${border}e275`, `${border}e276`, `0.000${border.slice(0, 17)}5e312`];
  const roll = dice(20);
  for (let i = 0; i < 2000; ++i) {
    const digits = Array.from({ length: 1 + roll(30) }, () => roll(10)).join('').replace(/^0+(?=.)/, '');
    const shift = roll(330);
    texts.push(`${roll(2) ? '-' : ''}${digits}${roll(2) ? `.${'0'.repeat(roll(9))}${roll(1000)}` : ''}${'eE'[roll(2)]}${['', '+', '-'][roll(3)]}${shift}`);
    texts.push(`0.${'0'.repeat(shift)}${1 + roll(9)}e${shift + 300 + roll(12)}`, `${1 + roll(9)}${'0'.repeat(shift)}e${300 - shift + roll(12)}`);
  }
  for (const text of texts) {
    const refusal = core.plan(`{"prompt":"x","lower":${text}}`, NOW).error;
    assert.equal(refusal?.code === 'invalid_json', !Number.isFinite(JSON.parse(text)), text);
  }
});

test('a handle that was closed names nothing, also when its place is taken', async () => {
  const core = await freshModule();
  const first = core.read();
  first.close();
  const second = core.read();
  assert.throws(() => first.feed(new Uint8Array(1)), OrthinkError);
  first.close();
  assert.deepEqual(second.feed(new Uint8Array(1)), []);
  second.finish();
  assert.throws(() => second.finish(), OrthinkError);
});

test('handles are limited, and closing makes room', async () => {
  const core = await freshModule();
  const open = Array.from({ length: 4096 }, () => core.read());
  assert.throws(() => core.read(), (error) => error.error.code === 'too_large');
  for (const reader of open) reader.close();
  core.read().close();
});

test('memory is given back when a handle is closed', async () => {
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(wasmBytes), {});
  exports._initialize();
  const core = new Orthink(exports);
  const chunk = new TextEncoder().encode(STREAM.replace('data: [DONE]\n\n', ''));
  const once = () => {
    const reader = core.read({ as: 'deltas' });
    for (let i = 0; i < 2000; ++i) reader.absorb(chunk);
    reader.close();
  };
  once();
  once();
  const before = exports.memory.buffer.byteLength;
  for (let i = 0; i < 50; ++i) once();
  assert.equal(exports.memory.buffer.byteLength, before);
});

test('a channel of MCP offers the tools of orthink, and its handle is for events alone', async () => {
  const core = await freshModule();
  const channel = core.channel({ stdio: {} }, 0);
  assert.deepEqual(channel.acts, [{ type: 'wait', at_ms: null }]);
  const [written] = channel.event({ message: { jsonrpc: '2.0', id: 1, method: 'tools/list' } }, 1);
  assert.deepEqual(written.message.result.tools.map((tool) => tool.name), ['thinking_completion', 'get_result', 'cancel_stream', 'plan_request',
    'list_models', 'usage_report', 'budget_status', 'health']);
  assert.throws(() => channel.event({ closed: {} }), /a channel knows the events/);
  assert.throws(() => core.channel({ stdio: {}, http: {} }), /a channel is either/);
  const reader = core.read({});
  assert.throws(() => new channel.constructor(channel.border, reader.handle, []).event({ tick: {} }), /names nothing/);
  assert.throws(() => new reader.constructor(channel.border, channel.handle).feed(new Uint8Array(1)), /names nothing/);
  assert.throws(() => new reader.constructor(channel.border, channel.handle).answer('output'), /names nothing/);
  channel.close();
  assert.throws(() => channel.event({ tick: {} }), /names nothing/);
});
