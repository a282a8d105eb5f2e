"""All observations of one run, as the rules and the planner read them: by route and variant, with a browser's eyes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from diag.browser.context import ContextVerdict, judge_context
from diag.browser.cors import FetchRequest
from diag.browser.handshake import HandshakeVerdict, Offer, judge_head
from diag.browser.hosts import AddressSpace, address_space
from diag.dialects import Dialect, load
from diag.model import ApiRequest, Route, Target
from diag.observations import (
    Answer,
    Exchange,
    ExtendedConnect,
    NoAnswer,
    Observation,
    PortCheck,
    Presented,
    RestCall,
    Session,
)
from diag.urls import host_header

BROWSER = "browser"
"""The variant of the handshake as the page's browser sends it."""

PAGE = "page"
"""The variant of a plain GET of the page's own document, whose headers restrict what it may connect to."""

IDLE = "idle"
"""The variant of a session in which we say nothing, for as long as the target's idle limit."""

IDLE_PINGS, IDLE_DATA, IDLE_PONGS = "idle-pings", "idle-data", "idle-pongs"
"""Beside it, what may keep a session alive: our pings, our application's heartbeats, our answers to the server's
pings where the page's client gives none."""

SEARCHING = (IDLE, IDLE_PINGS, IDLE_DATA, IDLE_PONGS)
"""All sessions of the search for idle limits."""

FOREIGN_ORIGIN = "https://wsdiag-foreign.example"
FOREIGN = "foreign-origin"
"""The variant of a request with an Origin that no allow list holds."""

AGAIN = "again"
"""The variant of a REST request that is made once more, after the sessions."""

POLLING = "polling"
"""The variant of Engine.IO's first request over HTTP, which gets a session's id."""

PONGS = "pongs"
"""The variant of a session that answers the server's pings, whatever the page's client does."""

LITERALS = ("null", "undefined")
"""What an unset JavaScript variable becomes as text."""

_NEVER_OPENED = "Connection closed before receiving a handshake response"
_NET_ERRORS = {
    ("dns", "not-resolved"): "net::ERR_NAME_NOT_RESOLVED",
    ("tcp", "refused"): "net::ERR_CONNECTION_REFUSED",
    ("tcp", "timeout"): "net::ERR_CONNECTION_TIMED_OUT",
    ("tcp", "unreachable"): "net::ERR_ADDRESS_UNREACHABLE",
    ("tcp", "reset"): "net::ERR_CONNECTION_RESET",
    ("proxy", "unreachable"): "net::ERR_PROXY_CONNECTION_FAILED",
    ("proxy", "refused"): "net::ERR_TUNNEL_CONNECTION_FAILED",
    ("tls", "untrusted"): "net::ERR_CERT_AUTHORITY_INVALID",
    ("tls", "name-mismatch"): "net::ERR_CERT_COMMON_NAME_INVALID",
    ("tls", "expired"): "net::ERR_CERT_DATE_INVALID",
    ("http", "not-http"): "net::ERR_INVALID_HTTP_RESPONSE",
    ("http", "too-large"): "net::ERR_RESPONSE_HEADERS_TOO_BIG",
}
_CONNECTION_FAILED = "Error in connection establishment: "


def offer_of(exchange: Exchange) -> Offer:
    """What an upgrade request asked for, read back from the request itself."""
    sent = {name.lower(): value for name, value in exchange.sent}
    subprotocols = tuple(part.strip() for part in sent.get("sec-websocket-protocol", "").split(",") if part.strip())
    return Offer(exchange.key, subprotocols, "sec-websocket-extensions" in sent)


def judged(exchange: Exchange) -> HandshakeVerdict:
    """The browser's verdict on one upgrade exchange; a missing answer has Chromium's console text."""
    outcome = exchange.outcome
    if isinstance(outcome, Answer):
        return judge_head(offer_of(exchange), outcome.raw_head)
    return HandshakeVerdict(opens=False, problem=f"{outcome.stage}-{outcome.reason}", message=_no_answer_text(outcome))


