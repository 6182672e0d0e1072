// What packaging/ says a public server is: Debian's nginx with our configuration in front of the real program, and the service unit judged by
// systemd itself.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { after, before, describe, launched, PATIENCE, test, until } from '../support/processes.mjs';
import { environmentOf, root, scratch, serve, simulator } from './support.mjs';

const packaged = (name) => readFileSync(join(root, 'packaging', name), 'utf8');
const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find(existsSync);
const skipsNginx = nginx ? false : 'no nginx here';
const NAME = 'think.example.com';

let folder, upstream, server, proxy, port;
const agent = new Agent({ keepAlive: true });

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port: free } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return free;
}

/** The packaged files with this test's ports and paths in place of a machine's. */
async function startNginx() {
  const at = (name) => join(folder.path, name);
  port = await freePort();
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at('key.pem'), '-out',
    at('chain.pem'), '-days', '2', '-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`], { stdio: 'ignore', timeout: PATIENCE });
  const site = packaged('nginx-orthink.conf')
    .replaceAll('listen 443', `listen 127.0.0.1:${port}`)
    .replace('127.0.0.1:8337', new URL(server.url).host)
    .replaceAll('/etc/letsencrypt/live/think.example.com/fullchain.pem', at('chain.pem'))
    .replaceAll('/etc/letsencrypt/live/think.example.com/privkey.pem', at('key.pem'))
    .replaceAll('/var/log/nginx/', at('log-'))
    .replaceAll('/etc/nginx/orthink-proxy.conf', at('orthink-proxy.conf'));
  writeFileSync(at('orthink-proxy.conf'), packaged('nginx-orthink-proxy.conf'));
  writeFileSync(at('site.conf'), site);
  mkdirSync(at('temp'));
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${at(`temp/${kind}`)};`).join(' ');
  writeFileSync(at('nginx.conf'), `daemon off; master_process off; pid ${at('pid')}; error_log ${at('error.log')} info;
events { worker_connections 1024; }
http { ${temp} access_log off; include ${at('site.conf')}; }
`);
  proxy = launched(nginx, ['-p', folder.path, '-c', at('nginx.conf'), '-e', at('error.log')]);
  await until(async () => proxy.child.exitCode !== null || (await ask({ path: '/nothing' }).catch(() => false)));
  assert.equal(proxy.child.exitCode, null, existsSync(at('error.log')) ? readFileSync(at('error.log'), 'utf8') : 'nginx did not start');
}

const options = (more) => ({
  host: '127.0.0.1', port, servername: NAME, agent, ca: readFileSync(join(folder.path, 'chain.pem')), method: 'POST', path: '/mcp', ...more,
  headers: { host: NAME, 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...more.headers },
});

/** { status, headers, text } once it is whole. */
function ask(more, body) {
  return new Promise((resolve, reject) => {
    const sent = request(options(more), (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece)).on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(pieces).toString() }));
    });
    sent.on('error', reject).end(body);
  });
}

const rpc = (method, params, id = 1) => JSON.stringify({ jsonrpc: '2.0', id, method, params });
const envelope = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
const modern = (method, name) => ({ 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...(name ? { 'mcp-name': name } : {}) });

async function setUp() {
  folder = scratch();
  upstream = await simulator('--pace', '6');
  server = await serve(environmentOf(upstream.url, join(folder.path, 'home'), { ORTHINK_ALLOWED_HOSTS: NAME }));
  await startNginx();
}

async function tearDown() {
  agent.destroy();
  await proxy?.stop();
  await server?.stop();
  await upstream?.stop();
  folder?.remove();
}

async function keptConnections() {
  for (let i = 0; i < 20; i++) {
    const answer = await ask({}, rpc('tools/call', { name: 'health', arguments: {} }, i));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(JSON.parse(answer.text).result.structuredContent.status, 'ok');
    assert.equal(answer.headers['strict-transport-security'], 'max-age=31536000');
  }
}

/** A paid call with progress: { events, sent, ended } as they come. */
function stream(session) {
  const events = [];
  let sent;
  const ended = new Promise((resolve) => {
    const params = {
      name: 'thinking_completion',
      arguments: { prompt: 'Is 2^31-1 prime?', model: 'anthropic/claude-haiku-4.5', thinking: '2k', metadata: { session } },
      _meta: { ...envelope, progressToken: 'p' },
    };
    sent = request(options({ agent: undefined, headers: modern('tools/call', 'thinking_completion') }), (answer) => {
      assert.match(answer.headers['content-type'], /^text\/event-stream/);
      answer.on('data', (piece) => events.push({ at: performance.now(), text: piece.toString() }));
      answer.on('end', resolve).on('error', resolve);
    });
    sent.on('error', resolve).end(rpc('tools/call', params));
  });
  return { events, sent, ended };
}

async function progressAsItHappens() {
  const call = stream('through-nginx');
  await call.ended;
  const progress = call.events.filter((event) => event.text.includes('notifications/progress'));
  const last = call.events.at(-1);
  assert.ok(progress.length >= 2, `${progress.length} pieces`);
  assert.ok(last.at - progress[0].at > 500, 'the first was held back until the end');
  assert.match(last.text, /"resultType":"complete"/);
}

async function leavingCancels(t) {
  const session = 'leaves-nginx';
  const lines = async () => (await upstream.bill()).lines.filter((line) => line.session_id === session);
  const call = stream(session);
  await until(async () => (await lines()).some((line) => line.state === 'running'));
  await until(async () => call.events.length > 0);
  const began = performance.now();
  call.sent.destroy();
  const [line] = await until(async () => {
    const now = await lines();
    return now.every((one) => one.state !== 'running') && now;
  });
  t.diagnostic(`upstream ${line.state} after ${(performance.now() - began).toFixed(1)} ms`);
  assert.equal(line.state, 'cancelled');
}

async function onlyTheEndpoint() {
  for (const path of ['/', '/metrics', '/healthz', '/readyz', '/mcp/', '/mcp/../metrics', '//mcp', '/sim/bill'])
    assert.equal((await ask({ path, method: 'GET' })).status, 404, path);
  // A name in the Host header that is not the one of the handshake.
  const confused = await ask({ headers: { host: 'evil.example' } }, rpc('ping'));
  assert.ok([400, 403, 404, 421].includes(confused.status) || confused.status === undefined, String(confused.status));
  await assert.rejects(ask({ servername: 'evil.example', agent: undefined, rejectUnauthorized: false }, rpc('ping')), /handshake|unrecognized|alert/i);
}

async function otherSites() {
  const answer = await ask({ headers: { origin: 'https://evil.example' } }, rpc('tools/list', {}));
  assert.equal(answer.status, 403);
}

async function bodies() {
  const body = rpc('tools/call', { name: 'health', arguments: {} });
  const answer = await new Promise((resolve, reject) => {
    const sent = request(options({ headers: { 'transfer-encoding': 'chunked' } }), (got) => {
      got.resume().on('end', () => resolve(got.statusCode));
    });
    sent.on('error', reject);
    for (const piece of body.match(/.{1,7}/gs)) sent.write(piece);
    sent.end();
  });
  assert.equal(answer, 200);
  const huge = await ask({ headers: { 'content-length': String(100 << 20) } }, '').catch((error) => ({ status: error.code }));
  assert.ok(huge.status === 413 || huge.status === 'ECONNRESET', String(huge.status));
}

describe('nginx', { skip: skipsNginx }, () => {
  before(setUp);
  after(tearDown);
  test('a call through nginx, on kept connections', keptConnections);
  test('progress comes through as it happens', progressAsItHappens);
  test('a client that leaves nginx cancels the call upstream', leavingCancels);
  test('nothing but the endpoint is there, and only under its name', onlyTheEndpoint);
  test('a page of another site is refused', otherSites);
  test('a body that comes in chunks reaches the server whole, a huge one not at all', bodies);
});

test('systemd finds no fault with the service unit', { skip: existsSync('/usr/bin/systemd-analyze') ? false : 'no systemd-analyze here' }, () => {
  const own = scratch();
  try {
    const unit = join(own.path, 'orthink.service');
    writeFileSync(unit, packaged('orthink.service').replace('/usr/bin/orthink', '/bin/true').replace(/^(User|Group)=.*\n/gm, ''));
    execFileSync('systemd-analyze', ['verify', '--man=no', unit], { stdio: 'pipe', timeout: PATIENCE });
    const judged = execFileSync('systemd-analyze', ['security', '--offline=yes', '--threshold=25', unit], { encoding: 'utf8', timeout: PATIENCE });
    assert.match(judged, /Overall exposure level/);
  } finally {
    own.remove();
  }
});
