// The inspector's command line against both transports in both eras: every tool listed and called, schemas judged portable.
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { after, before, describe, launched, test } from '../support/processes.mjs';
import { environmentOf, program, root, scratch, serve, simulator, tools } from './support.mjs';

const inspector = join(root, 'tests/mcp/node_modules/@modelcontextprotocol/inspector');
const question = { prompt: 'Name three primes.', model: 'anthropic/claude-haiku-4.5', thinking: 'off' };
const calls = {
  thinking_completion: { ...question, stream_id: 'one' },
  get_result: { stream_id: 'one' },
  cancel_stream: { stream_id: 'one' },
  plan_request: question,
  list_models: { limit: 3 },
  usage_report: {},
  budget_status: {},
  health: {},
};
// Each run of the inspector over stdio is a process of its own: what names an earlier call finds nothing there.
const failsOverStdio = new Set(['get_result', 'cancel_stream']);

let upstream, server, folder, bin;
before(async () => {
  folder = scratch();
  upstream = await simulator();
  server = await serve(environmentOf(upstream.url, `${folder.path}/http`));
  const { default: manifest } = await import(join(inspector, 'package.json'), { with: { type: 'json' } });
  bin = join(inspector, manifest.bin['mcp-inspector']);
});
after(async () => {
  await server?.stop();
  await upstream?.stop();
  folder?.remove();
});

/** { code, out, talk } of one run, JSON on its output. */
async function inspect(transport, era, ...words) {
  const env = environmentOf(upstream.url, `${folder.path}/stdio`);
  const target = transport === 'http' ? [server.url, '--transport', 'http'] : [program, 'mcp'];
  const variables = transport === 'http' ? [] : Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const args = [bin, '--cli', ...variables, ...target, '--protocol-era', era, ...words, '--format', 'json', '-q'];
  const it = launched(process.execPath, args, { PATH: process.env.PATH, HOME: folder.path });
  return { code: await it.ends(), out: it.out(), talk: it.talk() };
}

for (const transport of ['stdio', 'http']) {
  for (const era of ['legacy', 'modern']) {
    describe(`${transport}, ${era}`, () => {
      test('lists the tools, whose schemas every host can take', async () => {
        const { code, out, talk } = await inspect(transport, era, '--method', 'tools/list', '--strict');
        assert.equal(code, 0, out + talk);
        assert.deepEqual(JSON.parse(out).result.tools.map((tool) => tool.name), tools);
      });
      for (const [name, args] of Object.entries(calls)) {
        test(`calls ${name}`, async () => {
          const { code, out, talk } = await inspect(transport, era, '--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args));
          const fails = transport === 'stdio' && failsOverStdio.has(name);
          assert.equal(code, fails ? 5 : 0, out + talk);
          const { result } = JSON.parse(out);
          assert.equal(result.isError ?? false, fails);
          assert.equal(typeof result.structuredContent, 'object');
        });
      }
    });
  }
}
