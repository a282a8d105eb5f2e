"""The observations of one run, looked up by route and variant, with a browser's eyes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.browser.handshake import Offer
from diag.observations import Answer, Exchange, NoAnswer, Received, Session
from diag.seen import Seen, judged, message_count, offer_of, same_answer


def seen(scene) -> Seen:
    return Seen(scene.target, tuple(scene.observations))


def test_nothing_was_seen_of_a_route_that_was_not_asked(scene) -> None:
    nothing = seen(scene)
    page = nothing.page
    assert nothing.exchange(page) is nothing.answer(page) is nothing.silence(page) is None
    assert nothing.session(page) is nothing.verdict(page) is nothing.open_route is None
    assert (nothing.opens(page), nothing.hangs(page), nothing.calls, nothing.policies) == (False, False, (), ())


def test_an_exchange_is_found_by_route_and_variant(scene) -> None:
    told = seen(scene.answers("proxy", 404).answers("proxy", 200, variants=("get",)).opens("direct"))
    answers = [told.answer(told.page), told.answer(told.page, "get"), told.answer(told.others[0])]
    assert [answer.status for answer in answers if answer] == [404, 200, 101]
    assert told.answer(told.page, "get-root") is None


def test_which_probe_came_back_first_does_not_show(scene) -> None:
    scene.answers("proxy", 404, variants=("sibling", "browser", "get")).opens("direct").port("direct", "::1", "refused")
    forwards, backwards = seen(scene), Seen(scene.target, tuple(reversed(scene.observations)))
    assert list(forwards.exchanges) == list(backwards.exchanges) == sorted(forwards.exchanges)
    assert list(forwards.sessions) == list(backwards.sessions)


def test_the_page_is_the_route_of_the_pages_url(scene) -> None:
    told = seen(scene.page_opens("direct"))
    assert (told.page.name, [route.name for route in told.others]) == ("direct", ["proxy"])


@pytest.mark.parametrize(
    ("tell", "expected"),
    [
        pytest.param(lambda s: s.opens("proxy"), True, id="a good 101"),
        pytest.param(lambda s: s.switches("proxy", Sec_WebSocket_Accept="no"), False, id="a bad 101"),
        pytest.param(lambda s: s.answers("proxy", 200), False, id="another status"),
        pytest.param(lambda s: s.hangs("proxy"), False, id="silence"),
        pytest.param(lambda s: s.opens("direct"), False, id="another route"),
    ],
)
def test_opens(scene, tell, expected: bool) -> None:
    told = seen(tell(scene))
    assert told.opens(told.page) is expected


@pytest.mark.parametrize(
    ("stage", "reason", "expected"),
    [
        pytest.param("http", "timeout", True, id="connected, and never answered"),
        pytest.param("tcp", "timeout", False, id="never connected"),
        pytest.param("http", "slow", False, id="an answer began"),
        pytest.param("http", "eof", False, id="closed"),
    ],
)
def test_hangs(scene, stage: str, reason: str, expected: bool) -> None:
    told = seen(scene.silent("proxy", stage, reason))
    assert told.hangs(told.page) is expected


@pytest.mark.parametrize(
    ("stage", "reason", "text"),
    [
        pytest.param("dns", "not-resolved", "net::ERR_NAME_NOT_RESOLVED", id="a name"),
        pytest.param("tcp", "refused", "net::ERR_CONNECTION_REFUSED", id="refused"),
        pytest.param("tcp", "timeout", "net::ERR_CONNECTION_TIMED_OUT", id="no answer to TCP"),
        pytest.param("tcp", "unreachable", "net::ERR_ADDRESS_UNREACHABLE", id="no way"),
        pytest.param("tls", "untrusted", "net::ERR_CERT_AUTHORITY_INVALID", id="an unknown authority"),
        pytest.param("tls", "name-mismatch", "net::ERR_CERT_COMMON_NAME_INVALID", id="another name"),
        pytest.param("tls", "expired", "net::ERR_CERT_DATE_INVALID", id="expired"),
        pytest.param("tls", "not-tls", "net::ERR_SSL_PROTOCOL_ERROR", id="no TLS"),
        pytest.param("http", "not-http", "net::ERR_INVALID_HTTP_RESPONSE", id="another protocol"),
        pytest.param("http", "too-large", "net::ERR_RESPONSE_HEADERS_TOO_BIG", id="headers without end"),
        pytest.param("http", "eof", "Connection closed before receiving a handshake response", id="closed"),
        pytest.param("http", "reset", "Connection closed before receiving a handshake response", id="reset"),
        pytest.param("http", "timeout", None, id="a hang logs nothing"),
        pytest.param("http", "slow", None, id="nor does a head that never ends"),
    ],
)
def test_chromiums_words_for_no_answer(scene, stage: str, reason: str, text: str | None) -> None:
    told = seen(scene.silent("proxy", stage, reason))
    verdict = told.verdict(told.page)
    assert verdict is not None
    assert (verdict.opens, verdict.problem) == (False, f"{stage}-{reason}")
    assert verdict.message == text if text is None else str(verdict.message).endswith(text)


def test_the_verdict_is_about_what_was_really_asked() -> None:
    """A 101 that answers an offered subprotocol is good, and the same 101 is bad where none was offered."""
    head = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
    )
    answer = Answer(101, "", "HTTP/1.1", (), raw_head=head)
    sent = (("Sec-WebSocket-Protocol", "superchat, chat"), ("Sec-WebSocket-Extensions", "permessage-deflate"))
    exchange = Exchange("proxy", "browser", "ws://a.test/", sent, answer, 1.0, key="dGhlIHNhbXBsZSBub25jZQ==")
    assert offer_of(exchange) == Offer("dGhlIHNhbXBsZSBub25jZQ==", ("superchat", "chat"), deflate=True)
    assert judged(exchange).opens
    assert judged(replace(exchange, sent=())).problem == "subprotocol-unrequested"


def test_requests_come_in_the_targets_order(scene) -> None:
    for path in ("a", "b", "c"):
        scene.rest(f"http://localhost:5173/{path}", scene.answer(200))
    scene.observations.reverse()
    assert [call.index for call in seen(scene).calls] == [0, 1, 2]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(200, ("default-src 'self'",), id="the page itself"),
        pytest.param(404, (), id="an error page is not the page"),
    ],
)
def test_the_pages_policies(scene, status: int, expected: tuple[str, ...]) -> None:
    scene.answers("proxy", status, variants=("page",), headers={"Content-Security-Policy": "default-src 'self'"})
    assert seen(scene).policies == expected


def test_the_context_is_judged_by_the_addresses_that_the_names_resolved_to(scene) -> None:
    scene.only("wss://bots.example.test/ws", "https://app.example.test").opens("proxy")
    scene.answers("proxy", 200, variants=("page",)).resolved("proxy", "93.184.216.34", "page")
    assert seen(scene.resolved("proxy", "93.184.216.34")).context.allowed
    assert seen(scene.resolved("proxy", "10.0.0.9")).context.problem == "local-network-access"


def test_the_open_route_is_another_one(scene) -> None:
    assert seen(scene.opens("proxy")).open_route is None
    told = seen(scene.opens("direct"))
    assert told.open_route is not None
    assert told.open_route.name == "direct"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param(
            Answer(404, "", "", (), b"gone"), Answer(404, "x", "", (("A", "b"),), b"gone\r\n"), True, id="equal"
        ),
        pytest.param(Answer(404, "", "", (), b"gone"), Answer(403, "", "", (), b"gone"), False, id="another status"),
        pytest.param(Answer(404, "", "", (), b"gone"), Answer(404, "", "", (), b"lost"), False, id="another body"),
        pytest.param(Answer(404, "", "", (), b""), None, False, id="no answer"),
        pytest.param(None, None, False, id="neither answered"),
    ],
)
def test_the_same_hand(one: Answer | None, other: Answer | None, expected: bool) -> None:
    assert same_answer(one, other) is expected


def test_control_frames_are_no_messages() -> None:
    kinds = ("text", "ping", "binary", "pong")
    received = tuple(Received(1.0, kind, 0) for kind in kinds)
    assert message_count(Session("proxy", "browser", 1.0, received, received_total=4)) == 2


def test_no_answer_is_no_status(scene) -> None:
    told = seen(scene.silent("proxy", "tcp", "refused"))
    exchange = told.exchange(told.page)
    assert exchange is not None
    assert (exchange.answer, exchange.status) == (None, None)
    assert told.silence(told.page) == NoAnswer("tcp", "refused")
