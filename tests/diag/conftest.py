"""Arbitrary runs: whatever a network may have shown, for tests of what must hold for all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st

from diag.browser.handshake import accept_value
from diag.model import ApiRequest, Client, Route, Target
from diag.observations import (
    Answer,
    Attempt,
    Beat,
    Broken,
    Certificate,
    Closed,
    Environment,
    Exchange,
    Hop,
    NoAnswer,
    Phases,
    PortCheck,
    Received,
    RestCall,
    Session,
    TypeSeen,
)
from diag.probes.requests import request
from diag.recording import Recording

PROXY, DIRECT = Route("proxy", "ws://localhost:5173/ws"), Route("direct", "ws://localhost:3000/ws")
ROUTES = ("proxy", "direct")
HANDSHAKES = (
    "browser", "repeat", "no-origin", "own-origin", "foreign-origin", "sibling", "no-upgrade", "connection-close",
    "http-1.0", "http-1.0-no-upgrade", "no-key", "version-99", "other-scheme", "path=/api/ws", "path=/other",
    "origin=http://localhost:3000", "origin=http://localhost:5173/", "host=localhost:5173", "host=x.example",
)  # fmt: skip
GETS = ("get", "get-root", "get-sibling", "page")
SILENCES = (
    ("dns", "not-resolved"), ("tcp", "refused"), ("tcp", "timeout"), ("tcp", "unreachable"), ("tcp", "reset"),
    ("tls", "untrusted"), ("tls", "expired"), ("tls", "not-tls"), ("tls", "no-alpn"), ("tls", "eof"),
    ("http", "timeout"), ("http", "eof"), ("http", "reset"), ("http", "not-http"), ("http", "too-large"), ("http", "slow"),
)  # fmt: skip
STATUSES = (100, 101, 200, 204, 301, 302, 400, 401, 403, 404, 407, 426, 429, 431, 500, 502, 503, 504, 505)
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
    b"", b"{}", b'{"bot_id":1}', b'{"code":0,"message":"Transport unknown"}', b'<div id="root">', b"/@vite/client",
    b"Blocked request. This host is not allowed", b"<hr><center>nginx", b"\xff\xfe", b"[" * 2000, b"origin", b"1e999",
)  # fmt: skip
PROBLEMS = ("rsv-bit", "masked", "bad-opcode", "invalid-utf8", "close-code-reserved", "anything", "", None)
CODES = (1000, 1001, 1002, 1005, 1006, 1008, 1009, 1011, 1012, 1013, 3000, 4401, 4999)
REASONS = ("", "idle timeout", "keepalive ping timeout", "Origin not allowed", "bye", "\x00é")

times = st.floats(0, 90_000) | st.sampled_from((0.0, 800.0, 1000.0, 2000.0))
latin1 = st.text(st.characters(max_codepoint=255), max_size=20)
bodies = st.sampled_from(BODIES) | st.binary(max_size=40)
headers = st.lists(st.tuples(st.sampled_from(HEADERS), st.sampled_from(VALUES) | latin1), max_size=5).map(tuple)
statuses = st.sampled_from(STATUSES) | st.integers(0, 999)
silences = st.sampled_from(SILENCES).flatmap(
    lambda pair: st.builds(NoAnswer, st.just(pair[0]), st.just(pair[1]), latin1, st.binary(max_size=12))
)


@st.composite
def answers(draw: st.DrawFn, key: str = "") -> Answer:
    """Any answer; a 101 is often a good one. `raw_head` mostly agrees with the rest."""
    status, lines = draw(statuses), draw(headers)
    if status == 101 and draw(st.booleans()):
        good = (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept_value(key)))
        lines = good + tuple(line for line in lines if line[0].startswith(("Set", "Server")))
    version = draw(st.sampled_from(("HTTP/1.1", "HTTP/1.0")))
    head = f"{version} {status} Some Reason\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"
    raw = draw(st.just(head.encode("latin-1")) | st.binary(max_size=20))
    return Answer(status, "Some Reason", version, lines, draw(bodies), draw(st.booleans()), raw)


rest_outcomes = answers() | silences


@st.composite
def exchanges(draw: st.DrawFn, target: Target, route: Route, variant: str) -> Exchange:
    asked = request(target, route, variant)
    key = "AAAAAAAAAAAAAAAAAAAAAA==" if asked.offer else ""
    reached = draw(st.sampled_from(("::1", "127.0.0.1", "93.184.216.34", "192.168.1.9", "no address")))
    return Exchange(
        route=route.name,
        variant=variant,
        url=asked.url,
        sent=tuple((name, key if name == "Sec-WebSocket-Key" else value) for name, value in asked.headers),
        outcome=draw(answers(key) | silences),
        took_ms=draw(times),
        phases=Phases(draw(st.none() | times), None, None, draw(st.none() | times)),
        attempts=(Attempt(reached, draw(st.sampled_from(("connected", "refused", "timeout"))), 1.0),),
        addresses=draw(st.sampled_from(((), (reached,)))),
        certificate=draw(st.none() | st.just(Certificate("TLSv1.3", None))),
        key=key,
    )


@st.composite
def sessions(draw: st.DrawFn, route: str, variant: str) -> Session:
    how = st.sampled_from(("close-frame", "fin", "rst", "violation", "tls-error"))
    closed = st.builds(
        Closed, st.sampled_from(CODES) | st.integers(0, 65_535), st.sampled_from(REASONS), st.booleans(), how, times,
        problem=st.sampled_from(PROBLEMS), message=st.none() | latin1,
    )  # fmt: skip
    kinds = st.sampled_from(("application", "protocol"))
    types = st.sampled_from(("connected", "hash", "bot:status_change", "connection:pong"))
    samples = st.sampled_from(('{"botId":{"x":1}}', "{", '{"type":"connection:pong"}', "")) | st.text(max_size=10)
    rows = draw(st.lists(st.builds(TypeSeen, types, st.integers(1, 9), times, samples), max_size=3, unique_by=_type))
    return Session(
        route=route,
        variant=variant,
        watched_ms=draw(times),
        received=tuple(
            draw(st.lists(st.builds(Received, times, st.sampled_from(("text", "ping")), st.just(2)), max_size=3))
        ),
        types=tuple(rows),
        received_total=draw(st.integers(0, 12)),
        beats=tuple(draw(st.lists(st.builds(Beat, kinds, times, st.none() | times, st.booleans()), max_size=4))),
        sent_total=draw(st.integers(0, 3)),
        closed=draw(st.none() | closed),
        last_received_ms=draw(times),
        last_sent_ms=draw(times),
        close_answered=draw(st.none() | st.booleans()),
        subprotocol=draw(st.sampled_from(("", "v1"))),
    )


def _type(row: TypeSeen) -> str:
    return row.type


@st.composite
def calls(draw: st.DrawFn, target: Target, index: int) -> RestCall:
    api = target.api[index]
    urls = st.sampled_from((api.url, "http://localhost:3000/elsewhere", "https://other.example/"))
    hops = st.lists(st.builds(Hop, urls, st.none() | rest_outcomes, st.none() | rest_outcomes), max_size=3)
    later = draw(hops)
    first = [replace(later[0], url=api.url), *later[1:]] if later else []
    return RestCall(index, "page", api.method, api.url, tuple(first), draw(times))


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
    places = st.tuples(st.sampled_from((PROXY, DIRECT)), st.sampled_from((*HANDSHAKES, *GETS)))
    asked = draw(st.lists(places, max_size=12, unique=True))
    page = (target.page_route, "browser")
    if page not in asked and draw(st.booleans()):
        asked.append(page)
    found = [draw(exchanges(target, route, variant)) for route, variant in asked]
    watched = st.tuples(st.sampled_from(ROUTES), st.sampled_from(("browser", "silent", "busy", "idle", "no-origin")))
    found += [draw(sessions(*place)) for place in draw(st.lists(watched, max_size=4, unique=True))]
    found += [draw(calls(target, index)) for index in draw(st.lists(st.integers(0, 2), max_size=3, unique=True))]
    ports = st.tuples(st.sampled_from(ROUTES), st.sampled_from(("127.0.0.1", "::1")))
    for route, address in draw(st.lists(ports, max_size=3, unique=True)):
        attempt = Attempt(address, draw(st.sampled_from(("connected", "refused", "timeout"))), 0.1)
        found.append(PortCheck(route, f"port={address}", attempt))
    found += draw(st.lists(st.just(Environment(("http_proxy",))), max_size=1))
    found += draw(st.lists(st.builds(Broken, st.just("probe"), st.sampled_from(ROUTES), latin1), max_size=2))
    return Recording(
        target, "2027-01-15T10:12:03.418Z", 6213.25, tuple(draw(st.permutations(found))), draw(st.booleans())
    )


@pytest.fixture(scope="session")
def recordings() -> st.SearchStrategy[Recording]:
    """Recordings of arbitrary runs."""
    return _recordings()
