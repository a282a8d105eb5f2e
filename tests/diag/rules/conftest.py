"""Two kinds of assertions on what is told of a run, and arbitrary runs for what must hold for all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st

from diag.browser.handshake import accept_value
from diag.catalogue import entry
from diag.model import ApiRequest, Client, Route, Target, Verdict
from diag.observations import (
    Answer,
    Attempt,
    Beat,
    Broken,
    BrowserTry,
    Certificate,
    Closed,
    Environment,
    Exchange,
    ExtendedConnect,
    Hop,
    Http2Answer,
    Link,
    NoAnswer,
    Phases,
    PortCheck,
    Presented,
    Pushed,
    Received,
    RestCall,
    Session,
    TypeSeen,
)
from diag.probes.requests import request
from diag.recording import Recording
from diag.report import Report

UNFILLED = re.compile(r"\{(path|backend|page|page_host|host|proxy)\}")
Tell = Callable[[Any], Any]

PROXY, DIRECT = Route("proxy", "ws://localhost:5173/ws"), Route("direct", "ws://localhost:3000/ws")
ROUTES = ("proxy", "direct")
HANDSHAKES = (
    "browser", "repeat", "no-origin", "own-origin", "foreign-origin", "sibling", "no-upgrade", "connection-close",
    "http-1.0", "http-1.0-no-upgrade", "no-key", "version-99", "other-scheme", "path=/api/ws", "path=/other",
    "polling", "sid=1", "sid=2", "eio=3", "size=100", "size=50",
    "origin=http://localhost:3000", "origin=http://localhost:5173/", "host=localhost:5173", "host=x.example",
    "origin=http://localhost", "origin=null", "forwarded-proto=localhost:5173", "no-subprotocol",
    "wss", "wss-no-upgrade", "drift=5174",
)  # fmt: skip
GETS = ("get", "get-root", "get-sibling", "drift-get=5174")
KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
TYPES = ("connected", "hash", "bot:status_change", "connection:pong")
SAMPLES = ('{"botId":{"x":1}}', "{", '{"type":"connection:pong"}', "", "\ud800")
Outcome = Answer | NoAnswer | None
SILENCES = (
    ("dns", "not-resolved"), ("tcp", "refused"), ("tcp", "timeout"), ("tcp", "unreachable"), ("tcp", "reset"),
    ("tls", "untrusted"), ("tls", "expired"), ("tls", "not-tls"), ("tls", "no-alpn"), ("tls", "eof"),
    ("http", "timeout"), ("http", "eof"), ("http", "reset"), ("http", "not-http"), ("http", "too-large"),
    ("http", "slow"),
)  # fmt: skip
STATUSES = (
    0, 100, 101, 101, 101, 200, 204, 301, 302, 400, 401, 403, 404, 407, 426, 429, 431, 500, 502, 503, 504, 505, 999,
)  # fmt: skip
HEADERS = (
    "Location", "Server", "Content-Type", "Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version", "Sec-WebSocket-Extensions", "Set-Cookie", "Retry-After", "cf-ray", "Vary",
    "Cache-Control", "Content-Security-Policy", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
)  # fmt: skip
VALUES = (
    "", "*", "http://localhost:5173", "http://[", "https://localhost/", "/login", "text/html", "application/json",
    "nginx", "SimpleHTTP/0.6", "websocket", "Upgrade", "13", "max-age=60", "default-src 'none'", "permessage-deflate",
)  # fmt: skip
BODIES = (
    b'0{"sid":"abc","upgrades":[]}', b'{"botId":1,"status":"off"}',
    b"", b"{}", b'{"bot_id":1}', b'{"code":0,"message":"Transport unknown"}', b'<div id="root">', b"/@vite/client",
    b"Blocked request. This host is not allowed", b"<hr><center>nginx", b"\xff\xfe", b"[" * 2000, b"origin", b"1e999",
)  # fmt: skip
FIRST_BYTES = (b"", b"SSH-2.0", b"\x15\x03\x01", b"\0\0\x12\x04\0\0\0\0\0", b"HTTP/1.1 101 Sw")
PROBLEMS = ("rsv-bit", "masked", "bad-opcode", "invalid-utf8", "close-code-reserved", "anything", "", None)
CODES = (1000, 1001, 1002, 1005, 1006, 1008, 1009, 1011, 1012, 1013, 3000, 4401, 4999)
REASONS = ("", "idle timeout", "keepalive ping timeout", "Origin not allowed", "bye", "\x00é")

times = st.sampled_from((0.0, 0.5, 120.0, 799.9, 800.0, 1000.0, 1100.0, 2000.0, 15_000.0, 90_000.0))
texts = st.sampled_from(("", "a b", "{path}", "\x00\x7f", "\xff\xe9", "x" * 300))
bodies = st.sampled_from(BODIES)
headers = st.lists(st.tuples(st.sampled_from(HEADERS), st.sampled_from(VALUES) | texts), max_size=4).map(tuple)
statuses = st.sampled_from(STATUSES)
silences = st.tuples(st.sampled_from(SILENCES), texts, st.sampled_from(FIRST_BYTES)).map(
    lambda parts: NoAnswer(*parts[0], *parts[1:])
)


goods = st.booleans()
versions = st.sampled_from(("HTTP/1.1", "HTTP/1.0"))
odd_heads = st.sampled_from((None, None, None, b"", b"HTTP/1.1 101\r\n\r\n", b"\xff\r\n\r\n"))


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Any answer; a 101 is often a good one. `raw_head` mostly agrees with the rest."""
    status, lines, version, odd = draw(statuses), draw(headers), draw(versions), draw(odd_heads)
    if status == 101 and draw(goods):
        good = (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept_value(KEY)))
        lines = good + tuple(line for line in lines if line[0].startswith(("Set", "Server")))
    head = f"{version} {status} Some Reason\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"
    raw = head.encode("latin-1") if odd is None else odd
    return Answer(status, "Some Reason", version, lines, draw(bodies), raw_head=raw)


