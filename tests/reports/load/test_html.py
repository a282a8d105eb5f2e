from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from reports import Options
from reports.load import render

VOID = {"meta", "br", "path", "rect", "circle", "img", "link"}


class Page(HTMLParser):
    """What a browser would see: elements that nest well, attributes, texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page_of(report: Any) -> str:
    return render("html", report, Options(80, color=False))


def test_every_page_nests_well_and_asks_for_nothing(every_report: Any) -> None:
    text = page_of(every_report)
    page = Page(text)
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & {tag for tag, _ in page.tags}
    assert not [
        name for _, attributes in page.tags for name in attributes if name in ("src", "href") or name[:2] == "on"
    ]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_the_policy_forbids_scripts_and_requests(report: Any) -> None:
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'\"" in page_of(report("calm"))


def test_charts_say_what_they_show_to_those_who_cannot_see_them(report: Any) -> None:
    labels = [
        attributes["aria-label"] for tag, attributes in Page(page_of(report("calm"))).tags if attributes.get("role")
    ]
    assert [label.partition(":")[0] for label in labels if label] == [
        "Open sessions",
        "Heartbeat round trip",
        "Staleness of the state",
        "Messages and polls a second",
    ]
    assert labels[0] == "Open sessions: open from 100 to 100; users from 100 to 100"


def test_failed_handshakes_have_a_chart_and_a_way_out(report: Any) -> None:
    text = page_of(report("troubled"))
    assert "Failed handshakes by cause: tcp-refused from 0 to 10" in text
    assert "<details open><summary><b class='error'>error</b> <code>tcp-refused</code>" in text


def test_nothing_foreign_becomes_markup(report: Any) -> None:
    text = page_of(report("hostile"))
    assert "<img" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "&lt;/script&gt;" in text


def test_both_colour_schemes_and_paper_are_thought_of(report: Any) -> None:
    text = page_of(report("calm"))
    assert "@media(prefers-color-scheme:dark)" in text
    assert "@media print" in text


def test_a_comparison_draws_the_longer_bar_in_full(report: Any) -> None:
    text = page_of(report("comparison"))
    assert '<i class="k0" style="width:3.0%"></i><span>15 ms</span><i class="k1" style="width:100.0%">' in text


@pytest.mark.parametrize("name", ["calm", "comparison"])
def test_a_page_stays_small(report: Any, name: str) -> None:
    assert len(page_of(report(name))) < 60_000
