from __future__ import annotations

from dataclasses import replace

import pytest

from diag.model import Client, Reconnect
from diag.verify.checks import reconnects
from diag.verify.observed import Cut

STATUS, HEALTH = "bot:status_change", "system:health_update"


def back(number: int) -> tuple[str, ...]:
    return "4.5 opened 2", f"4.6 message {number} {STATUS}", f"4.6 message {number} {HEALTH}"


def test_back_with_its_updates_passes_and_reports_the_gap(made, cut) -> None:
    ruling = reconnects.check(made(cut=cut(*back(9))))

    assert ruling.outcome == "pass"
    assert ruling.saw.startswith("back 3 s after the cut, with attempt 2; messages 100 ms later, 2 messages missed")


def test_no_gap_is_said_too(made, cut) -> None:
    assert reconnects.check(made(cut=cut(*back(8)))).saw.endswith("without a gap")


def test_a_quickened_policy_is_said(made, scene) -> None:
    scene.given(client=Client(reconnect=Reconnect())).opens("proxy").opens("direct")
    did = reconnects.check(made()).did

    assert did.endswith("attempts after 3, 6, 9 s for this check, instead of 10, 20, 30 s")


def test_updates_that_do_not_come_back_fail(made, cut) -> None:
    ruling = reconnects.check(made(cut=cut("4.5 opened 2", f"4.6 message 9 {STATUS}")))

    assert (ruling.outcome, ruling.cause) == ("fail", "ws-connected-but-no-updates")
    assert ruling.because == f"no {HEALTH} after it"


def test_a_page_that_polls_in_the_end_fails(made, cut) -> None:
    lost = cut("3 refused 1 tcp-refused", "5 refused 2 http-eof", "5 fallback 1")
    ruling = reconnects.check(made(cut=lost))

    assert (ruling.outcome, ruling.cause) == ("fail", "retry-window-too-short")
    assert ruling.because == "the page did not come back within 6.5 s, and polls"
    assert ruling.saw == "2 attempts, 1 of them with the way clear again; the last one: http-eof"


def test_a_page_that_is_still_trying_names_the_refusal(made, cut) -> None:
    refused = reconnects.check(made(cut=cut("5 refused 1 429 Too Many Requests")))
    assert (refused.outcome, refused.cause) == ("fail", "handshake-rate-limited")
    assert reconnects.check(made(cut=cut("5 refused 1 http-eof"))).cause == "tcp-refused"


def test_a_page_that_had_polled_before_it_came_back_fails(made, cut) -> None:
    ruling = reconnects.check(made(cut=cut("3 fallback 1", *back(9))))
    assert (ruling.outcome, ruling.cause) == ("fail", "retry-window-too-short")


def test_a_policy_without_attempts_fails(made, scene, cut) -> None:
    scene.given(client=Client(reconnect=Reconnect(attempts=0))).opens("proxy").opens("direct")
    ruling = reconnects.check(made(cut=cut("1.6 gave-up")))

    assert (ruling.outcome, ruling.cause) == ("fail", "retry-gives-up-silently")


def test_a_proxy_of_ours_that_leads_nowhere_is_our_own_fault(made, life) -> None:
    ruling = reconnects.check(made(cut=Cut(life("1 refused 0 http-eof"))))

    assert (ruling.outcome, "(http-eof)" in str(ruling.because)) == ("broken", True)


@pytest.mark.parametrize("silent", [("4.5 opened 2",)], ids=["nothing is pushed"])
def test_a_server_that_never_says_a_word_passes(made, life, silent) -> None:
    quiet = Cut(life("0.1 opened", "1.5 closed 1006", *silent), 1.5, 3.5)
    seen = made(cut=quiet)
    ruling = reconnects.check(replace(seen, target=replace(seen.target, expect=())))

    assert (ruling.outcome, ruling.saw.endswith("nothing is pushed, before the cut or after it")) == ("pass", True)
