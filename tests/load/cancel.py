#!/usr/bin/env python3
"""Cancels paid calls at random moments, on every path there is, and says how long caller and upstream took to be released.

    cancel.py [--times 100] [--seed 1] [--path NAME ...]

Every call streams through a relay. It is cancelled after a random number of pieces of the upstream's answer (none: as soon as the request
arrived there). Afterwards the server is drained and the ledger held against the simulator's bill. Exits 1 over a limit or where the books differ.
"""
import argparse
import asyncio
import random
import sys

import mcp
import world

LIMIT_MS = 50
PIECES_MAX = 24
STOPS = {"model": "anthropic/claude-haiku-4.5", "think": "4k"}        # its provider stops billing when it is left
BILLS_ON = {"model": "google/gemini-2.5-flash", "think": "4k"}        # its provider finishes and bills the rest


class Moment:
    """One cancelled call: how long its caller and its upstream connection took to be released, in milliseconds."""

    def __init__(self, released_ms, closed_ms):
        self.released_ms, self.closed_ms = released_ms, closed_ms


def arguments_of(number, settings):
    return dict(settings, prompt=f"Call number {number}: how far is it?", stream_id=f"stream-{number}")


def now():
    return asyncio.get_running_loop().time()


async def on_its_way(relay, begin, dice):
    """Begins a call, waits for its random moment; the relayed call."""
    before = len(relay.calls)
    begin()
    await world.eventually(lambda: len(relay.calls) > before)
    call = relay.calls[before]
    await call.after(dice.randrange(PIECES_MAX))
    return call


async def closed_ms(call, at, waits):
    if not waits:
        return None
    await asyncio.wait_for(call.left.wait(), 30)
    return max(0.0, (call.left_at - at) * 1000)


async def by_stdio_note(peer, relay, number, settings, dice, waits):
    call = await on_its_way(relay, lambda: peer.request(mcp.call_message(number, "thinking_completion", arguments_of(number, settings))), dice)
    at = now()
    peer.write(mcp.cancelled(number))
    await peer.request({"jsonrpc": "2.0", "id": f"after-{number}", "method": "ping"})
    return Moment((now() - at) * 1000, await closed_ms(call, at, waits))


async def by_stdio_tool(peer, relay, number, settings, dice, waits):
    asked = []
    call = await on_its_way(relay, lambda: asked.append(peer.request(mcp.call_message(number, "thinking_completion", arguments_of(number, settings)))), dice)
    at = now()
    stop = peer.request(mcp.call_message(f"stop-{number}", "cancel_stream", {"stream_id": f"stream-{number}"}))
    await asked[0]
    released = (now() - at) * 1000
    await stop
    return Moment(released, await closed_ms(call, at, waits))


class Streamed:
    """A call over HTTP whose answer is read to its end on the side."""

    def __init__(self, server, number, settings, era):
        self.post = mcp.Post(server, mcp.call_message(number, "thinking_completion", arguments_of(number, settings), era, with_progress=True), era)
        self.reading = asyncio.create_task(self._read())

    async def _read(self):
        await self.post.open()
        async for _ in self.post.messages():
            pass
        return now()


async def by_http_note(server, relay, number, settings, dice, waits):
    asked = []
    call = await on_its_way(relay, lambda: asked.append(Streamed(server, number, settings, mcp.LEGACY)), dice)
    at = now()
    await mcp.post(server, mcp.cancelled(number))
    return Moment((await asked[0].reading - at) * 1000, await closed_ms(call, at, waits))


async def by_http_tool(server, relay, number, settings, dice, waits):
    asked = []
    call = await on_its_way(relay, lambda: asked.append(Streamed(server, number, settings, mcp.MODERN)), dice)
    at = now()
    stop = asyncio.create_task(mcp.post(server, mcp.call_message(f"stop-{number}", "cancel_stream", {"stream_id": f"stream-{number}"}, mcp.MODERN), mcp.MODERN))
    released = (await asked[0].reading - at) * 1000
    await stop
    return Moment(released, await closed_ms(call, at, waits))


async def by_http_leaving(server, relay, number, settings, dice, waits):
    asked = []
    call = await on_its_way(relay, lambda: asked.append(Streamed(server, number, settings, mcp.MODERN)), dice)
    at = now()
    asked[0].reading.cancel()
    asked[0].post.abort()
    return Moment(0.0, await closed_ms(call, at, waits))


async def by_stdio_end(home, relay, number, settings, dice, waits):
    async with mcp.Stdio(home) as peer:
        call = await on_its_way(relay, lambda: peer.request(mcp.call_message(number, "thinking_completion", arguments_of(number, settings))), dice)
        at = now()
        peer.process.stdin.close()
        closed = await closed_ms(call, at, waits)
        await peer.leave()
        return Moment(0.0, closed)


PATHS = {
    "stdio, notifications/cancelled": (by_stdio_note, "stdio", STOPS),
    "stdio, cancel_stream": (by_stdio_tool, "stdio", STOPS),
    "stdio, end of input": (by_stdio_end, "home", STOPS),
    "http, notifications/cancelled": (by_http_note, "serve", STOPS),
    "http, cancel_stream": (by_http_tool, "serve", STOPS),
    "http, connection closed": (by_http_leaving, "serve", STOPS),
    "stdio, cancel_stream, provider bills on": (by_stdio_tool, "stdio", BILLS_ON),
    "http, cancel_stream, provider bills on": (by_http_tool, "serve", BILLS_ON),
}


async def run_path(name, times, seed):
    cancel, host, settings = PATHS[name]
    dice = random.Random(f"{seed} {name}")
    waits = settings is STOPS
    async with world.Simulator("--pace", "15", "--seed", str(seed)) as simulator, world.Relay(simulator.port) as relay:
        home = world.Home(relay.base_url)
        moments = []

        async def all_of(peer):
            for number in range(times):
                moments.append(await asyncio.wait_for(cancel(peer, relay, number, settings, dice, waits), 60))

        if host == "stdio":
            async with mcp.Stdio(home) as peer:
                await all_of(peer)
        elif host == "serve":
            async with mcp.Server(home) as server:
                await all_of(server)
                if await server.stop() != 0:
                    return report(name, moments, ["the server did not drain with exit 0"])
        else:
            await all_of(home)
        return report(name, moments, world.compare_books(await home.rows(), await simulator.settled_bill()))


def report(name, moments, wrong):
    released = [moment.released_ms for moment in moments]
    closed = [moment.closed_ms for moment in moments if moment.closed_ms is not None]
    over = sum(value > LIMIT_MS for value in released + closed)
    upstream = f"upstream closed {world.percentile(closed, 50):.1f} ms (most {max(closed):.1f})" if closed else "upstream drained"
    print(f"{name:<42} {len(moments)} times: caller released {world.percentile(released, 50):.1f} ms (most {max(released, default=0):.1f}), "
          f"{upstream}, {over} over {LIMIT_MS} ms, books {'equal' if not wrong else 'DIFFER'}", flush=True)
    for line in wrong[:10]:
        print("    " + line)
    return over == 0 and not wrong


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--path", action="append", choices=PATHS)
    options = parser.parse_args()
    good = [await run_path(name, options.times, options.seed) for name in options.path or PATHS]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
