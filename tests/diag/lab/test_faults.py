"""Each fault changes at the wire what it says, and nothing beside it: one look at the system, compared as a whole."""

from __future__ import annotations

import json
import socket

import pytest
import websocket

from diag.lab.fault import load_faults

SILENCE_S = 0.5
PREFLIGHT = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-requested-with"}

HEALTHY = {
    "page opens": "proxy",
    "upgrade through the proxy": 101,
    "upgrade straight": 101,
    "upgrade without Origin": 101,
    "upgrade from a foreign Origin": 403,
    "accept": "right",
    "plain GET through the proxy": 426,
    "plain GET straight": 426,
    "REST": 200,
    "REST names": "camelCase",
    "allowed origins": ["page"],
    "credentials": ["true"],
    "preflight": 200,
    "preflight's allowed origins": ["page"],
    "session through the proxy": "pong, pushes",
    "session straight": "pong, pushes",
}

CHANGES = {
    "incident": {"page opens": "direct", "upgrade straight": 403, "session straight": None},
    "strip-upgrade": {"upgrade through the proxy": 426, "session through the proxy": None},
    "connection-close": {"upgrade through the proxy": 400, "session through the proxy": None},
    "spa-fallback": {
        "upgrade through the proxy": 200,
        "plain GET through the proxy": 200,
        "session through the proxy": None,
    },
    "unanswered-upgrade": {"upgrade through the proxy": "silence", "session through the proxy": None},
    "upstream-down": {
        "upgrade through the proxy": "EOF",
        "upgrade straight": "refused",
        "upgrade without Origin": "refused",
        "upgrade from a foreign Origin": "refused",
        "accept": None,
        "plain GET through the proxy": 502,
        "plain GET straight": "refused",
        "REST": 502,
        "REST names": None,
        "allowed origins": None,
        "credentials": None,
        "preflight": "refused",
        "preflight's allowed origins": None,
        "session through the proxy": None,
        "session straight": None,
    },
    "reject-origin": {
        "upgrade through the proxy": 403,
        "upgrade straight": 403,
        "session through the proxy": None,
        "session straight": None,
    },
    "redirect": {
        **dict.fromkeys([name for name in HEALTHY if "upgrade" in name or "plain" in name], 301),
        "accept": None,
        "session through the proxy": None,
        "session straight": None,
    },
    "auth": {
        **dict.fromkeys([name for name in HEALTHY if "upgrade" in name or "plain" in name], 401),
        "accept": None,
        "session through the proxy": None,
        "session straight": None,
    },
    "bad-accept": {"accept": "wrong", "session through the proxy": None, "session straight": None},
    "cors-missing": {
        "allowed origins": [],
        "credentials": [],
        "preflight": 405,
        "preflight's allowed origins": [],
    },
    "cors-wildcard-credentials": {
        "allowed origins": ["*"],
        "preflight": 204,
        "preflight's allowed origins": ["*"],
    },
    "cors-duplicate": {"allowed origins": ["page", "page"], "preflight's allowed origins": ["page", "page"]},
    "preflight-405": {"preflight": 405},
    "mute-heartbeat": {"session through the proxy": "pushes", "session straight": "pushes"},
    "no-updates": {"session through the proxy": "pong", "session straight": "pong"},
    "idle-cut": {},
    "close-1008": {
        "session through the proxy": (1008, "authentication required"),
        "session straight": (1008, "authentication required"),
    },
    "close-1012": {
        "session through the proxy": (1012, "service restart"),
        "session straight": (1012, "service restart"),
    },
    "snake-case": {"REST names": "snake_case"},
}


