"""Connections that are cut for silence."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import SESSION_OVER
from diag.catalogue._snippets import ALB_TIMEOUT, HAPROXY_TUNNEL, INGRESS_TIMEOUTS, NGINX_TIMEOUTS, snippet
from diag.model import Fix, Severity

_ENDS_IN = (*SESSION_OVER, "heartbeat-margin-thin", "close-restart", "server-keepalive-timeout")

ENTRIES = (
    Entry(
        code="idle-timeout-proxy",
        severity=Severity.ERROR,
        layer="heartbeat",
        title="The proxy cuts silent connections",
        explanation=(
            "A proxy or load balancer ends the connection after a time of silence, without a Close frame, so the page "
            "sees 1006. The defaults are short: 60 s with nginx and AWS ALB; HAProxy without timeout tunnel applies "
            "its client and server timeouts. In nginx traffic in either direction resets the clock."
        ),
        recognised=(
            "A silent session is cut at T through the proxy and lives longer on the direct route; with --idle-limit, "
            "sessions with traffic outlive it. Told apart from idle-timeout-backend by the direct route, from "
            "max-lifetime by the traffic, and from backend-handler-crash by the silence."
        ),
        fix=Fix(
            "Raise the proxy's idle timeout for {path}, and send a heartbeat at less than half of it.",
            (
                NGINX_TIMEOUTS,
                HAPROXY_TUNNEL,
                ALB_TIMEOUT,
                INGRESS_TIMEOUTS,
                snippet("Envoy (http_connection_manager)", "stream_idle_timeout: 3600s"),
            ),
        ),
        sources=(
            "nginx: WebSocket proxying; Module ngx_http_proxy_module, proxy_read_timeout",
            "HAProxy configuration manual: timeout tunnel",
            "AWS documentation: Application Load Balancers, connection idle timeout",
            "Envoy documentation: How do I configure timeouts",
            "buildbot/buildbot#4078",
            "mattermost/docs#8929",
            "measured: nginx 1.22.1, HAProxy 2.6.12",
        ),
        browser=browser.DROPPED,
        explains=_ENDS_IN,
    ),
    Entry(
        code="idle-timeout-backend",
        severity=Severity.ERROR,
        layer="heartbeat",
        title="The backend cuts silent connections",
        explanation=(
            "The server itself ends sessions that are silent for a time, often with a Close frame. Its option for "
            "idle sessions, or a read with a timeout in the handler, is shorter than the client's heartbeat."
        ),
        recognised=(
            "The same T on the direct route and through the proxy, or a Close frame at T. Told apart from "
            "idle-timeout-proxy by the direct route, from max-lifetime by sessions with traffic, which live on, and "
            "from server-keepalive-timeout by the absence of pings."
        ),
        fix=Fix(
            "Raise the server's idle timeout above two heartbeat intervals.",
            (
                snippet(
                    "Python asyncio (a read with a timeout)",
                    """
                    message = await asyncio.wait_for(websocket.receive_json(), timeout=120)
                    """,
                ),
                snippet("uWebSockets.js", "app.ws('{path}', { idleTimeout: 120, sendPingsAutomatically: true })"),
                snippet("Java (Jakarta WebSocket)", "session.setMaxIdleTimeout(120_000);"),
            ),
        ),
        sources=(
            "Jakarta WebSocket specification: Session.setMaxIdleTimeout",
            "uWebSockets documentation: idleTimeout",
        ),
        browser="The page gets close with the server's code, or 1006 when there is no Close frame.",
        explains=_ENDS_IN,
    ),
)
