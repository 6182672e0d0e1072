// workerd: the goldens inside the edge runtime, and the edge module against the simulator.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '../support/processes.mjs';
import { Miniflare } from 'miniflare';
import { goldens } from './golden_files.mjs';
import { program, root, simulator, wasmFile } from './support.mjs';

const script = (path, file = join(root, path)) => ({ type: 'ESModule', path, contents: readFileSync(file, 'utf8') });
const binary = (path) => ({ type: 'CompiledWasm', path, contents: readFileSync(wasmFile) });

async function edge(t, modules, bindings = {}) {
  const runtime = new Miniflare({ modules, bindings, compatibilityDate: '2026-01-01', host: '127.0.0.1', port: 0, cf: false });
  t.after(() => runtime.dispose());
  await runtime.ready;
  return runtime;
}

test('the goldens give the same bytes in workerd', async (t) => {
  const runtime = await edge(t, [
    script('golden_worker.mjs', join(root, 'tests/wasm/golden_worker.mjs')), script('tests/wasm/golden.mjs'), script('web/orthink.js'),
    binary('web/orthink.wasm'),
  ]);
  const { files, count } = goldens();
  const response = await runtime.dispatchFetch('http://edge/', { method: 'POST', body: JSON.stringify(files) });
  assert.deepEqual(await response.json(), []);
  t.diagnostic(`${count} goldens`);
});

const QUESTION = { prompt: 'What does the ball cost?', think: '2k' };
const asked = (runtime, token, body = QUESTION) => runtime.dispatchFetch('http://edge/', {
  method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body),
});
const edgeModules = () => [script('worker.js', join(root, 'web/worker.js')), script('orthink.js', join(root, 'web/orthink.js')),
  script('drive.js', join(root, 'web/drive.js')), binary('orthink.wasm')];

test('the edge module streams the events of a question, for who shows the token', { skip: !program }, async (t) => {
  const sim = await simulator('--seed', '7');
  const runtime = await edge(t, edgeModules(), { OPENROUTER_API_KEY: 'simulated-key', ORTHINK_EDGE_TOKEN: 'let-me-in', ORTHINK_BASE_URL: sim.url });
  assert.equal((await asked(runtime, 'something else')).status, 401);
  const response = await asked(runtime, 'let-me-in');
  assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
  const events = (await response.text()).trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.equal(events[0].schema, 1);
  assert.equal(events.at(-1).type, 'complete');
  const refused = await (await asked(runtime, 'let-me-in', { prompt: 'x', model: 'no/such' })).text();
  assert.equal(JSON.parse(refused).error.code, 'model_unknown');
  const bill = await sim.stop();
  assert.equal(bill.calls, 1);
  assert.equal(bill.total_usd, events.at(-1).receipt.cost.usd);
});

test('the edge module asks nothing for anybody where no token is set', async (t) => {
  const runtime = await edge(t, edgeModules(), { OPENROUTER_API_KEY: 'k' });
  assert.equal((await asked(runtime, 'undefined')).status, 401);
  assert.equal((await asked(runtime, '')).status, 401);
});
