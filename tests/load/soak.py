#!/usr/bin/env python3
"""Keeps the server busy for minutes with calls, cancels and lost clients while the simulator commits faults; watches memory, descriptors, books.

    soak.py [--minutes 20] [--callers 24] [--seed 1]

The resident size is sampled every five seconds; its slope is fitted over the last two thirds. Exits 1 when it grows by more than a
megabyte an hour beyond what the run's own records explain, when descriptors stay open, or when the books differ.
"""
import argparse
import asyncio
import random
import sys

import mcp
import world

FAULTS = ["503", "429=1", "500", "529", "reset-after-request", "reset-midstream", "midstream-error", "eof-no-done", "no-usage", "cost-null", "thinks-all"]
FAULTS_PERCENT = 15
SLOPE_MB_PER_HOUR_MAX = 1.0
SAMPLE_SECONDS = 5
DESCRIPTORS_A_CALLER = 4  # of the connection upstream that is kept for the next call


async def one(server, number, dice):
    era = dice.choice((mcp.MODERN, mcp.LEGACY))
    arguments = {"model": dice.choice(("anthropic/claude-haiku-4.5", "openai/gpt-5-mini", "google/gemini-2.5-flash")), "prompt": f"Call {number}?"}
    request = await mcp.Post(server, mcp.call_message(number, "thinking_completion", arguments, era, with_progress=dice.random() < 0.5), era).open()
    leaves = dice.random() < 0.1
    try:
        async for message in request.messages():
            if leaves or "result" in message or "error" in message:
                break
    finally:
        request.abort() if leaves else request.close()
    return "left" if leaves else "answered"


async def caller(server, until, dice, counts):
    number = 0
    while asyncio.get_running_loop().time() < until:
        number += 1
        try:
            end = await asyncio.wait_for(one(server, f"{id(dice)}-{number}", dice), 60)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            end = type(error).__name__
        counts[end] = counts.get(end, 0) + 1
        await asyncio.sleep(dice.expovariate(1 / 0.05))


async def watch(pid, until, samples):
    while asyncio.get_running_loop().time() < until:
        samples.append((asyncio.get_running_loop().time(), *world.process_facts(pid)))
        await asyncio.sleep(SAMPLE_SECONDS)


def slope_mb_per_hour(samples):
    kept = samples[len(samples) // 3:]
    mean_time = sum(at for at, _, _ in kept) / len(kept)
    mean_size = sum(size for _, size, _ in kept) / len(kept)
    spread = sum((at - mean_time) ** 2 for at, _, _ in kept)
    return sum((at - mean_time) * (size - mean_size) for at, size, _ in kept) / spread * 3600 / 1024 if spread else 0.0


async def run(options):
    dice = random.Random(options.seed)

    def fault():
        return dice.choice(FAULTS) if dice.randrange(100) < FAULTS_PERCENT else None

    async with world.Simulator("--pace", "2", "--seed", str(options.seed)) as simulator, world.Relay(simulator.port, fault) as relay:
        home = world.Home(relay.base_url)
        async with mcp.Server(home, stderr=asyncio.subprocess.DEVNULL) as server:
            until = asyncio.get_running_loop().time() + options.minutes * 60
            counts, samples = {}, []
            descriptors_before = world.process_facts(server.process.pid)[1]
            callers = [caller(server, until, random.Random(dice.random()), counts) for _ in range(options.callers)]
            await asyncio.gather(watch(server.process.pid, until, samples), *callers)
            descriptors_after = world.process_facts(server.process.pid)[1]
            code = await server.stop()
        wrong = world.compare_books(await home.rows(), await simulator.settled_bill())
    slope = slope_mb_per_hour(samples)
    print(f"{options.minutes} minutes, seed {options.seed}: {counts}, resident {samples[0][1] / 1024:.1f} to {samples[-1][1] / 1024:.1f} MB, "
          f"slope {slope:.2f} MB an hour, descriptors {descriptors_before} to {descriptors_after}, exit {code}, books {'equal' if not wrong else 'DIFFER'}")
    for line in wrong[:10]:
        print("    " + line)
    stay_open = descriptors_after - descriptors_before > DESCRIPTORS_A_CALLER * options.callers
    return 0 if code == 0 and not wrong and slope <= SLOPE_MB_PER_HOUR_MAX and not stay_open else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--callers", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
