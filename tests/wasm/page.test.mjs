// Headless Chromium: the goldens in a page under the page's own policy, and the playground against the simulator.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { after, before, test } from '../support/processes.mjs';
import { chromium } from 'playwright-core';
import { goldens } from './golden_files.mjs';
import { program, root, simulator, wasmFile } from './support.mjs';

const CHROMIUM = process.env.ORTHINK_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync'];
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
const pictures = join(root, 'build/pictures');
let browser, server, origin;

// A plain file server over the checkout.
const answer = (request, response) => {
  const path = normalize(new URL(request.url, 'http://localhost').pathname);
  const file = path === '/web/orthink.wasm' ? wasmFile : join(root, path);
  if (!existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(readFileSync(file));
};

before(async () => {
  mkdirSync(pictures, { recursive: true });
  server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
});
after(async () => {
  await browser?.close();
  server?.close();
});

// A page whose console and errors must stay empty.
async function opened(t, colorScheme = 'light') {
  const page = await browser.newPage({ viewport: { width: 1000, height: 1100 }, colorScheme });
  const complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  t.after(() => page.close());
  await page.goto(`${origin}/web/playground.html`);
  return { page, complaints };
}

test('the goldens give the same bytes in Chromium', async (t) => {
  const { page, complaints } = await opened(t);
  const { files, count } = goldens();
  const found = await page.evaluate(async (given) => {
    const [{ load }, { mismatches }] = await Promise.all([import('/web/orthink.js'), import('/tests/wasm/golden.mjs')]);
    return mismatches(await load(fetch('/web/orthink.wasm')), given);
  }, files);
  assert.deepEqual(found, []);
  assert.deepEqual(complaints, []);
  t.diagnostic(`${count} goldens`);
});

test('the page plans without an upstream, and says why not', async (t) => {
  const { page, complaints } = await opened(t);
  await page.click('button[value=plan]');
  await page.waitForSelector('#plan:not([hidden])');
  assert.match(await page.textContent('#plan'), /At the most\$0\.\d+/);
  await page.fill('[name=model]', 'openai/gpt-5-mini');
  await page.fill('[name=think]', 'off');
  await page.click('button[value=plan]');
  await page.waitForSelector('#error:not([hidden])');
  assert.match(await page.textContent('#error'), /minimal/);
  assert.deepEqual(complaints, []);
});

for (const scheme of ['light', 'dark']) {
  test(`the page asks the simulator and shows thinking, answer and receipt (${scheme})`, { skip: !program }, async (t) => {
    const sim = await simulator('--seed', '7');
    const { page, complaints } = await opened(t, scheme);
    await page.click('summary');
    await page.fill('[name=base]', sim.url);
    await page.fill('[name=key]', 'simulated-key');
    await page.click('button[value=ask]');
    await page.waitForSelector('#receipt:not([hidden])', { timeout: 30_000 });
    await page.screenshot({ path: join(pictures, `playground-${scheme}.png`), fullPage: true });
    const bill = await sim.stop();
    assert.ok((await page.textContent('#thinking pre')).length > 20);
    assert.ok((await page.textContent('#output pre')).length > 0);
    assert.match(await page.textContent('#receipt'), new RegExp(`Cost\\$${bill.total_usd.replace('.', '\\.')} \\(provider\\)`));
    assert.equal(page.url().includes('simulated-key'), false);
    assert.deepEqual(complaints, []);
  });
}
