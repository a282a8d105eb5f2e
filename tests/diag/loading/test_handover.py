from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from diag.config.flags import Flags, settings
from diag.loading.handover import LEFT_OUT, written
from diag.measures.thresholds import parse
from diag.model import ApiRequest, Client, Fallback, Reconnect, Route, Target, Tls

URL = "wss://app.test/ws?token=a%20b"
PLAIN = Target("https://app.test", URL, (Route("proxy", URL), Route("direct", "ws://app.test:3000/ws")))
FALLBACK = ApiRequest("https://app.test/api/bots", headers=(("X-Token", "t0ken"),), credentials="include")


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(PLAIN, id="defaults"),
        pytest.param(replace(PLAIN, page="null"), id="an opaque origin"),
        pytest.param(
            replace(PLAIN, headers=(("Authorization", 'Bearer "x" \\ y'), ("X-A", "\xc3\x85{[]}: #"))), id="headers"
        ),
        pytest.param(replace(PLAIN, cookies="a=1; b='2'"), id="cookies"),
        pytest.param(
            replace(PLAIN, expect=("bot:change", "\U0001f916", "yes", "~")), id="words that YAML might mistake"
        ),
        pytest.param(replace(PLAIN, resolve=(("app.test", "127.0.0.1"),), tls=Tls(insecure=True)), id="connection"),
        pytest.param(
            replace(
                PLAIN,
                client=Client(
                    subprotocols=("v1",),
                    dialect="protocol",
                    heartbeat_interval_s=0.25,
                    heartbeat_timeout_s=1 / 3 * 3,
                    answers_pings=False,
                    permessage_deflate=False,
                    connect_timeout_s=1.5,
                    reconnect=Reconnect(attempts=7, interval_s=0.0005, backoff="linear", max_interval_s=90.0),
                ),
            ),
            id="client",
        ),
        pytest.param(
            replace(PLAIN, api=(FALLBACK,), client=Client(fallback=Fallback(2, 5.0, FALLBACK))),
            id="fallback with a token",
        ),
        pytest.param(replace(PLAIN, client=Client(fallback=Fallback())), id="fallback without a request"),
    ],
)
def test_what_is_handed_over_is_read_as_the_same_target(target: Target) -> None:
    assert settings(Flags(config=written(target))).target == target


def test_files_of_tls_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = tmp_path / "ca.pem"
    pem.write_text("", "ascii")
    target = replace(PLAIN, tls=Tls(cacert=str(pem)))
    text = written(target)
    monkeypatch.chdir("/")
    assert settings(Flags(config=text)).target == target


def test_a_fallback_of_its_own_keeps_its_headers() -> None:
    target = replace(PLAIN, client=Client(fallback=Fallback(request=FALLBACK)))
    found = settings(Flags(config=written(target))).target
    assert found.client.fallback == target.client.fallback


def test_thresholds_and_leave_go_along() -> None:
    thresholds = (parse("p95(heartbeat_rtt_ms) < 200", abort=True, delay_s=2.5), parse("count(workers_lost) == 0"))
    found = settings(Flags(config=written(PLAIN, thresholds, ("app.test",))))
    assert found.thresholds == thresholds
    assert found.load["allow"] == ["app.test"]


def test_how_users_behave_goes_along_and_its_thresholds_do_not() -> None:
    filed = {"jitter": False, "mix": {"websocket": 8, "polling": 1}, "thresholds": ["count(workers_lost) == 0"]}
    found = settings(Flags(config=written(PLAIN, (), (), filed)))
    assert found.load == {**filed, "thresholds": [], "allow": []}


def test_what_is_left_out_is_known() -> None:
    written_keys = set(json.loads(written(PLAIN)))
    assert {field.name for field in fields(Target)} - written_keys <= set(LEFT_OUT)


def test_headers_that_a_file_cannot_hold_mean_the_same() -> None:
    target = replace(PLAIN, headers=(("X-A", "1"), ("X-B", "a\tb"), ("X-A", "2")))
    assert settings(Flags(config=written(target))).target.headers == (("X-A", "1, 2"), ("X-B", "a b"))


def test_it_is_one_line_of_ascii() -> None:
    text = written(replace(PLAIN, cookies="ü\x85=\U0001f916"))
    assert text.isascii()
    assert "\n" not in text
