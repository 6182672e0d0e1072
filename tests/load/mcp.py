"""A small MCP client over HTTP, of both eras, for load runs. It judges nothing; runs look at what it brings."""
import asyncio
import json

import world

MODERN = "2026-07-28"
LEGACY = "2025-11-25"


def call_message(number, tool, arguments, era=LEGACY, with_progress=False):
    meta = {}
    if era == MODERN:
        meta = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "load", "version": "1"}}
    if with_progress:
        meta["progressToken"] = number
    params = {"name": tool, "arguments": arguments}
    if meta:
        params["_meta"] = meta
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


class Server:
    """`orthink serve` on a free port."""

    def __init__(self, home, *arguments, stderr=None):
        self.home, self.arguments, self.stderr = home, arguments, stderr

    async def __aenter__(self):
        self.process = await world.started(world.ORTHINK, "serve", "--listen", "127.0.0.1:0", "--json", *self.arguments, env=self.home.env,
                                           stderr=self.stderr)
        url = (await world.ready_line(self.process))["url"]
        self.port = int(url.split(":")[2].split("/")[0])
        self.path = "/" + url.split("/", 3)[3]
        return self

    async def stop(self):
        """The exit code after SIGTERM."""
        return (await world.ended(self.process))[0]

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            await self.stop()


class Post:
    """One POST; answers come from `messages`, JSON or server-sent events alike."""

    def __init__(self, server, message, era=LEGACY, headers=()):
        self.server, self.message, self.era, self.extra = server, message, era, headers

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.server.port, limit=world.LINE_BYTES_MAX)
        body = json.dumps(self.message).encode()
        head = [f"POST {self.server.path} HTTP/1.1", f"Host: 127.0.0.1:{self.server.port}", "Content-Type: application/json",
                "Accept: application/json, text/event-stream", f"MCP-Protocol-Version: {self.era}", f"Content-Length: {len(body)}"]
        if self.era == MODERN:
            head += [f"Mcp-Method: {self.message['method']}"]
            if "name" in self.message.get("params", {}):
                head += [f"Mcp-Name: {self.message['params']['name']}"]
        head += [f"{name}: {value}" for name, value in self.extra]
        self.writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        return self

    async def head(self):
        text = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.status = int(text.split(" ", 2)[1])
        self.headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in text.split("\r\n")[1:] if ":" in line)}
        return self.status

    async def _body(self):
        if self.headers.get("transfer-encoding") == "chunked":
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                yield (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readuntil(b"\r\n")
        else:
            yield await self.reader.readexactly(int(self.headers.get("content-length", 0)))

    async def messages(self):
        await self.head()
        if not self.headers.get("content-type", "").startswith("text/event-stream"):
            async for piece in self._body():
                if piece:
                    yield json.loads(piece)
            return
        kept = b""
        async for piece in self._body():
            kept += piece
            while b"\n\n" in kept:
                event, kept = kept.split(b"\n\n", 1)
                data = b"\n".join(line[5:].lstrip() for line in event.split(b"\n") if line.startswith(b"data:"))
                if data:
                    yield json.loads(data)

    def abort(self):
        self.writer.transport.abort()

    def close(self):
        self.writer.close()
