// The goldens give the same bytes in Node. (workerd: edge.test.mjs; Chromium: page.test.mjs)
import assert from 'node:assert/strict';
import { test } from '../support/processes.mjs';
import { mismatches } from './golden.mjs';
import { goldens } from './golden_files.mjs';
import { freshModule } from './support.mjs';

test('the goldens give the same bytes in Node', async (t) => {
  const { files, count } = goldens();
  assert.deepEqual(mismatches(await freshModule(), files), []);
  assert.ok(count >= 60);
  t.diagnostic(`${count} goldens`);
});

test('a golden that says something else is found', async () => {
  const core = await freshModule();
  const golden = '# x\n@ 0\n> plan {"prompt":"x"}\n< {"schema":1}\n';
  assert.equal(mismatches(core, { plan: { golden }, exchange: { 'models.json': goldens().files.exchange['models.json'] } }).length, 1);
});
