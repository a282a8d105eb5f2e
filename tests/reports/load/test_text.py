from __future__ import annotations

from typing import Any

import pytest

from reports import Options
from reports.load import formats, render

PLAIN = Options(80, color=False)


def lines_of(report: Any, width: int = 80) -> list[str]:
    return render("text", report, Options(width, color=False)).splitlines()


def test_the_formats_are_the_public_modules() -> None:
    assert formats() == ("html", "json", "junit", "text")
    with pytest.raises(ValueError, match="unknown format 'pdf'"):
        render("pdf", None, PLAIN)  # type: ignore[arg-type]


def test_the_verdict_comes_first_then_what_was_run(report: Any) -> None:
    first, second, third, *_ = lines_of(report("calm"))
    assert first == "HEALTHY  every threshold holds"
    assert second.strip() == "websocket: 100 users for 4 s"
    assert third.strip() == "ws://localhost:5173/ws, from http://localhost:5173"


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        pytest.param(
            "calm",
            [
                "  ✓ ok  failed_ratio(sessions) < 0.01   measured 0",
                "  sessions    100 opened, 0 failed, 0 dropped; 100 open at once",
                "  heartbeats  200 sent, 200 answered",
                "  messages    800 in (120.0 kB), 0 out (0 B); 200/s in",
                "  · no threshold was given: these are the defaults",
            ],
            id="calm",
        ),
        pytest.param(
            "polling",
            ["         GET /api/bots, from http://localhost:5173", "  requests   400 (100/s), 0 failed; 80.0 kB in"],
            id="polling",
        ),
        pytest.param(
            "troubled",
            [
                "DEGRADED  1 of 4 thresholds failed: tcp-refused",
                "  ✗ failed  failed_ratio(sessions) < 0.01   measured 0.1",
                "  tcp-refused  10 handshakes — Nothing listens on this port",
                "  Start the service, or correct its port and bind address.",
            ],
            id="troubled",
        ),
        pytest.param("broken", ["BROKEN  no user got through: tcp-refused"], id="broken"),
        pytest.param(
            "interrupted",
            [
                "  · the run was interrupted after 4.0 s",
                "  · exceptions in users: 1; they are defects of the scenario, not of the target",
            ],
            id="interrupted",
        ),
        pytest.param("empty", ["UNKNOWN  nothing was measured"], id="empty"),
        pytest.param("comparison", ["  · a note"], id="comparison"),
    ],
)
def test_what_a_reader_is_told(report: Any, name: str, lines: list[str]) -> None:
    shown = lines_of(report(name), width=110)
    assert [line for line in lines if line not in shown] == []


def test_a_comparison_is_a_sentence_and_a_table(report: Any) -> None:
    text = " ".join(" ".join(lines_of(report("comparison"), width=120)).split())
    assert text.startswith("HEALTHY polling every 1 s is 33 times as stale and takes 4 times the requests")
    assert "staleness of the state, p50 15 ms 500 ms x 33.3 (33.3 to 33.3)" in text
    assert "connections held 100 100" in text
    assert "per 1,000 users: server's cores 1.25 3.75 x 3 (3 to 3)" in text
    assert "Poll every 22 ms: 45,455 requests a second for 1,000 users" in text


def test_no_line_is_wider_than_the_terminal(every_report: Any) -> None:
    for width in (60, 80, 120):
        snippets = ("  Shell", "    ", "More:")
        assert [
            line for line in lines_of(every_report, width) if len(line) > width and not line.startswith(snippets)
        ] == []


def test_nothing_of_a_server_acts_on_the_terminal(report: Any) -> None:
    text = render("text", report("hostile"), PLAIN)
    assert "\x1b" not in text
    assert "\u202e" not in text
