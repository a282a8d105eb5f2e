"""`python -m benchmarks.loading`: what load costs, beside the peers, by the benchmark kit's `measure.py`.

    python -m benchmarks.loading [--kit DIR] [--repeats N] [--only NAME …]

The product runs whole, with what it records by default. `wsdiag load` is measured where it can do the work; opening
and closing without a pause, and polling without one, are options of the locustfile. Only ratios of one run compare.
Exit codes: 0 every must is kept, 1 one is not or could not be measured, 2 there is no kit.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.costs import Row, table
from benchmarks.kit import ROOT, KitError, Measured, Work, folder, measure

CPU, MEMORY = "cpu_s_per_100k", "pss_peak_mb"
FEW, MANY = 5000, 10_000
_LOCUST = (sys.executable, "-m", "locust", "--headless", "--only-summary", "--loglevel", "WARNING")
_OF_KIT = ("-u", "{sessions}", "-r", "500", "-t", "{seconds}s")
_OPTIONS = ("--users", "{sessions}", "--spawn-rate", "500", "--run-time", "{seconds}s", "--quiet")

Measure = Callable[[Work], Measured]


def load(beat: str) -> list[str]:
    """`wsdiag load` as a user starts it."""
    wsdiag = str(Path(sys.executable).parent / "wsdiag")
    return [wsdiag, "load", "{url}", "--heartbeat-interval", beat, *_OPTIONS]


def locust(*options: str) -> list[str]:
    """The locustfile by itself."""
    return [*_LOCUST, "-f", str(ROOT / "locustfile.py"), "--ws-url", "{url}", *_OF_KIT, *options]


def push(run: Measure) -> list[Row]:
    """Receiving and recording pushes."""
    done = run(Work("push", load("5s"), "artillery"))
    return [_cpu("pushes, 500 x 10/s", "message", "Artillery", done, 0.75, 0.6)]


def heartbeat(run: Measure) -> list[Row]:
    """Round trips."""
    done = run(Work("heartbeat", load("100ms"), "artillery"))
    return [_cpu("heartbeats, 500 x 10/s", "round trip", "Artillery", done, 1.0, 0.85)]


def idle(run: Measure) -> list[Row]:
    """Memory of sessions that only beat, every 5 s."""
    few, many = (run(Work("idle", load("5s"), "tsung", sessions)) for sessions in (FEW, MANY))
    ours, theirs = (_further_kb(getattr(few, side), getattr(many, side)) for side in ("ours", "peer"))
    return [
        Row(f"{FEW} idle sessions", "MB", "tsung", few.ours.get(MEMORY), few.peer.get(MEMORY), 0.55, 0.45),
        Row(f"each further one, to {MANY}", "KB", "tsung", ours, theirs, 16, 12, absolute=True),
    ]


def connect(run: Measure) -> list[Row]:
    """Opening and closing, as fast as it goes."""
    done = run(Work("connect", locust("--wsdiag-session-time", "0s"), "tsung"))
    return [_cpu("connect and close", "handshake", "tsung", done, 0.9, 0.7)]


def poll(run: Measure) -> list[Row]:
    """GETs over 20 kept connections, without a pause."""
    ours = locust("--poll-url", "{http}/api/bots?rate={rate}", "--poll-every", "0s", "PollingUser")
    fast = [*_LOCUST, "-f", str(Path(__file__).with_name("fast_http_user.py")), *_OF_KIT]
    tsung, baseline = (run(Work("poll", ours, peer)) for peer in ("tsung", " ".join(fast)))
    return [
        _cpu("polling", "request", "tsung", tsung, 1.0, 0.73),
        _cpu("polling", "request", "FastHttpUser", baseline, 0.35),
    ]


def scaling(run: Measure, repeats: int) -> list[Row]:
    """The same messages and beats a second in all, for ten times the sessions. In turns, for they are no peers."""
    few, many = Work("push", load("5s")), Work("push", load("50s"), sessions=FEW, rate=1)
    costs: dict[int, list[float]] = {0: [], 1: []}
    for number in range(repeats):
        for which in (0, 1) if number % 2 else (1, 0):
            if cost := run((few, many)[which]).ours.get(CPU):
                costs[which].append(cost)
    theirs, ours = (statistics.median(each) if each else None for each in costs.values())
    return [Row(f"pushes, {FEW} x 1/s", "CPU s/100k messages", "500 x 10/s", ours, theirs, 1.3)]


def _cpu(work: str, what: str, peer: str, done: Measured, must: float, aim: float | None = None) -> Row:
    return Row(work, f"CPU s/100k {what}s", peer, done.ours.get(CPU), done.peer.get(CPU), must, aim)


def _further_kb(few: dict[str, float], many: dict[str, float]) -> float | None:
    if MEMORY not in few or MEMORY not in many:
        return None
    return (many[MEMORY] - few[MEMORY]) * 1024 / (MANY - FEW)


WORKS: dict[str, Callable[[Measure], list[Row]]] = {
    "push": push, "heartbeat": heartbeat, "idle": idle, "connect": connect, "poll": poll,
}  # fmt: skip


def main() -> int:
    """Measures what is asked for and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description="What load costs, beside peers.")
    parser.add_argument("--kit", metavar="DIR", help="the kit. Default: $WSDIAG_BENCH_KIT, else ../shared/bench")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="runs of each side. Default: 3")
    parser.add_argument("--only", nargs="+", choices=(*WORKS, "scaling"), metavar="NAME", help="some of the works")
    options = parser.parse_args()
    try:
        kit = folder(options.kit)
    except KitError as error:
        print(error, file=sys.stderr)
        return 2
    doubts: list[str] = []

    def run(work: Work, repeats: int = options.repeats) -> Measured:
        done = measure(kit, work, repeats)
        doubts.extend(done.doubts)
        return done

    wanted = options.only or (*WORKS, "scaling")
    rows = [row for name, rows_of in WORKS.items() if name in wanted for row in rows_of(run)]
    if "scaling" in wanted:
        rows += scaling(lambda work: run(work, 1), options.repeats)
    print(table(rows))
    for doubt in doubts:
        print(f"not to be trusted: {doubt}")
    return 0 if all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
