from __future__ import annotations

import pytest

from diag.drill.story import FROZEN, story


@pytest.fixture
def told(events, timeline):
    """`told(lines, steps, ended_s)`: each line of the story as (time, mark, what, user)."""

    def tell(lines, steps, ended_s):
        return [
            (line.at_s, line.mark, line.what, line.user) for line in story(events(*lines), timeline(*steps), ended_s)
        ]

    return tell


def test_a_restart_that_is_survived(told) -> None:
    lines = (
        "0 attempt 0",
        "0 opened 4.2",
        "5 closed 1012 Restart clean",
        "5 waiting 10.0",
        "15 attempt 1",
        "15 opened 1",
    )

    assert told(lines, ("restart,at=5s,for=5s",), 20.0) == [
        (0.0, "good", "connected in 4 ms", "live values"),
        (5.0, "broken", "every socket gets Close 1012, new ones are refused (5 s)", ""),
        (5.0, "bad", "closed by the server: 1012 Restart", FROZEN),
        (10.0, "healed", "over: the way is clear", ""),
        (15.0, "good", "attempt 1 after 10.0 s: connected", "live values again"),
        (20.0, "end", "the end of the drill: connected", "live values"),
    ]


def test_the_fall_to_polling(told) -> None:
    lines = ("0 opened", "5 closed 1006 FIN", "15 refused tcp-refused", "15 fallback 10", "15 polled", "25 polled 200")
    found = told(lines, ("refuse,at=5s,for=15s",), 40.0)

    assert [line[2:] for line in found[3:]] == [
        ("attempt 1 after 10.0 s: tcp-refused", ""),
        ("falls back, and has nothing to poll every 10 s", ""),
        ("polls fail: no answer", "still frozen"),
        ("over: the way is clear", ""),
        ("polls are answered", "new values every 10 s"),
        ("the end of the drill: polling", "polled values until the page is reloaded"),
    ]


def test_a_socket_that_is_dropped_at_once_is_one_line(told) -> None:
    lines = ("0 opened", "5 closed 1006", "6 opened 1", "6.1 closed 1006", "7 opened 1")
    found = told(lines, ("accept-then-drop,at=5s,for=2s",), 9.0)

    assert (6.0, "bad", "attempt 1 after 1.0 s: connected, and dropped at once", "still frozen") in found
    assert len(found) == 7


def test_a_black_hole_freezes_the_page_without_a_word(told) -> None:
    found = told(("0 opened", "9 closed 1006 half-open: no answer"), ("black-hole,at=5s,for=20s",), 10.0)

    assert found[1:3] == [
        (5.0, "broken", "nothing passes, and nobody is told (20 s)", FROZEN),
        (9.0, "bad", "noticed: a heartbeat got no answer, the client gives the socket up", FROZEN),
    ]
    assert "healed" not in [line[1] for line in found]


def test_giving_up(told) -> None:
    found = told(("0 opened", "5 closed 1006", "6 refused tcp-refused", "6 gave-up"), ("reset,at=5s",), 9.0)

    assert found[-2:] == [
        (6.0, "bad", "gives up: no attempt is left", "frozen until the page is reloaded"),
        (9.0, "end", "the end of the drill: gave up", "frozen until the page is reloaded"),
    ]


def test_one_fault_ends_while_another_goes_on(told) -> None:
    found = told(("0 opened",), ("latency,delay=1s,at=1s,for=9s", "drop-pongs,at=2s,for=3s"), 20.0)

    assert [line[2] for line in found if line[1] == "healed"] == ["over: other faults go on", "over: the way is clear"]