outcomes = answers() | silences
perhaps = st.none() | outcomes
some_times = st.none() | times
reached = st.sampled_from(("::1", "127.0.0.1", "93.184.216.34", "192.168.1.9", "no address"))
attempted = st.sampled_from(("connected", "refused", "timeout"))
certificates = st.sampled_from((None, Certificate("TLSv1.3", None)))


@st.composite
def exchanges(draw: st.DrawFn, target: Target, place: tuple[Route, str]) -> Exchange:
    route, variant = place
    asked = request(target, route, variant)
    address = draw(reached)
    return Exchange(
        route=route.name,
        variant=variant,
        url=asked.url,
        sent=tuple((name, KEY if name == "Sec-WebSocket-Key" else value) for name, value in asked.headers),
        outcome=draw(outcomes),
        took_ms=draw(times),
        phases=Phases(upgrade=draw(some_times)),
        attempts=(Attempt(address, draw(attempted), 1.0),),
        addresses=(address,),
        certificate=draw(certificates),
        key=KEY if asked.offer else "",
    )


ends = st.none() | st.builds(
    Closed,
    code=st.sampled_from(CODES),
    reason=st.sampled_from(REASONS),
    clean=st.booleans(),
    how=st.sampled_from(("close-frame", "fin", "rst", "violation", "tls-error")),
    after_ms=times,
    problem=st.sampled_from(PROBLEMS),
    message=st.none() | texts,
)
rows = st.builds(TypeSeen, st.sampled_from(TYPES), st.just(2), times, st.sampled_from(SAMPLES))
beats = st.builds(Beat, st.sampled_from(("application", "protocol")), times, some_times, st.booleans())
sessions = st.builds(
    Session,
    route=st.sampled_from(ROUTES),
    variant=st.sampled_from(("browser", "silent", "busy", "idle", "no-origin", "size=100", "size=50", "eio=3")),
    watched_ms=times,
    received=st.sampled_from(((), (Received(1.0, "text", 2), Received(2.0, "ping", 0)))),
    types=st.lists(rows, max_size=2, unique_by=lambda row: row.type).map(tuple),
    received_total=st.integers(0, 6),
    beats=st.lists(beats, max_size=3).map(tuple),
    sent_total=st.integers(0, 2),
    closed=ends,
    last_received_ms=times,
    last_sent_ms=times,
    close_answered=st.sampled_from((None, True, False)),
    subprotocol=st.sampled_from(("", "v1")),
    settled=st.sampled_from(((), (Pushed("botid", "1", "status", "on", 2),))),
)
urls = st.sampled_from((None, "http://localhost:3000/elsewhere", "https://other.example/"))
hops = st.lists(st.tuples(urls, perhaps, perhaps), max_size=3)
calls = st.lists(st.tuples(st.integers(0, 2), hops, times), max_size=2, unique_by=lambda call: call[0])
watched = st.lists(sessions, max_size=3, unique_by=lambda session: (session.route, session.variant))
ports = st.lists(
    st.tuples(st.sampled_from(ROUTES), st.sampled_from(("127.0.0.1", "::1")), attempted),
    max_size=3,
    unique_by=lambda row: row[:2],
)
chains = st.lists(
    st.builds(
        Link,
        subject=st.sampled_from(("CN=a", "CN=b")),
        issuer=st.sampled_from(("CN=a", "CN=b", "CN=c")),
        names=st.sampled_from(((), ("localhost",), ("*.example", "::1"), ("127.0.0.1",))),
        issuers_at=st.sampled_from(((), ("http://ca.example/",))),
    ),
    max_size=2,
).map(tuple)
certified = st.lists(
    st.builds(
        Presented,
        route=st.sampled_from(ROUTES),
        variant=st.sampled_from(("sni=", "sni=localhost", "sni=app.example")),
        chain=chains,
        failure=st.none() | silences,
    ),
    max_size=3,
    unique_by=lambda row: (row.route, row.variant),
)
connects = st.lists(
    st.builds(
        ExtendedConnect,
        route=st.sampled_from(ROUTES),
        variant=st.just("h2"),
        answer=st.none()
        | st.builds(
            Http2Answer,
            advertised=st.booleans(),
            outcome=st.sampled_from(("answered", "reset", "goaway", "timeout", "eof", "not-http2", "not-asked")),
            status=st.sampled_from((None, 200, 400)),
            error=st.sampled_from((None, 1)),
        ),
    ),
    max_size=1,
)
environments = st.lists(st.just(Environment(("http_proxy",))), max_size=1)
tries = st.lists(
    st.builds(
        BrowserTry,
        kind=st.sampled_from(("websocket", "fetch")),
        route=st.sampled_from((*ROUTES, None)),
        url=st.sampled_from((PROXY.url, DIRECT.url, "http://localhost:3000/api/bots")),
        opened=st.booleans(),
        message=st.none() | texts,
    ),
    max_size=2,
    unique_by=lambda row: row.url,
)
failures = st.lists(st.builds(Broken, st.just("probe"), st.sampled_from(ROUTES), texts), max_size=2)
places = {
    page: st.lists(
        st.tuples(st.sampled_from((PROXY, DIRECT)), st.sampled_from(variants)),
        max_size=8,
        unique_by=lambda place: (place[0].name, place[1]),
    )
    for page, variants in (("null", (*HANDSHAKES, *GETS)), ("", (*HANDSHAKES, *GETS, "page")))
}


