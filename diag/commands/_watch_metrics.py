"""A watch for Prometheus: its figures as they stand when they are asked for, and a histogram of round trips."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from diag.client.events import ClientEvent
from diag.commands._watch_run import Watch
from diag.config.errors import ConfigError

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Exporter(Collector):
    """The metrics of one watch, in a registry of their own; names and units are the exporter convention's.

    A type of message is a label, and a server can send any: from the fifty-first on they share one.
    """

    def __init__(self, watch: Watch) -> None:
        """The watch hands its answered heartbeats on from now on."""
        self.watch = watch
        watch.observe = self.observe
        self.registry = CollectorRegistry()
        self._round_trips = Histogram(
            "wsdiag_heartbeat_rtt_seconds",
            "Round trips of the heartbeat, from its intended time to the arrival of its answer.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.registry.register(self)

    def observe(self, event: ClientEvent) -> None:
        """Takes an answered heartbeat."""
        if event.kind == "answered" and event.text == self.watch.figures.kind:
            self._round_trips.observe((event.value or 0.0) / 1000)

    def collect(self) -> Iterator[Metric]:
        """All but the histogram."""
        watch = self.watch
        with watch.lock:
            figures, now_s = watch.figures, watch.elapsed_s
            closed = CounterMetricFamily("wsdiag_closed", "Sessions that ended, by close code.", labels=["code"])
            for code, count in figures.closed.items():
                closed.add_metric([str(code)], count)
            messages = CounterMetricFamily("wsdiag_messages", "Messages that answer no heartbeat.", labels=["type"])
            stale = GaugeMetricFamily("wsdiag_update_staleness_seconds", "Age of the newest message.", labels=["type"])
            for foreign, seen in figures.types.items():
                name = foreign.encode("utf-8", "replace").decode()  # JSON can spell half a surrogate pair, UTF-8 cannot
                messages.add_metric([name], seen.count)
                stale.add_metric([name], now_s - seen.last_at_s)
            sent, missed = figures.main.sent, figures.main.missed
            opened, reconnects, is_open = figures.opened, figures.reconnects, figures.is_open
        yield CounterMetricFamily("wsdiag_sessions_opened", "Sessions that opened.", value=opened)
        yield CounterMetricFamily("wsdiag_reconnects", "Sessions after the first one.", value=reconnects)
        yield CounterMetricFamily("wsdiag_heartbeats_sent", "Heartbeats sent.", value=sent)
        yield CounterMetricFamily("wsdiag_heartbeats_missed", "Heartbeats that stayed unanswered.", value=missed)
        yield GaugeMetricFamily("wsdiag_session_open", "1 while a session is open, else 0.", value=int(is_open))
        yield closed
        yield messages
        yield stale


@contextmanager
def served(watch: Watch, host: str, port: int) -> Iterator[int]:
    """Serves a watch's metrics while the body runs; yields the port. ConfigError when it cannot listen there."""
    try:
        server, thread = start_http_server(port, host, Exporter(watch).registry)
    except OSError as error:
        raise ConfigError(f"wsdiag: --metrics: cannot listen on {host} port {port}: {error.strerror}") from None
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
