from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from diag import catalogue
from diag.commands._help import Command, Option
from diag.commands.options import LabChoice, examined, target_options
from diag.config.errors import ConfigError
from diag.config.flags import Flags
from diag.model import ApiRequest
from diag.waivers import Waiver

CODE = next(iter(catalogue.entries()))
URL = "ws://localhost:5173/ws"


@click.command(cls=Command)
@target_options
def given(flags: Flags, lab: LabChoice) -> tuple[Flags, LabChoice]:
    """What a command receives."""
    return flags, lab


def run(*args: str, **environment: str) -> Result:
    return CliRunner().invoke(given, args, env=environment, standalone_mode=False)


def flags_of(*args: str, **environment: str) -> Flags:
    done = run(*args, **environment)
    assert done.exception is None, done.exception
    return done.return_value[0]


def test_nothing_given_is_nothing_set() -> None:
    assert run().return_value == (Flags(), LabChoice())


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param([URL], {"url": URL}, id="url"),
        pytest.param(["http://h"], {"url": "ws://h/"}, id="http-url"),
        pytest.param(
            ["--proxy", "wss://h/a", "--direct", "ws://h/b"], {"proxy": "wss://h/a", "direct": "ws://h/b"}, id="routes"
        ),
        pytest.param(
            ["--route", "a=ws://h/", "--route", "b=ws://i/"],
            {"route": (("a", "ws://h/"), ("b", "ws://i/"))},
            id="named",
        ),
        pytest.param(["--page", "http://h/x"], {"page": "http://h"}, id="page"),
        pytest.param(["--origin", "null"], {"page": "null"}, id="origin-is-an-alias"),
        pytest.param(
            ["--api", "http://h/", "--api", "POST http://i/"],
            {"api": (ApiRequest("http://h/"), ApiRequest("http://i/", "POST"))},
            id="api",
        ),
        pytest.param(
            ["--api-header", "A: 1", "--credentials", "include"],
            {"api_header": (("A", "1"),), "credentials": "include"},
            id="fetch",
        ),
        pytest.param(["-H", "A: 1", "--header", "B: 2"], {"header": (("A", "1"), ("B", "2"))}, id="headers"),
        pytest.param(["-HA: 1"], {"header": (("A", "1"),)}, id="header-without-a-blank-as-in-curl"),
        pytest.param(["-b", "a=1", "--cookie", "b=2; c=3"], {"cookie": ("a=1", "b=2; c=3")}, id="cookies"),
        pytest.param(["--bearer", "t"], {"bearer": "t"}, id="bearer"),
        pytest.param(["--subprotocol", "a", "--subprotocol", "b"], {"subprotocol": ("a", "b")}, id="subprotocols"),
        pytest.param(["--resolve", "h:443:127.0.0.1"], {"resolve": (("h", "127.0.0.1"),)}, id="resolve"),
        pytest.param(["-k"], {"insecure": True}, id="k"),
        pytest.param(["--insecure"], {"insecure": True}, id="insecure"),
        pytest.param(["-4"], {"family": 4}, id="ipv4"),
        pytest.param(["-6"], {"family": 6}, id="ipv6"),
        pytest.param(["-k6"], {"insecure": True, "family": 6}, id="short-flags-together"),
        pytest.param(["--timeout", "500ms", "--deadline", "1m"], {"timeout": 0.5, "deadline": 60.0}, id="limits"),
        pytest.param(
            ["--dialect", "protocol", "--heartbeat-interval", "1s", "--count", "3"],
            {"dialect": "protocol", "heartbeat_interval": 1.0, "count": 3},
            id="heartbeat",
        ),
        pytest.param(["--expect", "a:b", "--expect", "c"], {"expect": ("a:b", "c")}, id="expect"),
        pytest.param(["--observe", "0", "--idle-limit", "90s"], {"observe": 0.0, "idle_limit": 90.0}, id="watching"),
        pytest.param(["--config", "x.yaml"], {"config": "x.yaml"}, id="config"),
        pytest.param(["--ignore", f"{CODE}@2027-01-31"], {"ignore": (Waiver(CODE, date(2027, 1, 31)),)}, id="ignore"),
    ],
)
def test_a_flag_becomes_a_value(args: list[str], expected: dict[str, Any]) -> None:
    assert flags_of(*args) == Flags(**expected)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("WSDIAG_URL", URL, {"url": URL}, id="url"),
        pytest.param("WSDIAG_PAGE", "http://h", {"page": "http://h"}, id="page"),
        pytest.param("WSDIAG_ORIGIN", "http://h", {"page": "http://h"}, id="origin"),
        pytest.param("WSDIAG_DIRECT", "ws://h/", {"direct": "ws://h/"}, id="direct"),
        pytest.param("WSDIAG_TIMEOUT", "2s", {"timeout": 2.0}, id="timeout"),
        pytest.param("WSDIAG_INSECURE", "1", {"insecure": True}, id="insecure"),
        pytest.param("WSDIAG_INSECURE", "false", {"insecure": False}, id="not-insecure"),
        pytest.param("WSDIAG_IPV4", "1", {"family": 4}, id="ipv4"),
        pytest.param("WSDIAG_EXPECT", "a b", {"expect": ("a", "b")}, id="several-by-blanks"),
        pytest.param(
            "WSDIAG_ROUTE", "a=ws://h/ b=ws://i/", {"route": (("a", "ws://h/"), ("b", "ws://i/"))}, id="routes"
        ),
        pytest.param("WSDIAG_HEADER", "A: 1\nB: 2 3", {"header": (("A", "1"), ("B", "2 3"))}, id="headers-by-lines"),
        pytest.param("WSDIAG_COOKIE", "a=1; b=2", {"cookie": ("a=1; b=2",)}, id="cookies-by-lines"),
        pytest.param("WSDIAG_API", "GET http://h/", {"api": (ApiRequest("http://h/"),)}, id="requests-by-lines"),
        pytest.param("WSDIAG_HEARTBEAT_INTERVAL", "1s", {"heartbeat_interval": 1.0}, id="dash-to-underscore"),
        pytest.param("WSDIAG_TIMEOUT", "", {}, id="an-empty-variable-is-not-set"),
    ],
)
def test_every_long_flag_has_a_variable(name: str, value: str, expected: dict[str, Any]) -> None:
    assert flags_of(**{name: value}) == Flags(**expected)


