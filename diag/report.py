"""The report: everything a writer may show, already judged. Mirrors the published JSON field by field."""

from __future__ import annotations

from dataclasses import dataclass

from diag.model import Finding, Headers, Target, Verdict


@dataclass(frozen=True, slots=True)
class Distribution:
    """Milliseconds; `jitter` is the mean absolute difference of neighbours (RFC 3550, section 6.4.1, unsmoothed)."""

    min: float
    p50: float
    p95: float
    p99: float
    max: float
    stddev: float
    jitter: float


@dataclass(frozen=True, slots=True)
class HeartbeatReport:
    """Round trips of one kind of beat; `loss` is 0 to 1; `rtt_ms` is None when nothing was answered."""

    kind: str
    sent: int
    received: int
    loss: float
    rtt_ms: Distribution | None


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """Pushed messages of one type; `first_after_ms` counts from the open."""

    type: str
    count: int
    first_after_ms: float | None


@dataclass(frozen=True, slots=True)
class HandshakeReport:
    """The answer to the upgrade as it was; the body's beginning as text."""

    status: int
    reason: str
    headers: Headers
    body_excerpt: str


@dataclass(frozen=True, slots=True)
class ClosedReport:
    """The page's close event, when the session ended before we ended it."""

    code: int
    reason: str
    clean: bool
    after_ms: float


@dataclass(frozen=True, slots=True)
class KeepsAlive:
    """Whether a session with this traffic alone outlived the silent one; None where that could not be told."""

    pings: bool | None = None
    client_data: bool | None = None
    server_data: bool | None = None


@dataclass(frozen=True, slots=True)
class IdleReport:
    """The search for an idle limit: silent for up to `limit_ms`, `closed_after_ms` None when nothing ended it.

    `found`: `idle-limit`, `max-lifetime` (traffic does not help), `unanswered-pings` (the server's, because the
    page's client gives no pong) or `other`; `by`: `proxy`, `backend` or `unknown`; `closed_how`: `fin`, `rst`,
    `close-frame`, `violation` or `tls-error`. `silence_ms` is the idle limit itself. Where the server speaks by
    itself a session is never silent: `longest_silence_ms` tells how long it was at most. `max_lifetime_ms` is the age
    at which sessions end that are not silent.
    """

    limit_ms: float
    closed_after_ms: float | None
    found: str | None = None
    by: str | None = None
    closed_how: str | None = None
    silence_ms: float | None = None
    longest_silence_ms: float | None = None
    max_lifetime_ms: float | None = None
    keeps_alive: KeepsAlive = KeepsAlive()


@dataclass(frozen=True, slots=True)
class BrowserReport:
    """What a browser would decide on this route, in its own words where it has any."""

    opens: bool
    message: str | None


@dataclass(frozen=True, slots=True)
class RouteReport:
    """One route, stage by stage. `chromium` is what a real browser did, when one was asked."""

    name: str
    url: str
    opened: bool
    browser: BrowserReport
    phases_ms: dict[str, float | None]
    answered_by: str | None
    handshake: HandshakeReport | None
    heartbeat: HeartbeatReport | None
    updates: tuple[UpdateReport, ...]
    closed: ClosedReport | None
    idle: IdleReport | None
    outcome: str
    requests: int = 1
    chromium: BrowserReport | None = None


@dataclass(frozen=True, slots=True)
class CorsReport:
    """What a browser would decide on one REST request; `error` is Chromium's name, `message` a sentence."""

    required: bool
    allowed: bool
    error: str | None
    preflight_sent: bool
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ApiReport:
    """One REST request of the page; `outcome` is one short phrase ("200 OK, JSON", "refused")."""

    method: str
    url: str
    route: str | None
    status: int | None
    cors: CorsReport
    outcome: str
    chromium: BrowserReport | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """`outcome`: pass, warn, fail, skip (a prerequisite failed: `because`) or broken (could not tell: `because`).

    `did` and `saw` say what it did and what it saw; `cause` is the code behind a failure.
    """

    id: str
    outcome: str
    because: str | None
    took_ms: float
    did: str = ""
    saw: str = ""
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Waived:
    """A finding that an `ignore` entry set aside; it is reported, but it fails nothing."""

    code: str
    route: str | None
    until: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """One run of one command. `started_at` is RFC 3339 in UTC."""

    command: str
    started_at: str
    duration_ms: float
    target: Target
    verdict: Verdict
    primary_cause: str | None
    findings: tuple[Finding, ...]
    routes: tuple[RouteReport, ...]
    api: tuple[ApiReport, ...]
    checks: tuple[Check, ...] = ()
    waived: tuple[Waived, ...] = ()
    proxies_set: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def primary(self) -> Finding | None:
        """The finding that is the root cause: the first of its code, preferably on the page's own route."""
        matching = [finding for finding in self.findings if finding.code == self.primary_cause]
        page = self.target.page_route.name
        return min(matching, key=lambda finding: finding.route not in (page, None), default=None)
