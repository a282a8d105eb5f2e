"""The names of what a run measures: what users record under, what thresholds may say, what results hold."""

from __future__ import annotations

TRENDS = {
    "handshake_ms": "from name resolution to 101, of handshakes that opened",
    "heartbeat_rtt_ms": "from the intended time of sending to the answer's arrival",
    "update_staleness_ms": "how old the state was when an update came, and when one was due and did not come",
    "update_staleness_ms.websocket": "the same, over sockets",
    "update_staleness_ms.polling": "the same, by polling",
    "poll_ms": "from before the connection, where a new one is needed, to the end of the body",
    "connection_lifetime_ms": "how long sessions lasted that have ended",
    "loop_lag_ms": "by how much the generator itself overslept 50 ms: a large value makes all others too large",
}
"""Histograms, in milliseconds. A dot parts one by transport, or by request: the name before it stands for all of it."""

COUNTERS = {
    "sessions_opened": "handshakes that ended in 101",
    "sessions_failed": "handshakes that did not",
    "sessions_dropped": "sessions that ended without our doing",
    "messages_received": "WebSocket messages and control frames in",
    "messages_sent": "WebSocket messages and control frames out",
    "messages_bytes_in": "their payload in, in bytes",
    "messages_bytes_out": "their payload out, in bytes",
    "updates_received": "messages and polls that brought something new",
    "sequence_gaps": "updates that never came, by their sequence numbers",
    "heartbeats_sent": "heartbeats that went out",
    "heartbeats_answered": "those whose answer came in time",
    "heartbeats_unanswered": "those whose answer did not",
    "http_requests": "requests of the fallback",
    "http_failures": "those that failed",
    "http_bytes_in": "their bodies in, in bytes",
    "http_bytes_out": "their bodies out, in bytes",
    "workers_lost": "worker processes that went away during the run",
}
"""Whole numbers since the start of the run, summed over all processes."""

RATIOS = {
    "sessions": ("sessions_failed", ("sessions_opened", "sessions_failed")),
    "http": ("http_failures", ("http_requests",)),
    "heartbeats": ("heartbeats_unanswered", ("heartbeats_answered", "heartbeats_unanswered")),
}
"""What `failed_ratio(...)` may ask for: the counter that failed, and those that it is a share of."""

OPEN_SESSIONS = "open_sessions"
USERS = "users"
CPU_S = "generator_cpu_s"
RSS_PEAK_MB = "generator_rss_peak_mb"
SATURATED = "generator_saturated"
