// The goldens inside the edge runtime: POST {folder: {name: text}}, get the mismatches.
import wasm from './web/orthink.wasm';
import { load } from './web/orthink.js';
import { mismatches } from './tests/wasm/golden.mjs';

export default {
  async fetch(request) {
    return Response.json(await mismatches(await load(wasm), await request.json()));
  },
};
