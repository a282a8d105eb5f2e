"""Untrusted text is shown, and does nothing."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports._escape import terminal, xml


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("\x1b[31mred", "\\x1b[31mred", id="ansi"),
        pytest.param("\x9b2J", "\\x9b2J", id="c1"),
        pytest.param("a\x00\x07\x7f", "a\\x00\\x07\\x7f", id="control"),
        pytest.param("a\r\nb\tc", "a\\r\\nb\\tc", id="line-breaks"),
        pytest.param("\u202egnp\u2066", "\\u202egnp\\u2066", id="bidi"),
        pytest.param("a\u2028b\u2029c\x85", "a\\u2028b\\u2029c\\x85", id="line-separators"),
        pytest.param("\udc80", "\\udc80", id="lone-surrogate"),
        pytest.param("\ufeff\u200b", "\\ufeff\\u200b", id="invisible"),
        pytest.param("\U000e0041", "\\U000e0041", id="tag-character"),
    ],
)
def test_what_would_act_on_a_terminal_is_shown_instead(text, shown):
    assert terminal(text) == shown


@pytest.mark.parametrize("text", ["403 Forbidden", "[bold]x[/]", "Grüße — 你好 🙂", "C:\\new", ""])
def test_printable_text_stays(text):
    assert terminal(text) == text
    assert xml(text) == text


def test_xml_keeps_line_breaks_and_tabs_only():
    assert xml("a\n\tb\r\x00\ufffe\udc80") == "a\n\tb\\r\\x00\\ufffe\\udc80"


ANYTHING = st.text(st.characters(exclude_categories=())) | st.text("\x00\x1b\x9b\r\n\u202e\u2028\udc80\ufffe<&]>ab")


@given(ANYTHING)
def test_nothing_unprintable_is_left(text):
    assert terminal(text).isprintable()
    assert terminal(terminal(text)) == terminal(text)


@given(ANYTHING)
def test_every_text_survives_an_xml_parser(text):
    element = ET.Element("text")
    element.text = xml(text)

    read_back = ET.fromstring(ET.tostring(element, encoding="utf-8"))  # noqa: S314 - what we wrote ourselves
    assert (read_back.text or "") == xml(text)
