"""Idle limits of real proxies and servers: found within half a second, and held against the one who has them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from diag.cli import cli
from diag.model import Client, Route, Target
from diag.report import IdleReport, KeepsAlive, Report
from diag.rules import judge
from diag.runner import probe

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
NGINX_MS = HAPROXY_MS = 3000.0
IMPATIENT_MS = 2000.0
PONG_MS = 2000.0
"""uvicorn pings after a second and waits for another one."""
CLOSE_ENOUGH_MS = 500.0
SEARCH_S = 6.0
UPGRADING = (
    "location / {{ proxy_pass http://127.0.0.1:{port}; proxy_http_version 1.1; proxy_set_header Host $http_host; "
    "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; "
    "proxy_read_timeout 3s; }}"
)
HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 3s
frontend entrance
    bind 127.0.0.1:{port}
    default_backend application
backend application
    server one 127.0.0.1:{backend}
"""


@pytest.fixture
def uvicorn(start, new_port) -> Callable[..., int]:
    """`uvicorn(*options)` starts the quiet backend and returns its port."""

    def begin(*options: str) -> int:
        port = new_port()
        command = [sys.executable, "-m", "uvicorn", "idle_backend:app", "--port", str(port), "--log-level", "warning"]
        start([*command, *options], cwd=HERE).wait_for_port(port, "uvicorn")
        return port

    return begin


@pytest.fixture
def haproxy(start, peer, new_port, tmp_path: Path) -> Callable[[int], int]:
    """`haproxy(backend)` starts the real HAProxy in front of that port and returns its own."""

    def begin(backend: int) -> int:
        port, config = new_port(), tmp_path / "haproxy.cfg"
        config.write_text(HAPROXY.format(port=port, backend=backend))
        start([peer("haproxy"), "-db", "-f", str(config)], cwd=tmp_path).wait_for_port(port, "haproxy")
        return port

    return begin


def _target(path: str, proxy: int | None, direct: int, client: Client | None = None) -> Target:
    routes = [Route("proxy", f"ws://localhost:{proxy}{path}")] if proxy else []
    routes.append(Route("direct", f"ws://localhost:{direct}{path}"))
    first = routes[0]
    return Target(first.origin, first.url, tuple(routes), client=client or Client(), observe_s=1, idle_limit_s=SEARCH_S)


KEPT_BY_BOTH = KeepsAlive(pings=True, client_data=True)


@dataclass(frozen=True)
class Expected:
    """The page's route, and what the whole report names."""

    cause: str | None
    found: str | None = "idle-limit"
    by: str | None = "proxy"
    how: str | None = "fin"
    after_ms: float | None = NGINX_MS
    silence_ms: float | None = NGINX_MS
    keeps_alive: KeepsAlive = KEPT_BY_BOTH


EXPECTED = {
    "nginx, proxy_read_timeout 3s": Expected("idle-timeout-proxy"),
    "HAProxy, timeout tunnel 3s": Expected("idle-timeout-proxy", silence_ms=HAPROXY_MS),
    "nginx, and the server speaks once after 2 s": Expected(
        "idle-timeout-proxy",
        after_ms=NGINX_MS + 2000,
        keeps_alive=KeepsAlive(pings=True, client_data=True, server_data=True),
    ),
    "nginx, and the server speaks all the time": Expected(
        None, None, None, None, None, None, KeepsAlive(server_data=True)
    ),
    "a server that waits two seconds for the next message, behind nginx": Expected(
        "idle-timeout-backend", "idle-limit", "backend", "close-frame", IMPATIENT_MS, IMPATIENT_MS,
        KeepsAlive(pings=False, client_data=True),
    ),
    "a server that ends each session after two seconds, behind nginx": Expected(
        "max-lifetime", "max-lifetime", "backend", "close-frame", 2000.0, None,
        KeepsAlive(pings=False, client_data=False),
    ),
    "uvicorn, pings each second and waits a second": Expected(
        "server-keepalive-timeout", "unanswered-pings", "backend", "close-frame", PONG_MS, None, KeepsAlive()
    ),
    "uvicorn with a client that answers its pings": Expected(
        None, None, None, None, None, None, KeepsAlive(server_data=True)
    ),
}  # fmt: skip


def test_limits_are_found_and_attributed(uvicorn, nginx, haproxy) -> None:
    # given proxies and servers with limits of two and three seconds, and one client that gives no pongs
    quiet, pinging = uvicorn(), uvicorn("--ws-ping-interval", "1", "--ws-ping-timeout", "1")
    proxy = int(nginx(UPGRADING.format(port=quiet)).rpartition(":")[2])
    targets = dict(
        zip(
            EXPECTED,
            (
                _target("/quiet", proxy, quiet),
                _target("/quiet", haproxy(quiet), quiet),
                _target("/once", proxy, quiet),
                _target("/pushing", proxy, quiet),
                _target("/impatient", proxy, quiet),
                _target("/lifetime", proxy, quiet),
                _target("/quiet", None, pinging, Client(answers_pings=False)),
                _target("/quiet", None, pinging),
            ),
            strict=True,
        )
    )
    # when all of them are searched side by side
    with ThreadPoolExecutor(len(targets)) as pool:
        reports = dict(zip(targets, pool.map(lambda target: judge(probe(target)), targets.values()), strict=True))
    # then each limit is found, attributed, and near enough
    assert {name: _seen(name, report) for name, report in reports.items()} == EXPECTED
    # and what does not keep a session alive is told, as advice where it is not the page's own heartbeat
    deaf = reports["a server that waits two seconds for the next message, behind nginx"]
    assert "control-frames-do-not-count" in {finding.code for finding in deaf.findings}
    # and the direct route has no limit of the proxy's
    for name in ("nginx, proxy_read_timeout 3s", "HAProxy, timeout tunnel 3s"):
        direct = reports[name].routes[1].idle
        assert direct is not None
        assert (direct.closed_after_ms, direct.by) == (None, None)
        assert {"heartbeat-margin-thin"} <= set(reports[name].findings[0].explains)


def _seen(name: str, report: Report) -> Expected:
    """What a report says, with times taken for the expected ones where they are close enough."""
    idle, expected = report.routes[0].idle, EXPECTED[name]
    assert idle is not None
    return Expected(
        report.primary_cause,
        idle.found,
        idle.by,
        idle.closed_how,
        _rounded(idle.closed_after_ms, expected.after_ms),
        _rounded(idle.silence_ms, expected.silence_ms),
        idle.keeps_alive,
    )


def _rounded(measured: float | None, expected: float | None) -> float | None:
    near = measured is not None and expected is not None and abs(measured - expected) <= CLOSE_ENOUGH_MS
    return expected if near else measured


def test_a_watch_looks_for_them_beside_its_beats(uvicorn, nginx) -> None:
    # given nginx with its limit of three seconds
    port = uvicorn()
    url = f"{nginx(UPGRADING.format(port=port)).replace('http', 'ws')}/quiet"
    # when one beat is watched and silence as well
    args = ["watch", url, "--direct", f"ws://localhost:{port}/quiet", "--idle-limit", "5s", "-c", "1"]
    result = CliRunner().invoke(cli, [*args, "--format", "ndjson"])
    # then the watch waits for the search, and the summary has both
    summary = json.loads(result.stdout.splitlines()[-1])
    assert result.exit_code == 0
    found = IdleReport(**summary["idle"]["routes"]["proxy"])
    assert (found.found, found.by) == ("idle-limit", "proxy")
    assert _rounded(found.silence_ms, NGINX_MS) == NGINX_MS
    assert summary["idle"]["findings"] == ["idle-timeout-proxy", "heartbeat-margin-thin"]
