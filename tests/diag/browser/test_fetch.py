"""One line of JSON in, one verdict out."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser.fetch import verdict_line

ORIGIN = "http://localhost:5173"
CASE: dict[str, Any] = {
    "id": "one",
    "page_origin": ORIGIN,
    "page_url": f"{ORIGIN}/page",
    "request": {"url": "http://127.0.0.1:3000/", "method": "PUT", "headers": [["X-Token", "1"]], "body": None},
    "preflight_response": {
        "status": 204,
        "reason": "No Content",
        "headers": [
            ["Access-Control-Allow-Origin", "*"],
            ["Access-Control-Allow-Methods", "PUT"],
            ["Access-Control-Allow-Headers", "x-token"],
        ],
        "body": "",
    },
    "response": {"status": 200, "headers": [["Access-Control-Allow-Origin", "*"], ["ETag", "x"], ["Expires", "0"]]},
    "redirects": [],
    "prior": [],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    case = copy.deepcopy(CASE)
    *parents, last = path.split(".")
    place = case
    for name in parents:
        place = place[name]
    place[last] = value
    return case


def judged(case: dict[str, Any]) -> dict[str, Any] | str:
    try:
        return verdict_line(case)
    except ValueError as error:
        return str(error)


def test_verdict_of_a_line() -> None:
    assert verdict_line({**CASE, "truth": {"allowed": False}}) == {
        "id": "one",
        "allowed": True,
        "error": None,
        "preflight_sent": True,
        "readable_headers": ["expires"],
    }


def test_refused_line_names_chromiums_error() -> None:
    verdict = verdict_line(changed("preflight_response.headers", []))

    assert verdict == {
        "id": "one",
        "allowed": False,
        "error": "PreflightMissingAllowOriginHeader",
        "preflight_sent": True,
        "readable_headers": [],
    }


def test_what_is_not_scripted_may_be_absent() -> None:
    verdict = verdict_line({"id": "a", "page_origin": ORIGIN, "request": {"url": "/x"}, "response": {"status": 200}})

    assert verdict["allowed"]


def test_dropped_connections_redirects_and_prior_exchanges_are_read() -> None:
    dropped = verdict_line(changed("preflight_response", {"drop": True}))
    moved = changed("response", {"status": 307, "headers": [*CASE["response"]["headers"], ["Location", "/b"]]})
    moved["redirects"] = [{"url": "http://127.0.0.1:3000/b", "preflight_response": None, "response": {"drop": True}}]
    again = changed("preflight_response", {"status": 500})
    again["prior"] = [{key: CASE[key] for key in ("request", "preflight_response", "response")}]

    assert (dropped["allowed"], dropped["error"], dropped["preflight_sent"]) == (False, None, True)
    assert verdict_line(moved)["error"] == "PreflightMissingAllowOriginHeader"
    assert (verdict_line(again)["allowed"], verdict_line(again)["preflight_sent"]) == (True, False)


def test_opaque_page_is_judged_by_its_url() -> None:
    case = changed("page_origin", "null")
    case["request"]["url"] = "http://api.test/"

    assert verdict_line(case)["allowed"]
    assert not verdict_line({**case, "page_url": "https://app.test/sandbox"})["allowed"]


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("id", None, "`id` is missing"),
        ("id", 7, "`id` is not a string"),
        ("page_origin", None, "`page_origin` is missing"),
        ("page_url", 1, "`page_url` is not a string"),
        ("request", None, "`request` is missing"),
        ("request", [], "`request` is not an object"),
        ("request.url", None, "`url` is missing"),
        ("request.method", 1, "`method` is not a string"),
        ("request.body", {}, "`body` is not a string"),
        ("request.upload_listener", "yes", "`upload_listener` is not true or false"),
        ("request.headers", {"a": "b"}, "`headers` is not a list"),
        ("request.headers", [["a"]], "`headers` is not a list of [name, value]"),
        ("response.headers", [["a", 1]], "`headers` is not a list of [name, value]"),
        ("response", "x", "`response` is not an object"),
        ("response.status", None, "`response` has no status from 0 to 999"),
        ("response.status", "200", "`response` has no status from 0 to 999"),
        ("response.status", True, "`response` has no status from 0 to 999"),
        ("preflight_response.status", 1000, "`preflight_response` has no status from 0 to 999"),
        ("redirects", {}, "`redirects` is not a list"),
        ("redirects", [1], "`redirects` is not an object"),
        ("redirects", [{}], "`url` is missing"),
        ("prior", [{}], "`request` is missing"),
    ],
)
def test_malformed_case_has_one_reason(path: str, value: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}"):
        verdict_line(changed(path, value))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PATHS = st.sampled_from(
    ["id", "page_origin", "page_url", "request", "request.url", "request.headers", "request.body", "request.method",
     "preflight_response", "preflight_response.headers", "response", "response.status", "redirects", "prior"]
)  # fmt: skip


@given(PATHS, JSON)
def test_any_json_is_judged_or_refused_with_a_reason(path: str, value: Any) -> None:
    outcome = judged(changed(path, value))

    if isinstance(outcome, str):
        assert outcome.startswith("`")
    else:
        assert set(outcome) == {"id", "allowed", "error", "preflight_sent", "readable_headers"}
