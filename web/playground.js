// The page: reads the form, draws plans and events. The form is kept in the address, the key never.
import { ask, refreshCatalog } from './drive.js';
import { load } from './orthink.js';

const form = document.getElementById('form');
const field = form.elements;
const orthink = load(fetch('orthink.wasm'));
const pricedFor = new Set();
let cancel = null;

const at = (id, part = '') => document.querySelector(`#${id} ${part}`.trim());
const show = (id, isShown = true) => (at(id).hidden = !isShown);
const dollars = (usd) => (usd === null ? 'unknown' : `$${usd}`);
const count = (tokens) => (tokens === null ? 'unknown' : `${tokens.toLocaleString('en')} tokens`);

function question() {
  const asked = { model: field.model.value, prompt: field.prompt.value };
  if (field.think.value) asked.think = field.think.value;
  if (field.max_cost_usd.value) asked.max_cost_usd = field.max_cost_usd.value;
  return asked;
}

function facts(id, pairs, notes) {
  const cell = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  at(id, 'dl').replaceChildren(...pairs.map(([name, value]) => {
    const pair = document.createElement('div');
    pair.append(cell('dt', name), cell('dd', value));
    return pair;
  }));
  at(id, 'ul').replaceChildren(...notes.map((note) => cell('li', note.text)));
  show(id);
}

function drawPlan(plan) {
  if (!plan.ok) return drawError(plan.error);
  facts('plan', [
    ['Thinking sent', plan.think.sent],
    ['Promise', plan.think.promise],
    ['Thinking limit', plan.think.budget_tokens === null ? 'none' : count(plan.think.budget_tokens)],
    ['Total output cap', count(plan.output_cap_tokens)],
    ['Expected cost', dollars(plan.cost.expected_usd)],
    ['At the most', dollars(plan.cost.worst_usd)],
  ], [...plan.warnings, ...plan.reasons]);
}

function drawError({ message, remedy }) {
  const [what, next] = at('error').querySelectorAll('p');
  what.textContent = message;
  next.textContent = remedy;
  show('error');
}

function drawReceipt({ model, provider, think, usage, cost, total_ms, attempts, warnings }) {
  const notes = [think.contradiction, cost.difference_reason].filter(Boolean).map((text) => ({ text }));
  facts('receipt', [
    ['Cost', `${dollars(cost.usd)} (${cost.source})`],
    ['Thinking', count(usage.thinking_tokens)],
    ['Answer', count(usage.visible_tokens)],
    ['Prompt', count(usage.prompt_tokens)],
    ['Served by', [model, provider].filter(Boolean).join(' at ') || 'unknown'],
    ['Time', total_ms === null ? 'unknown' : `${(total_ms / 1000).toFixed(1)} s, ${attempts === 1 ? '1 attempt' : `${attempts} attempts`}`],
    ...(cost.held_usd === null || cost.held_usd === '0' ? [] : [['Still held', dollars(cost.held_usd)]]),
  ], [...notes, ...warnings]);
}

function drawText(id, event) {
  const box = at(id, 'pre');
  const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 8;
  box.append(event.kind === 'encrypted' ? '[thought, but the provider keeps it to itself]' : event.text);
  at(id, 'small').textContent = `about ${count(event.tokens)}`;
  if (isAtEnd) box.scrollTop = box.scrollHeight;
  show(id);
}

function draw(event) {
  if (event.type === 'thinking') drawText('thinking', event);
  else if (event.type === 'output') drawText('output', event);
  else if (event.type === 'tool_call') drawText('output', { text: `${event.name}(${event.arguments})\n`, tokens: 0 });
  else if (event.type === 'heartbeat') at('phase').textContent = event.phase;
  else if (event.type === 'error') drawError(event.error);
  else if (event.type === 'complete') at('phase').textContent = event.outcome.replaceAll('_', ' ');
  if (event.receipt) drawReceipt(event.receipt);
}

async function run(core) {
  const host = { baseUrl: field.base.value.replace(/\/+$/, ''), key: field.key.value, signal: cancel.signal };
  if (!pricedFor.has(host.baseUrl)) {
    await refreshCatalog(core, host);
    pricedFor.clear();
    pricedFor.add(host.baseUrl);
  }
  drawPlan(core.plan(question()));
  for await (const event of ask(core, question(), host)) {
    if (event.type === 'thinking' || event.type === 'output') at('phase').textContent = event.type === 'output' ? 'answering' : 'thinking';
    draw(event);
  }
}

function clear() {
  for (const id of ['plan', 'thinking', 'output', 'error', 'receipt']) show(id, false);
  for (const box of document.querySelectorAll('pre')) box.textContent = '';
  at('phase').textContent = '';
}

function keepInAddress() {
  const { base } = field;
  history.replaceState(null, '', '#' + new URLSearchParams({ ...question(), base: base.value }));
}

form.addEventListener('submit', async (submitted) => {
  submitted.preventDefault();
  clear();
  keepInAddress();
  cancel = new AbortController();
  [field.plan.disabled, field.ask.disabled, field.cancel.disabled] = [true, true, false];
  try {
    const core = await orthink;
    if (submitted.submitter?.value === 'plan') drawPlan(core.plan(question()));
    else await run(core);
  } catch (error) {
    drawError({ message: String(error.message ?? error), remedy: error.error?.remedy ?? 'Check the base URL; the simulator starts with: orthink sim --port 8787' });
  } finally {
    [field.plan.disabled, field.ask.disabled, field.cancel.disabled] = [false, false, true];
  }
});
field.cancel.addEventListener('click', () => cancel?.abort());

for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
  if (name !== 'key' && field[name] instanceof HTMLElement && 'value' in field[name]) field[name].value = value;
}
