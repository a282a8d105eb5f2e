"""How one handshake went. Kept small, because every open session keeps it: its observation is made when asked for."""

from __future__ import annotations

from dataclasses import dataclass

from diag.browser.extensions import DeflateParameters
from diag.model import Target
from diag.observations import Answer, Attempt, Exchange, NoAnswer, Phases
from diag.probes.requests import Request
from diag.wire.http1 import parse_head
from scenarios.engine.endpoint import Endpoint
from scenarios.engine.tls import Tunnel

_KEY = "Sec-WebSocket-Key"


@dataclass(frozen=True, slots=True)
class Plan:
    """What all handshakes of a target have in common."""

    target: Target
    endpoint: Endpoint
    request: Request


@dataclass(frozen=True, slots=True)
class Terms:
    """What a response agreed to."""

    subprotocol: str = ""
    deflate: DeflateParameters | None = None


@dataclass(slots=True)
class Course:
    """Times are time.monotonic(), 0 for what was not reached; `head` is the response's, with its blank line."""

    plan: Plan
    key: str
    started: float
    connected: float = 0.0
    secured: float = 0.0
    at: float = 0.0
    head: bytes = b""
    terms: Terms = Terms()
    tunnel: Tunnel | None = None

    @property
    def took_ms(self) -> float:
        """From the start of the connection to the answer."""
        return (self.at - self.started) * 1000

    def exchange(self, outcome: Answer | NoAnswer | None = None) -> Exchange:
        """The handshake as `diag.probes.upgrade` tells it; `outcome` None stands for the head that was kept."""
        request, endpoint = self.plan.request, self.plan.endpoint
        took_ms = (self.connected - self.started) * 1000 if self.connected else self.took_ms
        return Exchange(
            route=request.route,
            variant=request.variant,
            url=request.url,
            sent=tuple((name, self.key if name == _KEY else value) for name, value in request.headers),
            outcome=outcome or parse_head(self.head),
            took_ms=self.took_ms,
            phases=self._phases(),
            attempts=(Attempt(endpoint.address, "connected", took_ms),),
            addresses=endpoint.addresses,
            certificate=endpoint.certificate if self.secured else None,
            key=self.key,
        )

    def _phases(self) -> Phases:
        tcp = ((self.connected or self.at) - self.started) * 1000
        ready = self.secured or self.connected
        encrypted = self.plan.endpoint.encrypted
        return Phases(
            tcp=tcp,
            tls=((self.secured or self.at) - self.connected) * 1000 if encrypted and self.connected else None,
            upgrade=(self.at - ready) * 1000 if ready and (self.secured or not encrypted) else None,
        )
