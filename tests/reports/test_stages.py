"""A route read stage by stage: where it ended, and what is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.report import BrowserReport, HandshakeReport, HeartbeatReport, IdleReport, KeepsAlive, UpdateReport
from reports._stages import NOTHING, Line, Mark, failed_stage, rows


def stages(report, **changes):
    """The first route's cells by label."""
    first = replace(report.routes[0], **changes)
    return {label: cells[0] for label, cells in rows(replace(report, routes=(first,)))}


@pytest.mark.parametrize(
    ("phases", "stage"),
    [
        pytest.param({"dns": 31.0}, "dns", id="dns"),
        pytest.param({"dns": 0.1, "tcp": 0.3}, "tcp", id="tcp"),
        pytest.param({"dns": 0.1, "tcp": 0.3, "tls": 4.0}, "tls", id="tls"),
        pytest.param({"dns": 0.1, "tcp": 0.3, "tls": 4.0, "upgrade": 15_000.0}, "upgrade", id="no-answer"),
        pytest.param({"dns": None, "tcp": None}, None, id="not-tried"),
    ],
)
def test_the_last_timed_phase_is_where_a_silent_route_ended(phases, stage, report):
    route = replace(report("many-routes").routes[1], phases_ms=phases, outcome="no luck")

    assert failed_stage(route) == stage
    if stage is not None:
        assert stages(report("many-routes"), url="wss://h", phases_ms=phases, outcome="no luck")[stage] == (
            Line(Mark.BAD, "no luck"),
        )


def test_an_untried_route_says_so_at_the_upgrade(report):
    assert stages(report("unknown"))["upgrade"] == (Line(Mark.PARTLY, "not examined"),)


def test_a_refused_upgrade_is_shown_with_its_outcome(report):
    assert stages(report("incident"))["upgrade"] == (Line(Mark.BAD, "403 Forbidden, empty body"),)
    assert stages(report("incident"))["heartbeat"] == NOTHING


def test_an_invalid_101_is_no_good_upgrade(report):
    changes = {"opened": False, "outcome": "101, but Sec-WebSocket-Accept is missing"}
    cells = stages(report("healthy"), handshake=HandshakeReport(101, "", (), ""), **changes)

    assert cells["upgrade"] == (Line(Mark.BAD, "101, but Sec-WebSocket-Accept is missing"),)


@pytest.mark.parametrize(
    ("received", "mark"), [(4, Mark.GOOD), (3, Mark.PARTLY), (0, Mark.BAD)], ids=["all", "some", "none"]
)
def test_heartbeats_are_judged_by_what_was_answered(received, mark, report):
    beats = HeartbeatReport("protocol", 4, received, 1 - received / 4, None)

    assert stages(report("healthy"), heartbeat=beats)["heartbeat"] == (Line(mark, f"{received} of 4 answered"),)


def test_expected_updates_that_never_came_are_named_first(report):
    cell = stages(report("degraded"))["updates"]

    assert cell == (Line(Mark.BAD, "no system:alert"), Line(Mark.GOOD, "14 bot:status_change"))


def test_a_flood_of_types_is_counted_not_listed(report):
    flood = tuple(UpdateReport(f"type-{index}", 1, 1.0) for index in range(100))
    cell = stages(replace(report("unknown")), opened=True, updates=flood)["updates"]

    assert cell[-1] == Line(Mark.REMARK, "and 94 more types")
    assert len([line for line in cell if line.mark is Mark.GOOD]) == 6


def test_an_idle_limit_that_was_not_met_is_good(report):
    idle = stages(report("healthy"), idle=IdleReport(90_000.0, None))["idle"]

    assert idle == (Line(Mark.GOOD, "open after 90.0 s of silence"),)


@pytest.mark.parametrize(
    ("idle", "words"),
    [
        pytest.param(
            IdleReport(
                6000.0, 3000.0, "idle-limit", "proxy", "fin", 3000.0, 3000.0, 5000.0,
                KeepsAlive(pings=False, client_data=True),
            ),
            [
                "cut after 3.0 s of silence by the proxy (FIN)",
                "kept alive by client data, up to 5.0 s",
                "not kept alive by pings",
            ],
            id="an idle limit",
        ),
        pytest.param(
            IdleReport(6000.0, 5000.0, "idle-limit", "unknown", "rst", 3000.0, 3000.0),
            ["cut after 3.0 s of silence (RST)"],
            id="nobody knows whose",
        ),
        pytest.param(
            IdleReport(
                6000.0, 2000.0, "max-lifetime", "backend", "close-frame", None, 2000.0, 2000.0,
                KeepsAlive(pings=False, client_data=False),
            ),
            ["ended after 2.0 s by the backend, silent or not (Close frame)"],
            id="a lifetime",
        ),
        pytest.param(
            IdleReport(6000.0, 2000.0, "unanswered-pings", "backend", "close-frame", None, 1000.0),
            ["ended after 2.0 s by the backend for want of pongs (Close frame)"],
            id="no pongs",
        ),
        pytest.param(
            IdleReport(6000.0, 20.0, "other", "backend", "close-frame", None, 20.0),
            ["ended after 20 ms by the backend, not for silence (Close frame)"],
            id="something else",
        ),
        pytest.param(
            IdleReport(6000.0, None, longest_silence_ms=500.0, keeps_alive=KeepsAlive(server_data=True)),
            ["open after 6.0 s, never silent for longer than 500 ms"],
            id="a talkative server",
        ),
    ],
)  # fmt: skip
def test_what_came_of_the_search_for_idle_limits(report, idle: IdleReport, words: list[str]):
    assert [line.text for line in stages(report("healthy"), idle=idle)["idle"]] == words


def test_rows_that_no_route_needs_are_left_out(report):
    labels = [label for label, _ in rows(report("healthy"))]

    assert labels == ["dns", "tcp", "tls", "upgrade", "heartbeat", "updates", "answered by"]


def test_the_browser_gets_a_row_when_it_decides_otherwise(report):
    blocked = BrowserReport(False, "blocked: mixed content")

    assert stages(report("healthy"), browser=blocked)["browser"] == (Line(Mark.BAD, "blocked: mixed content"),)