def test_every_option_of_the_target_has_its_variable() -> None:
    options = [parameter for parameter in given.params if isinstance(parameter, Option)]
    assert len(options) > 25
    for option in options:
        longest = [name for name in option.opts if name.startswith("--")]
        assert option.envvar == ["WSDIAG_" + name[2:].upper().replace("-", "_") for name in longest]


def test_a_flag_comes_before_its_variable() -> None:
    assert flags_of("--timeout", "1s", WSDIAG_TIMEOUT="2s").timeout == 1.0


@pytest.mark.parametrize(
    ("args", "why"),
    [
        pytest.param(["--proxy", "h"], "has no scheme", id="url"),
        pytest.param(["--page", "ws://h"], 'unknown scheme "ws"; write http:// or https://', id="page"),
        pytest.param(["--api", "GET h"], "has no scheme", id="api"),
        pytest.param(["-H", "A"], "a header reads", id="header"),
        pytest.param(["-H", "A: \x00"], "control characters", id="header-value"),
        pytest.param(["--bearer", "a\nb"], "control characters", id="bearer"),
        pytest.param(["--subprotocol", "a, b"], "is not a subprotocol", id="subprotocol"),
        pytest.param(["--resolve", "h"], "an override reads", id="resolve"),
        pytest.param(["--cacert", "/nope.pem"], "does not exist", id="cacert"),
        pytest.param(["--observe", "5"], "has no unit", id="observe"),
        pytest.param(["--timeout", "0s"], "must be more than 0s", id="timeout"),
        pytest.param(["--count", "-1"], "is not a whole number", id="count"),
        pytest.param(["--dialect", "x"], "is not a dialect", id="dialect"),
        pytest.param(["--ignore", "x"], "is not a code of the catalogue", id="ignore"),
        pytest.param(["--ignore", f"{CODE}@tomorrow"], "is not a date", id="ignore-date"),
    ],
)
def test_a_wrong_value_is_refused_with_the_reason(args: list[str], why: str) -> None:
    refused = run(*args).exception
    assert isinstance(refused, click.BadParameter)
    assert why in refused.format_message()


@pytest.mark.parametrize(
    ("args", "lab"),
    [
        pytest.param(["--lab"], LabChoice(True), id="lab"),
        pytest.param(["--fault", "a", "--fault", "b"], LabChoice(True, ("a", "b")), id="a-fault-implies-the-lab"),
    ],
)
def test_the_lab_is_chosen(args: list[str], lab: LabChoice) -> None:
    assert run(*args).return_value == (Flags(), lab)


@pytest.mark.parametrize(
    "flags",
    [Flags(url=URL), Flags(direct=URL), Flags(route=(("a", URL),)), Flags(config="x.yaml")],
    ids=["url", "direct", "route", "config"],
)
def test_the_lab_brings_its_own_routes(flags: Flags) -> None:
    with pytest.raises(ConfigError, match="--lab brings its own routes"), examined(flags, LabChoice(True)):
        pass


def test_the_lab_is_up_while_it_is_examined_and_flags_change_what_is_asked_of_it() -> None:
    with examined(Flags(observe=1.0, count=2), LabChoice(True)) as settings:
        assert [route.name for route in settings.target.routes] == ["proxy", "direct"]
        assert (settings.target.observe_s, settings.target.count) == (1.0, 2)


def test_with_nothing_to_go_on_the_message_offers_ways_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as refused, examined(Flags(), LabChoice()):
        pass
    assert refused.value.message.startswith("wsdiag: nothing to examine: give a URL (wsdiag probe ws://")
    assert refused.value.message.endswith("try --lab")
