"""The page as a web server sees it: a few files, and the configuration filled into one of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from diag.lab.config import PageConfig

FOLDER = Path(__file__).with_name("page")
PLACEHOLDER = b"__LAB_CONFIG__"
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served."""

    content_type: str
    body: bytes


class Site:
    """The page for one socket URL. An unknown path gets the shell, as single-page applications are served."""

    HEADERS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Reads the files once; `config` is what the page's script will find."""
        # "<" must not stand in an inline script: "</script>" in a value would end it.
        inline = json.dumps(config).replace("<", "\\u003c")
        self._assets = {f"/{path.name}": _asset(path) for path in FOLDER.iterdir()}
        shell = self._assets.pop("/index.html")
        self._assets["/"] = replace(shell, body=shell.body.replace(PLACEHOLDER, inline.encode()))

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the files."""
        return tuple(self._assets)

    def get(self, path: str) -> Asset:
        """The file of that path, or the shell."""
        return self._assets.get(path, self._assets["/"])


def inline_config(page: PageConfig, socket_url: str) -> dict[str, Any]:
    """What the page's script reads; times in milliseconds. `socket_url` may be a path of the page's own origin."""
    client, reconnect, fallback = page.client, page.client.reconnect, page.client.fallback
    times = {
        "connectTimeoutMs": client.connect_timeout_s,
        "heartbeatIntervalMs": client.heartbeat_interval_s,
        "heartbeatTimeoutMs": client.heartbeat_timeout_s,
        "reconnectIntervalMs": reconnect.interval_s,
        "reconnectMaxIntervalMs": reconnect.max_interval_s,
        "pollIntervalMs": fallback.every_s if fallback else 10.0,
        "staleAfterMs": page.stale_after_s,
    }
    milliseconds = {name: round(seconds * 1000) for name, seconds in times.items()}
    return {"socketUrl": socket_url, "reconnectAttempts": reconnect.attempts, **milliseconds}


def _asset(path: Path) -> Asset:
    return Asset(CONTENT_TYPES[path.suffix], path.read_bytes())
