// What the tests with real clients share: the program, a simulator for it to buy from, servers, and the SDKs behind one face.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { started } from '../support/processes.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const built = (name) => ['release', 'dev'].map((preset) => join(root, 'build', preset, 'bin', name)).find(existsSync);
export const program = process.env.ORTHINK_BIN ?? built('orthink');
export const fixtureProgram = process.env.ORTHINK_MCP_FIXTURE ?? built('mcp_fixture');

export const tools = [
  'thinking_completion', 'get_result', 'cancel_stream', 'plan_request', 'list_models', 'usage_report', 'budget_status', 'health',
];

/** A folder of this test's own, gone afterwards. */
export function scratch() {
  const path = mkdtempSync(join(tmpdir(), 'orthink-mcp-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
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

/** `orthink serve`, on a free port unless told otherwise: its `url`, and what a child is (tests/support/processes.mjs). */
export async function serve(env, ...args) {
  const where = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  const it = await started(program, ['serve', '--json', ...where, ...args], env);
  return { ...it, url: it.ready.url };
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
