from __future__ import annotations

from typing import Any

from diag.client.heartbeats import APPLICATION, PROTOCOL, Beat, Heartbeats


def heart(**changes: Any) -> Heartbeats:
    return Heartbeats(**{"interval_s": 1.0, "timeout_s": 2.0, "first_at": 10.0, **changes})


def sent(beats: Heartbeats, now: float) -> list[Beat]:
    due = list(beats.due(now))
    for beat in due:
        beats.sent(beat, f"{beat.kind} {beat.number}", now)
    return due


def test_nothing_is_due_before_its_time() -> None:
    beats = heart()
    assert (list(beats.due(9.99)), beats.wake()) == ([], 10.0)


def test_a_beat_sent_late_leaves_the_grid_where_it_was() -> None:
    beats = heart()
    assert [beat.due for beat in sent(beats, 11.5)] == [10.0, 11.0]
    assert [beat.due for beat in sent(beats, 12.0)] == [12.0]


def test_points_of_the_grid_that_a_long_pause_took_are_left_out() -> None:
    beats = heart()
    assert [beat.due for beat in sent(beats, 100.5)] == [10.0]
    assert [(beat.number, beat.due) for beat in sent(beats, 101.0)] == [(2, 101.0)]


def test_an_answer_ends_its_own_beat_only() -> None:
    beats = heart()
    sent(beats, 11.0)
    assert [beat.number for beat in beats.answered(APPLICATION, "application 2")] == [2]
    assert beats.answered(APPLICATION, "application 2") == []
    assert beats.answered(APPLICATION, "somebody else's") == []
    assert beats.answered(PROTOCOL, "application 1") == []


def test_an_answer_without_identifier_ends_the_beat_that_waits_longest() -> None:
    beats = heart()
    sent(beats, 11.0)
    assert [beat.number for beat in beats.answered(APPLICATION, None)] == [1]


def test_a_pong_stands_for_every_ping_before_it() -> None:
    beats = heart(kind=PROTOCOL)
    sent(beats, 12.0)
    assert [beat.number for beat in beats.answered(PROTOCOL, "protocol 2")] == [1, 2]


def test_the_time_for_an_answer_begins_when_the_beat_is_really_sent() -> None:
    beats = heart()
    sent(beats, 10.9)
    assert beats.overdue(12.8) == []
    assert [beat.number for beat in beats.overdue(12.9)] == [1]
    assert beats.answered(APPLICATION, "application 1") == []


def test_a_ping_goes_beside_an_application_s_beat_and_not_beside_a_ping() -> None:
    beats = heart(pings=True)
    assert [(beat.number, beat.kind, beat.due) for beat in sent(beats, 10.5)] == [
        (1, APPLICATION, 10.0),
        (1, PROTOCOL, 10.02),
    ]
    assert [beat.kind for beat in sent(heart(pings=True, kind=PROTOCOL), 10.5)] == [PROTOCOL]


def test_the_last_beat_is_followed_by_none_and_ends_with_its_answer() -> None:
    beats = heart(number=5, last=6)
    assert [beat.number for beat in sent(beats, 11.0)] == [5, 6]
    assert not beats.done
    beats.answered(APPLICATION, "application 5")
    assert [beat.number for beat in beats.overdue(13.0)] == [6]
    assert (beats.done, beats.wake()) == (True, float("inf"))


def test_a_session_that_is_over_abandons_what_waits() -> None:
    beats = heart()
    sent(beats, 11.0)
    assert [beat.number for beat in beats.abandoned()] == [1, 2]
    assert beats.done