class Look:
    """One look at a lab. Nothing of the lab's own code is used to see it."""

    def __init__(self, lab, wire):
        self.lab, self.wire = lab, wire
        self.ports = {"proxy": lab.proxy_port, "backend": lab.backend_port}

    def answer(self, where, method="GET", path="/ws", *, timeout_s=10.0, **headers):
        try:
            return self.wire.exchange(self.ports[where], method, path, headers, timeout_s=timeout_s)
        except ConnectionRefusedError:
            return "refused"
        except TimeoutError:
            return "silence"

    def upgrade(self, where, origin="page"):
        origin = self.lab.page if origin == "page" else origin
        silent = where == "proxy" and "unanswered-upgrade" in self.lab.faults
        timeout_s = SILENCE_S if silent else 10.0
        return self.answer(where, timeout_s=timeout_s, **self.wire.upgrade_headers(origin))

    def session(self, where):
        url = f"ws://localhost:{self.ports[where]}/ws"
        try:
            session = self.wire.session(url, self.lab.page)
        except (websocket.WebSocketException, OSError, ValueError):  # ValueError: redirected to https
            return None
        if self.lab.config.backend.session_end:
            return session.end()
        types = session.answered()
        parts = {"pong": "connection:pong" in types, "pushes": "bot:status_change" in types}
        return ", ".join(name for name, seen in parts.items() if seen)

    def everything(self):
        page = {"Origin": self.lab.page}
        straight = self.upgrade("backend")
        simple = self.answer("backend", path="/api/health", **page)
        preflight = self.answer("backend", "OPTIONS", "/api/health", **page, **PREFLIGHT)
        rest = self.answer("proxy", path="/api/bots")
        through = self.upgrade("proxy")
        sessions = {} if through == "silence" else {"session through the proxy": self.session("proxy")}
        return {
            "page opens": self.lab.target().page_route.name,
            "upgrade through the proxy": status(through),
            "upgrade straight": status(straight),
            "upgrade without Origin": status(self.upgrade("backend", None)),
            "upgrade from a foreign Origin": status(self.upgrade("backend", "https://evil.example")),
            "accept": self.accept(self.upgrade("backend", None)),
            "plain GET through the proxy": status(self.answer("proxy")),
            "plain GET straight": status(self.answer("backend")),
            "REST": status(rest),
            "REST names": names(rest),
            "allowed origins": self.named(simple, "access-control-allow-origin"),
            "credentials": self.named(simple, "access-control-allow-credentials"),
            "preflight": status(preflight),
            "preflight's allowed origins": self.named(preflight, "access-control-allow-origin"),
            "session through the proxy": None,
            "session straight": self.session("backend"),
            **sessions,
        }

    def accept(self, reply):
        if status(reply) != 101:
            return None
        return "right" if reply.all("sec-websocket-accept") == [self.wire.accept] else "wrong"

    def named(self, reply, header):
        if reply == "refused":
            return None
        return ["page" if value == self.lab.page else value for value in reply.all(header)]


def status(reply):
    if isinstance(reply, str):
        return reply
    return "EOF" if reply.status is None else reply.status


def names(reply):
    if status(reply) != 200:
        return None
    bot = json.loads(reply.body)["bots"][0]
    return {"botId": "camelCase", "bot_id": "snake_case"}[next(iter(bot))]


def test_every_fault_is_described_here():
    assert set(CHANGES) == set(load_faults())


def test_the_healthy_system(wire):
    assert Look(wire.lab(), wire).everything() == HEALTHY


@pytest.mark.parametrize("fault", CHANGES)
def test_a_fault_changes_what_it_says_and_nothing_else(wire, fault):
    assert Look(wire.lab(fault), wire).everything() == HEALTHY | CHANGES[fault]


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(("cors-duplicate", "snake-case", "mute-heartbeat"), id="three at the backend"),
        pytest.param(("strip-upgrade", "cors-missing"), id="proxy and backend"),
        pytest.param(("incident", "preflight-405"), id="page and backend"),
    ],
)
def test_faults_combine(wire, faults):
    expected = dict(HEALTHY)
    for fault in faults:
        expected |= CHANGES[fault]

    assert Look(wire.lab(*faults), wire).everything() == expected