def _no_answer_text(outcome: NoAnswer) -> str | None:
    """Chromium's console text; None while it still waits (a socket that is never answered logs nothing)."""
    if outcome.stage == "http":
        if outcome.reason in ("timeout", "slow"):
            return None
        if outcome.reason in ("not-http", "too-large"):
            return "Error during WebSocket handshake: " + _NET_ERRORS[outcome.stage, outcome.reason]
        return _NEVER_OPENED
    fallback = "net::ERR_SSL_PROTOCOL_ERROR" if outcome.stage == "tls" else "net::ERR_FAILED"
    return _CONNECTION_FAILED + _NET_ERRORS.get((outcome.stage, outcome.reason), fallback)


@dataclass(frozen=True)
class Seen:
    """A view over the observations of one run; every lookup is by route name and variant.

    The lookups are sorted: which probe came back first must not show in a report.
    """

    target: Target
    observations: tuple[Observation, ...]

    @property
    def page(self) -> Route:
        """The route that the page uses."""
        return self.target.page_route

    @property
    def others(self) -> tuple[Route, ...]:
        """The routes that are there for comparison."""
        return tuple(route for route in self.target.routes if route != self.page)

    @cached_property
    def exchanges(self) -> dict[tuple[str, str], Exchange]:
        """Every raw exchange by route and variant."""
        found = {(item.route, item.variant): item for item in self.observations if isinstance(item, Exchange)}
        return dict(sorted(found.items()))

    @cached_property
    def sessions(self) -> dict[tuple[str, str], Session]:
        """Every live session by route and variant."""
        found = {(item.route, item.variant): item for item in self.observations if isinstance(item, Session)}
        return dict(sorted(found.items()))

    @cached_property
    def calls(self) -> tuple[RestCall, ...]:
        """The page's REST requests, in the target's order."""
        found = [item for item in self.observations if isinstance(item, RestCall) and item.variant == PAGE]
        return tuple(sorted(found, key=lambda call: call.index))

    @cached_property
    def recalls(self) -> dict[tuple[int, str], RestCall]:
        """The experiments on REST requests, by the request's place in the target and by variant."""
        found = [item for item in self.observations if isinstance(item, RestCall) and item.variant != PAGE]
        return {(call.index, call.variant): call for call in sorted(found, key=lambda call: (call.index, call.variant))}

    @cached_property
    def ports(self) -> dict[tuple[str, str], PortCheck]:
        """Bare TCP connects by route and variant."""
        found = {(item.route, item.variant): item for item in self.observations if isinstance(item, PortCheck)}
        return dict(sorted(found.items()))

    @cached_property
    def presented(self) -> dict[tuple[str, str], Presented]:
        """What bare TLS handshakes showed, by route and variant."""
        found = {(item.route, item.variant): item for item in self.observations if isinstance(item, Presented)}
        return dict(sorted(found.items()))

    @cached_property
    def connects(self) -> dict[str, ExtendedConnect]:
        """Extended CONNECTs over HTTP/2, by route."""
        return {item.route: item for item in self.observations if isinstance(item, ExtendedConnect)}

    @cached_property
    def policies(self) -> tuple[str, ...]:
        """The Content-Security-Policy headers of the page itself.

        Many servers send `default-src 'none'` with their error pages (Express does): such an answer is not the page.
        """
        answer = self.answer(self.page, PAGE)
        return answer.all("content-security-policy") if answer and answer.status < 300 else ()

    @cached_property
    def context(self) -> ContextVerdict:
        """What the browser decides about the page's URL before it sends a packet."""
        return judge_context(
            f"{self.target.page}/",
            self.page.url,
            self.target.client.subprotocols,
            self.policies,
            page_space=_space(self.exchange(self.page, PAGE)),
            target_space=_space(self.exchange(self.page)),
        )

    def exchange(self, route: Route, variant: str = BROWSER) -> Exchange | None:
        """One exchange, or None when it was not made."""
        return self.exchanges.get((route.name, variant))

    def answer(self, route: Route, variant: str = BROWSER) -> Answer | None:
        """One HTTP answer, or None when nothing answered or nobody asked."""
        exchange = self.exchange(route, variant)
        return exchange.answer if exchange else None

    def silence(self, route: Route, variant: str = BROWSER) -> NoAnswer | None:
        """Why one exchange got no answer, or None when it got one or nobody asked."""
        exchange = self.exchange(route, variant)
        return exchange.outcome if exchange and isinstance(exchange.outcome, NoAnswer) else None

    def session(self, route: Route, variant: str = BROWSER) -> Session | None:
        """One live session, or None."""
        return self.sessions.get((route.name, variant))

    def dialect(self, session: Session) -> Dialect:
        """The dialect that a session was held in: the target's, or the one that was recognised."""
        return load(session.dialect or self.target.client.dialect)

    def sizes(self, route: Route) -> dict[int, bool | None]:
        """The sizes of a single message that were tried, in bytes: whether it was taken; None when it was not asked."""
        found: dict[int, bool | None] = {}
        for name, variant in self.exchanges:
            kind, _, size = variant.partition("=")
            if name == route.name and kind == "size" and size.isdigit():
                session = self.session(route, variant)
                taken = session is not None and (session.closed is None or session.closed.code != 1009)
                found[int(size)] = taken if session else None
        return found

    def verdict(self, route: Route, variant: str = BROWSER) -> HandshakeVerdict | None:
        """The browser's verdict on one handshake, or None when it was not tried."""
        exchange = self.exchange(route, variant)
        return judged(exchange) if exchange else None

    def opens(self, route: Route, variant: str = BROWSER) -> bool:
        """Whether a browser would fire `open`."""
        verdict = self.verdict(route, variant)
        return verdict is not None and verdict.opens

    def hangs(self, route: Route, variant: str = BROWSER) -> bool:
        """Connected, and never answered."""
        silence = self.silence(route, variant)
        return silence is not None and silence.stage == "http" and silence.reason == "timeout"

    @property
    def open_route(self) -> Route | None:
        """Another route that opens, when the page's does not: the one to compare with."""
        return next((route for route in self.others if self.opens(route)), None)

    @property
    def reference(self) -> Route | None:
        """The route whose answers tell what a proxy did to the page's handshake.

        It opens, and rather on another server than the page's; or it would, but for a same-origin check, which the
        page's Origin can pass under the page's own Host only. Where that check refuses the page's route with the same
        answer, it is the fault and no reference.
        """
        host = f"host={host_header(self.page.url)}"
        would_open = (
            route
            for route in self.others
            if (self.opens(route, host) or self.opens(route, "own-origin"))
            and not same_answer(self.answer(self.page), self.answer(route))
        )
        elsewhere = (route for route in self.others if self.opens(route) and route.origin != self.page.origin)
        return next(elsewhere, None) or self.open_route or next(would_open, None)

    @property
    def other_path(self) -> str | None:
        """A path at which the page's own server opens, when it does not at the page's; None when none was found."""
        tried = [variant for name, variant in self.exchanges if name == self.page.name and variant.startswith("path=")]
        return next((variant for variant in tried if self.opens(self.page, variant)), None)


def _space(exchange: Exchange | None) -> AddressSpace | None:
    """The address space that a name resolved to (Local Network Access, section 2.1), None when it is not known."""
    return address_space(exchange.addresses[0]) if exchange and exchange.addresses else None


def fetch_request(api: ApiRequest, url: str | None = None) -> FetchRequest:
    """A REST request of the page as its fetch() has it; `url` is where a redirect has led."""
    return FetchRequest(url or api.url, method=api.method, credentials=api.credentials, headers=api.headers)


def same_answer(one: Answer | None, other: Answer | None) -> bool:
    """Whether two answers come from the same hand: equal status and body. Headers are the business of every hop."""
    return (
        one is not None and other is not None and one.status == other.status and one.body.strip() == other.body.strip()
    )


def message_count(session: Session) -> int:
    """The messages of a session, without its control frames."""
    control = sum(row.kind in ("ping", "pong") for row in session.received)
    return session.received_total - control
