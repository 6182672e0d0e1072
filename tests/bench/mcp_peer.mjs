// The least server that @modelcontextprotocol/sdk makes: one tool, `health`, over stdio or stateless Streamable HTTP. The peer of mcp_peers.py.
//
//   mcp_peer.mjs stdio
//   mcp_peer.mjs http        prints {"url":...} and serves until it is ended
import { createServer } from 'node:http';

const sdk = '../mcp/node_modules/@modelcontextprotocol/sdk/dist/esm/server';
const { McpServer } = await import(`${sdk}/mcp.js`);

function server() {
  const it = new McpServer({ name: 'peer', version: '1' });
  it.registerTool('health', { description: 'Whether the server can take calls.' }, async () => ({ content: [{ type: 'text', text: '{"status":"ok"}' }] }));
  return it;
}

if (process.argv[2] === 'stdio') {
  const { StdioServerTransport } = await import(`${sdk}/stdio.js`);
  await server().connect(new StdioServerTransport());
} else {
  const { StreamableHTTPServerTransport } = await import(`${sdk}/streamableHttp.js`);
  // Without sessions a server and a transport serve one request, as the SDK's own example does.
  const http = createServer(async (request, response) => {
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    const one = server();
    response.on('close', () => {
      transport.close();
      one.close();
    });
    await one.connect(transport);
    await transport.handleRequest(request, response);
  });
  http.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${http.address().port}/mcp` })));
}
