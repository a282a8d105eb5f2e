"""`watch` at 20 beats a second, on loopback, beside another client. Must: medians within 0.1 ms of each other.

The other one is the synchronous client of `websockets`: it has its own frames, its own thread and its own clock. Both
beat the same lab, in a process of its own, in turns: A B A B …, so that a machine's moods meet both alike.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIMIT_MS = 0.1
INTERVAL_S = 0.05
BEATS, TURNS = 100, 6
WSDIAG = str(Path(sys.executable).parent / "wsdiag")


def run() -> bool:
    """Prints the medians; whether the limit is kept."""
    ours: list[float] = []
    others: list[float] = []
    with lab() as origin:
        url = f"ws{origin.removeprefix('http')}/ws"
        for _ in range(TURNS):
            others += by_websockets(url, origin)
            ours += by_watch(url, origin)
    print(f"{'round trip, ms':24} {'p50':>8} {'p95':>8} {'p99':>8}")
    for name, rtts in (("wsdiag watch", ours), ("websockets, sync", others)):
        ranks = statistics.quantiles(rtts, n=100)
        print(f"{name:24} {ranks[49]:8.3f} {ranks[94]:8.3f} {ranks[98]:8.3f}")
    apart = abs(statistics.median(ours) - statistics.median(others))
    print(f"medians apart: {apart:.3f} ms, over {len(ours)} beats each")
    return apart <= LIMIT_MS


@contextmanager
def lab() -> Iterator[str]:
    """The origin of a lab's backend, in a process of its own."""
    command = [WSDIAG, "lab", "--port-backend", "0", "--port-proxy", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield next(line.split()[1] for line in process.stdout if line.startswith("backend"))
        finally:
            process.terminate()


def by_watch(url: str, origin: str) -> list[float]:
    """The round trips of the application's heartbeat, as the command reports them."""
    command = [WSDIAG, "watch", url, "--page", origin, "-c", str(BEATS), "-i", f"{INTERVAL_S}s", "--format", "ndjson"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return [event["rtt_ms"] for event in events if event["event"] == "answered" and event["beat"] == "application"]


def by_websockets(url: str, origin: str) -> list[float]:
    """The same heartbeat on the same grid, from just before `send` to just after the `recv` that has its answer."""
    from websockets.sync.client import connect  # noqa: PLC0415 - only the benchmark needs it

    rtts = []
    with connect(url, origin=origin, ping_interval=None, proxy=None) as socket:  # type: ignore[arg-type]
        first = time.monotonic() + INTERVAL_S
        for number in range(BEATS):
            time.sleep(max(0.0, first + number * INTERVAL_S - time.monotonic()))
            identifier = str(uuid.uuid4())
            ping = {"type": "connection:ping", "data": {"timestamp": 0}, "timestamp": 0, "messageId": identifier}
            text = json.dumps(ping, separators=(",", ":"))
            sent = time.perf_counter()
            socket.send(text)
            while json.loads(socket.recv()).get("correlationId") != identifier:
                pass
            rtts.append((time.perf_counter() - sent) * 1000)
    return rtts