def _call(target: Target, row: tuple[int, list[tuple[str | None, Outcome, Outcome]], float]) -> RestCall:
    index, told, took_ms = row
    api = target.api[index]
    made = tuple(Hop((url if n else None) or api.url, *rest) for n, (url, *rest) in enumerate(told))
    return RestCall(index, "page", api.method, api.url, made, took_ms)


def _once_more(first: RestCall) -> list[RestCall]:
    """The experiments on a request, with the same outcome."""
    return [replace(first, variant=variant) for variant in ("again", "foreign-origin")]


targets = st.builds(
    Target,
    page=st.sampled_from(("http://localhost:5173", "https://app.example.test", "null")),
    url=st.sampled_from((PROXY.url, DIRECT.url)),
    routes=st.just((PROXY, DIRECT)),
    api=st.just(
        (
            ApiRequest("http://localhost:5173/api/health"),
            ApiRequest("http://localhost:3000/api/bots", "PUT", (("X-A", "1"),), "include"),
            ApiRequest("http://localhost:3000/api/bots"),
        )
    ),
    client=st.builds(Client, dialect=st.sampled_from(("orchestration", "protocol")), heartbeat_interval_s=st.just(1.0)),
    expect=st.sampled_from(((), ("bot:status_change", "never"))),
    cookies=st.sampled_from((None, "session=abcdef123456")),
)


