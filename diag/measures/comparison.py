"""WebSocket against polling: two results on equal terms, and by how much they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from diag.measures.plain import decoded, encoded, rounded
from diag.measures.result import Result


@dataclass(frozen=True, slots=True)
class Ratios:
    """Polling divided by WebSocket; above 1 polling costs more. None where either side has nothing to divide.

    A request is what the server has to answer: an HTTP request, a handshake, a message of the page's. Bytes are bodies
    and payloads, both ways. `server_cpu` is known only for a server whose process could be watched.
    """

    staleness_p50: float | None
    staleness_p95: float | None
    requests_per_update: float | None
    bytes_per_update: float | None
    generator_cpu: float | None
    server_cpu: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `wsdiag compare --format json` promises."""

    websocket: Result
    polling: Result
    ratios: Ratios

    @property
    def ok(self) -> bool:
        """Whether both runs were."""
        return self.websocket.ok and self.polling.ok

    def to_json(self) -> dict[str, Any]:
        """The fields as dicts, lists and scalars."""
        return dict(encoded(self))

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Comparison:
        """The comparison that such a document holds; ValueError names what is wrong in it."""
        return decoded(Comparison, document)


def compare(
    websocket: Result, polling: Result, *, server_cpu_s: tuple[float | None, float | None] = (None, None)
) -> Comparison:
    """Two runs side by side. `server_cpu_s` are the CPU seconds of the server during the one and the other."""
    of_websocket, of_polling = server_cpu_s
    ratios = Ratios(
        staleness_p50=_ratio(polling.update_staleness_ms.p50, websocket.update_staleness_ms.p50),
        staleness_p95=_ratio(polling.update_staleness_ms.p95, websocket.update_staleness_ms.p95),
        requests_per_update=_ratio(_per_update(polling, _requests), _per_update(websocket, _requests)),
        bytes_per_update=_ratio(_per_update(polling, _bytes), _per_update(websocket, _bytes)),
        generator_cpu=_ratio(polling.generator.cpu_s, websocket.generator.cpu_s),
        server_cpu=_ratio(of_polling, of_websocket),
    )
    return Comparison(websocket, polling, ratios)


def requests_per_update(result: Result) -> float | None:
    """What the server had to answer for each update that arrived; None when none did."""
    return _per_update(result, _requests)


def bytes_per_update(result: Result) -> float | None:
    """Bytes of bodies and payloads, both ways, for each update that arrived; None when none did."""
    return _per_update(result, _bytes)


def _requests(result: Result) -> int:
    return result.http.requests + result.sessions.opened + result.sessions.failed + result.messages.sent


def _bytes(result: Result) -> int:
    http, messages = result.http, result.messages
    return http.bytes_in + http.bytes_out + messages.bytes_in + messages.bytes_out


def _per_update(result: Result, amount: Any) -> float | None:
    return amount(result) / result.updates_received if result.updates_received else None


def _ratio(over: float | None, under: float | None) -> float | None:
    return None if over is None or not under else rounded(over / under)
