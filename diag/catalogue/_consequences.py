"""Codes that merely follow from others, as groups: an entry's `explains` is put together from them.

An explained code never explains its own cause: the relation has no cycles, and a test keeps it so.
"""

from __future__ import annotations

NO_SERVER = ("rest-unreachable", "rest-timeout", "rest-gateway-error")
"""Nothing usable answers at that address: neither do the REST requests."""

GATEWAY_DOWN = (
    "rest-gateway-error",
    "rest-unhealthy",
    "rest-unreachable",
    "cors-missing-on-errors",
    "cors-preflight-rejected",
)
"""The proxy answers in the backend's place: its REST answers are the proxy's as well."""

SESSION_OVER = (
    "closed-by-server",
    "close-abnormal-1006",
    "accept-then-drop",
    "heartbeat-unanswered",
    "heartbeat-late",
    "pong-missing",
    "pong-late",
    "ws-connected-but-no-updates",
)
"""The session ended, so what was due later on it never came."""

SILENT_SESSION = (
    "heartbeat-unanswered",
    "heartbeat-late",
    "pong-missing",
    "pong-late",
    "ws-connected-but-no-updates",
)
"""The session lives, and what is due on it comes late or not at all."""

NO_UPGRADE_SEEN = (
    "ws-path-not-found",
    "upgrade-required-426",
    "http-200-not-websocket",
    "server-lacks-ws-support",
    "spa-fallback-200",
    "auth-forbidden",
    "server-error-in-handshake",
    "ws-version-unsupported",
)
"""The backend got a plain GET, and answered it as its router answers plain GETs."""

OTHER_PATH = (
    "ws-path-not-found",
    "api-endpoint-missing",
    "auth-forbidden",
    "origin-rejected",
    "spa-fallback-200",
    "rest-spa-fallback",
    "http-200-not-websocket",
    "server-lacks-ws-support",
    "server-error-in-handshake",
    "socketio-wrong-path",
    "rest-fallback-missing",
)
"""The backend got another path, and answered as it answers unknown ones: 404, an empty 403, 500, or its SPA."""

OTHER_SERVER = (
    "ws-path-not-found",
    "ws-path-trailing-slash",
    "http-200-not-websocket",
    "spa-fallback-200",
    "server-lacks-ws-support",
    "upgrade-required-426",
    "proxy-route-missing",
    "handshake-redirected",
    "auth-forbidden",
    "api-endpoint-missing",
    "rest-spa-fallback",
    "rest-unhealthy",
    "rest-fallback-missing",
    "cors-origin-not-allowed",
    "cors-preflight-rejected",
)
"""Another application answered, with whatever it has for such requests."""

REFUSED_BY_POLICY = ("auth-forbidden", "rest-auth-required", "cors-missing-on-errors", "cors-origin-not-allowed")
"""A rule in front of the application said no, to the socket and to REST alike."""

READS_AS_CORS = ("cors-missing-on-errors", "cors-preflight-rejected")
"""An error answer without CORS headers is reported by the browser as a CORS error, in a preflight too."""
