"""Observations: what was seen, and nothing that was concluded. A closed union of immutable values.

"Nothing answered" is an observation too (`NoAnswer`), never an exception. Times are milliseconds on the monotonic
clock since the probe of that route began, unless a field says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

from diag.model import Headers


@dataclass(frozen=True, slots=True)
class Phases:
    """How long each phase took; None where it was not reached or not needed (a literal address, plain ws)."""

    dns: float | None = None
    tcp: float | None = None
    tls: float | None = None
    upgrade: float | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One TCP connect to one address: `outcome` is `connected`, `refused`, `timeout`, `unreachable` or `reset`."""

    address: str
    outcome: str
    took_ms: float


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response head as it stood on the wire, and the beginning of its body (bounded).

    `version` is the status line's ("HTTP/1.1"); `raw_head` is the head with every byte, up to and including the blank
    line; `body_complete` is False when the bound or the time limit cut the body off.
    """

    status: int
    reason: str
    version: str
    headers: Headers
    body: bytes = b""
    body_complete: bool = True
    raw_head: bytes = b""

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header, in order; the name's case does not matter."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)

    def header(self, name: str) -> str | None:
        """The values of a header joined by ", " as Fetch's `get` does, or None when it is absent."""
        values = self.all(name)
        return ", ".join(values) if values else None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No HTTP response. `stage` is dns, tcp, proxy (the forward proxy), tls or http.

    `reason`: dns — `not-resolved`; tcp — `refused`, `timeout`, `reset`, `unreachable`, and for want of means on this
    machine `no-descriptors`, `no-ports`; proxy — `unreachable`, `refused` (CONNECT got another answer than a success)
    or one of http's; tls — `untrusted`, `name-mismatch`, `expired`, `not-tls`, `no-alpn`, `error`, `timeout`, `eof`,
    `reset`; http — `timeout` (connected, and no byte came), `eof`, `reset`, `not-http`, `too-large`, `slow` (bytes
    came, the head never ended).
    `received` holds the first bytes that did come.
    """

    stage: str
    reason: str
    detail: str = ""
    received: bytes = b""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the TLS handshake showed; names and dates as the certificate has them, empty when it was not readable."""

    version: str
    alpn: str | None
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_after: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One raw HTTP/1.1 request over one route and what came back.

    `variant` says what the request was: `browser` is the handshake as Chromium sends it; every other name is an
    experiment that differs from it in one thing (see `diag.probes.experiments`).
    """

    route: str
    variant: str
    url: str
    sent: Headers
    outcome: Answer | NoAnswer
    took_ms: float
    phases: Phases = Phases()
    attempts: tuple[Attempt, ...] = ()
    addresses: tuple[str, ...] = ()
    certificate: Certificate | None = None
    method: str = "GET"
    key: str = ""

    @property
    def answer(self) -> Answer | None:
        """The HTTP answer, or None when there was none."""
        return self.outcome if isinstance(self.outcome, Answer) else None

    @property
    def status(self) -> int | None:
        """The HTTP status, or None when nothing answered."""
        return self.outcome.status if isinstance(self.outcome, Answer) else None


@dataclass(frozen=True, slots=True)
class Beat:
    """One heartbeat. `kind` is `application` or `protocol`; `at_ms` is when it was due and sent.

    `answered_ms` is when the answer's frame arrived, None when it never did; `matched` is False when an answer came
    that carried somebody else's correlation id (or, for a pong, another payload). `held_ms` of the time between are
    our own: this process was to run, and did not.
    """

    kind: str
    at_ms: float
    answered_ms: float | None = None
    matched: bool = True
    held_ms: float = 0.0

    @property
    def trip_ms(self) -> float | None:
        """How long the answer took, without what we ourselves were held up; None when there was none."""
        return None if self.answered_ms is None else self.answered_ms - self.at_ms - self.held_ms


@dataclass(frozen=True, slots=True)
class Received:
    """One message or control frame from the server: `text`, `binary`, `ping`, `pong` or `close`, with its payload's
    size in bytes and, for a message that has one, the application's message type."""

    at_ms: float
    kind: str
    size: int
    type: str | None = None


