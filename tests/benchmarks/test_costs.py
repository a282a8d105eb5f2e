"""The table of what load costs: what is kept, what is missed, and what was never measured."""

from __future__ import annotations

import pytest

from benchmarks.costs import Row, table


def row(ours: float | None, theirs: float | None, *, absolute: bool = False, aim: float | None = 0.6) -> Row:
    return Row("pushes", "KB", "Artillery", ours, theirs, 0.75, aim, absolute)


@pytest.mark.parametrize(
    ("made", "verdict", "kept"),
    [
        pytest.param(row(1.8, 3.0), "aim", True, id="the aim is met at its limit"),
        pytest.param(row(1.9, 3.0), "must", True, id="past the aim, within the must"),
        pytest.param(row(1.8, 3.0, aim=None), "must", True, id="no aim was set"),
        pytest.param(row(2.4, 3.0), "MISSED", False, id="past the must"),
        pytest.param(row(0.5, 99.0, absolute=True), "aim", True, id="an absolute limit does not ask the peer"),
        pytest.param(row(0.8, 99.0, absolute=True), "MISSED", False, id="nor does a cheap one excuse it"),
        pytest.param(row(0.7, None, absolute=True), "must", True, id="an absolute limit needs no peer"),
        pytest.param(row(None, 3.0), "not measured", False, id="our run failed"),
        pytest.param(row(1.8, None), "not measured", False, id="the peer is missing"),
        pytest.param(row(1.8, 0.0), "not measured", False, id="the peer did nothing"),
    ],
)
def test_a_limit_is_kept_only_by_what_was_measured(made: Row, verdict: str, *, kept: bool) -> None:
    assert (made.verdict, made.kept) == (verdict, kept)


def test_the_table_is_markdown_with_both_figures_and_their_ratio() -> None:
    lines = table([row(1.8311, 3.05), row(None, 120.4), row(0.5, 47.61, absolute=True)]).splitlines()

    assert [line.replace(" ", "") for line in lines] == [
        "|work|unit|wsdiag|peer|ratio|must|aim|verdict|",
        lines[1],
        "|pushes|KB|1.83|Artillery3.05|0.60|≤0.75|≤0.6|must|",
        "|pushes|KB|-|Artillery120|-|≤0.75|≤0.6|notmeasured|",
        "|pushes|KB|0.50|Artillery47.6|0.5KB|≤0.75KB|≤0.6KB|aim|",
    ]
    assert set(lines[1]) == {"|", "-"}
    assert len({len(line) for line in lines}) == 1, "the columns are padded to one width"
