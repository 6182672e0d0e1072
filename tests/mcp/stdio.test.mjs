// The fixture over standard input and output, which the conformance suite does not know: the SDK's client in every legacy revision that it
// speaks answers our questions, and the modern one brings back what a call needs.
//   scripts/node --test tests/mcp/stdio.test.mjs
import assert from 'node:assert/strict';

import { Client as Client2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  CreateMessageRequestSchema, ElicitRequestSchema, LoggingMessageNotificationSchema, ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';

import { test } from '../support/processes.mjs';
import { fixtureProgram as command } from './support.mjs';

const text = (result) => result.content[0].text;

test('a legacy client over stdio: questions, logs, progress, changes, prompts and resources', async (t) => {
  const client = new Client1({ name: 'c', version: '1' }, { capabilities: { sampling: {}, elicitation: {} } });
  client.setRequestHandler(CreateMessageRequestSchema, async (request) => ({
    model: 'm', role: 'assistant', content: { type: 'text', text: `heard ${request.params.messages[0].content.text}` },
  }));
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'accept', content: { username: 'u', email: 'e@example.com' } }));
  const logs = [], progress = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => logs.push(params.data));
  const changed = new Promise((resolve) => client.setNotificationHandler(ToolListChangedNotificationSchema, resolve));
  const transport = new Stdio1({ command, args: ['--stdio'], stderr: 'ignore' });
  t.after(() => client.close());
  await client.connect(transport);
  const call = (name, args = {}, options) => client.callTool({ name, arguments: args }, undefined, options);

  assert.equal(text(await call('test_sampling', { prompt: 'hello' })), 'LLM response: heard hello');
  assert.match(text(await call('test_elicitation', { message: '?' })), /action=accept.*e@example.com/);
  assert.equal((await call('test_error_handling')).isError, true);
  await call('test_tool_with_logging');
  assert.equal(logs.length, 3);
  // Heard from the transport: the client drops a notification that it reads together with the answer behind it.
  const deliver = transport.onmessage;
  transport.onmessage = (message) => {
    if (message.method === 'notifications/progress') progress.push(message.params.progress);
    deliver(message);
  };
  await call('test_tool_with_progress', {}, { onprogress: () => {} });
  assert.deepEqual(progress, [0, 50, 100]);
  await call('test_trigger_tool_change');
  await changed;
  assert.equal((await client.listTools()).tools.length, 27);
  assert.match((await client.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'a', arg2: 'b' } })).messages[0].content.text, /arg1='a'/);
  assert.match((await client.readResource({ uri: 'test://template/7/data' })).contents[0].text, /"id":"7"/);
  await assert.rejects(client.readResource({ uri: 'test://nothing' }), { code: -32002 });
  await assert.rejects(call('no_such_tool'), { code: -32602 });
});

test('a modern client over stdio: what a call needs is brought back', async (t) => {
  const client = new Client2(
    { name: 'c', version: '2' },
    { capabilities: { sampling: {}, elicitation: {}, roots: {} }, versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  client.setRequestHandler('elicitation/create', async ({ params }) => ({
    action: 'accept',
    content: Object.fromEntries(Object.keys(params.requestedSchema.properties).map((key) => [key, key === 'ok' ? true : `a ${key}`])),
  }));
  client.setRequestHandler('sampling/createMessage', async () => ({ model: 'm', role: 'assistant', content: { type: 'text', text: 'Paris' } }));
  client.setRequestHandler('roots/list', async () => ({ roots: [{ uri: 'file:///a' }] }));
  t.after(() => client.close());
  await client.connect(new Stdio2({ command, args: ['--stdio'], stderr: 'ignore' }));
  const call = async (name) => text(await client.callTool({ name, arguments: {} }));
  assert.equal(await call('test_input_required_result_elicitation'), 'Hello, a name!');
  assert.equal(await call('test_input_required_result_sampling'), 'The client says: Paris');
  assert.equal(await call('test_input_required_result_list_roots'), 'Roots: file:///a');
  assert.equal(await call('test_input_required_result_request_state'), 'state-ok');
  assert.equal(await call('test_input_required_result_multi_round'), 'a name likes a color');
  assert.equal(await call('test_input_required_result_multiple_inputs'), 'All three came');
});
