"""An installed Chromium, driven over the DevTools protocol: the one witness that cannot be wrong about browsers.

The browser runs headless with a profile of its own, which goes with it; nothing is downloaded.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import websocket

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
START_S = 20.0
_SWITCHES = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--no-proxy-server", "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip
_MESSAGE_LIMIT = 100


class ChromiumError(Exception):
    """The browser did not start, or stopped answering; the text is one line."""


def find() -> str | None:
    """The path of an installed Chromium, or None."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@contextlib.contextmanager
def chromium(program: str, extra: tuple[str, ...] = ()) -> Iterator[Page]:
    """One page of a fresh browser, which ends with the block; ChromiumError when it does not start."""
    with tempfile.TemporaryDirectory(prefix="wsdiag-chromium-", ignore_cleanup_errors=True) as profile:
        # Chromium's sandbox needs user namespaces, which root (in a container, in CI) does not get.
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
        command = [program, *_SWITCHES, *sandbox, *extra, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            page = Page(_connect(process, Path(profile) / "DevToolsActivePort"))
            with contextlib.closing(page.socket):
                yield page
        except (OSError, websocket.WebSocketException) as error:
            raise ChromiumError(f"{program} stopped answering: {error}") from error
        finally:
            _stop(process)


def _connect(process: subprocess.Popen[bytes], port_file: Path) -> websocket.WebSocket:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        lines = port_file.read_text().split() if port_file.exists() else []
        if len(lines) == 2:
            url = f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            return websocket.create_connection(url, timeout=START_S, suppress_origin=True, http_no_proxy=["*"])
        time.sleep(0.02)
    raise ChromiumError("Chromium did not start")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the browser and its helpers: the session that it leads, and nothing else."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@dataclass(slots=True)
class Page:
    """A page over the DevTools protocol. `console` collects what the browser logs, bounded."""

    socket: websocket.WebSocket
    console: list[str] = field(default_factory=list)
    answered: dict[str, dict[str, Any]] = field(default_factory=dict)
    _number: int = 0
    _session: str = ""

    def open(self, url: str, headers: list[dict[str, str]]) -> None:
        """A document of that URL's origin: the real one, else an empty one in its place with the given headers.

        The empty one is for a page that is down or leads elsewhere: what the browser then decides about sockets and
        requests is still that origin's.
        """
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self._navigate(url)
        if self.evaluate("location.origin") != url.rstrip("/"):
            self.call("Fetch.enable", patterns=[{"urlPattern": url, "resourceType": "Document"}])
            self.answered[url] = {"responseCode": 200, "responseHeaders": headers, "body": ""}
            self._navigate(url)
            self.call("Fetch.disable")

    def evaluate(self, script: str) -> Any:
        """The JSON value of a script in the page; a promise is awaited."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        return result.get("result", {}).get("value")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command; events that come meanwhile are taken note of."""
        number = self._send(method, parameters)
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                return dict(message.get("result", {}))
            self._event(message.get("method", ""), message.get("params", {}))

    def _send(self, method: str, parameters: dict[str, Any]) -> int:
        self._number += 1
        session = {"sessionId": self._session} if self._session else {}
        self.socket.send(json.dumps({"id": self._number, "method": method, "params": parameters, **session}))
        return self._number

    def _navigate(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        until = time.monotonic() + START_S
        while self.evaluate("document.readyState") != "complete" and time.monotonic() < until:
            time.sleep(0.02)

    def _event(self, method: str, parameters: dict[str, Any]) -> None:
        if method == "Log.entryAdded" and len(self.console) < _MESSAGE_LIMIT:
            self.console.append(str(parameters["entry"].get("text", "")))
        elif method == "Fetch.requestPaused":
            answer = self.answered.get(parameters["request"]["url"], {"responseCode": 204})
            self._send("Fetch.fulfillRequest", {"requestId": parameters["requestId"], **answer})
