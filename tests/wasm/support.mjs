// What the wasm tests share: where things are, the module, recordings, cuts, and the native program.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from '../../web/orthink.js';
import { launched, started } from '../support/processes.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const wasmFile = process.env.ORTHINK_WASM ?? join(root, 'web/orthink.wasm');
export const wasmBytes = readFileSync(wasmFile);
export const freshModule = () => load(wasmBytes);

const builds = ['release', 'dev'].map((preset) => join(root, 'build', preset, 'bin/orthink'));
export const program = process.env.ORTHINK_BIN ?? builds.find(existsSync);
if (!program) console.log('# the native program is not built: what compares with it is skipped');

/** The reference of stores as a program (apply_batches.cpp). */
export const applyBatches = process.env.ORTHINK_APPLY_BATCHES ?? [join(root, 'build/dev/tests/apply_batches')].find(existsSync);
if (!applyBatches) console.log('# apply_batches is not built: the store is not compared with its reference');

export const recordings = process.env.ORTHINK_RECORDINGS;
if (!recordings) console.log('# ORTHINK_RECORDINGS is not set: tests against recorded traffic are skipped');

/** Names of the recorded response bodies. */
export const bodies = () => readdirSync(recordings).filter((name) => /\.response\.(sse|json)$/.test(name)).sort();

/** { stdout, code } of `orthink ...`. */
export async function orthink(...args) {
  const it = launched(program, args);
  const code = await it.ends();
  if (typeof code !== 'number') throw new Error(`orthink ${args.join(' ')}: ${code} ${it.talk()}`);
  return { stdout: it.out(), code };
}

/** A simulator of this test's own; `stop` ends it and gives its last line, the bill. */
export async function simulator(...args) {
  const it = await started(program, ['sim', '--json', '--port', '0', ...args]);
  const stop = async () => {
    await it.stop();
    return JSON.parse(it.out().trimEnd().split('\n').at(-1));
  };
  return { url: it.ready.url, stop };
}

/** Numbers in [0, below) that depend on the seed alone (mulberry32). */
export function dice(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** The bytes in pieces: 'whole', 'bytes', or a seed. */
export function* cut(bytes, how) {
  if (how === 'whole') return yield bytes;
  const roll = how === 'bytes' ? () => 0 : dice(how);
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + roll(roll(4) === 0 ? 2000 : 60);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
