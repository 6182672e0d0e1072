#!/usr/bin/env python3
"""Measures the figures the program promises: start-up, a call beside curl, memory and sizes.

Run by `scripts/test --long figures`, which builds what it needs. Prints one line a figure with its limit and exits 1 if
one is over it. Times are medians of hyperfine on this machine; the call and curl are measured in the same run. What the ledger
adds is the median difference of pairs: one ask with a ledger in memory, one with a ledger in a file.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ORTHINK = "build/release/bin/orthink"
WASM = "build/wasm/wasm/orthink.wasm"
LEDGER_PAIRS = 200
ASK = ["--model", "anthropic/claude-haiku-4.5", "--think", "4k", "What is a straight walk?"]


def hyperfine(commands, env, runs=40):
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        arguments = ["hyperfine", "--shell=none", "--warmup=5", f"--runs={runs}", "--export-json", report.name, "--style=none"]
        subprocess.run(arguments + commands, env=env, check=True, stdout=subprocess.DEVNULL)
        return [result["median"] * 1000 for result in json.load(report)["results"]]


def peak_megabytes(command, env):
    """The greatest resident size of one run. GNU time is small, so what it forks starts from next to nothing."""
    with tempfile.NamedTemporaryFile("r") as report:
        subprocess.run(["/usr/bin/time", "-f", "%M", "-o", report.name] + command, env=env, check=True, stdout=subprocess.DEVNULL)
        return int(report.read()) / 1024


def quoted(command):
    return " ".join(f"'{word}'" for word in command)


class Simulator:
    def __enter__(self):
        self.process = subprocess.Popen([ORTHINK, "sim", "--json", "--port", "0", "--seed", "1"], stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()  # its bill is longer than a pipe holds


def call_figures(env):
    with Simulator() as simulator, tempfile.NamedTemporaryFile("w", suffix=".json") as body:
        env = dict(env, ORTHINK_BASE_URL=simulator.url, OPENROUTER_API_KEY="simulated-key")
        plan = subprocess.run([ORTHINK, "plan", "--json"] + ASK, env=env, check=True, capture_output=True, text=True)
        document = json.loads(plan.stdout)["body"]
        body.write(json.dumps(document) if isinstance(document, dict) else document)
        body.flush()
        ask = [ORTHINK, "ask"] + ASK
        curl = ["curl", "-sN", "-o", "/dev/null", "-H", "content-type: application/json", "-H", "authorization: Bearer simulated-key",
                "--data-binary", f"@{body.name}", simulator.url + "/chat/completions"]
        ask_ms, curl_ms = hyperfine([quoted(ask), quoted(curl)], env)
        yield "ask beside curl, same stream", ask_ms / curl_ms, 1.3, f"times ({ask_ms:.1f} ms and {curl_ms:.1f} ms)"
        yield "resident during a call", peak_megabytes(ask, env), 18, "MB"


def one_ask_ms(env):
    begun = time.perf_counter()
    subprocess.run([ORTHINK, "ask"] + ASK, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - begun) * 1000


def ledger_figures(env):
    with Simulator() as simulator, tempfile.TemporaryDirectory() as folder:
        env = dict(env, ORTHINK_BASE_URL=simulator.url, OPENROUTER_API_KEY="simulated-key")
        memory = dict(env, ORTHINK_STORE="memory:")
        file = dict(env, ORTHINK_STORE=f"sqlite:{folder}/ledger.db", ORTHINK_DAILY_LIMIT_USD="1000")
        added = []
        for pair in range(LEDGER_PAIRS + 2):
            difference = one_ask_ms(file) - one_ask_ms(memory)
            if pair >= 2:  # the first ones make the ledger and the catalogue's cache
                added.append(difference)
        added.sort()
        yield "what a ledger in a file adds", statistics.median(added), 2, f"ms (p99 {added[len(added) * 99 // 100]:.1f} ms)"


def figures():
    env = {key: value for key, value in os.environ.items() if not key.startswith(("ORTHINK_", "OPENROUTER_"))}
    plan = [ORTHINK, "plan"] + ASK
    version_ms, plan_ms = hyperfine([quoted([ORTHINK, "--version"]), quoted(plan)], env)
    yield "orthink --version", version_ms, 5, "ms"
    yield "orthink plan", plan_ms, 5, "ms"
    yield "resident before a call (plan)", peak_megabytes(plan, env), 8, "MB"
    yield from call_figures(env)
    yield from ledger_figures(env)
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(["strip", "-o", stripped.name, ORTHINK], check=True)
        yield "program, stripped", os.path.getsize(stripped.name) / 1e6, 6, "MB"
    packed = subprocess.run(["brotli", "-q", "11", "-c", WASM], check=True, capture_output=True).stdout
    yield "orthink.wasm, brotli", len(packed) / 1000, 170, "kB"  # MCP and the tools in it are 33 kB


def main():
    is_over = False
    for what, value, limit, unit in figures():
        is_over |= value >= limit
        print(f"{what:<32} {value:8.2f} {unit}, limit {limit}{'  OVER' if value >= limit else ''}", flush=True)
    return 1 if is_over else 0


if __name__ == "__main__":
    sys.exit(main())