@st.composite
def _recordings(draw: st.DrawFn) -> Recording:
    """A run that asked everything at most once."""
    target = draw(targets)
    asked = draw(places["null" if target.page == "null" else ""])
    page = (target.page_route, "browser")
    if page not in asked and draw(goods):
        asked.append(page)
    found = [draw(exchanges(target, place)) for place in asked]
    found += [
        *draw(watched),
        *(made := [_call(target, row) for row in draw(calls)]),
        *(again for call in made if draw(goods) for again in _once_more(call)),
        *draw(environments),
        *draw(failures),
        *draw(tries),
        *draw(certified),
        *draw(connects),
    ]
    found += [
        PortCheck(route, f"port={address}", Attempt(address, outcome, 0.1)) for route, address, outcome in draw(ports)
    ]
    return Recording(target, "2027-01-15T10:12:03.418Z", 6213.25, tuple(draw(st.permutations(found))), draw(goods))


@pytest.fixture(scope="session")
def recordings() -> st.SearchStrategy[Recording]:
    """Recordings of arbitrary runs."""
    return _recordings()


@pytest.fixture
def must_name(scene: Any) -> Callable[..., Report]:
    """`must_name(tell, code)`: what is told raises the code on that route, and it is the primary cause."""

    def check(tell: Tell, code: str, route: str | None = "proxy") -> Report:
        report = _raised(scene, tell, code, route)
        assert (report.primary_cause, report.findings[0].code) == (code, code)
        assert report.verdict in (Verdict.BROKEN, Verdict.DEGRADED)
        return report

    return check


@pytest.fixture
def must_mention(scene: Any) -> Callable[..., Report]:
    """`must_mention(tell, code, primary)`: the code is raised, and the primary cause is another one, or none."""

    def check(tell: Tell, code: str, primary: str | None, route: str | None = "proxy") -> Report:
        report = _raised(scene, tell, code, route)
        assert report.primary_cause == primary
        return report

    return check


@pytest.fixture
def must_not_name(scene: Any) -> Callable[..., Report]:
    """`must_not_name(tell, code, instead)`: the code is not even raised; `instead` is the primary cause, or None."""

    def check(tell: Tell, code: str, instead: str | None) -> Report:
        tell(scene)
        assert code not in {finding.code for finding in scene.found()}
        report = scene.report()
        assert report.primary_cause == instead
        return report

    return check


def _raised(scene: Any, tell: Tell, code: str, route: str | None) -> Report:
    tell(scene)
    raised = [finding for finding in scene.found() if (finding.code, finding.route) == (code, route)]
    assert len(raised) == 1, [(finding.code, finding.route) for finding in scene.found()]
    [finding] = raised
    assert finding.evidence
    assert all(evidence.label and evidence.value for evidence in finding.evidence)
    assert finding.detail
    assert finding.layer == entry(code).layer
    texts = [finding.fix.summary, *(snippet.text for snippet in finding.fix.snippets)]
    assert not any(UNFILLED.search(text) for text in texts)
    return scene.report()
