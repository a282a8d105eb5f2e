"""Real peers, each started on free ports and ended by its own pid: Vite, nginx, FastAPI on uvicorn, Chromium."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import websocket

from diag.model import ApiRequest, Client, Route, Target

HERE = Path(__file__).parent
START_S = 40.0
EVENTS = ("bot:status_change", "system:health_update")


class Started:
    """A child process in a session of its own; its output is kept for the message of a failed start."""

    def __init__(self, command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> None:
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        environment = {**os.environ, **(env or {})}
        self.process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True,
        )  # fmt: skip

    def output(self) -> str:
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")

    def wait_for(self, ready: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.process.poll() is None:
            if ready():
                return
            time.sleep(0.02)
        self.stop()
        pytest.fail(f"{what} did not start")

    def wait_for_port(self, port: int, what: str) -> None:
        def accepts() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("localhost", port), 0.5):
                return True
            return False

        self.wait_for(accepts, what)

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(5)
        self.log.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """`start(command, cwd=…)`: a child process that ends with the test."""
    with contextlib.ExitStack() as stack:

        def begin(command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> Started:
            started = Started(command, cwd=cwd, env=env)
            stack.callback(started.stop)
            return started

        yield begin


@pytest.fixture
def backend(start, new_port) -> Callable[..., int]:
    """`backend(**options)` starts the incident's FastAPI service on uvicorn and returns its port."""

    def begin(host: str = "127.0.0.1", **options: object) -> int:
        port = new_port()
        command = [sys.executable, "-m", "uvicorn", "backend:app", "--host", host, "--port", str(port)]
        started = start([*command, "--log-level", "warning"], cwd=HERE, env={"BACKEND": json.dumps(options)})

        def accepts() -> bool:
            with contextlib.suppress(OSError), socket.create_connection((host, port), 0.5):
                return True
            return False

        started.wait_for(accepts, "uvicorn")
        return port

    return begin


@pytest.fixture
def vite(start, peer, new_port, tmp_path: Path) -> Callable[..., str]:
    """`vite(rules)` starts the real Vite with these proxy rules and returns the page's origin."""

    def begin(rules: str, port: int | None = None) -> str:
        modules = HERE / "node_modules"
        if not (modules / "vite").exists():
            complain = pytest.fail if os.environ.get("WSDIAG_REQUIRE_PEERS") else pytest.skip
            complain("vite is not installed (make peers)")
        port, root = port or new_port(), tmp_path / "frontend"
        root.mkdir()
        (root / "node_modules").symlink_to(modules)
        (root / "index.html").write_text('<!doctype html><title>Dashboard</title><div id="root"></div>')
        server = f"{{ port: {port}, strictPort: true, proxy: {{ {rules} }} }}"
        (root / "vite.config.mjs").write_text(f"export default {{ server: {server} }}\n")
        started = start([peer("node"), str(modules / "vite/bin/vite.js")], cwd=root)
        started.wait_for(lambda: "ready in" in started.output(), "vite")
        return f"http://localhost:{port}"

    return begin


@pytest.fixture
def nginx(start, peer, new_port, tmp_path: Path) -> Callable[..., str]:
    """`nginx(locations)` starts the real nginx with these locations and returns the page's origin; `http` goes into
    the http block."""

    def begin(locations: str, http: str = "") -> str:
        port, program = new_port(), peer("nginx")
        paths = " ".join(
            f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        upgrade = "map $http_upgrade $connection_upgrade { default upgrade; '' close; }"
        block = f"access_log off; {paths} {upgrade} {http} server {{ listen 127.0.0.1:{port}; {locations} }}"
        config = tmp_path / "nginx.conf"
        # As root, nginx's workers would be nobody, who may not keep files in a test's folder.
        user = "user root;" if os.geteuid() == 0 else ""
        config.write_text(f"{user} worker_processes 1; pid {tmp_path}/nginx.pid; events {{}} http {{ {block} }}\n")
        command = [program, "-p", str(tmp_path), "-e", "stderr", "-g", "daemon off;", "-c", str(config)]
        start(command, cwd=tmp_path).wait_for_port(port, "nginx")
        return f"http://localhost:{port}"

    return begin


class Chromium:
    """A headless Chromium with one page, driven over the DevTools protocol."""

    def __init__(self, started: Started) -> None:
        self.process = started
        self.number = 0

        def listening() -> bool:
            return "DevTools listening on" in started.output()

        started.wait_for(listening, "chromium")
        found = re.search(r"ws://(127\.0\.0\.1:\d+)/", started.output())
        assert found
        self.address = found[1]

    def open(self, url: str) -> None:
        target = httpx.put(f"http://{self.address}/json/new?{url}", trust_env=False).json()
        self.socket = websocket.create_connection(target["webSocketDebuggerUrl"], suppress_origin=True, timeout=30)
        self.call("Page.enable")
        until = time.monotonic() + START_S
        while self.evaluate("location.href + ' ' + document.readyState") != f"{url} complete":
            assert time.monotonic() < until, f"{url} did not load"

    def call(self, method: str, **parameters: object) -> dict:
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while (reply := json.loads(self.socket.recv())).get("id") != self.number:
            pass
        return reply["result"]

    def evaluate(self, script: str) -> object:
        """The value of a script in the page; a promise is awaited."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def opens(self, url: str) -> bool:
        """Whether the page's own WebSocket fires `open`."""
        script = f"""new Promise(done => {{
            const socket = new WebSocket({json.dumps(url)});
            socket.onopen = () => {{ socket.close(); done(true); }};
            socket.onclose = () => done(false);
            setTimeout(() => done(false), 8000);
        }})"""
        return bool(self.evaluate(script))

    def close(self) -> None:
        if hasattr(self, "socket"):
            self.socket.close()


@pytest.fixture
def chromium(start, peer, tmp_path: Path) -> Iterator[Chromium]:
    """A real browser without a page; `chromium.open(origin)` gives it one."""
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--remote-debugging-port=0",
    ]
    command = [peer("chromium"), *flags, f"--user-data-dir={tmp_path}/chromium", "about:blank"]
    browser = Chromium(start(command, cwd=tmp_path))
    yield browser
    browser.close()


def target_of(page: str, opens: str, *, proxy: str, direct: str) -> Target:
    """The page's target: quick beats, a short watch, REST through the proxy."""
    routes = {"proxy": proxy, "direct": direct}
    url = routes.get(opens, opens)
    extra = () if opens in routes else (Route("page", opens),)
    return Target(
        page=page,
        url=url,
        routes=(*(Route(name, where) for name, where in routes.items()), *extra),
        api=(ApiRequest(f"{page}/api/health"),),
        client=Client(heartbeat_interval_s=1, heartbeat_timeout_s=5, connect_timeout_s=5),
        expect=EVENTS,
        observe_s=3,
        count=3,
    )


@pytest.fixture
def make_target() -> Callable[..., Target]:
    """`make_target(page, opens, proxy=…, direct=…)`."""
    return target_of
