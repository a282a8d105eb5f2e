"""Reports as the commands would build them: one for every situation that a writer has to show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.model import (
    ApiRequest,
    Evidence,
    Finding,
    Fix,
    Route,
    Severity,
    Snippet,
    Target,
    Verdict,
)
from diag.report import (
    ApiReport,
    BrowserReport,
    Check,
    ClosedReport,
    CorsReport,
    Distribution,
    HandshakeReport,
    HeartbeatReport,
    IdleReport,
    Report,
    RouteReport,
    UpdateReport,
    Waived,
)

PAGE = "http://localhost:5173"
PROXY = Route("proxy", "ws://localhost:5173/ws")
DIRECT = Route("direct", "ws://localhost:3000/ws")
UPDATES = (UpdateReport("bot:status_change", 2, 1012.4), UpdateReport("system:health_update", 1, 2003.9))
BEATS = HeartbeatReport("application", 3, 3, 0.0, Distribution(0.81, 1.2046, 2.9, 3.1, 3.1, 0.9, 1.04))
REFUSED = "No 'Access-Control-Allow-Origin' header is present on the requested resource."


def phases(dns=None, tcp=None, tls=None, upgrade=None):
    return {"dns": dns, "tcp": tcp, "tls": tls, "upgrade": upgrade}


WITNESSED = BrowserReport(False, "Error during WebSocket handshake: Unexpected response code: 403")


def open_route(route, **changes):
    report = RouteReport(
        name=route.name,
        url=route.url,
        opened=True,
        browser=BrowserReport(True, None),
        phases_ms=phases(dns=0.31, tcp=0.42, upgrade=4.12),
        answered_by="Vite",
        handshake=HandshakeReport(101, "Switching Protocols", (("Upgrade", "websocket"),), ""),
        heartbeat=BEATS,
        updates=UPDATES,
        closed=None,
        idle=None,
        outcome="101 Switching Protocols",
    )
    return replace(report, **changes)


def closed_route(route, outcome, **changes):
    report = RouteReport(
        name=route.name,
        url=route.url,
        opened=False,
        browser=BrowserReport(False, None),
        phases_ms=phases(),
        answered_by=None,
        handshake=None,
        heartbeat=None,
        updates=(),
        closed=None,
        idle=None,
        outcome=outcome,
    )
    return replace(report, **changes)


def readable(url, route="proxy"):
    return ApiReport("GET", url, route, 200, CorsReport(False, True, None, False), "200 OK, JSON")


def finding(code, severity, title, layer="http", **changes):
    return Finding(code=code, severity=severity, layer=layer, title=title, detail=f"{title}.", **changes)


def build_healthy():
    target = Target(
        page=PAGE,
        url=PROXY.url,
        routes=(PROXY, DIRECT),
        api=(ApiRequest(f"{PAGE}/api/health"),),
        expect=("bot:status_change", "system:health_update"),
    )
    return Report(
        command="probe",
        started_at="2027-01-15T10:12:03.418Z",
        duration_ms=6213.25,
        target=target,
        verdict=Verdict.HEALTHY,
        primary_cause=None,
        findings=(),
        routes=(open_route(PROXY), open_route(DIRECT, answered_by="uvicorn")),
        api=(readable(f"{PAGE}/api/health"),),
    )


def bypass():
    return Finding(
        code="url-bypasses-dev-proxy",
        severity=Severity.ERROR,
        layer="client",
        title="the page opens the backend directly, past the dev proxy",
        detail=(
            "The page was served by http://localhost:5173 and opens a socket on another origin. The backend refuses"
            " that origin, while the same handshake through the dev proxy is accepted."
        ),
        route="direct",
        evidence=(
            Evidence("page origin", PAGE),
            Evidence("direct", "403 Forbidden, empty body"),
            Evidence("direct, Origin http://localhost:3000", "101 Switching Protocols"),
            Evidence("proxy", "101 Switching Protocols, 3 of 3 heartbeats answered"),
        ),
        fix=Fix(
            "Open the socket on the page's own origin, and let the dev proxy forward it.",
            (
                Snippet(".env.development", "VITE_WS_BASE_URL=\n"),
                Snippet(
                    "vite.config.ts",
                    "server: {\n  proxy: {\n    '/ws': { target: 'ws://localhost:3000', ws: true,"
                    " changeOrigin: true, rewriteWsOrigin: true, secure: false },\n  },\n}\n",
                ),
            ),
        ),
        explains=("origin-rejected", "cors-origin-not-allowed"),
    )


def build_incident():
    direct = closed_route(
        DIRECT,
        "403 Forbidden, empty body",
        browser=BrowserReport(False, "Error during WebSocket handshake: Unexpected response code: 403"),
        phases_ms=phases(dns=0.42, tcp=0.51, upgrade=3.87),
        answered_by="uvicorn",
        handshake=HandshakeReport(403, "Forbidden", (("content-length", "0"),), ""),
    )
    cors = CorsReport(True, False, "MissingAllowOriginHeader", False, REFUSED)
    healthy = build_healthy()
    return replace(
        healthy,
        target=replace(healthy.target, url=DIRECT.url),
        verdict=Verdict.BROKEN,
        primary_cause="url-bypasses-dev-proxy",
        findings=(
            bypass(),
            finding(
                "origin-rejected", Severity.ERROR, "the backend refuses the page's origin", "origin", route="direct"
            ),
            finding(
                "cors-origin-not-allowed",
                Severity.ERROR,
                "the API does not allow the page's origin",
                "cors",
                route="direct",
            ),
            finding("cswsh-open", Severity.WARNING, "any site may open a socket in a visitor's name", "origin"),
        ),
        routes=(replace(direct, chromium=WITNESSED), open_route(PROXY, chromium=BrowserReport(True, None))),
        api=(
            ApiReport("GET", "http://localhost:3000/api/health", "direct", 200, cors, "200 OK, JSON", WITNESSED),
            readable(f"{PAGE}/api/health"),
        ),
        proxies_set=("HTTP_PROXY", "NO_PROXY"),
        notes=("idle limits were not looked for (--idle-limit)",),
    )


def build_degraded():
    page = Route("proxy", "wss://app.example.test/ws")
    silent = Finding(
        code="heartbeat-unanswered",
        severity=Severity.ERROR,
        layer="heartbeat",
        title="the server answers no application heartbeat",
        detail="The session lives and pushes updates, but none of the pings that the page sends is answered.",
        route="proxy",
        evidence=(Evidence("sent", '{"type":"ping","correlation_id":"7f"}'), Evidence("answered", "0 of 4")),
        fix=Fix("Answer every ping with a pong that carries the same correlation id."),
    )
    thin = finding(
        "heartbeat-margin-thin",
        Severity.WARNING,
        "the interval is close to the idle limit",
        "heartbeat",
        route="proxy",
    )
    cut = finding("idle-cut", Severity.ERROR, "silence of 60 s ends the session", "session", route="proxy")
    return Report(
        command="probe",
        started_at="2027-01-15T10:12:03Z",
        duration_ms=75_000.0,
        target=Target("https://app.example.test", page.url, (page,), expect=("bot:status_change", "system:alert")),
        verdict=Verdict.DEGRADED,
        primary_cause="heartbeat-unanswered",
        findings=(thin, cut, silent),
        routes=(
            open_route(
                page,
                answered_by="nginx",
                phases_ms=phases(dns=12.4, tcp=8.9, tls=21.7, upgrade=9.96),
                heartbeat=HeartbeatReport("application", 4, 0, 1.0, None),
                updates=(UpdateReport("bot:status_change", 14, 640.0),),
                closed=ClosedReport(1006, "", False, 60_012.0),
                idle=IdleReport(90_000.0, 60_004.0),
            ),
        ),
        api=(),
        waived=(Waived("cswsh-open", "proxy", "2027-01-31", "internal network only"),),
    )


def build_many_routes():
    page = Route("public", "wss://203.0.113.9/ws")
    routes = (
        closed_route(
            page,
            "certificate not trusted",
            browser=BrowserReport(False, "net::ERR_CERT_AUTHORITY_INVALID"),
            phases_ms=phases(dns=0.0, tcp=0.6, tls=3.4),
        ),
        closed_route(Route("office", "ws://nowhere.invalid/ws"), "name does not resolve", phases_ms=phases(dns=31.0)),
        closed_route(DIRECT, "connection refused", phases_ms=phases(dns=0.2, tcp=0.3)),
        open_route(PROXY),
    )
    return Report(
        command="probe",
        started_at="2027-01-15T10:12:03Z",
        duration_ms=812.0,
        target=Target("https://203.0.113.9", page.url, tuple(Route(route.name, route.url) for route in routes)),
        verdict=Verdict.BROKEN,
        primary_cause="tls-cert-untrusted",
        findings=(
            finding("tls-cert-untrusted", Severity.ERROR, "no browser trusts the certificate", route="public"),
            finding("tcp-refused", Severity.WARNING, "nothing listens there", route="direct"),
        ),
        routes=routes,
        api=(),
    )


def build_verify():
    outcomes = (
        Check("connects", "fail", "url-bypasses-dev-proxy: 403 Forbidden on ws://localhost:3000/ws", 12.5),
        Check("no-cors-errors", "fail", "cors-origin-not-allowed: GET http://localhost:3000/api/health", 8.1),
        Check("status-updates", "skip", "the socket did not open", 0.0),
        Check("health-updates", "skip", "the socket did not open", 0.0),
        Check("no-fallback", "warn", "the page would poll every 10 s", 0.0),
        Check("heartbeat", "skip", "the socket did not open", 0.0),
        Check("survives-refresh", "broken", "the local fault proxy could not listen", 3.2),
        Check("reconnects", "pass", None, 1040.0),
    )
    return replace(build_incident(), command="verify", checks=outcomes)


def build_unknown():
    healthy = build_healthy()
    return replace(
        healthy,
        verdict=Verdict.UNKNOWN,
        routes=(closed_route(PROXY, "not examined"),),
        api=(),
        notes=("the handshake probe failed on this machine: too many open files",),
    )


HOSTILE = "[bold red]x[/] \x1b[31m\x1b]0;pwn\x07 \x9b2J \u202egnp \u2066a\u2028b\r\n]]> <b>&amp; \udc80 \x00\x7f"


def build_hostile():
    """Everything a server or a name can do to a writer, at once."""
    name = f"r{HOSTILE}"
    route = Route(name, f"ws://host/{HOSTILE}")
    session = open_route(
        route,
        phases_ms=phases(dns=0.0, tcp=0.1, upgrade=1.0),
        browser=BrowserReport(False, HOSTILE),
        answered_by=HOSTILE,
        handshake=HandshakeReport(101, HOSTILE, (("Server", HOSTILE), ("X", "y")), HOSTILE * 50),
        updates=tuple(UpdateReport(f"{index}{HOSTILE}", index, None) for index in range(1, 30)),
        closed=ClosedReport(4999, HOSTILE, True, 12.0),
        idle=IdleReport(1000.0, None),
        outcome=HOSTILE,
    )
    cors = CorsReport(True, False, None, True, HOSTILE)
    request = ApiRequest(f"http://host/{HOSTILE}", headers=(("X", HOSTILE),))
    cause = finding(
        "spa-fallback-200",
        Severity.ERROR,
        HOSTILE,
        route=name,
        evidence=(Evidence(HOSTILE, HOSTILE * 99), Evidence("long", "w" * 400)),
        fix=Fix(HOSTILE, (Snippet(HOSTILE, f"first\t{HOSTILE}\nsecond\r\n"),)),
    )
    return Report(
        command="probe",
        started_at="2027-01-15T10:12:03Z",
        duration_ms=1.0,
        target=Target(f"http://{HOSTILE}", route.url, (route,), api=(request,), expect=(HOSTILE,)),
        verdict=Verdict.BROKEN,
        primary_cause="spa-fallback-200",
        findings=(cause, finding("x-y", Severity.INFO, HOSTILE)),
        routes=(session,),
        api=(ApiReport("GET", request.url, name, 200, cors, HOSTILE),),
        checks=(Check(HOSTILE, "broken", HOSTILE, 0.0),),
        waived=(Waived("x-y", name, None, HOSTILE),),
        proxies_set=(HOSTILE,),
        notes=(HOSTILE,),
    )


BUILDERS = {
    "healthy": build_healthy,
    "incident": build_incident,
    "degraded": build_degraded,
    "many-routes": build_many_routes,
    "verify": build_verify,
    "unknown": build_unknown,
    "hostile": build_hostile,
}


@pytest.fixture(params=sorted(BUILDERS))
def named_report(request):
    """Each report in turn, with its name."""
    return request.param, BUILDERS[request.param]()


@pytest.fixture
def report():
    """A function from a name to that report."""
    return lambda name: BUILDERS[name]()
