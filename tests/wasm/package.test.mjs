// The npm package: what it holds, that it works unpacked, and that its types name what it exports.
import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launched, test } from '../support/processes.mjs';
import * as drive from '../../web/drive.js';
import * as loader from '../../web/orthink.js';
import { root } from './support.mjs';

async function run(folder, command, ...args) {
  const it = launched(command, args, process.env, folder);
  assert.equal(await it.ends(), 0, it.talk());
  return it.out();
}
const HELD = ['README.md', 'drive.d.ts', 'drive.js', 'orthink.d.ts', 'orthink.js', 'orthink.wasm', 'package.json'];

// The README's first program up to the point where it would ask, in a program of its own.
const PROGRAM = `
import { readFile } from 'node:fs/promises';
import { load } from 'orthink';
import { ask, refreshCatalog } from 'orthink/drive.js';
const orthink = await load(readFile(new URL(import.meta.resolve('orthink/orthink.wasm'))));
const plan = orthink.plan({ model: 'anthropic/claude-haiku-4.5', think: '2k', prompt: 'Why is the sky blue?' });
console.log(JSON.stringify([plan.ok, plan.think.sent, typeof ask, typeof refreshCatalog]));
`;

test('npm pack holds the module, loader, loop, types and README, and works where it is unpacked', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'orthink-pack-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const listed = await run(join(root, 'web'), 'npm', 'pack', '--json', '--pack-destination', folder);
  const [packed] = JSON.parse(listed);
  assert.deepEqual(packed.files.map((file) => file.path).sort(), HELD);
  const home = join(folder, 'node_modules/orthink');
  mkdirSync(home, { recursive: true });
  await run(folder, 'tar', '-xzf', packed.filename, '-C', home, '--strip-components=1');
  assert.equal(JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).dependencies, undefined);
  writeFileSync(join(folder, 'main.mjs'), PROGRAM);
  const ran = await run(folder, process.execPath, 'main.mjs');
  assert.deepEqual(JSON.parse(ran), [true, '2000', 'function', 'function']);
});

test('the types name every export', () => {
  for (const [file, exports] of [['orthink.d.ts', loader], ['drive.d.ts', drive]]) {
    const types = readFileSync(join(root, 'web', file), 'utf8');
    for (const name of Object.keys(exports)) assert.match(types, new RegExp(`export (declare )?(class|function|const) ${name}\\b`), `${name} in ${file}`);
  }
});

test('the package and the project are of one version', () => {
  const project = /project\(orthink VERSION ([\d.]+)/.exec(readFileSync(join(root, 'CMakeLists.txt'), 'utf8'))[1];
  assert.equal(JSON.parse(readFileSync(join(root, 'web/package.json'), 'utf8')).version, project);
});
