from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from diag.config.errors import ConfigError, NoTargetError
from diag.config.flags import Flags, merged_waivers, overridden, settings
from diag.model import ApiRequest, Fallback, Target, Tls
from diag.waivers import Waiver

URL = "ws://localhost:5173/ws"
FILE = """\
routes: {proxy: "ws://localhost:5173/ws", direct: "ws://localhost:3000/ws"}
api: ["http://localhost:5173/api/health"]
client:
  heartbeat: {interval: 20s}
  fallback: {request: "GET http://localhost:5173/api/health"}
expect: [a, b]
observe: 7s
headers: {X-A: file, X-B: file}
cookies: sid=file
resolve: {app.test: 10.0.0.1, api.test: 10.0.0.2}
load: {mix: {websocket: 3}}
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def filed() -> None:
    Path("wsdiag.yaml").write_text(FILE, "utf-8")


def test_a_url_is_enough() -> None:
    target = settings(Flags(url=URL)).target
    assert (target.url, target.page, target.page_route.name) == (URL, "http://localhost:5173", "proxy")
    assert target == Target(page=target.page, url=URL, routes=target.routes)


def test_without_url_routes_or_file_there_is_no_target() -> None:
    with pytest.raises(NoTargetError):
        settings(Flags())


def test_a_file_without_a_route_is_named() -> None:
    Path("wsdiag.yaml").write_text("observe: 1s\n", "utf-8")
    with pytest.raises(ConfigError, match=r"^wsdiag.yaml: names no route"):
        settings(Flags())
    assert settings(Flags(url=URL)).target.observe_s == 1.0


def test_the_file_of_the_working_directory_is_found() -> None:
    filed()
    found = settings(Flags())
    assert [route.name for route in found.target.routes] == ["proxy", "direct"]
    assert found.load == {"mix": {"websocket": 3}}


def test_a_named_file_is_used_instead_of_it(tmp_path: Path) -> None:
    filed()
    other = tmp_path / "sub" / "other.yaml"
    other.parent.mkdir()
    other.write_text('routes: {proxy: "ws://h/"}\ntls: {cacert: ca.pem}\n', "utf-8")
    (other.parent / "ca.pem").touch()
    target = settings(Flags(config="sub/other.yaml")).target
    assert target.url == "ws://h/"
    assert target.tls == Tls(cacert="sub/ca.pem")


def test_a_named_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"^nope.yaml: cannot be read"):
        settings(Flags(url=URL, config="nope.yaml"))


def test_a_flag_comes_before_the_file() -> None:
    filed()
    flags = Flags(
        direct="ws://other/ws",
        observe=0.0,
        heartbeat_interval=1.0,
        timeout=2.0,
        cookie=("a=1", "b=2"),
        insecure=True,
        family=6,
        count=3,
        deadline=30.0,
        idle_limit=60.0,
        page="null",
    )
    target = settings(flags).target
    assert target.route("direct").url == "ws://other/ws"  # type: ignore[union-attr]
    assert target.observe_s == 0.0
    assert (target.client.heartbeat_interval_s, target.client.connect_timeout_s) == (1.0, 2.0)
    assert (target.cookies, target.tls.insecure, target.family) == ("a=1; b=2", True, 6)
    assert (target.count, target.deadline_s, target.idle_limit_s, target.page) == (3, 30.0, 60.0, "null")


def test_what_has_keys_is_merged_and_a_list_is_replaced() -> None:
    filed()
    flags = Flags(
        header=(("x-a", "flag"),), bearer="t", resolve=(("app.test", "::1"),), expect=("c",), subprotocol=("v1",)
    )
    target = settings(flags).target
    assert target.headers == (("X-B", "file"), ("x-a", "flag"), ("Authorization", "Bearer t"))
    assert target.resolve == (("api.test", "10.0.0.2"), ("app.test", "::1"))
    assert (target.expect, target.client.subprotocols) == (("c",), ("v1",))


def test_headers_and_credentials_of_the_api_hold_for_every_request_of_the_page() -> None:
    filed()
    target = settings(Flags(api_header=(("X-Key", "1"),), credentials="include")).target
    request = ApiRequest("http://localhost:5173/api/health", "GET", (("X-Key", "1"),), "include")
    assert target.api == (request,)
    assert target.client.fallback == Fallback(request=request)


def test_requests_on_the_command_line_replace_the_files() -> None:
    filed()
    assert settings(Flags(api=(ApiRequest("http://h/"),))).target.api == (ApiRequest("http://h/"),)


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param(Flags(proxy=URL, route=(("proxy", "ws://h/"),)), id="proxy-and-route-proxy"),
        pytest.param(Flags(route=(("a", URL), ("a", URL))), id="the-same-name-twice"),
    ],
)
def test_a_route_that_is_given_twice_is_refused(flags: Flags) -> None:
    with pytest.raises(ConfigError, match=r"^wsdiag: the route .* is given twice$"):
        settings(flags)


def test_a_private_key_needs_its_certificate() -> None:
    with pytest.raises(ConfigError, match=r"^wsdiag: --key needs the --cert"):
        settings(Flags(url=URL, key="client.key"))
    assert settings(Flags(url=URL, cert="both.pem")).target.tls == Tls(cert="both.pem")


def test_no_flag_changes_nothing() -> None:
    filed()
    target = settings(Flags()).target
    assert overridden(target, Flags()) == target


@pytest.mark.parametrize(
    ("flags", "offered"),
    [
        pytest.param(Flags(dialect="mqtt"), ("mqtt",), id="the dialect's"),
        pytest.param(Flags(dialect="mqtt", subprotocol=("app.v1",)), ("app.v1",), id="the user's come first"),
        pytest.param(Flags(dialect="auto"), (), id="auto guesses none"),
        pytest.param(Flags(), (), id="the incident's has none"),
    ],
)
def test_subprotocols_that_nobody_gave_are_the_dialects(flags: Flags, offered: tuple[str, ...]) -> None:
    filed()
    assert settings(flags).target.client.subprotocols == offered


def test_a_waiver_of_a_flag_replaces_the_files_of_the_same_code() -> None:
    file = (Waiver("a", date(2020, 1, 1)), Waiver("b"))
    assert merged_waivers(file, (Waiver("a"),)) == (Waiver("b"), Waiver("a"))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({"https_proxy": "http://a:1", "http_proxy": "http://b:2"}, ("http://a:1", ""), id="the order"),
        pytest.param({"HTTP_PROXY": "b:2", "NO_PROXY": "x.test"}, ("http://b:2", "x.test"), id="no scheme"),
        pytest.param({"all_proxy": "http://u:p@c:3/"}, ("http://u:p@c:3", ""), id="credentials"),
    ],
)
def test_the_forward_proxy_of_the_environment_is_used_when_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: tuple[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert settings(Flags(url=URL)).target.forward_proxy is None
    target = settings(Flags(url=URL, forward_proxy="env")).target
    assert (target.forward_proxy, target.no_proxy) == expected


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        pytest.param(None, "no proxy variable is set", id="none"),
        pytest.param("socks5://secret@a:1", "a forward proxy reads http://HOST:PORT, or env$", id="another kind"),
    ],
)
def test_an_environment_without_a_usable_proxy_is_an_error(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, message: str
) -> None:
    if variable:
        monkeypatch.setenv("https_proxy", variable)
    with pytest.raises(ConfigError, match=message):
        settings(Flags(url=URL, forward_proxy="env"))
