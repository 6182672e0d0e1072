// What the tests with real clients share: the program, a simulator for it to buy from, servers, and the SDKs behind one face.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const builds = ['release', 'dev'].map((preset) => join(root, 'build', preset, 'bin/orthink'));
export const program = process.env.ORTHINK_BIN ?? builds.find(existsSync);

export const tools = [
  'thinking_completion', 'get_result', 'cancel_stream', 'plan_request', 'list_models', 'usage_report', 'budget_status', 'health',
];

/** A folder of this test's own, gone afterwards. */
export function scratch() {
  const path = mkdtempSync(join(tmpdir(), 'orthink-mcp-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A child whose first line of output is a JSON document: { ready, child, stop(signal) -> exit code }. */
async function started(command, args, env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const talk = [];
  child.stderr.on('data', (piece) => talk.push(piece));
  const gone = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await Promise.race([lines.next(), gone.then(() => ({ done: true }))]);
  const ready = first.done ? {} : JSON.parse(first.value);
  if (ready.type !== 'ready') throw new Error(`${command} ${args.join(' ')}: ${first.value ?? ''} ${Buffer.concat(talk)}`);
  const drained = (async () => {
    for (let line = await lines.next(); !line.done; line = await lines.next());
  })();
  const stop = async (signal = 'SIGTERM') => {
    child.kill(signal);
    await drained;
    return gone;
  };
  return { ready, child, stop, gone, talk: () => Buffer.concat(talk).toString() };
}

/** The stand-in for OpenRouter: { url, bill(), stop() }. */
export async function simulator(...args) {
  const it = await started(program, ['sim', '--json', '--port', '0', ...args], process.env);
  const bill = async () => (await fetch(new URL('/sim/bill', it.ready.url))).json();
  return { url: it.ready.url, bill, stop: it.stop };
}

/** The environment of a server that buys from `url` and keeps its books in `folder`. Nothing else is passed on. */
export const environmentOf = (url, folder, more = {}) => ({
  PATH: process.env.PATH,
  HOME: folder,
  ORTHINK_BASE_URL: url,
  OPENROUTER_API_KEY: 'simulated-key',
  ...more,
});

/** `orthink serve`, on a free port unless told otherwise: { url, stop(), child }. */
export async function serve(env, ...args) {
  const where = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  const it = await started(program, ['serve', '--json', ...where, ...args], env);
  return { url: it.ready.url, ready: it.ready, stop: it.stop, child: it.child, talk: it.talk, gone: it.gone };
}

/** Resolves when `check` gives something true; fails after `limit` ms. Looks again whenever `pause` ms have gone. */
export async function until(check, limit = 10_000, pause = 5) {
  const end = Date.now() + limit;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not so after ${limit} ms: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

const named = { name: 'orthink-tests', version: '1' };

/**
 * A real client. `sdk`: v1, v2-legacy or v2-modern; `where`: { url, headers } or { command, args, env }.
 * call(name, args, { onprogress, signal }) -> the tool's result.
 */
export async function connect(sdk, where) {
  const isOld = sdk === 'v1';
  const client = isOld
    ? new Client1(named)
    : new Client2(named, { versionNegotiation: { mode: sdk === 'v2-modern' ? { pin: '2026-07-28' } : 'legacy' } });
  const Http = isOld ? Http1 : Http2;
  const Stdio = isOld ? Stdio1 : Stdio2;
  const transport = where.url
    ? new Http(new URL(where.url), { requestInit: { headers: where.headers ?? {} } })
    : new Stdio({ command: where.command, args: where.args, env: where.env, stderr: 'ignore' });
  await client.connect(transport);
  const call = (name, args, options = {}) =>
    isOld ? client.callTool({ name, arguments: args }, undefined, options) : client.callTool({ name, arguments: args }, options);
  return { client, transport, call, list: async () => (await client.listTools()).tools, close: () => client.close() };
}
