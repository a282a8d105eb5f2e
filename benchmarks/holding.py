"""`python -m benchmarks.holding`: are 10,000 sessions held for two minutes, and none lost?

    python -m benchmarks.holding [--kit DIR] [--sessions N] [--for D] [--rate R]

`wsdiag load` holds them against the benchmark kit's target; each beats every 5 s and is sent R pushes a second. Whether
one was lost is asked of both sides: the target counts sessions that closed and handshakes that were repeated, and
wsdiag's own result must agree. Exit codes: 0 held, 1 not, 2 there is no kit, or the machine does not allow as many.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.kit import KitError, folder
from diag.config.durations import positive_duration

SPAWN_PER_S, PATIENCE_S, SPARE_DESCRIPTORS = 250, 30.0, 200


@dataclass(frozen=True, slots=True)
class Held:
    """What the target and the kernel saw while they were to be held. MB of the whole process tree; CPU of one core."""

    fewest: int
    closed: int
    opened_anew: int
    pushes: int
    beats: int
    peak_mb: float
    cpu_share: float
    ramp_s: float


def hold(kit: Any, target: Any, process: subprocess.Popen[str], sessions: int, for_s: float) -> Held | None:
    """Waits for all sessions, then looks once a second. None when they were never all open."""
    began = time.monotonic()
    give_up = began + sessions / SPAWN_PER_S + PATIENCE_S
    while target.stats()["sessions"] < sessions:
        if time.monotonic() > give_up or process.poll() is not None:
            return None
        time.sleep(0.25)
    ramp_s = time.monotonic() - began
    before, cpu_s, start = target.stats(), kit.cpu_seconds(kit.tree(target)), time.monotonic()
    fewest, peak_mb = sessions, 0.0
    while (left_s := start + for_s - time.monotonic()) > 0:
        time.sleep(min(1.0, left_s))
        fewest = min(fewest, target.stats()["sessions"])
        peak_mb = max(peak_mb, kit.pss_mb(kit.tree(target)))
    after, cpu_s = target.stats(), kit.cpu_seconds(kit.tree(target)) - cpu_s
    return Held(
        fewest=fewest,
        closed=after["closed"] - before["closed"],
        opened_anew=after["handshakes"] - before["handshakes"],
        pushes=after["pushes"] - before["pushes"],
        beats=after["pings_answered"] - before["pings_answered"],
        peak_mb=peak_mb,
        cpu_share=cpu_s / (time.monotonic() - start),
        ramp_s=ramp_s,
    )


def agrees(result: dict[str, Any], sessions: int) -> bool:
    """Whether wsdiag's own result says the same: as many opened as were asked for, and none failed or dropped."""
    found = result["sessions"]
    return bool(found["opened"] == found["peak_open"] == sessions and not found["failed"] and not found["dropped"])


def command(url: str, sessions: int, for_s: float, file: Path) -> list[str]:
    """`wsdiag load`, which ends by itself some seconds after the last look."""
    run_s = sessions / SPAWN_PER_S + for_s + PATIENCE_S / 2
    options = ["--users", str(sessions), "--spawn-rate", str(SPAWN_PER_S), "--run-time", f"{run_s:.0f}s"]
    wsdiag = str(Path(sys.executable).parent / "wsdiag")
    return [wsdiag, "load", url, *options, "--heartbeat-interval", "5s", "--format", f"json={file}"]


def show(held: Held | None, result: dict[str, Any] | None, sessions: int, for_s: float) -> bool:
    """Prints what was found; whether it is what was asked for."""
    if held is None or result is None:
        print("not held: they were never all open" if held is None else "not held: wsdiag left no result")
        return False
    found, beats, ages = result["sessions"], result["heartbeat_rtt_ms"], result["update_staleness_ms"]
    ok = held.fewest == sessions and not held.closed and not held.opened_anew and agrees(result, sessions)
    print(
        f"{sessions} sessions, open after {held.ramp_s:.0f} s, held for {for_s:.0f} s: {'no drop' if ok else 'DROPS'}"
    )
    print(f"target   fewest open {held.fewest}, closed {held.closed}, opened anew {held.opened_anew};", end=" ")
    print(f"{held.beats} heartbeats answered, {held.pushes} pushes sent")
    print(f"wsdiag   opened {found['opened']}, failed {found['failed']}, dropped {found['dropped']};", end=" ")
    print(
        f"round trips p50 {beats['p50']} ms, p99 {beats['p99']} ms; pushes p50 {ages['p50']} ms, p99 {ages['p99']} ms"
    )
    print(f"cost     {held.peak_mb:.0f} MB (PSS, all processes), {held.cpu_share:.0%} of a core")
    return ok


def main() -> int:
    """Starts the target and the load, and judges."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.holding", description="Are they held, and none lost?")
    parser.add_argument("--kit", metavar="DIR", help="the kit. Default: $WSDIAG_BENCH_KIT, else ../shared/bench")
    parser.add_argument("--sessions", type=int, default=10_000, metavar="N", help="Default: 10000")
    parser.add_argument("--for", dest="for_s", type=positive_duration, default=120.0, metavar="D", help="Default: 120s")
    parser.add_argument(
        "--rate", type=float, default=0.2, metavar="R", help="pushes a second and session. Default: 0.2"
    )
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        sys.path.insert(0, str(folder(options.kit)))
    except KitError as error:
        print(error, file=sys.stderr)
        return 2
    if hard < options.sessions + SPARE_DESCRIPTORS:
        print(f"{options.sessions} sessions need more open files than {hard} (ulimit -Hn)", file=sys.stderr)
        return 2
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kit = importlib.import_module("measure")
    target = kit.Target(kit.build_target(), set())
    try:
        return 0 if _held(kit, target, options) else 1
    finally:
        target.close()


def _held(kit: Any, target: Any, options: argparse.Namespace) -> bool:
    url = f"ws://127.0.0.1:{target.port}/ws?rate={options.rate:g}"
    with tempfile.TemporaryDirectory(prefix="wsdiag-") as here:
        file = Path(here) / "result.json"
        load = command(url, options.sessions, options.for_s, file)
        with subprocess.Popen(load, cwd=here, stdout=subprocess.DEVNULL, text=True) as process:
            try:
                held = hold(kit, target, process, options.sessions, options.for_s)
                if held is not None:
                    process.wait()
            finally:
                process.terminate()
        result = json.loads(file.read_text("utf-8")) if file.exists() else None
    return show(held, result, options.sessions, options.for_s)


if __name__ == "__main__":
    sys.exit(main())
