"""The page's REST requests on the wire: preflights, redirects, cookies, and what is never sent."""

from __future__ import annotations

import time

import pytest

from diag.model import ApiRequest, Target
from diag.observations import Answer, NoAnswer, RestCall
from diag.probes.rest import call
from diag.wire.dial import Dialer

PAGE = "http://localhost:5173"
CUSTOM = (("X-Requested-With", "XMLHttpRequest"),)


@pytest.fixture
def asked(speaking):
    """`asked(respond, method=…)`: the call, and the heads that the server got. The page is another origin unless
    `same_origin`."""

    def ask(respond, *, same_origin: bool = False, cookies: str | None = None, **api: object):
        heads: list[str] = []

        def script(peer) -> None:
            heads.append(peer.head)
            respond(peer)

        port = speaking(script)
        page = f"http://127.0.0.1:{port}" if same_origin else PAGE
        request = ApiRequest(f"http://127.0.0.1:{port}/api/health", **api)
        target = Target(page, "ws://localhost:5173/ws", (), api=(request,), cookies=cookies)
        return call(target, 0, request, Dialer(), deadline=time.monotonic() + 5), heads

    return ask


def names(head: str) -> list[str]:
    return [line.partition(":")[0] for line in head.split("\r\n")[1:]]


def lines(head: str) -> dict[str, str]:
    return {name: value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])}


def ok(peer) -> None:
    peer.answer(200, "{}", "Content-Type: application/json", f"Access-Control-Allow-Origin: {PAGE}")


def statuses(made: RestCall) -> list[int | str | None]:
    outcomes = [outcome for hop in made.hops for outcome in (hop.preflight, hop.answer)]
    return [item.status if isinstance(item, Answer) else item and item.reason for item in outcomes]


def test_a_request_to_the_pages_own_origin_says_so(asked) -> None:
    made, [head] = asked(ok, same_origin=True)
    sent = lines(head)
    assert "Origin" not in sent
    assert sent["Sec-Fetch-Site"] == "same-origin"
    assert statuses(made) == [None, 200]


def test_a_simple_request_to_another_origin_needs_no_preflight(asked) -> None:
    made, [head] = asked(ok)
    sent = lines(head)
    assert head.startswith("GET /api/health HTTP/1.1\r\n")
    assert (sent["Origin"], sent["Sec-Fetch-Site"], sent["Sec-Fetch-Mode"]) == (PAGE, "cross-site", "cors")
    assert statuses(made) == [None, 200]


def test_the_headers_have_chromiums_order_around_the_scripts_own(asked) -> None:
    _, [head] = asked(ok, headers=(("Accept-Version", "1"),), same_origin=True)
    assert names(head) == [
        "Host", "Connection", "Accept-Version", "User-Agent", "Accept", "Sec-Fetch-Site", "Sec-Fetch-Mode",
        "Sec-Fetch-Dest", "Accept-Encoding", "Accept-Language",
    ]  # fmt: skip


def test_a_header_of_its_own_is_asked_for_first(asked) -> None:
    made, [preflight, request] = asked(ok, headers=CUSTOM, credentials="include", cookies="a=1")
    asks, sent = lines(preflight), lines(request)
    assert preflight.startswith("OPTIONS /api/health HTTP/1.1\r\n")
    assert (asks["Access-Control-Request-Method"], asks["Access-Control-Request-Headers"]) == (
        "GET",
        "x-requested-with",
    )
    assert (asks["Origin"], "Cookie" in asks) == (PAGE, False)
    assert (sent["X-Requested-With"], sent["Cookie"]) == ("XMLHttpRequest", "a=1")
    assert statuses(made) == [200, 200]


