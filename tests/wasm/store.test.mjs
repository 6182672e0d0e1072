// The store in JavaScript is the reference of what applying a batch means, in another language.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE, test } from '../support/processes.mjs';
import { MemoryStore } from '../../web/drive.js';
import { applyBatches, dice, root } from './support.mjs';

const folder = join(root, 'tests/golden/store');

for (const name of readdirSync(folder)) {
  const golden = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  test(`${name}: ${golden.what}`, async () => {
    const store = new MemoryStore();
    for (const { batch, reply } of golden.steps) assert.equal(JSON.stringify(await store.apply(batch)), JSON.stringify(reply));
    for (const [key, row] of Object.entries(golden.rows ?? {})) {
      const kept = store.rows.get(key);
      assert.deepEqual(kept ? { state: kept.to, record: kept.record } : null, row);
    }
    for (const [key, counter] of Object.entries(golden.counters ?? {})) assert.equal(store.counters.get(key) ?? 0, counter);
    for (const [key, text] of Object.entries(golden.documents ?? {})) assert.equal(store.documents.get(key)?.text ?? null, text);
  });
}

const STATES = ['none', 'reserved', 'sent', 'settled', 'released', 'unknown'];

// Few keys and small numbers, so that batches meet each other; now and then a number at the end of what an integer may be.
function* batches(seed, count) {
  const roll = dice(seed);
  const one = (list) => list[roll(list.length)];
  const key = (what) => `${what}/${roll(4)}`;
  const some = (most, make) => Array.from({ length: roll(most + 1) }, make);
  const amount = () => (roll(40) === 0 ? one([Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]) : roll(200) - 80);
  const optional = (name, value) => (roll(2) ? { [name]: value } : {});
  let at_us = 1_000_000;
  for (let ticket = 1; ticket <= count; ++ticket) {
    at_us += roll(60) - 20;
    const batch = {
      ticket, at_us, durable: roll(2) === 0,
      marks: some(1, () => ({ key: key('m'), value: at_us + roll(80) - 40, slack: roll(40) })),
      documents: some(2, () => ({ key: key('d'), expects: one(['anything', 'anything', 'absence', 'this_text']), expected: one(['', 'a', 'b']),
        ...optional('text', one(['', 'a', 'b', '"\\\u2028\u00fc'])), ...optional('expires_us', at_us + roll(300) - 20) })),
      rows: some(2, () => ({ key: key('r'), from: STATES.filter(() => roll(4)).concat('none'), to: one(STATES.slice(1)), account: key('a'), epoch: key('e'),
        created_us: at_us, ...optional('due_us', at_us + 5), record: `{"n":${ticket}}` })),
      additions: some(4, () => ({ key: key('c'), add: amount(), ...optional('limit', roll(400)) })),
      rates: some(2, () => ({ key: key('t'), cost_us: roll(60) - 10, tolerance_us: roll(60) })),
      journal: some(2, () => ({ account: key('a'), text: `line ${ticket}` })),
      reads: some(3, () => key('c')),
    };
    yield Object.fromEntries(Object.entries(batch).filter(([, value]) => value.length !== 0));
  }
}

// All that a store keeps; the native program ends with the same line.
function contents(store) {
  const sorted = (map, value) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, kept]) => [key, value(kept)]));
  const same = (kept) => kept;
  return JSON.stringify({
    rows: sorted(store.rows, ({ to, account, epoch, created_us, due_us, record }) => [to, account, epoch, created_us, due_us ?? null, record]),
    counters: sorted(store.counters, same), rates: sorted(store.rates, same), marks: sorted(store.marks, same),
    documents: sorted(store.documents, ({ text, expires_us }) => [text, Number.isFinite(expires_us) ? expires_us : null]),
    journals: sorted(store.journals, same),
  });
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`2,000 batches of seed ${seed} give the replies and the contents of the reference`, { skip: !applyBatches }, async (t) => {
    const store = new MemoryStore();
    const given = [...batches(seed, 2000)];
    const input = given.map((batch) => JSON.stringify(batch)).join('\n') + '\n';
    const theirs = execFileSync(applyBatches, { input, maxBuffer: 64 << 20, encoding: 'utf8', timeout: PATIENCE }).trimEnd().split('\n');
    const verdicts = {};
    for (const [i, batch] of given.entries()) {
      const reply = await store.apply(batch);
      verdicts[reply.verdict] = (verdicts[reply.verdict] ?? 0) + 1;
      assert.equal(JSON.stringify(reply), theirs[i], `batch ${JSON.stringify(batch)}`);
    }
    assert.equal(contents(store), theirs.at(-1));
    t.diagnostic(JSON.stringify(verdicts));
    assert.equal(Object.keys(verdicts).length, 6, 'every verdict of a store that answers');
  });
}
