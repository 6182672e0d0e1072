// The SDKs of both lines as real clients, on both transports and in both eras: what a host does with us all day.
import assert from 'node:assert/strict';

import { after, before, describe, test, until } from '../support/processes.mjs';
import { connect, environmentOf, program, scratch, serve, simulator, tools } from './support.mjs';

const MODEL = 'anthropic/claude-haiku-4.5'; // its provider stops billing when a stream is closed
const question = { prompt: 'Is 2^31-1 prime?', model: MODEL, thinking: '2k' };
const structured = (result) => {
  assert.ok(!result.isError, JSON.stringify(result));
  return result.structuredContent;
};

let brisk, slow, slowest, folder;
before(async () => {
  folder = scratch();
  brisk = await simulator();
  slow = await simulator('--pace', '6');
  slowest = await simulator('--pace', '1');
});
after(async () => {
  for (const upstream of [brisk, slow, slowest]) await upstream?.stop();
  folder?.remove();
});

/** A server of its own that buys from `upstream`, and how a client reaches it. */
async function host(transport, upstream, name) {
  const env = environmentOf(upstream.url, `${folder.path}/${name}`);
  if (transport === 'stdio') return { where: { command: program, args: ['mcp'], env }, stop: async () => {} };
  const server = await serve(env);
  return { where: { url: server.url }, stop: server.stop, server };
}

/** `body` with a client of such a server; both are gone afterwards. */
async function visits(sdk, transport, upstream, name, body) {
  const { where, stop } = await host(transport, upstream, name);
  try {
    const client = await connect(sdk, where);
    await body(client).finally(() => client.close());
  } finally {
    await stop();
  }
}

async function callsEach(client) {
  const listed = await client.list();
  assert.deepEqual(listed.map((tool) => tool.name), tools);
  for (const tool of listed) assert.equal(Object.keys(tool.annotations).filter((key) => key.endsWith('Hint')).length, 4, tool.name);

  assert.equal(structured(await client.call('health', {})).status, 'ok');
  const plan = structured(await client.call('plan_request', question));
  assert.equal(plan.ok, true);
  const models = structured(await client.call('list_models', { search: 'haiku', reasoning: true }));
  assert.ok(models.models.some((model) => model.id === MODEL));

  const answer = await client.call('thinking_completion', question);
  const done = structured(answer);
  assert.equal(done.state, 'done');
  assert.ok(done.text.length > 0 && answer.content[0].text.includes(done.text.slice(0, 40)));
  assert.match(done.cost_usd, /^0\.\d+$/);
  assert.ok(Number(done.cost_usd) <= Number(plan.cost.worst_usd));

  const running = structured(await client.call('thinking_completion', { ...question, stream_id: 'later', max_wait_s: 0 }));
  assert.ok(['running', 'done'].includes(running.state));
  assert.equal(structured(await client.call('get_result', { stream_id: 'later', max_wait_s: 30 })).state, 'done');

  assert.equal(structured(await client.call('usage_report', {})).totals.calls, 2);
  assert.ok(structured(await client.call('budget_status', {})).scopes.length > 0);
  assert.equal((await client.call('cancel_stream', { stream_id: 'never-was' })).isError, true);
  assert.equal((await client.call('thinking_completion', { promt: 'x' })).isError, true);
}

async function hearsProgress(client) {
  const heard = [];
  const result = await client.call('thinking_completion', question, { onprogress: (progress) => heard.push(progress) });
  assert.equal(structured(result).state, 'done');
  assert.ok(heard.length >= 2, `${heard.length} notifications`);
  for (let i = 1; i < heard.length; i++) assert.ok(heard[i].progress > heard[i - 1].progress);
  assert.ok(heard.some((progress) => /token/.test(progress.message) && /\$/.test(progress.message)), JSON.stringify(heard));
}

async function cancels(client, session, t) {
  const lines = async () => (await slowest.bill()).lines.filter((line) => line.session_id === session);
  const abort = new AbortController();
  const call = client.call('thinking_completion', { ...question, metadata: { session } }, { signal: abort.signal, onprogress: () => {} });
  const ended = assert.rejects(call);
  await until(async () => (await lines()).some((line) => line.state === 'running'));
  const began = performance.now();
  abort.abort();
  await ended;
  const released = performance.now() - began;
  const [line] = await until(async () => {
    const now = await lines();
    return now.every((one) => one.state !== 'running') && now;
  });
  t.diagnostic(`released after ${released.toFixed(1)} ms, upstream ${line.state} after ${(performance.now() - began).toFixed(1)} ms`);
  assert.equal(line.state, 'cancelled');
  assert.equal(structured(await client.call('health', {})).status, 'ok');
}

async function comesBack(sdk, transport) {
  const { where, stop, server } = await host(transport, brisk, `back-${sdk}-${transport}`);
  try {
    const first = await connect(sdk, where);
    await first.call('thinking_completion', question);
    await first.close();
    const second = await connect(sdk, where);
    assert.equal(structured(await second.call('usage_report', {})).totals.calls, 1);
    if (server) {
      const { port } = new URL(where.url);
      assert.equal(await server.stop(), 0);
      await assert.rejects(second.call('health', {}));
      const again = await serve(environmentOf(brisk.url, `${folder.path}/back-${sdk}-${transport}`), '--listen', `127.0.0.1:${port}`);
      try {
        assert.equal(structured(await second.call('health', {})).status, 'ok');
        assert.equal(structured(await second.call('usage_report', {})).totals.calls, 1);
      } finally {
        await second.close();
        await again.stop();
      }
    } else {
      await second.close();
    }
  } finally {
    await stop();
  }
}

for (const transport of ['stdio', 'http']) {
  for (const sdk of ['v1', 'v2-legacy', 'v2-modern']) {
    describe(`${sdk} over ${transport}`, () => {
      test('lists the tools and calls each of them', () => visits(sdk, transport, brisk, `all-${sdk}-${transport}`, callsEach));
      test('hears of progress while the model thinks', () => visits(sdk, transport, slow, `progress-${sdk}-${transport}`, hearsProgress));
      test('cancels, and the upstream is closed', (t) => {
        const session = `cancel-${sdk}-${transport}`;
        return visits(sdk, transport, slowest, session, (client) => cancels(client, session, t));
      });
      test('leaves and comes back', () => comesBack(sdk, transport));
    });
  }
}
