"""Synthetic runs: a `Scene` tells, exchange by exchange, what the probes would have seen, and has it judged.

Requests are those that the probes send, with real keys; responses are parsed from the bytes of a wire, with the right
Sec-WebSocket-Accept. So the browser's verdict on each of them is the true one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Self

import pytest

from diag.browser.handshake import accept_value
from diag.model import ApiRequest, Finding, Route, Target
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
    Link,
    NoAnswer,
    Observation,
    Phases,
    PortCheck,
    Presented,
    RestCall,
    Session,
    TypeSeen,
)
from diag.probes.requests import request
from diag.recording import Recording
from diag.report import Report
from diag.rules import findings, judge
from diag.seen import Seen
from diag.urls import host_and_port
from diag.wire.http1 import parse_head

PROXY = Route("proxy", "ws://localhost:5173/ws")
DIRECT = Route("direct", "ws://localhost:3000/ws")
VITE = '<!doctype html><script type="module" src="/@vite/client"></script><div id="root"></div>'
SHELL = '<!doctype html><title>Bots</title><div id="root"></div><script type="module" src="/assets/index.js"></script>'
HTML, TEXT, JSON = "text/html", "text/plain", "application/json"


class Scene:
    """One run. The page at http://localhost:5173 opens the route `proxy` to itself; `direct` leads to port 3000."""

    def __init__(self) -> None:
        self.target = Target("http://localhost:5173", PROXY.url, (PROXY, DIRECT))
        self.observations: list[Observation] = []
        self.interrupted = False

    def given(self, **changes: Any) -> Self:
        """Another target; to be told before what was seen of it."""
        self.target = replace(self.target, **changes)
        return self

    def client(self, **changes: Any) -> Self:
        return self.given(client=replace(self.target.client, **changes))

    def page_opens(self, name: str) -> Self:
        return self.given(url=self.route(name).url)

    def only(self, url: str, page: str | None = None, name: str = "proxy") -> Self:
        """One route, and the page that is served from there unless another one is given."""
        route = Route(name, url)
        return self.given(page=page or route.origin, url=url, routes=(route,))

    def route(self, name: str) -> Route:
        return next(route for route in self.target.routes if route.name == name)

    # What the handshakes and their variants got.

    def answers(
        self,
        name: str,
        status: int,
        body: str = "",
        kind: str = TEXT,
        *,
        variants: tuple[str, ...] = ("browser",),
        headers: dict[str, str] | None = None,
        took_ms: float = 2.0,
    ) -> Self:
        """An HTTP answer to each of these variants."""
        lines = "".join(f"{key}: {value}\r\n" for key, value in {"Content-Type": kind, **(headers or {})}.items())
        for variant in variants:
            head = f"HTTP/1.1 {status} {_phrase(status)}\r\n{lines}"
            answer = parse_head(head.encode("latin-1") + b"\r\n")
            assert isinstance(answer, Answer)
            self._exchanged(name, variant, replace(answer, body=body.encode()), took_ms)
        return self

    def switches(
        self, name: str, *variants: str, took_ms: float = 2.0, version: str = "HTTP/1.1", **headers: str | None
    ) -> Self:
        """A 101; `headers` (underscores for hyphens) are added, replaced, or left out when None."""
        for variant in variants or ("browser",):
            sent = request(self.target, self.route(name), variant)
            key = sent.offer.key if sent.offer else ""
            lines: dict[str, str | None] = {
                "Upgrade": "websocket",
                "Connection": "Upgrade",
                "Sec-WebSocket-Accept": accept_value(key),
            }
            if sent.offer and sent.offer.subprotocols:
                lines["Sec-WebSocket-Protocol"] = sent.offer.subprotocols[0]
            lines |= {name.replace("_", "-"): value for name, value in headers.items()}
            head = "".join(f"{key}: {value}\r\n" for key, value in lines.items() if value is not None)
            answer = parse_head(f"{version} 101 Switching Protocols\r\n{head}\r\n".encode("latin-1"))
            assert isinstance(answer, Answer)
            self._exchanged(name, variant, answer, took_ms, sent.headers, key)
        return self

    def opens(self, name: str, *variants: str, took_ms: float = 2.0) -> Self:
        """A good 101; behind the browser's own handshake, a session in which all is well."""
        self.switches(name, *variants, took_ms=took_ms)
        return self if variants else self.session(name)

    def silent(
        self,
        name: str,
        stage: str,
        reason: str,
        *variants: str,
        detail: str = "",
        received: bytes = b"",
        took_ms: float = 2.0,
        certificate: bool = False,
    ) -> Self:
        """No answer, for that reason; `certificate`: TLS itself went well."""
        shown = Certificate("TLSv1.3", "http/1.1") if certificate else None
        for variant in variants or ("browser",):
            self._exchanged(name, variant, NoAnswer(stage, reason, detail, received), took_ms, certificate=shown)
        return self

    def refused(self, name: str, *variants: str) -> Self:
        return self.silent(name, "tcp", "refused", *variants)

    def hangs(self, name: str, *variants: str) -> Self:
        return self.silent(name, "http", "timeout", *variants, took_ms=15_000.0)

    def nginx(self, name: str, status: int, *variants: str, took_ms: float = 2.0) -> Self:
        title = f"{status} {_phrase(status)}"
        body = f"<html>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</html>\r\n"
        server = {"Server": "nginx/1.22.1"}
        return self.answers(
            name, status, body, HTML, variants=variants or ("browser",), headers=server, took_ms=took_ms
        )

    def haproxy(self, name: str, status: int, *variants: str, took_ms: float = 2.0) -> Self:
        said = {
            403: "Request forbidden by administrative rules.",
            503: "No server is available to handle this request.",
        }
        text = said.get(status, "The server didn't respond in time.")
        body = f"<html><body><h1>{status} {_phrase(status)}</h1>\n{text}\n</body></html>\n"
        return self.answers(name, status, body, HTML, variants=variants or ("browser",), took_ms=took_ms)

    def vite(self, name: str, *variants: str) -> Self:
        """Vite's shell."""
        return self.answers(name, 200, VITE, HTML, variants=variants)

    def unknown_path(self, name: str, *variants: str) -> Self:
        """FastAPI's 404 to a plain request."""
        body, server = '{"detail":"Not Found"}', {"Server": "uvicorn"}
        return self.answers(name, 404, body, JSON, variants=variants or ("browser",), headers=server)

    def port(self, name: str, address: str, outcome: str) -> Self:
        return self._keep(PortCheck(name, f"port={address}", Attempt(address, outcome, 0.2)))

    def presents(self, name: str, server_name: str, *chain: Link, failure: str = "") -> Self:
        """What a bare TLS handshake shows for that server name (empty: none)."""
        failed = NoAnswer("tls", failure, failure) if failure else None
        return self._keep(Presented(name, f"sni={server_name}", chain, failed))

    def resolved(self, name: str, address: str, variant: str = "browser") -> Self:
        """The address behind the name of an exchange that was told before."""
        found = next(
            item
            for item in self.observations
            if isinstance(item, Exchange) and (item.route, item.variant) == (name, variant)
        )
        return self._keep(replace(found, addresses=(address,)))

    # What came of the sessions.

    def session(self, name: str, variant: str = "browser", **changes: Any) -> Self:
        """A session of five seconds that stays open: two heartbeats and a ping, all answered, and what is expected."""
        types = [TypeSeen("connection:established", 1, 1.0, '{"type":"connection:established"}')]
        types += [TypeSeen(type_, 5, 900.0, json.dumps({"type": type_})) for type_ in self.target.expect]
        healthy = Session(
            route=name,
            variant=variant,
            watched_ms=5000.0,
            types=tuple(types),
            received_total=len(types) + 3,
            bytes_total=400,
            beats=(
                Beat("application", 100.0, 101.0),
                Beat("protocol", 120.0, 121.0),
                Beat("application", 1100.0, 1102.0),
            ),
            sent_total=3,
            last_received_ms=4900.0,
            last_sent_ms=1100.0,
            close_answered=True,
        )
        return self._keep(replace(healthy, **changes))

    def beats(self, name: str, *beats: Beat, **changes: Any) -> Self:
        """A session with these heartbeats."""
        return self.session(name, beats=beats, sent_total=len(beats), **changes)

    def closes(self, name: str, code: int, reason: str = "", *, after_ms: float = 3000.0, **changes: Any) -> Self:
        """A session that the server ends with a Close frame, while messages still flow."""
        return self._ended(name, Closed(code, reason, True, "close-frame", after_ms), **changes)

    def drops(self, name: str, how: str = "fin", *, after_ms: float = 3000.0, **changes: Any) -> Self:
        """A session whose stream ends without a Close frame, while messages still flow."""
        return self._ended(name, Closed(1006, "", False, how, after_ms), **changes)

    def violates(self, name: str, problem: str, message: str = "Invalid frame header", **changes: Any) -> Self:
        closed = Closed(1006, "", False, "violation", 50.0, problem=problem, message=message)
        return self._ended(name, closed, **changes)

    def _ended(self, name: str, closed: Closed, **changes: Any) -> Self:
        moving = {"last_received_ms": closed.after_ms - 50, "watched_ms": closed.after_ms, "close_answered": None}
        return self.session(name, **{**moving, "closed": closed, **changes})

    # What the page's REST requests got.

    def rest(
        self,
        url: str,
        outcome: Answer | NoAnswer | None,
        *,
        preflight: Answer | NoAnswer | None = None,
        took_ms: float = 4.0,
        **request_: Any,
    ) -> Self:
        """One request of the page and what it got."""
        api = ApiRequest(url, **request_)
        self.given(api=(*self.target.api, api))
        hops = (Hop(url, preflight, outcome),)
        return self._keep(RestCall(len(self.target.api) - 1, "page", api.method, url, hops, took_ms))

    def recall(self, url: str, variant: str, outcome: Answer | NoAnswer) -> Self:
        """An experiment on a request that was told before."""
        index = [api.url for api in self.target.api].index(url)
        return self._keep(RestCall(index, variant, "GET", url, (Hop(url, None, outcome),), 4.0))

    @staticmethod
    def answer(status: int, body: str = "{}", kind: str = JSON, **headers: str | tuple[str, ...]) -> Answer:
        """The answer to a REST request; `headers` with underscores for hyphens, several lines as a tuple."""
        lines = [("Content-Type", kind)]
        for name, values in headers.items():
            lines += [(name.replace("_", "-"), value) for value in ([values] if isinstance(values, str) else values)]
        return Answer(status, _phrase(status), "HTTP/1.1", tuple(lines), body.encode())

    # The rest of the machine.

    def environment(self, *names: str) -> Self:
        return self._keep(Environment(names))

    def broken(self, reason: str = "ValueError: boom", route: str | None = "direct") -> Self:
        return self._keep(Broken("probe", route, reason))

    def recording(self) -> Recording:
        started = "2027-01-15T10:12:03.418Z"
        return Recording(self.target, started, 6213.25, tuple(self.observations), self.interrupted)

    def found(self) -> tuple[Finding, ...]:
        """Everything that any rule raises, before one of it becomes the cause."""
        return findings(Seen(self.target, tuple(self.observations)))

    def report(self) -> Report:
        return judge(self.recording())

    def _exchanged(
        self,
        name: str,
        variant: str,
        outcome: Answer | NoAnswer,
        took_ms: float,
        sent: tuple[tuple[str, str], ...] | None = None,
        key: str = "",
        certificate: Certificate | None = None,
    ) -> None:
        asked = request(self.target, self.route(name), variant)
        reached = not isinstance(outcome, NoAnswer) or outcome.stage == "http"
        host, _, _ = host_and_port(asked.url)
        addresses = ("::1", "127.0.0.1") if host == "localhost" else (host,)
        self._keep(
            Exchange(
                route=name,
                variant=variant,
                url=asked.url,
                sent=asked.headers if sent is None else sent,
                outcome=outcome,
                took_ms=took_ms,
                phases=Phases(0.1, 0.2, None, took_ms) if reached else Phases(0.1),
                attempts=() if reached else tuple(Attempt(address, "refused", 0.1) for address in addresses),
                addresses=addresses,
                certificate=certificate,
                key=key or (asked.offer.key if asked.offer else ""),
            )
        )

    def _keep(self, observation: Observation) -> Self:
        """What is told again replaces what was told first: a run asks everything once."""
        name = _name(observation)
        self.observations = [item for item in self.observations if name is None or _name(item) != name]
        self.observations.append(observation)
        return self


def _name(observation: Observation) -> tuple[Any, ...] | None:
    if isinstance(observation, Exchange | Session | PortCheck | Presented):
        return type(observation), observation.route, observation.variant
    return None


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


@pytest.fixture
def scene() -> Scene:
    return Scene()
