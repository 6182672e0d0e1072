// Decoding in Node, from bytes to the assembled answer: the module beside what JavaScript programs use today, on the same reads.
//
//   scripts/node tests/bench/decode_bench.mjs          CPU ms per MB, least and median of five interleaved rounds; native beside it
//   scripts/node tests/bench/decode_bench.mjs --cold   eleven fresh processes: ms from the module's bytes to the first plan
//
// The stream is the one decode_bench writes (ORTHINK_DECODE_BENCH, else build/bench/bin/decode_bench). All must give the same text.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { load } from '../../web/orthink.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const wasm = process.env.ORTHINK_WASM ?? join(root, 'web/orthink.wasm');
const native = process.env.ORTHINK_DECODE_BENCH ?? join(root, 'build/bench/bin/decode_bench');
const ROUNDS = 5;
const COLD_RUNS = 11;

// From tests/wasm/node_modules, which is not above this file.
const resolve = createRequire(join(root, 'tests/wasm/package.json')).resolve;
const peer = (name) => import(pathToFileURL(resolve(name)));

const least = (values) => Math.min(...values);
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function* cut(bytes, sizes) {
  let at = 0;
  for (const size of sizes) yield bytes.subarray(at, (at += size));
}

function collect(into, chunk) {
  const delta = chunk.choices[0]?.delta;
  if (delta?.reasoning) into.thinking += delta.reasoning;
  if (delta?.content) into.output += delta.content;
}

async function decoders() {
  const core = await load(readFileSync(wasm));
  const { createParser } = await peer('eventsource-parser');
  const { Stream } = await peer('openai/streaming');
  const through = (use) => (reads) => {
    const reader = core.read({ as: 'deltas' });
    const text = use(reader, reads);
    reader.close();
    return text;
  };
  return {
    'wasm, answer kept in core': through((reader, reads) => {
      for (const read of reads) reader.absorb(read);
      reader.finish();
      return { thinking: reader.answer('thinking'), output: reader.answer('output') };
    }),
    'wasm, every delta a string': through((reader, reads) => {
      const text = { thinking: '', output: '' };
      for (const read of reads) {
        for (const event of reader.feed(read)) {
          if (event.type === 'thinking') text.thinking += event.text;
          else if (event.type === 'output') text.output += event.text;
        }
      }
      reader.finish();
      return text;
    }),
    'eventsource-parser + JSON.parse': (reads) => {
      const text = { thinking: '', output: '' };
      const parser = createParser({ onEvent: ({ data }) => data !== '[DONE]' && collect(text, JSON.parse(data)) });
      const decoder = new TextDecoder();
      for (const read of reads) parser.feed(decoder.decode(read, { stream: true }));
      return text;
    },
    'openai client stream': async (reads) => {
      const text = { thinking: '', output: '' };
      const body = new ReadableStream({
        pull(controller) {
          const { done, value } = reads.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      });
      for await (const chunk of Stream.fromSSEResponse(new Response(body), new AbortController())) collect(text, chunk);
      return text;
    },
  };
}

async function warm() {
  const folder = mkdtempSync(join(tmpdir(), 'orthink-bench-'));
  try {
    const file = join(folder, 'stream');
    execFileSync(native, ['--write', file]);
    const bytes = readFileSync(file);
    const reads = readFileSync(file + '.reads');
    const sizes = new Uint32Array(reads.buffer, reads.byteOffset, reads.length / 4);
    process.stdout.write(execFileSync(native).toString());
    const took = {};
    let wanted = null;
    for (let round = 0; round < ROUNDS; ++round) {
      for (const [name, decode] of Object.entries(await decoders())) {
        const before = process.cpuUsage();
        const text = await decode(cut(bytes, sizes));
        const { user, system } = process.cpuUsage(before);
        (took[name] ??= []).push((user + system) / 1000 / (bytes.length / 1e6));
        wanted ??= text;
        if (text.thinking !== wanted.thinking || text.output !== wanted.output) throw new Error(`${name}: the text differs`);
      }
    }
    const peerMedian = median(took['eventsource-parser + JSON.parse']);
    for (const [name, rounds] of Object.entries(took)) {
      console.log(`${name}: least ${least(rounds).toFixed(2)}, median ${median(rounds).toFixed(2)} CPU ms per MB; ` +
        `${(median(rounds) / peerMedian).toFixed(3)} of eventsource-parser + JSON.parse`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function once() {
  const bytes = readFileSync(wasm);
  const cpu = process.cpuUsage();
  const before = performance.now();
  const core = await load(bytes);
  const instantiated = performance.now();
  core.planText({ model: 'anthropic/claude-haiku-4.5', prompt: 'Why?', think: '2k' });
  const planned = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify([instantiated - before, planned - before, (user + system) / 1000]));
}

function cold() {
  const runs = Array.from({ length: COLD_RUNS }, () => JSON.parse(execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--once'])));
  const line = (name, values) => `${name}: least ${least(values).toFixed(1)}, median ${median(values).toFixed(1)} ms`;
  console.log(line('compile and instantiate', runs.map(([first]) => first)));
  console.log(line('compile, instantiate and first plan', runs.map(([, both]) => both)));
  console.log(line('the same, CPU', runs.map(([, , cpu]) => cpu)));
}

if (process.argv[2] === '--once') await once();
else if (process.argv[2] === '--cold') cold();
else await warm();
