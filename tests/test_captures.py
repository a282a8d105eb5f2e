"""Recordings of real runs, judged again without a network: each file is named after its primary cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from diag.recording import load
from diag.rules import judge

CAPTURES = sorted((Path(__file__).parent / "captures").glob("*.json"))


def test_there_are_captures() -> None:
    assert CAPTURES


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_a_capture_is_judged_as_it_was(path: Path) -> None:
    assert judge(load(path.read_text("utf-8"))).primary_cause == path.stem
