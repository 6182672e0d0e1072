"""Two small MCP clients for load runs: HTTP (both eras) and stdio. They judge nothing; runs look at what they bring."""
import asyncio
import contextlib
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


def cancelled(number):
    return {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number, "reason": "the run says so"}}


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


async def post(server, message, era=LEGACY, headers=()):
    """The last message that one POST brings, None where it has no body."""
    request = await Post(server, message, era, headers).open()
    last = None
    async for message in request.messages():
        last = message
    request.close()
    return last


class Stdio:
    """`orthink mcp` on pipes, past its handshake. Answers by id, notifications in `notes`."""

    def __init__(self, home, *arguments):
        self.home, self.arguments = home, arguments
        self.answers, self.notes = {}, []

    async def __aenter__(self):
        self.process = await world.started(world.ORTHINK, "mcp", *self.arguments, env=self.home.env, stdin=asyncio.subprocess.PIPE)
        self.listening = asyncio.create_task(self._listen())
        hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "load", "version": "1"}}
        await self.request({"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": hello})
        self.write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return self

    async def __aexit__(self, *_):
        await self.leave()

    async def leave(self):
        """Ends its input; the exit code."""
        if not self.process.stdin.is_closing():
            self.process.stdin.close()
        await self.listening
        return await asyncio.wait_for(self.process.wait(), 30)

    def write(self, message):
        self.process.stdin.write(json.dumps(message).encode() + b"\n")

    def request(self, message):
        """Writes a request; a future of its answer."""
        self.answers[message["id"]] = asyncio.get_running_loop().create_future()
        self.write(message)
        return self.answers[message["id"]]

    async def _listen(self):
        with contextlib.suppress(asyncio.CancelledError):
            while line := await self.process.stdout.readline():
                message = json.loads(line)
                if "id" in message and message["id"] in self.answers:
                    self.answers[message["id"]].set_result(message)
                else:
                    self.notes.append(message)
