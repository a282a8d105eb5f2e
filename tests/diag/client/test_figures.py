from __future__ import annotations

import statistics

import pytest

from diag.client.events import ClientEvent
from diag.client.figures import OTHER_TYPES, TYPES_LIMIT, Figures, percentile

RTTS = [1.0, 3.0, 2.0, 10.0, 4.0]


def figures_of(*events: ClientEvent) -> Figures:
    figures = Figures()
    for event in events:
        figures.take(event)
    return figures


def answered(rtt_ms: float, kind: str = "application") -> tuple[ClientEvent, ClientEvent]:
    beat = ClientEvent(1.0, "beat", number=1, text=kind, size=100)
    return beat, ClientEvent(1.0, "answered", number=1, text=kind, value=rtt_ms, size=200)


def message(at_s: float, sequence: int | None = None, text: str = "update") -> ClientEvent:
    return ClientEvent(at_s, "message", text=text, size=10, sequence=sequence)


def test_round_trips_are_those_of_the_textbook() -> None:
    figures = figures_of(*(event for rtt in RTTS for event in answered(rtt)))
    found = figures.main.distribution()
    assert found is not None
    assert (found.min, found.p50, found.p95, found.p99, found.max) == (1.0, 3.0, 10.0, 10.0, 10.0)
    assert found.stddev == pytest.approx(statistics.pstdev(RTTS))
    assert figures.main.mean_ms == pytest.approx(statistics.mean(RTTS))
    assert found.jitter == pytest.approx((2 + 1 + 8 + 6) / 4)
    assert (figures.bytes_out, figures.bytes_in) == (500, 1000)


def test_without_an_answer_there_is_no_round_trip_but_loss() -> None:
    figures = figures_of(
        ClientEvent(0.0, "beat", number=1, text="application"),
        ClientEvent(2.0, "missed", number=1, text="application"),
    )
    assert (figures.main.distribution(), figures.main.loss, figures.main.decided) == (None, 1.0, 1)


def test_the_application_s_beats_decide_where_there_are_some() -> None:
    assert figures_of(*answered(1.0, "protocol")).kind == "protocol"
    assert figures_of(*answered(1.0, "protocol"), *answered(5.0)).kind == "application"


def test_gaps_in_the_sequence_are_missing_messages_and_repetitions_are_not() -> None:
    seen = figures_of(*(message(float(n), n) for n in (1, 2, 5, 5, 4, 6))).types["update"]
    assert (seen.count, seen.missing, seen.size) == (6, 3, 60)


def test_the_newest_message_and_the_longest_pause() -> None:
    seen = figures_of(*(message(at) for at in (1.0, 1.5, 4.5, 5.0))).types["update"]
    assert (seen.last_at_s, seen.longest_gap_s, seen.missing) == (5.0, 3.0, 0)


def test_a_server_cannot_make_up_types_for_ever() -> None:
    figures = figures_of(*(message(1.0, text=f"type {n}") for n in range(TYPES_LIMIT + 100)))
    assert len(figures.types) == TYPES_LIMIT + 1
    assert figures.types[OTHER_TYPES].count == 100
    assert figures.messages == TYPES_LIMIT + 100


def test_sessions_and_their_ends() -> None:
    figures = figures_of(
        ClientEvent(0.0, "refused"),
        ClientEvent(1.0, "opened", value=5.0),
        ClientEvent(2.0, "closed", number=1006),
        ClientEvent(3.0, "opened", value=6.0),
    )
    assert (figures.opened, figures.reconnects, figures.refused, dict(figures.closed)) == (2, 1, 1, {1006: 1})
    assert (figures.is_open, figures.opened_at_s, figures.handshake_ms) == (True, 3.0, 6.0)


def test_memory_is_bounded() -> None:
    figures = figures_of(*(event for _ in range(12_000) for event in answered(1.0)))
    assert (len(figures.main.recent), len(figures.main.outcomes), figures.main.answered) == (10_000, 10_000, 12_000)


@pytest.mark.parametrize(("part", "value"), [(0, 1.0), (50, 2.0), (51, 3.0), (95, 4.0), (100, 4.0)])
def test_percentiles_are_nearest_ranks(part: float, value: float) -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], part) == value
