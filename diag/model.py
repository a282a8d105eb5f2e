"""The words of the house as values: what is examined (`Target`) and what is concluded (`Finding`, `Verdict`).

Every duration is a float in seconds (`…_s`) on the way in and in milliseconds (`…_ms`) in what was measured, as the
published JSON has it. Nothing here opens a socket.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

Headers = tuple[tuple[str, str], ...]
"""Header lines in the order and spelling of the wire; duplicates are kept."""

DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


class Severity(StrEnum):
    """How much a finding matters; `error` fails the default gate."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the most severe."""
        return ("error", "warning", "info").index(self)


class Verdict(StrEnum):
    """What the page experiences, in one word."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Route:
    """One way from the page to the backend: a name (`proxy`, `direct`, or the user's own) and a ws/wss URL."""

    name: str
    url: str

    @property
    def origin(self) -> str:
        """The http(s) origin that a page served from the same place would have."""
        return http_origin(self.url)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One REST request of the page: health, or the polling fallback.

    `credentials` is fetch's own word: `include`, `same-origin` or `omit`.
    """

    url: str
    method: str = "GET"
    headers: Headers = ()
    credentials: str = "same-origin"


@dataclass(frozen=True, slots=True)
class Reconnect:
    """The page's policy after a lost connection; the defaults are the incident's."""

    attempts: int = 3
    interval_s: float = 10.0
    backoff: str = "exponential"
    max_interval_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Fallback:
    """The page's silent way out: REST polling after so many failed attempts."""

    after_attempts: int = 3
    every_s: float = 10.0
    request: ApiRequest | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """How the page's WebSocket client behaves; the defaults are the incident's."""

    subprotocols: tuple[str, ...] = ()
    dialect: str = "orchestration"
    heartbeat_interval_s: float = 45.0
    heartbeat_timeout_s: float = 10.0
    answers_pings: bool = True
    permessage_deflate: bool = True
    connect_timeout_s: float = 15.0
    reconnect: Reconnect = Reconnect()
    fallback: Fallback | None = None


@dataclass(frozen=True, slots=True)
class Tls:
    """Trust: a CA bundle in PEM, a client certificate, or no verification at all."""

    cacert: str | None = None
    insecure: bool = False
    cert: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What is examined. `url` is what the page opens and is always the URL of one of `routes`.

    `forward_proxy` is the http URL of a proxy through which every connection goes, but for the hosts in `no_proxy`,
    which reads as the environment variable does.
    """

    page: str
    url: str
    routes: tuple[Route, ...]
    api: tuple[ApiRequest, ...] = ()
    client: Client = Client()
    expect: tuple[str, ...] = ()
    observe_s: float = 5.0
    idle_limit_s: float = 0.0
    count: int | None = None
    headers: Headers = ()
    cookies: str | None = None
    tls: Tls = Tls()
    resolve: tuple[tuple[str, str], ...] = ()
    family: int | None = None
    deadline_s: float | None = None
    forward_proxy: str | None = None
    no_proxy: str = ""

    @property
    def page_route(self) -> Route:
        """The route that the page itself uses; verdict and primary cause are about this one."""
        return next(route for route in self.routes if route.url == self.url)

    def route(self, name: str) -> Route | None:
        """The route of that name, or None."""
        return next((route for route in self.routes if route.name == name), None)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observed fact, as a person would quote it: `answer` / `404 Not Found (json)`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """Configuration or code to paste; `where` names the software or file it is for."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What to change, in one sentence, and what to paste."""

    summary: str
    snippets: tuple[Snippet, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A catalogue code met on a route (None: on no single route), with the evidence that led to it.

    `degrades` says whether the page suffers from it: such a finding can be the primary cause, even as a warning.
    `explains` names codes that merely follow from this one.
    """

    code: str
    severity: Severity
    layer: str
    title: str
    detail: str
    route: str | None = None
    evidence: tuple[Evidence, ...] = ()
    fix: Fix = field(default_factory=lambda: Fix(""))
    explains: tuple[str, ...] = ()
    degrades: bool = True


def http_origin(url: str) -> str:
    """The http(s) origin of a ws, wss, http or https URL, without a default port (RFC 6454, section 6.2).

    A URL whose port is no number raises ValueError, as urllib does.
    """
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    return f"{scheme}://{host}" if port in (None, DEFAULT_PORTS.get(scheme)) else f"{scheme}://{host}:{port}"
