"""The terminal report: pinned line by line, and safe to show whatever a server sent.

After a wanted change, `WSDIAG_UPDATE_GOLDEN=1 python -m pytest tests/reports/test_text.py` writes the files anew; read
the difference before it is committed.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from diag.model import Snippet, Verdict
from reports import Options
from reports.text import render

GOLDEN = Path(__file__).parent / "golden"
NAMES = ("healthy", "incident", "degraded", "many-routes", "verify", "unknown", "hostile")
ESCAPE_CODE = re.compile(r"\x1b\[[0-9;]*m")
UPDATE = "WSDIAG_UPDATE_GOLDEN" in os.environ


def plain(report, width=80):
    return render(report, Options(width=width, color=False))


@pytest.mark.parametrize(("name", "width"), [(name, 80) for name in NAMES] + [("incident", 40)])
def test_the_report_is_the_golden_one(name, width, report):
    path = GOLDEN / f"{name}.{width}.txt"
    text = plain(report(name), width)
    if UPDATE:
        path.write_text(text, encoding="utf-8")

    assert text == path.read_text(encoding="utf-8")


def test_the_first_two_lines_say_what_is_wrong(report):
    first, second = plain(report("incident"), 120).split("\n")[:2]

    assert first == "BROKEN  url-bypasses-dev-proxy — the page opens the backend directly, past the dev proxy"
    assert second.startswith(
        '        In the browser: error, then close 1006; console: "Error during WebSocket handshake'
    )


def test_a_healthy_report_is_short(report):
    text = plain(report("healthy"))

    assert text.startswith("HEALTHY  the page's WebSocket works\n")
    assert len(text.split("\n")) <= 20
    assert "Fix" not in text


def test_without_colour_there_is_no_escape_code(named_report, monkeypatch):
    # Given an environment that asks every other program for colour
    for name, value in (("FORCE_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("TERM", "xterm-256color")):
        monkeypatch.setenv(name, value)

    assert "\x1b" not in plain(named_report[1])


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("COLUMNS", "200")])
def test_the_environment_changes_nothing(name, value, report, monkeypatch):
    before = render(report("incident"), Options(width=80, color=True))

    monkeypatch.setenv(name, value)

    assert render(report("incident"), Options(width=80, color=True)) == before


def test_colour_adds_codes_and_changes_no_word(named_report):
    # Given the same report with and without colour
    coloured = render(named_report[1], Options(width=80, color=True))

    # Then only styles differ, so that nobody needs the colour
    assert ESCAPE_CODE.search(coloured)
    stripped = ESCAPE_CODE.sub("", coloured)
    assert [line.rstrip() for line in stripped.split("\n")] == plain(named_report[1]).split("\n")


@pytest.mark.parametrize("width", [1, 20, 40, 60, 80, 100, 200])
def test_no_line_but_a_snippet_is_wider_than_the_terminal(width, named_report):
    name, report = named_report
    snippets = {
        line.strip() for finding in report.findings for part in finding.fix.snippets for line in part.text.split("\n")
    }
    long = [line for line in plain(report, width).split("\n") if len(line) > max(width, 20)]

    hostile = name == "hostile"
    assert all(hostile or line.strip() in snippets or line.startswith("More: ") for line in long)


def test_snippets_are_there_to_paste(report):
    # Given a snippet with a line longer than the terminal is wide
    text = plain(report("incident"), 40)

    # Then each of its lines stands whole, indented, and bare of any frame
    for snippet in report("incident").findings[0].fix.snippets:
        for line in snippet.text.rstrip("\n").split("\n"):
            assert f"\n    {line}\n" in text


def test_a_fix_for_many_proxies_shows_the_likely_ones_and_names_the_others(report):
    # Given a cause with a snippet for six pieces of software, the likely ones first
    incident = report("incident")
    cause = incident.findings[0]
    proxies = ("nginx", "HAProxy", "Apache", "Caddy", "Traefik", "Envoy")
    fix = replace(cause.fix, snippets=tuple(Snippet(name, f"rule of {name}") for name in proxies))
    findings = (replace(cause, fix=fix), *incident.findings[1:])

    # When it is printed
    text = plain(replace(incident, findings=findings))

    # Then four are there to paste, and the way to the others
    assert [name for name in proxies if f"\n    rule of {name}\n" in text] == ["nginx", "HAProxy", "Apache", "Caddy"]
    assert f"For Traefik, Envoy: wsdiag explain {cause.code}" in text


def test_what_a_server_sent_is_shown_and_never_acts(report):
    text = plain(report("hostile"))

    assert all(char.isprintable() or char == "\n" for char in text)
    assert "\\x1b[31m" in text
    assert "\\u202egnp" in text
    assert "[bold red]x[/]" in text


def test_long_evidence_is_cut_and_says_so(report):
    assert "more characters)" in re.sub(r"\s+", " ", plain(report("hostile")))


def test_findings_that_follow_from_the_cause_are_marked(report):
    also_found = re.sub(r"\s+", " ", plain(report("incident")).split("Also found")[1])

    assert "refuses the page's origin — follows from the cause" in also_found
    assert "in a visitor's name — follows" not in also_found


def test_the_way_on_is_one_unbroken_command(report):
    assert "\nMore: wsdiag explain url-bypasses-dev-proxy\n" in plain(report("incident"), 30)
    assert "More:" not in plain(report("healthy"))


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (Verdict.HEALTHY, "HEALTHY  the page's WebSocket works"),
        (Verdict.DEGRADED, "DEGRADED  the page's WebSocket opens, but not all is well"),
        (Verdict.BROKEN, "BROKEN  the page has no usable WebSocket"),
        (Verdict.UNKNOWN, "UNKNOWN  wsdiag could not tell"),
    ],
)
def test_a_verdict_without_a_cause_is_a_sentence_too(verdict, sentence, report):
    assert plain(replace(report("healthy"), verdict=verdict)).startswith(f"{sentence}\n")


def test_a_cause_without_its_finding_is_still_named(report):
    text = plain(replace(report("incident"), findings=()))

    assert text.startswith("BROKEN  url-bypasses-dev-proxy\n")


def test_a_report_without_routes_is_no_crash(report):
    # Given a run that was interrupted before anything was seen
    text = plain(replace(report("unknown"), routes=()))

    assert text.startswith("UNKNOWN  wsdiag could not tell\n")
