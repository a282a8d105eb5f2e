"""JSON values as JavaScript converts them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from diag.browser.javascript import close_arguments, js_number, js_string


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (None, "null"),
        (True, "true"),
        (5, "5"),
        (5.0, "5"),
        (1.5, "1.5"),
        ([1, None, "a"], "1,,a"),
        ({}, "[object Object]"),
    ],
)
def test_converts_to_strings(value: Any, text: str) -> None:
    assert js_string(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, 0),
        (True, 1),
        (" 12\n", 12),
        ("", 0),
        ("0x10", 16),
        ("1e3", 1000),
        ([7], 7),
        ("-.5", -0.5),
        ("Infinity", math.inf),
    ],
)
def test_converts_to_numbers(value: Any, number: float) -> None:
    assert js_number(value) == number


@pytest.mark.parametrize("value", ["x", "1_0", "nan", "inf", "0x", "0x-1", "1 2", {}, [1, 2]], ids=repr)
def test_knows_what_is_no_number(value: Any) -> None:
    assert math.isnan(js_number(value))


@pytest.mark.parametrize(
    ("args", "checked"),
    [
        pytest.param((), (1005, ""), id="no code"),
        pytest.param((1000,), (1000, ""), id="1000"),
        pytest.param((3000, "r" * 123), (3000, "r" * 123), id="123 bytes"),
        pytest.param((4999.9, None), (4999, "null"), id="truncated, null"),
        pytest.param(("1000", 5), (1000, "5"), id="strings and numbers"),
        pytest.param((1000, "\ud800" * 41), (1000, "\ud800" * 41), id="lone surrogates count three"),
    ],
)
def test_takes_these_arguments_of_close(args: tuple[Any, ...], checked: tuple[int, str]) -> None:
    assert close_arguments(args) == checked


@pytest.mark.parametrize(
    "args",
    [
        (999,),
        (1001,),
        (1005,),
        (2999,),
        (5000,),
        (0,),
        (-1,),
        (66536,),
        (None,),
        ("x",),
        (999.9,),
        (1000, "r" * 124),
        (1000, "é" * 62),
        (1000, "\ud800" * 42),
    ],
    ids=lambda args: repr(args)[:20],
)
def test_throws_for_these(args: tuple[Any, ...]) -> None:
    assert close_arguments(args) is None
