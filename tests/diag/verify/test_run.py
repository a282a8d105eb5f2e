"""Verifications of scripted servers: real sockets, and a server that does one thing wrong."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from diag.lab import Lab
from diag.model import ApiRequest, Fallback, Reconnect, Route, Target, Verdict
from diag.report import Check, Report
from diag.verify.plan import Pace, plan
from diag.verify.report import report
from diag.verify.run import verify

PACE = Pace(
    limit_s=30.0,
    watch_s=1.5,
    patience_s=3.0,
    handshake_s=1.0,
    answer_s=0.8,
    observe_s=1.0,
    back_s=0.6,
    resume_s=1.0,
)


def hurried(target: Target, **client) -> Target:
    policy = Reconnect(attempts=3, interval_s=0.2, max_interval_s=0.4)
    changes = {"heartbeat_interval_s": 0.3, "heartbeat_timeout_s": 0.8, "reconnect": policy, **client}
    return replace(target, observe_s=0.5, client=replace(target.client, **changes))


def told(target: Target, pace: Pace = PACE) -> Report:
    return report(verify(target, plan(target, pace))[0])


def checks(found: Report) -> dict[str, Check]:
    return {check.id: check for check in found.checks}


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """`counting(leaks)`: the lab tells its sessions in /api/health, and removes them or not."""
    from diag.lab import session
    from diag.lab.state import State

    def begin(leaks: bool) -> None:
        held: list[int] = []
        serve, health = session.serve, State.health

        async def counted(*args) -> None:
            held.append(1)
            try:
                await serve(*args)
            finally:
                if not leaks:
                    held.pop()

        monkeypatch.setattr(session, "serve", counted)
        monkeypatch.setattr(State, "health", lambda self: {**health(self), "activeConnections": len(held)})

    return begin


@pytest.mark.parametrize(("leaks", "outcome"), [(True, "fail"), (False, "pass")], ids=["leaks", "tidy"])
def test_a_server_that_keeps_sessions_is_found_by_its_own_count(counting, leaks: bool, outcome: str) -> None:
    counting(leaks)
    with Lab(push_interval_s=0.2) as lab:
        found = told(hurried(lab.target()))
    check = checks(found)["survives-refresh"]

    assert (check.outcome, check.cause) == (outcome, "refresh-leaks-session" if leaks else None)
    assert "/api/health: activeConnections goes" in check.saw
    assert found.verdict == (Verdict.DEGRADED if leaks else Verdict.HEALTHY)


def test_updates_that_stand_still_are_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    from diag.lab.state import State

    pushed = State.pushed
    monkeypatch.setattr(State, "pushed", lambda self, _: pushed(self, 7))
    with Lab(push_interval_s=0.3) as lab:
        found = checks(told(hurried(lab.target())))

    assert [found[name].cause for name in ("status-updates", "health-updates")] == ["ui-stale-but-green"] * 2


def test_a_page_that_loses_its_server_polls_and_says_so() -> None:
    lab = Lab(push_interval_s=0.2)
    with lab:
        target = hurried(lab.target(), fallback=Fallback(3, 0.2, ApiRequest(f"{lab.page}/api/bots")))
        connected = threading.Event()
        ended: list[Report] = []

        def run() -> None:
            def heard(line: str) -> None:
                if "heartbeat" in line:
                    connected.set()

            ended.append(report(verify(target, plan(target, replace(PACE, watch_s=2.0)), heard)[0]))

        thread = threading.Thread(target=run)
        thread.start()
        assert connected.wait(20)
    thread.join(40)
    found = checks(ended[0])

    assert (found["no-fallback"].outcome, "polling from" in found["no-fallback"].saw) == ("fail", True)
    assert found["reconnects"].outcome != "pass"
    assert ended[0].verdict is not Verdict.HEALTHY


def test_the_deadline_is_kept_and_what_it_cut_off_is_broken() -> None:
    with Lab() as lab:
        target = replace(hurried(lab.target()), deadline_s=0.6)
        found = told(target)

    assert "broken" in [check.outcome for check in found.checks]
    assert "the deadline came first" in {check.because for check in found.checks if check.outcome == "broken"}


def test_a_defect_of_ours_breaks_its_check_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_args, **_options) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("diag.verify.run.cut", defect)
    with Lab(push_interval_s=0.2) as lab:
        found = checks(told(hurried(lab.target())))

    assert (found["reconnects"].outcome, found["reconnects"].because) == ("broken", "ZeroDivisionError: ours")
    assert found["heartbeat"].outcome == "pass"


def test_it_leaves_no_thread_behind() -> None:
    with Lab(push_interval_s=0.2) as lab:
        before = set(threading.enumerate())
        told(hurried(lab.target()))
        left = {thread for thread in set(threading.enumerate()) - before if thread.name.startswith("verify")}

    assert left == set()


def test_progress_names_what_is_under_way() -> None:
    lines: list[str] = []
    with Lab(push_interval_s=0.2) as lab:
        target = hurried(lab.target())
        verify(target, plan(target, PACE), lines.append)

    assert any("heartbeat" in line and "beats" in line for line in lines)
    assert any("reconnect cut off for" in line for line in lines)


def flood(connection) -> None:
    """Messages as fast as they go."""
    batch = b"".join(_text(json.dumps({"type": "tick", "sequence": number})) for number in range(200))
    while True:
        connection.sendall(batch)


def garbage(connection) -> None:
    """No JSON, no end."""
    while True:
        connection.sendall(_text('{"type": [') * 10)
        time.sleep(0.01)


def huge(connection) -> None:
    """A frame that claims a terabyte."""
    connection.sendall(b"\x82\x7f" + (1 << 40).to_bytes(8, "big") + b"x" * 100_000)
    connection.recv(1)


def vanishing(connection) -> None:
    """Nothing at all, and then the end."""
    time.sleep(0.2)


def _text(text: str) -> bytes:
    data = text.encode()
    return bytes([0x81, len(data)]) + data


@pytest.mark.parametrize("talk", [flood, garbage, huge, vanishing], ids=lambda talk: talk.__name__)
def test_a_server_that_misbehaves_is_told_about_in_time(serve, talk) -> None:
    from diag.browser.handshake import accept_value

    def handle(connection) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096) or b"\r\n\r\n"
        key = head.lower().partition(b"sec-websocket-key: ")[2]
        spelled = head[len(head) - len(key) :].partition(b"\r\n")[0].decode()
        lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
        answer = "\r\n".join((*lines, f"Sec-WebSocket-Accept: {accept_value(spelled)}", "", ""))
        connection.sendall(answer.encode())
        talk(connection)

    url = f"ws://127.0.0.1:{serve(handle).port}/ws"
    target = Target("http://127.0.0.1", url, (Route("direct", url),), expect=("tick",), deadline_s=6.0)
    found = told(hurried(target))

    assert len([check for check in found.checks if not check.id.startswith("probe")]) == 8
    assert found.verdict is not Verdict.HEALTHY
