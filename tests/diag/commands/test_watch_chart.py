from __future__ import annotations

import pytest

from diag.commands._watch_chart import chart


@pytest.mark.parametrize(
    ("outcomes", "rows", "top"),
    [
        pytest.param([], ["      ", "      "], 0.0, id="nothing-yet"),
        pytest.param([4.0, 8.0], ["     █", "    ██"], 8.0, id="twice-as-high-is-twice-as-long"),
        pytest.param([1.0, 16.0], ["     █", "    ▁█"], 16.0, id="an-eighth"),
        pytest.param([0.001, 16.0], ["     █", "    ▁█"], 16.0, id="the-shortest-still-shows"),
        pytest.param([8.0, None, 8.0], ["   █ █", "   █x█"], 8.0, id="lost"),
        pytest.param([None, None], ["      ", "    xx"], 0.0, id="all-lost"),
        pytest.param([99.0, *[2.0] * 6], ["██████", "██████"], 2.0, id="only-what-fits"),
        pytest.param([0.0], ["      ", "     ▁"], 0.0, id="no-time-at-all"),
    ],
)
def test_the_chart(outcomes: list[float | None], rows: list[str], top: float) -> None:
    assert chart(outcomes, 6, 2) == (rows, top)
