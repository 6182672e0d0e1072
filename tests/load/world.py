"""The world of a load run: the simulator, the server under test, a relay between them that asks for faults, and both books."""
import asyncio
import contextlib
import decimal
import json
import os
import signal
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
ORTHINK = os.environ.get("ORTHINK_BIN", os.path.join(ROOT, "build/release/bin/orthink"))
START_SECONDS = 20
LINE_BYTES_MAX = 16 << 20


def clean_environment(**more):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ORTHINK_", "OPENROUTER_", "OTEL_"))}
    return dict(kept, **more)


async def started(*command, env, stdin=asyncio.subprocess.DEVNULL, stderr=None):
    return await asyncio.create_subprocess_exec(*command, env=env, stdin=stdin, stdout=asyncio.subprocess.PIPE, stderr=stderr,
                                                limit=LINE_BYTES_MAX)


async def ready_line(process):
    line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
    return json.loads(line)


async def ended(process, signal_number=signal.SIGTERM, seconds=30):
    """Asks a process to end and waits for it; its exit code and what it still printed."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal_number)
    rest = await asyncio.wait_for(process.stdout.read(), seconds)
    return await asyncio.wait_for(process.wait(), seconds), rest.decode()


class Simulator:
    """`orthink sim` of this run's own; `bill` is its book."""

    def __init__(self, *arguments):
        self.arguments = arguments

    async def __aenter__(self):
        self.process = await started(ORTHINK, "sim", "--json", "--port", "0", *self.arguments, env=clean_environment())
        self.port = (await ready_line(self.process))["port"]
        return self

    async def __aexit__(self, *_):
        await ended(self.process)

    async def bill(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=LINE_BYTES_MAX)
        writer.write(b"GET /sim/bill HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return json.loads(answer[answer.index(b"\r\n\r\n") + 4:])

    async def settled_bill(self):
        """The bill once no call of it is running any more."""
        while True:
            bill = await self.bill()
            if all(line["state"] != "running" for line in bill["lines"]):
                return bill
            await asyncio.sleep(0.02)


class Relay:
    """Between the server and the simulator: `fault()` names the fault that the simulator commits on a paid call, or None.

    Every request has a connection of its own.
    """

    def __init__(self, port, fault=lambda: None):
        self.upstream_port = port
        self.fault = fault

    async def __aenter__(self):
        self.listener = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=4096)
        self.port = self.listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.listener.close()

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}/api/v1"

    async def _serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        fault = self.fault() if head.startswith(b"POST ") else None
        more = b"Connection: close\r\n" + (f"X-Sim-Fault: {fault}\r\n".encode() if fault else b"")
        up_writer.write(head[:-2] + more + b"\r\n")
        await asyncio.gather(self._forward(reader, up_writer), self._forward(up_reader, writer))

    @staticmethod
    async def _forward(reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()


class Home:
    """A temporary home with a ledger in it, and the environment that points there."""

    def __init__(self, base_url, store=None, **more):
        self.folder = tempfile.TemporaryDirectory(prefix="orthink-load-")
        self.ledger = store or f"sqlite:{self.folder.name}/ledger.db"
        self.env = clean_environment(HOME=self.folder.name, XDG_CACHE_HOME=f"{self.folder.name}/cache", XDG_STATE_HOME=f"{self.folder.name}/state",
                                     XDG_CONFIG_HOME=f"{self.folder.name}/config", ORTHINK_BASE_URL=base_url, OPENROUTER_API_KEY="sk-or-simulated",
                                     ORTHINK_STORE=self.ledger, ORTHINK_DAILY_LIMIT_USD="100000", ORTHINK_MONTHLY_LIMIT_USD="100000", **more)

    async def rows(self):
        process = await started(ORTHINK, "ledger", "export", "--json", env=self.env)
        text = (await process.stdout.read()).decode()
        if await process.wait() != 0:
            raise RuntimeError("ledger export failed: " + text)
        return [json.loads(line) for line in text.splitlines()]

    async def verify(self):
        process = await started(ORTHINK, "ledger", "verify", env=self.env)
        text = (await process.stdout.read()).decode()
        return await process.wait(), text


def compare_books(rows, bill):
    """Differences between the ledger and the upstream's bill that are not covered by a hold; an empty list when the books agree."""
    wrong = []
    by_generation = {row["generation_id"]: row for row in rows if row.get("generation_id")}
    unmatched = decimal.Decimal(0)
    for line in bill["lines"]:
        row, cost = by_generation.get(line["id"]), decimal.Decimal(line["cost_usd"])
        if row is None:
            unmatched += cost
        elif row["state"] == "settled":
            actual = decimal.Decimal(row["actual_usd"])
            if actual != cost and not (row["source"] != "provider" and actual >= cost):
                wrong.append(f"{row['key']}: ledger {actual}, bill {cost} ({line['state']})")
        elif row["state"] != "unknown" or decimal.Decimal(row["bound_usd"]) < cost:
            wrong.append(f"{row['key']}: {row['state']}, bill {cost} ({line['state']})")
    held = sum(decimal.Decimal(row["bound_usd"]) for row in rows if row["state"] == "unknown" and not row.get("generation_id"))
    if unmatched > held:
        wrong.append(f"the bill has {unmatched} that no row knows, and only {held} is held for calls without a name")
    wrong += [f"{row['key']}: left {row['state']}" for row in rows if row["state"] in ("reserved", "sent")]
    return wrong


def process_facts(pid):
    """Resident kilobytes and open descriptors."""
    with open(f"/proc/{pid}/status") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    return resident, len(os.listdir(f"/proc/{pid}/fd"))