def test_idle_cut_ends_a_silent_tunnel_without_a_close_frame_and_spares_the_direct_one(wire):
    lab = wire.lab("idle-cut")
    through, straight = (
        wire.session(f"ws://localhost:{port}/ws", lab.page) for port in (lab.proxy_port, lab.backend_port)
    )

    assert through.end() is None
    assert straight.answered(1)


def test_idle_cut_spares_a_tunnel_that_is_busy_in_one_direction(wire):
    lab = wire.lab("idle-cut")
    session = wire.session(lab.target().url, lab.page)
    session.until("system:health_update")

    session.socket.settimeout(0.25)
    for _ in range(8):  # 2 s, twice the limit; nothing is answered to a pong
        session.socket.pong(b"")
        with pytest.raises(websocket.WebSocketTimeoutException):
            session.next()
    session.socket.settimeout(5)

    assert session.answered(1)


def test_idle_cut_is_a_target_whose_heartbeat_comes_too_late(wire):
    target = wire.lab("idle-cut").target()

    assert target.client.heartbeat_interval_s == 3.0
    assert target.expect == ()


def test_incident_is_healthy_in_production(wire):
    lab = wire.lab("incident")

    session = wire.session(f"ws://localhost:{lab.backend_port}/ws", lab.origins.backend)

    assert "connection:pong" in session.answered(1)


def test_reject_origin_lists_the_backends_own(wire):
    lab = wire.lab("reject-origin")

    assert wire.exchange(lab.proxy_port, headers=wire.upgrade_headers(lab.origins.backend)).status == 101


def test_redirect_keeps_the_host(wire):
    lab = wire.lab("redirect")

    for port in (lab.proxy_port, lab.backend_port):
        reply = wire.exchange(port, headers=wire.upgrade_headers(lab.page))
        assert reply.all("location") == [f"https://localhost:{port}/ws"]


def test_auth_says_how_and_lets_the_token_in(wire):
    lab = wire.lab("auth")

    refused = wire.exchange(lab.proxy_port, headers=wire.upgrade_headers(lab.page))
    admitted = wire.exchange(lab.proxy_port, headers=wire.upgrade_headers(lab.page, Authorization="Bearer lab"))

    assert refused.all("www-authenticate") == ['Bearer realm="lab"']
    assert admitted.status == 101


def test_bad_accept_is_the_same_for_every_key(wire):
    lab = wire.lab("bad-accept")
    keys = ("AQIDBAUGBwgJCgsMDQ4PEA==", "EBESExQVFhcYGRobHB0eHw==")

    accepts = [
        wire.exchange(lab.proxy_port, headers=wire.upgrade_headers(lab.page, **{"Sec-WebSocket-Key": key})).all(
            "sec-websocket-accept"
        )
        for key in keys
    ]

    assert accepts == [["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]] * 2


def test_mute_heartbeat_still_answers_protocol_pings(wire):
    lab = wire.lab("mute-heartbeat")
    session = wire.session(lab.target().url, lab.page)

    session.socket.ping("hello")
    while (frame := session.socket.recv_frame()).opcode != websocket.ABNF.OPCODE_PONG:
        pass

    assert frame.data == b"hello"


def test_spa_fallback_answers_with_the_page(wire):
    lab = wire.lab("spa-fallback")

    reply = wire.exchange(lab.proxy_port, headers=wire.upgrade_headers(lab.page))

    assert reply.body == wire.exchange(lab.proxy_port, path="/").body


def test_upstream_down_keeps_its_port_to_itself(wire):
    lab = wire.lab("upstream-down")

    reply = wire.exchange(lab.proxy_port, path="/api/health")

    assert reply.all("content-type") == ["text/plain; charset=utf-8"]
    with pytest.raises(OSError, match="in use"):
        socket.create_server(("127.0.0.1", lab.backend_port))
