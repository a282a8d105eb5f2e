"""Limits and allowances of a real FastAPI on uvicorn: the size of a message, and the origins that may read."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from diag.model import ApiRequest, Client, Route, Target, Verdict
from diag.rules import judge
from diag.runner import probe

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
PAGE = "http://localhost:5173"


@pytest.fixture
def uvicorn(start, new_port) -> Callable[..., int]:
    """`uvicorn(*flags, **options)` starts the incident's service with these flags and returns its port."""

    def begin(*flags: str, **options: object) -> int:
        port = new_port()
        command = [sys.executable, "-m", "uvicorn", "backend:app", "--port", str(port), "--log-level", "warning"]
        started = start([*command, *flags], cwd=HERE, env={"BACKEND": json.dumps(options)})

        def accepts() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
                return True
            return False

        started.wait_for(accepts, "uvicorn")
        return port

    return begin


def target_of(port: int, credentials: str = "same-origin") -> Target:
    route = Route("direct", f"ws://127.0.0.1:{port}/ws")
    api = (ApiRequest(f"http://127.0.0.1:{port}/api/health", credentials=credentials),)
    client = Client(heartbeat_interval_s=2, heartbeat_timeout_s=5)  # late is what a busy machine is not
    return Target(PAGE, route.url, (route,), api=api, client=client, observe_s=1, cookies="session=1")


@pytest.mark.parametrize("protocol", ["websockets", "wsproto"])
def test_the_limit_of_a_message_is_found(uvicorn: Callable[..., int], protocol: str) -> None:
    # given a server that takes 100 bytes, and a heartbeat that is longer
    port = uvicorn("--ws", protocol, "--ws-max-size", "100")
    # when it is probed
    report = judge(probe(target_of(port)))
    # then the limit is named to within two bytes
    found = next(item for item in report.findings if item.code == "message-too-big-1009")
    said = {item.label: int(item.value.split()[0]) for item in found.evidence if item.value.endswith(" bytes")}
    assert 98 <= said["the largest message taken"] <= 100 < said["the smallest message refused"] <= 102
    assert report.primary_cause == "message-too-big-1009"


@pytest.mark.parametrize(
    ("origins", "credentials", "found"),
    [
        pytest.param(["*"], "include", {"cors-reflects-any-origin"}, id="the wildcard, with credentials"),
        pytest.param(["*"], "same-origin", set(), id="the wildcard, without"),
        pytest.param([PAGE], "include", set(), id="a list"),
    ],
)
def test_who_may_read_with_the_users_cookies(
    uvicorn: Callable[..., int], origins: list[str], credentials: str, found: set[str]
) -> None:
    target = replace(target_of(uvicorn(cors=origins), credentials))
    report = judge(probe(target))
    assert {item.code for item in report.findings if item.layer == "cors"} == found
    assert report.verdict is Verdict.HEALTHY
