// Edge module: POST an ask document, get the events as lines (application/x-ndjson) while they arrive. The same loop as everywhere.
//
// Bindings: OPENROUTER_API_KEY, ORTHINK_EDGE_TOKEN (the bearer token callers must show; without it nobody may ask),
// ORTHINK_BASE_URL (optional).
import wasm from './orthink.wasm';
import { ask, refreshCatalog } from './drive.js';
import { lineOf, load } from './orthink.js';

const PRICES_FRESH_MS = 6 * 3600 * 1000;
const encoder = new TextEncoder();
let core = null;

// The module, with prices no older than PRICES_FRESH_MS. A refresh that fails is tried again by the next request.
async function orthink(host) {
  core ??= { loaded: await load(wasm), pricedAt: 0 };
  if (Date.now() - core.pricedAt > PRICES_FRESH_MS) {
    await refreshCatalog(core.loaded, host);
    core.pricedAt = Date.now();
  }
  return core.loaded;
}

const digest = async (text) => new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));

async function mayAsk(request, token) {
  if (!token) return false;
  const [shown, wanted] = await Promise.all([digest(request.headers.get('authorization') ?? ''), digest(`Bearer ${token}`)]);
  return shown.every((byte, i) => byte === wanted[i]);  // of digests, so that the time it takes tells nothing of the token
}

function lines(events, cancel) {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await events.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(lineOf(value) + '\n'));
    },
    cancel,
  });
}

export default {
  async fetch(request, env) {
    if (request.method !== 'POST') return new Response('POST an ask document\n', { status: 405, headers: { allow: 'POST' } });
    if (!(await mayAsk(request, env.ORTHINK_EDGE_TOKEN))) return new Response('a bearer token is needed\n', { status: 401 });
    const gone = new AbortController();
    const host = { baseUrl: env.ORTHINK_BASE_URL ?? 'https://openrouter.ai/api/v1', key: env.OPENROUTER_API_KEY, urgentSignal: gone.signal };
    const events = ask(await orthink(host), await request.text(), host);
    return new Response(lines(events, () => (gone.abort(), events.return())), { headers: { 'content-type': 'application/x-ndjson' } });
  },
};
