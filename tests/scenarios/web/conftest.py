from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, build_opener

import pytest

from diag.lab import Lab
from diag.wire.chromium import Page, chromium

ROOT = Path(__file__).resolve().parents[3]
GUARDED = Path(__file__).with_name("guarded_locustfile.py")
PATIENCE_S = 40.0
LIMIT_S = 60

_NOTE_ERRORS = """
window.errors = [];
addEventListener("error", (event) => errors.push(String(event.message)));
addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
console.error = (...said) => errors.push(said.join(" "));
"""


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """A redirect is an answer like others."""


def eventually(ask: Callable[[], Any], met: Callable[[Any], bool] = bool) -> Any:
    """What is asked for, as soon as it meets the condition."""
    end = time.monotonic() + PATIENCE_S
    while not met(found := ask()):
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


class Web:
    """A Locust with its web UI, as a script or a browser's session sees it."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process = process
        self.log = log
        self.url = url
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()), _Stay)

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
        """Status, headers by their lower-case names, and body."""
        try:
            answer = self._opener.open(self.url + path, urlencode(form).encode() if form else None, PATIENCE_S)
        except HTTPError as error:
            answer = error
        with answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status or 0, headers, answer.read().decode()

    def series(self, **query: object) -> dict[str, Any]:
        return json.loads(self.ask(f"/wsdiag/series?{urlencode(query)}")[2])

    def heartbeats(self) -> int:
        """As Locust's own table counts them; its route keeps an answer for two seconds."""
        rows = json.loads(self.ask("/stats/requests")[2])["stats"]
        return sum(row["num_requests"] for row in rows if row["name"] == "heartbeat")

    def swarm(self, users: int) -> None:
        """Starts a run, or a run after a run."""
        body = self.ask("/swarm", {"user_count": str(users), "spawn_rate": str(users)})[2]
        assert json.loads(body)["success"], body

    def until(self, ask: Callable[[], Any], met: Callable[[Any], bool] = bool) -> Any:
        """What is asked for, as soon as it meets the condition."""
        return eventually(ask, met)

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text("utf-8")
        try:
            self.ask("/")
        except URLError:
            return False
        return True


@pytest.fixture
def serve(tmp_path: Path, free_port: int) -> Iterator[Callable[..., Web]]:
    """`serve(*options, base="/x")` starts Locust with its web UI, which ends with the test."""
    with contextlib.ExitStack() as running:

        def begin(*options: str, file: Path = ROOT / "locustfile.py", base: str = "") -> Web:
            kept = {name: value for name, value in os.environ.items() if not name.startswith(("WSDIAG_", "LOCUST_"))}
            command = [sys.executable, "-m", "locust", "-f", str(file), "--web-host", "127.0.0.1"]
            output = tmp_path / "locust.log"
            log = running.enter_context(output.open("wb"))
            process = subprocess.Popen(
                [*command, "--web-port", str(free_port), "--web-base-path", base, *options],
                cwd=tmp_path,
                env={**kept, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            running.callback(process.wait, LIMIT_S)
            running.callback(process.terminate)
            web = Web(process, f"http://127.0.0.1:{free_port}{base}", output)
            eventually(web.answers)
            return web

        yield begin


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(push_interval_s=0.2) as running:
        yield running


@pytest.fixture
def target(lab: Lab, tmp_path: Path) -> tuple[str, ...]:
    """Options that load the lab with a page that beats five times a second."""
    (tmp_path / "wsdiag.yaml").write_text("client: {heartbeat: {interval: 200ms}}\n")
    return "--ws-url", lab.target().url, "--page", lab.page, "--poll-url", f"{lab.page}/api/health"


class Browser:
    """A page of a real Chromium, with all that it complains about."""

    def __init__(self, page: Page, web: Web) -> None:
        self.page = page
        self.web = web
        page.open("about:blank", [])
        page.call("Page.addScriptToEvaluateOnNewDocument", source=_NOTE_ERRORS)

    def go(self, path: str) -> None:
        self.page.call("Page.navigate", url=self.web.url + path)
        self.until(f"location.href === {json.dumps(self.web.url + path)} && document.readyState === 'complete'")

    def until(self, script: str) -> None:
        """Returns as soon as the script's value is true, as JavaScript has it."""
        eventually(lambda: self.page.evaluate(f"Boolean({script})"))

    def text(self, selector: str) -> str:
        return str(self.page.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def tile(self, name: str) -> str:
        """A key figure as it is shown."""
        script = f"""[...document.querySelectorAll('.wsdiag .tile')]
            .find((tile) => tile.querySelector('dt').textContent === {json.dumps(name)})
            ?.querySelector('dd').textContent ?? ''"""
        return str(self.page.evaluate(script))

    @property
    def complaints(self) -> list[str]:
        return [*self.page.console, *(self.page.evaluate("window.errors") or [])]


@pytest.fixture
def browse(peer: Callable[[str], str]) -> Iterator[Callable[[Web], Browser]]:
    """`browse(web)` is a real browser; without one the test is skipped, or fails where peers are required."""
    program = peer("chromium")
    with contextlib.ExitStack() as running:
        yield lambda web: Browser(running.enter_context(chromium(program)), web)


@pytest.fixture
def guarded(serve: Callable[..., Web]) -> Web:
    """A Locust behind a login and under a path, whose users meet a cause that is markup. Nothing is loaded."""
    return serve("--web-login", "--ws-url", "ws://127.0.0.1:9/ws", file=GUARDED, base="/load")
