#!/usr/bin/env python3
"""Opens many paid streams at once through the server and the simulator, all with progress, and compares both books.

    paid_streams.py [--streams 2000] [--ramp-ms 2] [--pace 100]

Exits 1 when a call does not arrive whole or the books differ.
"""
import argparse
import asyncio
import resource
import sys

import mcp
import world


async def one(server, number):
    era = mcp.MODERN if number % 2 else mcp.LEGACY
    arguments = {"model": "anthropic/claude-haiku-4.5", "think": "2k", "prompt": f"Stream number {number}: why?"}
    request = await mcp.Post(server, mcp.call_message(number, "thinking_completion", arguments, era, with_progress=True), era).open()
    notes, answer = 0, None
    async for message in request.messages():
        if "result" in message or "error" in message:
            answer = message
        else:
            notes += 1
    request.close()
    return notes, answer


def is_whole(answer):
    return bool(answer) and "result" in answer and not answer["result"].get("isError")


async def run(options):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    async with world.Simulator("--pace", str(options.pace)) as simulator:
        home = world.Home(f"http://127.0.0.1:{simulator.port}/api/v1")
        async with mcp.Server(home, *options.server) as server:
            begun = asyncio.get_running_loop().time()
            calls = []
            for number in range(options.streams):
                calls.append(asyncio.create_task(one(server, number)))
                await asyncio.sleep(options.ramp_ms / 1000)
            results = await asyncio.gather(*calls, return_exceptions=True)
            seconds = asyncio.get_running_loop().time() - begun
            resident, descriptors = world.process_facts(server.process.pid)
            code = await server.stop()
        wrong = world.compare_books(await home.rows(), await simulator.settled_bill())
    whole = [result for result in results if not isinstance(result, BaseException) and is_whole(result[1])]
    print(f"{len(whole)} of {options.streams} paid streams arrived whole in {seconds:.1f} s, {sum(notes for notes, _ in whole)} progress notes, "
          f"server {resident / 1024:.0f} MB, {descriptors} descriptors at the end, exit {code}, books {'equal' if not wrong else 'DIFFER'}")
    for result in [result for result in results if isinstance(result, BaseException) or not is_whole(result[1])][:5]:
        print("    " + repr(result)[:400])
    for line in wrong[:10]:
        print("    " + line)
    return 0 if len(whole) == options.streams and not wrong and code == 0 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=2000)
    parser.add_argument("--ramp-ms", type=float, default=2)
    parser.add_argument("--pace", type=int, default=100)
    parser.add_argument("server", nargs="*", help="further arguments of `orthink serve`, behind --")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
