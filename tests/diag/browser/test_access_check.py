"""Cross-Origin-Resource-Policy; the CORS check itself is told by test_cors."""

from __future__ import annotations

import pytest

from diag.browser.access_check import check_resource_policy, refused
from diag.browser.exchange import RefusedError
from diag.browser.urls import parse_url


def passes(policy: str, page: str, url: str) -> bool:
    target = parse_url(url)
    assert target is not None
    try:
        check_resource_policy((("cross-origin-resource-policy", policy),), target, parse_url(page))
    except RefusedError:
        return False
    return True


@pytest.mark.parametrize(
    ("page", "url", "same"),
    [
        pytest.param("http://localhost:5173", "http://localhost:3001", True, id="ports-do-not-count"),
        pytest.param("https://app.example.com", "https://api.example.com", True, id="siblings"),
        pytest.param("https://example.com", "http://example.com", False, id="schemes-count"),
        pytest.param("http://app.test", "http://api.test", False, id="different-names"),
        pytest.param("http://127.0.0.1", "http://127.0.0.2", False, id="addresses-have-no-siblings"),
        pytest.param("not a url", "http://api.test", False, id="no-page"),
    ],
)
def test_same_site_policy(page: str, url: str, same: bool) -> None:
    assert passes("same-site", page, url) is same
    assert not passes("same-origin", page, url)
    assert passes("cross-origin", page, url)


def test_every_preflight_refusal_says_so() -> None:
    refusal = refused("PreflightAllowOriginMismatch", "{0}")

    assert refusal.message.startswith("Response to preflight request doesn't pass access control check: The 'Access")
    assert "'{0}'" in refusal.message
