from __future__ import annotations

from dataclasses import replace

import pytest

from diag.config.errors import ConfigError
from diag.loading import guard
from diag.model import ApiRequest, Route, Target


def aimed_at(url: str, **changes: object) -> Target:
    return replace(Target("http://page.test", url, (Route("proxy", url),)), **changes)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("ws://127.0.0.1:8080/ws", id="127.0.0.1"),
        pytest.param("ws://127.8.9.10/ws", id="all of 127/8"),
        pytest.param("ws://[::1]:8080/ws", id="::1"),
        pytest.param("ws://[::ffff:127.0.0.1]/ws", id="mapped"),
        pytest.param("ws://localhost/ws", id="localhost"),
        pytest.param("ws://LOCALHOST./ws", id="another spelling of it"),
        pytest.param("ws://app.localhost/ws", id="below localhost"),
    ],
)
def test_this_machine_needs_no_leave(url: str) -> None:
    assert guard.strangers(aimed_at(url), (), ()) == ()


@pytest.mark.parametrize(
    ("url", "host"),
    [
        pytest.param("wss://example.com/ws", "example.com", id="a name"),
        pytest.param("ws://10.0.0.7/ws", "10.0.0.7", id="a private address"),
        pytest.param("ws://0.0.0.0/ws", "0.0.0.0", id="the unspecified address"),
        pytest.param("ws://localhost.example.com/ws", "localhost.example.com", id="localhost as a label"),
        pytest.param("ws://127.0.0.1.example.com/ws", "127.0.0.1.example.com", id="an address as labels"),
        pytest.param("ws://[2001:db8::1]/ws", "2001:db8::1", id="IPv6"),
    ],
)
def test_other_hosts_need_it(url: str, host: str) -> None:
    assert guard.strangers(aimed_at(url), (), ()) == (host,)
    assert guard.strangers(aimed_at(url), (), (host.upper(),)) == ()
    assert guard.strangers(aimed_at(url), (), ("other.example.com",)) == (host,)


def test_an_override_decides_where_load_goes() -> None:
    here = aimed_at("ws://app.test/ws", resolve=(("app.test", "127.0.0.1"),))
    assert guard.strangers(here, (), ()) == ()
    elsewhere = aimed_at("ws://localhost/ws", resolve=(("localhost", "10.0.0.7"),))
    assert guard.strangers(elsewhere, (), ()) == ("localhost",)
    assert guard.strangers(elsewhere, (), ("10.0.0.7",)) == ()


def test_what_is_polled_counts_too() -> None:
    polls = (ApiRequest("http://localhost/api"), ApiRequest("https://api.example.com/health"))
    assert guard.strangers(aimed_at("ws://localhost/ws"), polls, ()) == ("api.example.com",)


def test_the_refusal_says_how_to_go_on() -> None:
    line = guard.refusal(("a.test", "b.test"))
    assert "--yes-load a.test --yes-load b.test" in line
    assert "load: {allow: [a.test, b.test]}" in line
    assert "\n" not in line


def test_hosts_of_the_file() -> None:
    assert guard.listed({}) == ()
    assert guard.listed({"allow": ["a.test"]}) == ("a.test",)
    with pytest.raises(ConfigError, match="list of host names"):
        guard.listed({"allow": "a.test"})