@dataclass(frozen=True, slots=True)
class TypeSeen:
    """All messages of one application type: how many, when the first came, and its text (bounded)."""

    type: str
    count: int
    first_at_ms: float
    sample: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """A field to which every message of a session that named it gave the same value, and how many messages did.

    The names are without their spelling (`botid`, `bot-1`, `status`), the value is in lower case.
    """

    key: str
    id: str
    field: str
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Closed:
    """How a session ended before we ended it.

    `code`, `reason` and `clean` are those of the page's close event. `how`: `close-frame`, `fin`, `rst`,
    `violation` (the browser fails the connection; `problem` names it), or `tls-error`.
    """

    code: int
    reason: str
    clean: bool
    how: str
    after_ms: float
    problem: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A live session after a good 101: what came, which beats were answered, how it ended.

    `received` holds the first few hundred arrivals; `types`, `received_total` and `bytes_total` count everything.
    `last_received_ms` and `last_sent_ms` are the times of the last frame in each direction before the end.
    `watched_ms` is how long it was watched. `close_answered` is False when the server left our Close frame unanswered,
    None when we did not close. `greeting` is how the first text message begins.
    `server_beats` are those that the server owes us by itself, its greeting first. `dialect` is the one that was
    spoken; where it was recognised, `dialect_why` says how. `settled` holds the first fields whose pushed values never
    changed.
    """

    route: str
    variant: str
    watched_ms: float
    received: tuple[Received, ...] = ()
    types: tuple[TypeSeen, ...] = ()
    received_total: int = 0
    bytes_total: int = 0
    beats: tuple[Beat, ...] = ()
    sent_total: int = 0
    closed: Closed | None = None
    last_received_ms: float = 0.0
    last_sent_ms: float = 0.0
    close_answered: bool | None = None
    subprotocol: str = ""
    deflate: bool = False
    greeting: str = ""
    server_beats: tuple[Beat, ...] = ()
    dialect: str = ""
    dialect_why: str = ""
    settled: tuple[Pushed, ...] = ()


@dataclass(frozen=True, slots=True)
class Hop:
    """One REST exchange: the preflight (if one was due) and the request itself, at one URL."""

    url: str
    preflight: Answer | NoAnswer | None
    answer: Answer | NoAnswer | None


@dataclass(frozen=True, slots=True)
class RestCall:
    """One REST request of the page, followed through redirects as fetch follows them. `index` is its place in the
    target's `api`; `variant` is `page` or the name of an experiment."""

    index: int
    variant: str
    method: str
    url: str
    hops: tuple[Hop, ...]
    took_ms: float

    @property
    def final(self) -> Answer | NoAnswer | None:
        """What the last hop's request got; None when its preflight already kept it from being sent."""
        return self.hops[-1].answer if self.hops else None


@dataclass(frozen=True, slots=True)
class PortCheck:
    """A bare TCP connect beside the routes, such as the other loopback family's address."""

    route: str
    variant: str
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Environment:
    """What the machine would have done to a careless client: the proxy variables that were set (names only)."""

    proxies_set: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """A probe that could not tell: a defect of wsdiag or of this machine, not of the target."""

    probe: str
    route: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class BrowserTry:
    """What a real Chromium did with one WebSocket or one fetch. `kind`: `websocket` or `fetch`; `opened`: `open`
    fired, or the promise resolved; `message`: its console text, or the exception."""

    kind: str
    route: str | None
    url: str
    opened: bool
    close_code: int | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Http2Answer:
    """What an HTTP/2 server made of an extended CONNECT. `advertised`: its SETTINGS allow one (RFC 8441, section 3).

    `outcome`: `answered` (with `status`), `reset` or `goaway` (with `error`, RFC 9113, section 7), `timeout`, `eof`,
    `not-http2`, or `not-asked`, where nothing was advertised.
    """

    advertised: bool
    outcome: str
    status: int | None = None
    error: int | None = None


@dataclass(frozen=True, slots=True)
class ExtendedConnect:
    """The handshake once more as a browser sends it over HTTP/2. `answer` is None where the server chose HTTP/1.1."""

    route: str
    variant: str
    answer: Http2Answer | None = None
    failure: NoAnswer | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate of a chain as it was sent: distinguished names as text, the names of its subjectAltName, and
    where its issuer's certificate can be fetched (Authority Information Access, RFC 5280, section 4.2.2.1)."""

    subject: str
    issuer: str
    serial: str = ""
    names: tuple[str, ...] = ()
    issuers_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Presented:
    """A bare TLS handshake beside the routes: nothing is verified, and nothing sent behind it.

    `variant` is `sni=NAME`, the server name that was asked for; `sni=` asked for none. `chain` begins with the leaf;
    it is empty where the handshake failed.
    """

    route: str
    variant: str
    chain: tuple[Link, ...] = ()
    failure: NoAnswer | None = None


Observation = (
    Exchange | Session | RestCall | PortCheck | BrowserTry | Environment | Broken | Presented | ExtendedConnect
)