def test_a_get_is_sent_although_its_preflight_failed(asked) -> None:
    """Asking is safe, and the answer tells a refused origin from a refused preflight."""
    made, heads = asked(lambda peer: peer.answer(405 if peer.head.startswith("OPTIONS") else 200), headers=CUSTOM)
    assert [head.split()[0] for head in heads] == ["OPTIONS", "GET"]
    assert statuses(made) == [405, 200]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_changes_something_is_never_sent_behind_a_preflight(asked, method: str) -> None:
    made, heads = asked(ok, method=method)
    assert [head.split()[0] for head in heads] == ["OPTIONS"]
    assert statuses(made) == [200, None]
    assert made.final is None


def test_a_post_to_the_pages_own_origin_names_it(asked) -> None:
    _, [head] = asked(ok, method="POST", same_origin=True)
    assert lines(head)["Origin"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("credentials", "same_origin", "sent"),
    [
        pytest.param("include", False, True, id="include goes anywhere"),
        pytest.param("include", True, True, id="include goes home too"),
        pytest.param("same-origin", True, True, id="same-origin goes home"),
        pytest.param("same-origin", False, False, id="same-origin goes nowhere else"),
        pytest.param("omit", True, False, id="omit goes nowhere"),
    ],
)
def test_cookies_go_where_the_credentials_mode_sends_them(
    asked, credentials: str, same_origin: bool, sent: bool
) -> None:
    _, [head] = asked(ok, credentials=credentials, same_origin=same_origin, cookies="session=1")
    assert ("Cookie" in lines(head)) is sent


def test_redirects_are_followed_as_fetch_follows_them(asked) -> None:
    def moved(peer) -> None:
        if peer.head.startswith("GET /api/health "):
            peer.answer(307, "", "Location: /api/health/")
        else:
            ok(peer)

    made, heads = asked(moved)
    assert [head.split()[1] for head in heads] == ["/api/health", "/api/health/"]
    assert [hop.url.rpartition(":")[2].partition("/")[2] for hop in made.hops] == ["api/health", "api/health/"]
    assert made.url == made.hops[0].url


def test_a_redirect_without_end_ends_at_the_twenty_first(asked) -> None:
    made, heads = asked(lambda peer: peer.answer(302, "", "Location: /api/health"))
    assert len(made.hops) == len(heads) == 21


def test_a_redirect_to_what_is_no_url_goes_nowhere(asked) -> None:
    made, heads = asked(lambda peer: peer.answer(302, "", "Location: http://[::1/"))
    assert len(made.hops) == len(heads) == 1


@pytest.mark.parametrize(
    ("respond", "reason"),
    [
        pytest.param(lambda peer: peer.finish(), "eof", id="closed without a word"),
        pytest.param(lambda peer: peer.reset(), "reset", id="reset"),
        pytest.param(lambda peer: peer.send(b"SSH-2.0-x\r\n\r\n"), "not-http", id="another protocol"),
    ],
)
def test_no_answer_is_an_observation(asked, respond, reason: str) -> None:
    made, _ = asked(respond)
    assert isinstance(made.final, NoAnswer)
    assert (made.final.stage, made.final.reason) == ("http", reason)


def test_a_closed_port_is_an_observation() -> None:
    request = ApiRequest("http://127.0.0.1:1/api/health")
    target = Target(PAGE, "ws://localhost:5173/ws", (), api=(request,))
    made = call(target, 0, request, Dialer(), deadline=time.monotonic() + 5)
    assert made.final == NoAnswer("tcp", "refused", "127.0.0.1 refused")


def test_the_same_from_a_foreign_page(speaking) -> None:
    heads: list[str] = []

    def respond(peer) -> None:
        heads.append(peer.head)
        peer.answer(200, "{}")

    url = f"http://127.0.0.1:{speaking(respond)}/api/health"
    request = ApiRequest(url, credentials="include")
    target = Target(PAGE, "ws://localhost:5173/ws", (), api=(request,), cookies="session=1")
    made = call(target, 0, request, Dialer(), deadline=time.monotonic() + 5, variant="foreign-origin")
    sent = lines(heads[0])
    assert (sent["Origin"], sent["Cookie"]) == ("https://wsdiag-foreign.example", "session=1")
    assert (made.variant, statuses(made)) == ("foreign-origin", [None, 200])
