from __future__ import annotations

import pytest

from diag.verify.checks import fallback

POLLING = ("0 attempt 0", "0.1 opened", "1 closed 1012 restart", "1.2 refused 1 tcp-refused", "2 refused 2 tcp-refused")


def test_one_session_for_the_whole_watch_passes(made) -> None:
    ruling = fallback.check(made())

    assert (ruling.outcome, ruling.saw) == ("pass", "one session all the time, no poll")


def test_polls_mean_that_it_fell(made, life) -> None:
    fell = life(*POLLING, "3 refused 3 tcp-refused", "3 fallback 1", "3.1 polled 200", "4.1 polled 200")
    ruling = fallback.check(made(watch=fell))

    assert (ruling.outcome, ruling.cause) == ("fail", "retry-window-too-short")
    assert ruling.because == "the socket was lost, and the page polls after 3 attempts"
    assert "polling from 3 s on, 2 polls, one every 1 s" in ruling.saw
    assert "lost after 0.9 s with 1012 restart" in ruling.saw


def test_giving_up_is_no_better(made, life) -> None:
    ruling = fallback.check(made(watch=life(*POLLING, "3 gave-up")))

    assert (ruling.outcome, ruling.because) == ("fail", "the socket was lost, and the page gives up after 2 attempts")


@pytest.mark.parametrize(
    ("closed", "code"),
    [
        pytest.param("2 closed 1006 FIN", "close-abnormal-1006", id="ended"),
        pytest.param("2 closed 1006 heartbeat unanswered", "heartbeat-unanswered", id="no answer"),
        pytest.param("2 closed 1006 half-open: nothing arrived", "heartbeat-unanswered", id="half-open"),
    ],
)
def test_a_session_that_is_lost_and_mended_did_not_last(made, life, closed: str, code: str) -> None:
    ruling = fallback.check(made(watch=life("0.1 opened", closed, "3 opened 1", "5 ended")))

    assert (ruling.outcome, ruling.cause) == ("fail", code)
    assert ruling.because == "the socket was lost, and came back"


def test_what_the_probe_found_is_the_cause_of_a_loss(made, scene, life) -> None:
    scene.switches("proxy").closes("proxy", 1012, "restart").opens("direct")
    seen = made(watch=life("0.1 opened", "2 closed 1012 restart", "3 opened 1"))

    assert fallback.check(seen).cause == seen.report.primary_cause == "close-restart"


def test_a_page_that_never_connects_will_poll(made, scene, life) -> None:
    target = made().target
    scene.refused("proxy").given(client=target.client)
    ruling = fallback.check(made(watch=life("0.1 refused 0 tcp-refused")))

    assert ruling.outcome == "fail"
    assert ruling.saw == "no session; 1 attempt refused (tcp-refused); its policy polls 60 s after the loss"


def test_a_handshake_that_never_ends_is_broken(made, life) -> None:
    assert fallback.check(made(watch=life("0 attempt 0"))).outcome == "broken"
