from __future__ import annotations

import pytest

from diag.client.policy import delays, window_s
from diag.model import Reconnect


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(Reconnect(), [10, 20, 30], id="the-incident"),
        pytest.param(Reconnect(4, 1, "exponential", 60), [1, 2, 4, 8], id="exponential"),
        pytest.param(Reconnect(4, 1, "linear", 3), [1, 2, 3, 3], id="linear-capped"),
        pytest.param(Reconnect(3, 5, "fixed", 60), [5, 5, 5], id="fixed"),
        pytest.param(Reconnect(0), [], id="none"),
        pytest.param(Reconnect(2000, 1, "exponential", 30), [1, 2, 4, 8, 16] + [30] * 1995, id="very-many"),
    ],
)
def test_the_delays_and_their_sum(policy: Reconnect, expected: list[float]) -> None:
    assert list(delays(policy)) == expected
    assert window_s(policy) == sum(expected)
