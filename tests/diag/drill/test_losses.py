from __future__ import annotations

import pytest

from diag.drill.losses import Attempt, Loss, Messages, messages, state, summary


def test_a_loss_from_its_break_to_its_recovery(events, timeline) -> None:
    told = events(
        "0 attempt 0", "0 opened", "5 closed 1006 FIN", "5 waiting 1.0", "6 attempt 1", "6.1 refused tcp-refused",
        "6.1 waiting 2.0", "8.1 attempt 2", "8.2 opened",
    )  # fmt: skip
    found = summary(told, timeline("refuse,at=4s,for=3s"), 20.0)

    (loss,) = found.losses
    assert loss == Loss(
        5.0,
        5.0,
        1006,
        "FIN",
        broke_s=4.0,
        attempts=(Attempt(pytest.approx(1.1), 1.0, "tcp-refused"), Attempt(pytest.approx(3.2), 2.0)),
        back_s=pytest.approx(3.2),
    )
    assert loss.noticed_after_s == 1.0
    assert (found.ended, found.connected_s, found.polling_s) == ("connected", pytest.approx(16.8), 0)


def test_polling_is_told_with_its_polls(events, timeline) -> None:
    told = events(
        "0 opened", "5 closed 1012 clean", "5 waiting 1.0", "6 refused tcp-refused", "6 fallback 10.0",
        "6 polled 200", "16 polled", "26 polled 502", "30 opened", "30 recovered",
    )  # fmt: skip
    found = summary(told, timeline("restart,at=5s,for=15s"), 40.0)

    assert (found.polling_s, found.polls, found.polls_failed) == (24.0, 3, 2)
    assert (found.losses[0].fallback_s, found.losses[0].back_s) == (1.0, 25.0)
    assert found.losses[0].clean


def test_a_second_loss_under_the_same_fault_has_no_break_of_its_own(events, timeline) -> None:
    told = events("0 opened", "5 closed 1006", "6 opened", "6.1 closed 1006", "7 opened")
    first, second = summary(told, timeline("accept-then-drop,at=5s,for=2s"), 9.0).losses

    assert (first.broke_s, second.broke_s) == (5.0, None)
    assert second.lived_s == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param((), ("never opened", 0.0), id="nothing"),
        pytest.param(("1 opened",), ("connected", 1.0), id="open"),
        pytest.param(("1 opened", "2 closed 1006"), ("trying", 2.0), id="lost"),
        pytest.param(("1 opened", "2 closed 1006", "3 fallback 1"), ("polling", 3.0), id="polling"),
        pytest.param(("1 opened", "2 closed 1006", "3 gave-up"), ("gave up", 3.0), id="over"),
    ],
)
def test_the_state_after_some_events(events, lines: tuple[str, ...], expected: tuple[str, float]) -> None:
    assert state(events(*lines)) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(("0 opened", "1 message a"), Messages(1), id="not numbered"),
        pytest.param(
            ("0 opened", "1 message a 7", "2 message a 8", "2 message b 1"),
            Messages(3, numbered=True),
            id="none missed",
        ),
        pytest.param(
            ("0 opened", "1 message a 7", "2 message a 10"), Messages(2, missed=2, numbered=True), id="in a session"
        ),
        pytest.param(
            ("0 opened", "1 message a 7", "2 closed 1006", "3 opened", "3.1 message a 10"),
            Messages(2, missed=2, at_reconnects=2, numbered=True),
            id="between sessions, the newest at once",
        ),
        pytest.param(
            ("0 opened", "1 message a 7", "2 closed 1006", "3 opened", "9 message a 10"),
            Messages(2, missed=2, at_reconnects=2, numbered=True, caught_up=False),
            id="between sessions, and the next one late",
        ),
        pytest.param(
            ("0 opened", "1 message a 7", "2 closed 1006", "3 opened", "3.1 message a 7", "4 message a 8"),
            Messages(3, duplicated=1, numbered=True),
            id="sent again",
        ),
        pytest.param(
            ("0 opened", "1 message a 700", "2 closed 1006", "3 opened", "3 message a 0", "4 message a 1"),
            Messages(3, numbered=True),
            id="a server that counts anew",
        ),
    ],
)
def test_gaps_and_repetitions(events, lines: tuple[str, ...], expected: Messages) -> None:
    assert messages(events(*lines)) == expected


def test_the_longest_silence_counts_polls_that_were_answered(events, timeline) -> None:
    told = events("0 opened", "1 message a 1", "2 closed 1006", "3 fallback 1", "5 polled", "8 polled 200")

    assert summary(told, timeline("reset,at=2s"), 12.0).longest_silence_s == 7.0
