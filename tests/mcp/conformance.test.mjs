// The official conformance suite against the fixture (mcp_fixture) and, as far as its scenarios apply, against `orthink serve`; offline.
//   scripts/node --test tests/mcp/conformance.test.mjs
// ORTHINK_MCP_FIXTURE names the fixture, else that of build/dev.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const program = process.env.ORTHINK_MCP_FIXTURE ?? join(here, '../../build/dev/bin/mcp_fixture');
const suite = join(here, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
const scratch = mkdtempSync(join(tmpdir(), 'conformance-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

// Starts a server that prints its URL on its first line, and gives both.
function start(args, finds) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (bytes) => {
      said += bytes;
      const url = finds.exec(said)?.[0];
      if (url) resolve({ child, url: url.replace('127.0.0.1', 'localhost') });
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('exit', (code) => reject(new Error(`${program} left with ${code}: ${said}`)));
  });
}

async function stop({ child }) {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

// The suite's exit code and its lines "mark name: N passed, M failed".
function run(url, args) {
  const child = spawn(process.execPath, [suite, 'server', '--url', url, '-o', join(scratch, 'out'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (bytes) => (said += bytes));
  child.stderr.on('data', (bytes) => (said += bytes));
  return new Promise((resolve) =>
    child.on('close', (code) => {
      const scenarios = new Map();
      for (const [, name, passed, failed] of said.matchAll(/^\S+ ([a-z0-9-]+): (\d+) passed, (\d+) failed/gm)) {
        scenarios.set(name, { passed: Number(passed), failed: Number(failed) });
      }
      // The sum of a set, or of one scenario.
      const total = /Total: (\d+) passed, (\d+) failed/.exec(said) ?? /Passed: (\d+)\/\d+, (\d+) failed/.exec(said);
      resolve({ code, said, scenarios, passed: Number(total?.[1] ?? 0), failed: Number(total?.[2] ?? -1) });
    }),
  );
}

let fixture;
before(async () => {
  assert.ok(existsSync(suite), `the suite is not installed: run scripts/setup test (${suite})`);
  fixture = await start(['0'], /http:\/\/[^\s]+\/mcp/);
});
after(() => fixture && stop(fixture));

// Everything in the frozen sets, with no expected failures. What lies beside them is the tasks extension, which is not offered.
test('the fixture conforms to 2025-11-25: 30 scenarios', async (t) => {
  const { code, said, scenarios, passed, failed } = await run(fixture.url, ['--requirements', '2025-11-25']);
  t.diagnostic(`${scenarios.size} scenarios, ${passed} checks passed, ${failed} failed`);
  assert.equal(code, 0, said);
  assert.equal(failed, 0, said);
  assert.ok(scenarios.size >= 30, said);
});

test('the fixture conforms to 2026-07-28: 37 scenarios', async (t) => {
  const { code, said, scenarios, passed } = await run(fixture.url, ['--requirements', '2026-07-28']);
  t.diagnostic(`${scenarios.size} scenarios, ${passed} checks passed`);
  assert.equal(code, 0, said);
  const required = [...scenarios].filter(([name]) => !name.startsWith('tasks-'));
  assert.ok(required.length >= 37, said);
  assert.deepEqual(required.filter(([, { failed }]) => failed > 0), [], said);
});

for (const scenario of ['http-header-validation', 'http-custom-header-server-validation']) {
  test(`the fixture checks routing headers: ${scenario}`, async () => {
    const { code, said, passed, failed } = await run(fixture.url, ['--scenario', scenario, '--spec-version', '2026-07-28']);
    assert.equal(code, 0, said);
    assert.equal(failed, 0, said);
    assert.ok(passed >= 9, said);
  });
}
