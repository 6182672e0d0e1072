// Runs the goldens (tests/support/golden.h draws the format) through the module. Knows no host: Node, workerd and a page run this file.
import { lineOf } from '../../web/orthink.js';

const INPUTS = { store: 'store_reply', sent: 'sent', head: 'head', bytes: 'bytes', end: 'body_end', lost: 'lost', tick: 'tick', cancel: 'cancel',
  cancel_urgent: 'cancel_urgent' };
const encoder = new TextEncoder();

// One conversation; `cut` gives the length of the next piece of a body.
function player(core, cut) {
  let call = null;
  let channel = null;
  const step = (kind, payload, leg, ms) => call.step(kind, payload, leg, ms).map(lineOf);
  return (kind, json, ms) => {
    const given = JSON.parse(json);
    if (kind === 'open' && !given.ask) {
      channel = core.channel(json, ms);
      return channel.acts.map(lineOf);
    }
    if (channel) return channel.event(`{"${kind}":${json}}`, ms).map(lineOf);
    if (kind === '' || kind === 'plan') return [core.planText(json, ms)];
    if (kind === 'open') {
      call = core.open(given.ask, given.options, ms);
      return call.refusal ? [lineOf(call.refusal)] : step('poll', '', 0, ms);
    }
    if (kind !== 'bytes') return step(INPUTS[kind], json, given.leg ?? 0, ms);
    const bytes = encoder.encode(given.text);
    const lines = [];
    for (let at = 0, size; at < bytes.length; at += size) {
      size = cut(bytes.length - at);
      lines.push(...step('bytes', bytes.subarray(at, at + size), given.leg, ms));
    }
    return lines;
  };
}

// The golden as it comes out.
export function rewritten(core, golden, cut = (left) => left) {
  const play = player(core, cut);
  let ms = 0;
  const out = [];
  for (const line of golden.trimEnd().split('\n')) {
    if (line.startsWith('< ')) continue;
    out.push(line);
    if (line.startsWith('@ ')) ms = Number(line.slice(2));
    const input = /^> ([a-z_]*) ?([{[].*)$/.exec(line);
    if (input) out.push(...play(input[1], input[2], ms).map((output) => '< ' + output));
  }
  return out.join('\n') + '\n';
}

const events = (golden) => golden.split('\n').filter((line) => !line.startsWith('< {"type":"wait"'));

function difference(name, got, wanted) {
  const at = wanted.findIndex((line, i) => line !== got[i]);
  if (at < 0 && got.length === wanted.length) return [];
  return [{ name, line: at + 1, wanted: wanted[at] ?? '(end)', got: got[at] ?? '(end)' }];
}

/** The first difference of each golden of {folder: {name: text}} that differs, as it stands and with every body cut byte by byte. */
export function mismatches(core, files) {
  const found = [];
  for (const [name, golden] of Object.entries(files.plan)) {
    found.push(...difference(name, rewritten(core, golden).split('\n'), golden.split('\n')));
  }
  for (const [name, golden] of Object.entries(files.mcp ?? {})) {
    found.push(...difference(name, rewritten(core, golden).split('\n'), golden.split('\n')));
  }
  const { 'models.json': models, ...conversations } = files.exchange;
  core.catalog(models, 0);
  for (const [name, golden] of Object.entries(conversations)) {
    found.push(...difference(name, rewritten(core, golden).split('\n'), golden.split('\n')));
    found.push(...difference(`${name} cut by bytes`, events(rewritten(core, golden, () => 1)), events(golden)));
  }
  return found;
}
