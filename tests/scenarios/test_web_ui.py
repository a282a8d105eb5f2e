"""The web UI: its form is the target's, and its tables follow a server that goes away."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from diag.lab import Lab

PATIENCE_S = 30.0


class WebUi:
    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str) -> str:
        with urlopen(self.url + path, timeout=PATIENCE_S) as answer:  # noqa: S310 - our own loopback
            return answer.read().decode()

    def swarm(self, **form: str) -> dict:
        body = urlencode({"user_count": "5", "spawn_rate": "5"} | form).encode()
        with urlopen(self.url + "/swarm", data=body, timeout=PATIENCE_S) as answer:  # noqa: S310
            return json.load(answer)

    def stats(self) -> dict:
        return json.loads(self.get("/stats/requests"))

    def wait_for(self, met: Callable[[dict], bool]) -> dict:
        """The statistics as soon as they meet a condition."""
        end = time.monotonic() + PATIENCE_S
        while not met(stats := self.stats()):
            assert time.monotonic() < end, stats
            time.sleep(0.2)
        return stats


def counts(stats: dict) -> dict[str, int]:
    return {row["name"]: row["num_requests"] for row in stats["stats"]}


def errors(stats: dict) -> set[tuple[str, str]]:
    return {(row["name"], row["error"]) for row in stats["errors"]}


@pytest.fixture
def web_ui(start: Callable, tmp_path: Path, free_port: int) -> WebUi:
    """Locust with its web UI, and a page that comes back fast, in wsdiag.yaml."""
    (tmp_path / "wsdiag.yaml").write_text(
        "client: {heartbeat: {interval: 300ms}, reconnect: {interval: 200ms, max_interval: 200ms}}\n"
        'url: "ws://127.0.0.1:9/ws"\n'
    )
    start("--web-host", "127.0.0.1", "--web-port", str(free_port))
    found = WebUi(f"http://127.0.0.1:{free_port}")
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            found.get("/")
        except URLError:
            assert time.monotonic() < end
            time.sleep(0.1)
        else:
            return found


def test_target_of_the_form_is_loaded_until_it_vanishes_and_users_stay(web_ui: WebUi) -> None:
    with Lab() as lab:
        assert web_ui.swarm(ws_url=lab.target().url, page=lab.page)["success"]
        before = web_ui.wait_for(lambda stats: counts(stats).get("heartbeat", 0) >= 10)
    after = web_ui.wait_for(lambda stats: ("connect", "WsFailure('tcp-refused')") in errors(stats))

    assert before["errors"] == []
    assert counts(before)["connect"] == 5
    assert "session" in {name for name, _ in errors(after)}
    assert after["user_count"] == 5


def test_form_offers_the_target_and_refuses_a_wrong_value_by_name(web_ui: WebUi) -> None:
    page = web_ui.get("/")
    target = ("ws_url", "page", "poll_url", "poll_every", "dialect", "heartbeat_interval", "wsdiag_updates")
    behaviour = ("mix", "shape", "session_time", "jitter", "conditional", "storm_every", "reprobe")
    for name in (*target, *(f"wsdiag_{name}" for name in behaviour)):
        assert f'"{name}"' in page
    assert "wsdiag_config" not in page

    answer = web_ui.swarm(heartbeat_interval="45")
    assert answer["success"] is False
    assert answer["message"] == 'wsdiag: --heartbeat-interval: "45" has no unit (like 500ms, 5s, 1m)'
    assert web_ui.stats()["state"] == "ready"


def test_form_gives_the_run_its_shape_and_the_next_one_none(web_ui: WebUi) -> None:
    with Lab() as lab:
        target = {"ws_url": lab.target().url, "page": lab.page}
        shaped = web_ui.swarm(**target, user_count="6", spawn_rate="6", run_time="4s", wsdiag_shape="spike")
        assert "shape" in shaped["message"]
        assert web_ui.wait_for(lambda stats: stats["user_count"] > 0)["user_count"] == 1, "a tenth of the users first"
        web_ui.wait_for(lambda stats: stats["state"] == "stopped")
        assert "shape" not in web_ui.swarm(**target, user_count="3", spawn_rate="3", wsdiag_shape="")["message"]
        web_ui.wait_for(lambda stats: stats["user_count"] == 3)


def test_form_cannot_aim_load_at_another_machine(web_ui: WebUi) -> None:
    answer = web_ui.swarm(ws_url="ws://example.com/ws")
    assert answer["success"] is False
    assert answer["message"].startswith("wsdiag: example.com is not this machine: ")
    for field in ("yes_load", "wsdiag_config", "wsdiag_out"):
        answer = web_ui.swarm(**{"ws_url": "ws://example.com/ws", field: "example.com"})
        assert answer["success"] is False
        assert answer["message"] == f"wsdiag: {field} cannot be set from here: give it when Locust is started"
    assert web_ui.stats()["state"] == "ready"
