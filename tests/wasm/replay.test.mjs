// A recorded body gives the same lines in the native program and in the module, however it is cut.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '../support/processes.mjs';
import { lineOf } from '../../web/orthink.js';
import { bodies, cut, freshModule, orthink, program, recordings } from './support.mjs';

const CUTS = Number(process.env.ORTHINK_CUTS ?? 100);  // seeds 1 to CUTS
const LONG = 20_000;  // bytes; longer bodies are cut byte by byte only where that adds something: SSE

function replayed(core, bytes, how) {
  const reader = core.read();
  const lines = [];
  for (const piece of cut(bytes, how)) lines.push(...reader.feed(piece).map(lineOf));
  lines.push(...reader.finish().map(lineOf));
  const { exitCode } = reader;
  reader.close();
  return { text: lines.map((line) => line + '\n').join(''), exitCode };
}

test('every recording: native and module print the same lines and exit code', { skip: !recordings || !program }, async (t) => {
  const core = await freshModule();
  let events = 0;
  for (const name of bodies()) {
    const file = join(recordings, name);
    const native = await orthink('replay', '--json', file);
    const ours = replayed(core, readFileSync(file), 'whole');
    assert.equal(ours.text, native.stdout, name);
    assert.equal(ours.exitCode, native.code, name);
    events += ours.text.split('\n').length - 1;
  }
  t.diagnostic(`${bodies().length} recordings, ${events} events`);
});

test(`every recording: any cut gives the same lines (bytes; seeds 1 to ${CUTS})`, { skip: !recordings }, async () => {
  const core = await freshModule();
  for (const name of bodies()) {
    const bytes = readFileSync(join(recordings, name));
    const whole = replayed(core, bytes, 'whole');
    const hows = Array.from({ length: CUTS }, (_, i) => i + 1);
    if (bytes.length <= LONG || name.endsWith('.sse')) hows.push('bytes');
    for (const how of hows) assert.deepEqual(replayed(core, bytes, how), whole, `${name} cut by ${how}`);
  }
});

test('an event stringifies to its line wherever the provider spells its own JSON as JavaScript does', { skip: !recordings }, async (t) => {
  const core = await freshModule();
  const others = new Set();
  for (const name of bodies()) {
    const reader = core.read();
    for (const event of [...reader.feed(readFileSync(join(recordings, name))), ...reader.finish()]) {
      if (JSON.stringify(event) === lineOf(event)) continue;
      assert.equal(event.type, 'complete', `${name}: only a message carries a provider's own JSON`);
      others.add(name);
    }
    reader.close();
  }
  t.diagnostic(`${others.size} recordings differ in their message: ${[...others].join(', ')}`);
});

test('every recording: the deltas are the events, but for the last one', { skip: !recordings }, async () => {
  const core = await freshModule();
  for (const name of bodies()) {
    const bytes = readFileSync(join(recordings, name));
    const [events, deltas] = ['events', 'deltas'].map((as) => {
      const reader = core.read({ as });
      const all = [...reader.feed(bytes), ...reader.finish()].filter((event) => !['complete', 'error'].includes(event.type));
      reader.close();
      return all.map(lineOf);
    });
    assert.deepEqual(deltas, events, name);
  }
});
