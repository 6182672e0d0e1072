// The goldens of the checkout, as golden.mjs takes them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './support.mjs';

export function goldens() {
  const files = {};
  for (const folder of ['plan', 'exchange', 'mcp']) {
    const path = join(root, 'tests/golden', folder);
    const names = readdirSync(path).filter((name) => name.endsWith('.golden') || name === 'models.json').sort();
    files[folder] = Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name), 'utf8')]));
  }
  const count = Object.values(files).flatMap(Object.keys).filter((name) => name.endsWith('.golden')).length;
  return { files, count };
}
