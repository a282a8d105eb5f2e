from __future__ import annotations

import pytest

from diag.config.errors import ConfigError, NoTargetError, printable, quoted, suggestion


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain ✓ text", "plain ✓ text", id="printable"),
        pytest.param("\x1b[31m", "\\x1b[31m", id="escape-sequence"),
        pytest.param("a\r\nb\x00", "a\\r\\nb\\x00", id="control-characters"),
        pytest.param("\udc80", "\\udc80", id="half-a-surrogate"),
        pytest.param("\u202e", "\\u202e", id="right-to-left-override"),
    ],
)
def test_foreign_text_cannot_steer_a_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert quoted(text) == f'"{shown}"'


def test_long_text_is_cut() -> None:
    assert quoted("a" * 61) == f'"{"a" * 60}…"'
    assert quoted("a" * 60) == f'"{"a" * 60}"'


@pytest.mark.parametrize(
    ("word", "hint"),
    [("prob", "; did you mean probe?"), ("zzz", ""), ("", "")],
    ids=["near", "far", "empty"],
)
def test_a_near_word_is_suggested(word: str, hint: str) -> None:
    assert suggestion(word, ("probe", "judge")) == hint


def test_a_wrong_setting_exits_with_2() -> None:
    assert ConfigError("x").exit_code == 2
    assert isinstance(NoTargetError("x"), ConfigError)
