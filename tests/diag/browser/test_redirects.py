"""What changes on the way to a redirect's target."""

from __future__ import annotations

import pytest

from diag.browser.redirects import redirected_headers, redirected_method


@pytest.mark.parametrize(
    ("method", "status", "becomes"),
    [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("PUT", 301, "PUT"),
        ("PUT", 302, "PUT"),
        ("DELETE", 303, "GET"),
        ("POST", 303, "GET"),
        ("HEAD", 303, "HEAD"),
        ("HEAD", 302, "HEAD"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
    ],
)
def test_method(method: str, status: int, becomes: str) -> None:
    assert redirected_method(method, status) == becomes


@pytest.mark.parametrize(
    ("drops_body", "leaves_origin", "names"),
    [
        pytest.param(False, False, ["content-type", "authorization", "x-token"], id="all"),
        pytest.param(True, False, ["authorization", "x-token"], id="body-dropped"),
        pytest.param(False, True, ["content-type", "x-token"], id="authorization-stays-at-home"),
        pytest.param(True, True, ["x-token"], id="both"),
    ],
)
def test_headers(drops_body: bool, leaves_origin: bool, names: list[str]) -> None:
    headers = (("content-type", "application/json"), ("authorization", "b"), ("x-token", "1"))

    kept = redirected_headers(headers, drops_body=drops_body, leaves_origin=leaves_origin)

    assert [name for name, _ in kept] == names
