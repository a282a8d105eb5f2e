from __future__ import annotations

import pytest

from diag.config.errors import ConfigError, NoTargetError
from diag.config.routing import Routing, routing

PROXY = "ws://localhost:5173/ws"
DIRECT = "ws://localhost:3000/ws"
OTHER = "ws://other.test/ws"
PAGE = "http://localhost:5173"


def named(found: Routing) -> dict[str, str]:
    return {route.name: route.url for route in found.routes}


@pytest.mark.parametrize(
    ("given", "url", "page", "opened", "origin"),
    [
        pytest.param({}, PROXY, None, "proxy", PAGE, id="a-url-alone-is-the-proxy-and-its-origin-the-page"),
        pytest.param({"direct": DIRECT}, PROXY, None, "proxy", PAGE, id="with-a-direct-route"),
        pytest.param({"direct": DIRECT}, PROXY, "http://x", "proxy", "http://x", id="direct-and-a-foreign-page"),
        pytest.param({}, PROXY, PAGE, "proxy", PAGE, id="the-pages-own-origin"),
        pytest.param({}, DIRECT, PAGE, "direct", PAGE, id="another-origin-is-direct"),
        pytest.param({}, DIRECT, "null", "direct", "null", id="nothing-is-of-the-origin-null"),
        pytest.param({"proxy": PROXY}, DIRECT, None, "direct", PAGE, id="beside-a-proxy-of-another-origin"),
        pytest.param({"proxy": PROXY, "direct": DIRECT}, DIRECT, None, "direct", PAGE, id="a-named-route-is-meant"),
        pytest.param({"proxy": PROXY, "direct": DIRECT}, OTHER, None, "page", PAGE, id="neither-of-both"),
        pytest.param({"proxy": PROXY, "edge": OTHER}, OTHER, None, "edge", PAGE, id="a-named-route-of-ones-own"),
    ],
)
def test_the_url_that_the_page_opens_finds_its_route(
    given: dict[str, str], url: str, page: str | None, opened: str, origin: str
) -> None:
    found = routing({}, None, given, url, page)
    assert named(found) == {**given, opened: url}
    assert (found.routes[0].name, found.url, found.page) == (opened, url, origin)


@pytest.mark.parametrize(
    ("given", "opened", "origin"),
    [
        pytest.param({"direct": DIRECT, "proxy": PROXY}, "proxy", PAGE, id="proxy-first"),
        pytest.param({"edge": OTHER, "direct": DIRECT}, "direct", "http://localhost:3000", id="then-direct"),
        pytest.param({"edge": OTHER, "core": DIRECT}, "edge", "http://other.test", id="then-the-first"),
    ],
)
def test_without_a_url_the_page_opens_its_proxy(given: dict[str, str], opened: str, origin: str) -> None:
    found = routing({}, None, given, None, None)
    assert (found.routes[0].name, found.page) == (opened, origin)


def test_flags_replace_routes_of_the_file_by_name() -> None:
    found = routing({"proxy": PROXY, "direct": DIRECT}, None, {"direct": OTHER}, None, None)
    assert named(found) == {"proxy": PROXY, "direct": OTHER}


def test_the_files_url_means_its_route_even_when_a_flag_moves_that() -> None:
    found = routing({"proxy": PROXY, "direct": DIRECT}, DIRECT, {"direct": OTHER}, None, None)
    assert found.url == OTHER
    assert named(found) == {"proxy": PROXY, "direct": OTHER}


def test_the_files_url_that_is_none_of_its_routes_is_a_route_too() -> None:
    found = routing({"proxy": PROXY, "direct": DIRECT}, OTHER, {}, None, None)
    assert (found.url, found.routes[0].name) == (OTHER, "page")


def test_a_url_on_the_command_line_beats_the_files() -> None:
    assert routing({"proxy": PROXY, "direct": DIRECT}, PROXY, {}, DIRECT, None).url == DIRECT


def test_a_url_for_which_no_name_is_left_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"none of the routes proxy, direct, page"):
        routing({}, None, {"proxy": PROXY, "direct": DIRECT, "page": "ws://h/"}, OTHER, None)


def test_nothing_at_all_is_no_target() -> None:
    with pytest.raises(NoTargetError):
        routing({}, None, {}, None, PAGE)
