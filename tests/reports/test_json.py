"""JSON: the contract's fields, always parseable whatever a server sent."""

from __future__ import annotations

import json
from dataclasses import replace

from diag import __version__
from diag.report import ClosedReport
from reports import Options
from reports.json import render

OPTIONS = Options(width=80, color=True)


def refuse(constant):
    raise AssertionError(f"{constant} is not JSON")


def parsed(report):
    return json.loads(render(report, OPTIONS), parse_constant=refuse)


def test_the_incident_reads_as_the_contract_says(report):
    document = parsed(report("incident"))

    assert document["schema_version"] == 1
    assert document["tool"] == {"name": "wsdiag", "version": __version__}
    assert document["verdict"] == "broken"
    assert document["primary_cause"] == "url-bypasses-dev-proxy"
    assert document["target"]["routes"] == {"proxy": "ws://localhost:5173/ws", "direct": "ws://localhost:3000/ws"}
    assert document["environment"] == {"proxies_set": ["HTTP_PROXY", "NO_PROXY"]}
    cause = document["findings"][0]
    assert cause["evidence"][0] == {"label": "page origin", "value": "http://localhost:5173"}
    assert cause["fix"]["snippets"][0] == {"for": ".env.development", "text": "VITE_WS_BASE_URL=\n"}
    assert cause["explains"] == ["origin-rejected", "cors-origin-not-allowed"]
    direct = document["routes"]["direct"]
    assert direct["browser"]["message"].endswith("Unexpected response code: 403")
    assert direct["handshake"]["headers"] == [["content-length", "0"]]
    assert direct["phases_ms"] == {"dns": 0.42, "tcp": 0.51, "tls": None, "upgrade": 3.87}
    assert direct["heartbeat"] is None
    assert document["api"][0]["cors"]["error"] == "MissingAllowOriginHeader"


def test_floats_are_rounded_to_three_decimals(report):
    healthy = replace(report("healthy"), duration_ms=1.23456)

    assert parsed(healthy)["duration_ms"] == 1.235
    assert parsed(healthy)["routes"]["proxy"]["heartbeat"]["rtt_ms"]["p50"] == 1.205


def test_what_is_no_number_becomes_null(report):
    # Given a route whose times went wrong
    degraded = report("degraded")
    route = replace(
        degraded.routes[0],
        phases_ms={"dns": float("nan"), "tcp": float("inf")},
        closed=ClosedReport(1006, "", False, float("-inf")),
    )

    # When it is written, then the document is still JSON
    written = parsed(replace(degraded, routes=(route,)))["routes"]["proxy"]
    assert written["phases_ms"] == {"dns": None, "tcp": None, "tls": None, "upgrade": None}
    assert written["closed"]["after_ms"] is None


def test_hostile_text_survives_and_stays_inert(report):
    # Given control characters, bidi overrides and a lone surrogate in every text
    text = render(report("hostile"), OPTIONS)

    # Then the file holds printable characters only, and reads back as it was sent but for the surrogate
    assert all(char.isprintable() or char == "\n" for char in text)
    reason = json.loads(text)["routes"].popitem()[1]["handshake"]["reason"]
    assert "\x1b[31m" in reason
    assert "\u202egnp" in reason
    assert "\\udc80" in reason
    assert reason.encode("utf-8")


def test_text_beyond_ascii_is_readable_as_it_is(report):
    text = render(replace(report("healthy"), notes=("masked: •••", "\U000e0041")), OPTIONS)

    assert '"masked: •••"' in text
    assert json.loads(text)["notes"][1] == "\U000e0041"


def test_it_is_indented_by_two_and_ends_in_one_newline(named_report):
    text = render(named_report[1], OPTIONS)

    assert text.startswith('{\n  "schema_version": 1,\n')
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
