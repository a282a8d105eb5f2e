"""Every cause both ways: a run that must name it, and its neighbours that must not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.catalogue import entries
from diag.drill.judgement import CODES, judge
from diag.model import Client, Fallback, Finding, Reconnect, Severity

INCIDENT = Client(fallback=Fallback())
NO_FALLBACK = Client()
STEADY = Client(reconnect=Reconnect(attempts=5, interval_s=10.0, backoff="fixed"))
PATIENT = replace(INCIDENT, reconnect=Reconnect(attempts=20, interval_s=20.0))

LOST = ("0 attempt 0", "0 opened", "5 closed 1006 FIN")
FAILS = (
    *LOST,
    "5 waiting 10.0", "15 attempt 1", "15 refused tcp-refused", "15 waiting 20.0", "35 attempt 2",
    "35 refused tcp-refused", "35 waiting 30.0", "65 attempt 3", "65 refused tcp-refused",
)  # fmt: skip
POLLS = (*FAILS, "65 fallback 10.0", "65 polled 200", "75 polled 200")
GIVES_UP = (*FAILS, "65 gave-up")
DROPPED = (
    *LOST,
    "5 waiting 1.0", "6 attempt 1", "6 opened", "6.1 closed 1006",
    "6.1 waiting 1.0", "7.1 attempt 1", "7.1 opened", "7.2 closed 1006",
    "7.2 waiting 1.0", "8.2 attempt 1", "8.2 opened",
)  # fmt: skip
EQUAL = (
    *LOST,
    "5 waiting 10.0", "15 attempt 1", "15 refused tcp-refused", "15 waiting 10.0", "25 attempt 2",
    "25 refused tcp-refused", "25 waiting 10.0", "35 attempt 3", "35 opened",
)  # fmt: skip
BACK_AT_ONCE = (*LOST, "5 waiting 10.0", "15 attempt 1", "15 opened")
NUMBERED = ("0 opened", "1 message a 1", "5 closed 1006", "5 waiting 10.0", "15 opened")
SIGNED_OUT = (
    *("0 opened", "1 closed 4401 clean", "1 waiting 10.0", "11 attempt 1", "11 opened"),
    *("12 closed 4401 clean", "12 waiting 10.0", "22 attempt 1", "22 opened"),
)
FORBIDDEN = (
    *LOST,
    "15 attempt 1", "15 refused 403 Forbidden", "35 attempt 2", "35 refused 403 Forbidden", "65 attempt 3",
)  # fmt: skip


@pytest.fixture
def found(events, timeline):
    """`found(client, lines, steps, ended_s)`: the findings by code."""

    def run(client: Client, lines: tuple[str, ...], steps: tuple[str, ...], ended_s: float) -> dict[str, Finding]:
        return {item.code: item for item in judge(events(*lines), client, timeline(*steps), ended_s, "proxy")}

    return run


@pytest.mark.parametrize(
    ("code", "client", "lines", "steps", "ended_s", "severity"),
    [
        pytest.param(
            "fallback-permanent", INCIDENT, POLLS, ("refuse,at=5s,for=70s",), 120.0, "error",
            id="the server is back, the polls go on",
        ),
        pytest.param(
            "fallback-silent", INCIDENT, POLLS, ("refuse,at=5s,for=70s",), 80.0, "warning",
            id="it polls, and what the page shows cannot be seen",
        ),
        pytest.param(
            "retry-window-too-short", INCIDENT, POLLS, ("refuse,at=5s,for=70s",), 80.0, "error",
            id="the last attempt is too early",
        ),
        pytest.param(
            "retry-window-too-short", NO_FALLBACK, GIVES_UP, ("refuse,at=5s,for=70s",), 80.0, "error",
            id="the last attempt is too early, and there is no fallback",
        ),
        pytest.param(
            "retry-gives-up-silently", NO_FALLBACK, GIVES_UP, ("refuse,at=5s,for=70s",), 80.0, "error",
            id="no attempt is left, and the server is back",
        ),
        pytest.param(
            "half-open-undetected", INCIDENT, ("0 opened",), ("black-hole,at=5s,for=40s",), 60.0, "error",
            id="40 s without a sign",
        ),
        pytest.param(
            "half-open-undetected", replace(INCIDENT, heartbeat_interval_s=5.0, heartbeat_timeout_s=2.0),
            ("0 opened",), ("black-hole,at=5s,for=10s",), 20.0, "error",
            id="the heartbeat promised to notice sooner",
        ),
        pytest.param(
            "half-open-undetected", INCIDENT, ("0 opened",), ("black-hole,at=5s,for=40s,direction=to-client",), 60.0,
            "error", id="only the way to the client is gone",
        ),
        pytest.param(
            "retry-resets-on-open", INCIDENT, DROPPED, ("accept-then-drop,at=5s,for=3s",), 20.0, "error",
            id="accepted and dropped, over and over",
        ),
        pytest.param("retry-no-jitter", INCIDENT, POLLS, ("refuse,at=5s,for=70s",), 80.0, "warning", id="10, 20, 30"),
        pytest.param("retry-no-backoff", STEADY, EQUAL, ("refuse,at=5s,for=25s",), 60.0, "warning", id="10, 10, 10"),
        pytest.param(
            "retry-not-on-clean-close", INCIDENT, ("0 opened", "5 closed 1012 clean"), ("restart,at=5s,for=5s",), 30.0,
            "warning", id="nothing after a restart",
        ),
        pytest.param(
            "retry-on-terminal", INCIDENT, SIGNED_OUT, ("close,at=1s,code=4401",), 30.0, "warning",
            id="refused for good, twice",
        ),
        pytest.param(
            "retry-on-terminal", INCIDENT, FORBIDDEN, ("reset,at=5s",), 66.0, "warning", id="forbidden, twice",
        ),
        pytest.param(
            "messages-lost-on-reconnect", INCIDENT, (*NUMBERED, "25 message a 9"), ("reset,at=5s",), 30.0, "error",
            id="a gap, and nothing makes up for it",
        ),
        pytest.param(
            "messages-lost-on-reconnect", INCIDENT, (*NUMBERED, "15.1 message a 9"), ("reset,at=5s",), 30.0, "warning",
            id="a gap, and the newest state comes at once",
        ),
    ],
)  # fmt: skip
def test_fires(found, code: str, client: Client, lines, steps, ended_s: float, severity: str) -> None:
    findings = found(client, lines, steps, ended_s)

    assert code in findings
    assert (findings[code].severity, findings[code].route) == (Severity(severity), "proxy")
    assert findings[code].evidence


@pytest.mark.parametrize(
    ("code", "client", "lines", "steps", "ended_s"),
    [
        pytest.param(
            "fallback-permanent", INCIDENT, POLLS, ("refuse,at=5s,for=70s",), 80.0, id="back for a moment only"
        ),
        pytest.param(
            "fallback-permanent", INCIDENT, POLLS, ("refuse,at=5s,for=10m",), 120.0, id="the server is still away"
        ),
        pytest.param(
            "fallback-permanent", INCIDENT, (*POLLS, "90 opened", "90 recovered"), ("refuse,at=5s,for=70s",), 120.0,
            id="it came back from polling",
        ),
        pytest.param("fallback-silent", INCIDENT, BACK_AT_ONCE, ("reset,at=5s",), 30.0, id="it never polled"),
        pytest.param("fallback-silent", NO_FALLBACK, GIVES_UP, ("refuse,at=5s,for=70s",), 80.0, id="nothing to poll"),
        pytest.param(
            "retry-window-too-short", INCIDENT, POLLS, ("refuse,at=5s,for=30s",), 80.0,
            id="it gave up for another reason: the server was back",
        ),
        pytest.param(
            "retry-window-too-short", INCIDENT, BACK_AT_ONCE, ("refuse,at=5s,for=5s",), 30.0, id="within the window"
        ),
        pytest.param(
            "retry-window-too-short", PATIENT, POLLS, ("refuse,at=5s,for=70s",), 80.0, id="minutes of patience"
        ),
        pytest.param(
            "retry-window-too-short", INCIDENT, (*POLLS, "85 attempt 4", "85 opened"), ("refuse,at=5s,for=70s",), 95.0,
            id="it polls and goes on trying",
        ),
        pytest.param(
            "retry-gives-up-silently", INCIDENT, POLLS, ("refuse,at=5s,for=70s",), 80.0, id="it polls instead"
        ),
        pytest.param(
            "retry-gives-up-silently", NO_FALLBACK, (*GIVES_UP, "90 opened"), ("refuse,at=5s,for=70s",), 100.0,
            id="it came back after all",
        ),
        pytest.param(
            "retry-gives-up-silently", NO_FALLBACK, GIVES_UP, ("refuse,at=5s,for=5m",), 80.0,
            id="the server is still away",
        ),
        pytest.param(
            "half-open-undetected", INCIDENT, ("0 opened", "25 missed", "25 closed 1006"),
            ("black-hole,at=5s,for=40s",), 60.0, id="its heartbeat noticed",
        ),
        pytest.param(
            "half-open-undetected", INCIDENT, ("0 opened",), ("black-hole,at=5s,for=20s",), 60.0, id="over too soon"
        ),
        pytest.param(
            "half-open-undetected", INCIDENT, ("0 opened",), ("black-hole,at=5s,for=40s,direction=to-server",), 60.0,
            id="everything still comes",
        ),
        pytest.param(
            "half-open-undetected", INCIDENT, (*LOST, "5 waiting 90.0"), ("black-hole,at=10s,for=40s",), 60.0,
            id="it was lost before",
        ),
        pytest.param(
            "half-open-undetected", INCIDENT, ("0 opened",), ("black-hole,at=5s,for=40s",), 25.0,
            id="the drill ended before",
        ),
        pytest.param("retry-resets-on-open", INCIDENT, BACK_AT_ONCE, ("reset,at=5s",), 30.0, id="one loss"),
        pytest.param(
            "retry-resets-on-open", INCIDENT,
            tuple(line.replace("7.1 waiting 1.0", "7.1 waiting 2.0").replace("7.2 waiting 1.0", "7.2 waiting 4.0")
                  for line in DROPPED),
            ("accept-then-drop,at=5s,for=3s",), 20.0, id="the delay grows all the same",
        ),
        pytest.param(
            "retry-resets-on-open", INCIDENT,
            (*LOST, "5 waiting 1.0", "6 opened", "16 closed 1006", "16 waiting 1.0", "17 opened", "27 closed 1006",
             "27 waiting 1.0", "28 opened"),
            ("reset,at=5s", "reset,at=16s", "reset,at=27s"), 40.0, id="the sessions lasted",
        ),
        pytest.param(
            "retry-no-jitter", INCIDENT,
            (*LOST, "5 waiting 3.7", "8.7 refused tcp-refused", "8.7 waiting 12.1", "20.8 opened"),
            ("refuse,at=5s,for=5s",), 40.0, id="random delays",
        ),
        pytest.param("retry-no-jitter", INCIDENT, BACK_AT_ONCE, ("reset,at=5s",), 30.0, id="one delay proves nothing"),
        pytest.param("retry-no-backoff", INCIDENT, POLLS, ("refuse,at=5s,for=70s",), 80.0, id="10, 20, 30"),
        pytest.param("retry-no-backoff", STEADY, EQUAL[:9], ("refuse,at=5s,for=20s",), 30.0, id="two attempts"),
        pytest.param(
            "retry-no-backoff", STEADY, tuple(line.replace("waiting 10.0", "waiting 30.0") for line in EQUAL),
            ("refuse,at=5s,for=25s",), 60.0, id="slow enough",
        ),
        pytest.param(
            "retry-not-on-clean-close", INCIDENT, (*LOST,), ("reset,at=5s",), 30.0, id="not a clean close"
        ),
        pytest.param(
            "retry-not-on-clean-close", INCIDENT, ("0 opened", "5 closed 1012 clean", "5 waiting 10.0"),
            ("restart,at=5s,for=5s",), 14.0, id="it will try",
        ),
        pytest.param(
            "retry-not-on-clean-close", INCIDENT, ("0 opened", "5 closed 1008 clean"), ("close,at=5s,code=1008",), 30.0,
            id="refused for good: right so",
        ),
        pytest.param(
            "retry-not-on-clean-close", INCIDENT, ("0 opened", "5 closed 1012 clean"), ("restart,at=5s,for=5s",), 6.0,
            id="the drill ended at once",
        ),
        pytest.param("retry-on-terminal", INCIDENT, SIGNED_OUT[:5], ("close,at=1s,code=4401",), 30.0, id="once"),
        pytest.param(
            "retry-on-terminal", INCIDENT, tuple(line.replace("4401", "1012") for line in SIGNED_OUT),
            ("restart,at=1s,for=1s",), 30.0, id="a restart is not for good",
        ),
        pytest.param(
            "messages-lost-on-reconnect", INCIDENT, (*NUMBERED, "25 message a 2"), ("reset,at=5s",), 30.0, id="no gap"
        ),
        pytest.param(
            "messages-lost-on-reconnect", INCIDENT, ("0 opened", "1 message a 1", "2 message a 9"), ("reset,at=5s",),
            30.0, id="a gap within a session",
        ),
    ],
)  # fmt: skip
def test_keeps_quiet(found, code: str, client: Client, lines, steps, ended_s: float) -> None:
    assert code not in found(client, lines, steps, ended_s)


def test_a_run_without_a_loss_has_no_finding(found) -> None:
    assert found(INCIDENT, ("0 opened", "1 message a 1", "2 message a 2"), ("latency,delay=1s,for=5s",), 10.0) == {}


def test_nothing_at_all_has_no_finding(found) -> None:
    assert found(INCIDENT, (), ("reset",), 10.0) == {}


def test_what_hurts_longest_comes_first(found) -> None:
    codes = list(found(INCIDENT, POLLS, ("refuse,at=5s,for=70s",), 120.0))

    assert codes == sorted(codes, key=CODES.index)
    assert codes[0] == "fallback-permanent"


def test_every_code_is_in_the_catalogue() -> None:
    assert set(CODES) <= set(entries())
