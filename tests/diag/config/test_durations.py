from __future__ import annotations

import pytest

from diag.config.durations import duration, positive_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("500ms", 0.5, id="milliseconds"),
        pytest.param("5s", 5.0, id="seconds"),
        pytest.param("1.5s", 1.5, id="fraction"),
        pytest.param("1m", 60.0, id="minutes"),
        pytest.param("24h", 86_400.0, id="longest"),
        pytest.param("0", 0.0, id="zero-needs-no-unit"),
        pytest.param("0s", 0.0, id="zero-with-unit"),
    ],
)
def test_a_duration_becomes_seconds(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("abc", '"abc" is not a duration (like 500ms, 5s, 1m)', id="word"),
        pytest.param("", '"" is not a duration (like 500ms, 5s, 1m)', id="empty"),
        pytest.param("-5s", '"-5s" is not a duration (like 500ms, 5s, 1m)', id="negative"),
        pytest.param("5 s", '"5 s" is not a duration (like 500ms, 5s, 1m)', id="blank-inside"),
        pytest.param("nan", '"nan" is not a duration (like 500ms, 5s, 1m)', id="not-a-number"),
        pytest.param("1e3s", '"1e3s" is not a duration (like 500ms, 5s, 1m)', id="exponent"),
        pytest.param("٣s", '"٣s" is not a duration (like 500ms, 5s, 1m)', id="other-digits"),
        pytest.param("5S", '"5S" is not a duration (like 500ms, 5s, 1m)', id="capital-unit"),
        pytest.param("45000", '"45000" has no unit (like 500ms, 5s, 1m)', id="bare-number"),
        pytest.param("25h", '"25h" is longer than a day', id="longer-than-a-day"),
        pytest.param("999999999h", '"999999999h" is longer than a day', id="absurd"),
    ],
)
def test_what_is_no_duration_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared
        duration(text)
    assert str(refused.value) == why


def test_an_interval_must_be_more_than_nothing() -> None:
    assert positive_duration("1ms") == pytest.approx(0.001)
    with pytest.raises(ValueError, match=r'^"0s" must be more than 0s$'):
        positive_duration("0s")
