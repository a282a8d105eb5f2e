from __future__ import annotations

import pytest

from diag.verify.ages import fields_of, session_counts, stamp_of


@pytest.mark.parametrize(
    ("message", "stamp"),
    [
        pytest.param({"timestamp": 1700000000123}, 1700000000123.0, id="milliseconds"),
        pytest.param({"data": {"ts": 1.5}}, 1.5, id="in its data"),
        pytest.param({"updatedAt": "1970-01-01T00:01:00+00:00"}, 60.0, id="RFC 3339"),
        pytest.param({"timestamp": "yesterday", "time": 7}, 7.0, id="the next that is one"),
        pytest.param({"timestamp": True}, None, id="no number"),
        pytest.param({"timestamp": "9" * 100}, None, id="endless text"),
        pytest.param({"timestamp": 10**400}, None, id="a number beyond all clocks"),
        pytest.param({"timestamp": float("nan")}, None, id="not a number"),
        pytest.param({"timestamp": "9999-99-99"}, None, id="no date"),
        pytest.param({"data": [1]}, None, id="data of another shape"),
        pytest.param([1], None, id="a list"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_the_time_of_a_message(message, stamp: float | None) -> None:
    assert stamp_of(message) == stamp


@pytest.mark.parametrize(
    ("value", "counts"),
    [
        pytest.param({"connections": 3}, {"connections": 3}, id="by itself"),
        pytest.param({"data": {"activeConnections": 3}}, {"data.activeConnections": 3}, id="camel case, nested"),
        pytest.param({"websocket_sessions": 2}, {"websocket_sessions": 2}, id="snake case"),
        pytest.param({"session-count": 2}, {"session-count": 2}, id="a count of one thing"),
        pytest.param({"clients": {"online": 4}}, {"clients.online": 4}, id="within its group"),
        pytest.param({"websocket": {"connected": 1}}, {"websocket.connected": 1}, id="a state within its group"),
        pytest.param({"totalConnections": 9}, {}, id="a total only grows"),
        pytest.param({"maxConnections": 100}, {}, id="a limit"),
        pytest.param({"connectionId": 7}, {}, id="an identifier"),
        pytest.param({"session": 7}, {}, id="a number that names one session"),
        pytest.param({"connections": True}, {}, id="a switch"),
        pytest.param({"connections": -1}, {}, id="less than none"),
        pytest.param({"connections": "3"}, {}, id="text"),
        pytest.param({"count": 3}, {}, id="a count of something"),
        pytest.param({"sequence": 3, "uptime": 4, "": 5}, {}, id="other numbers"),
        pytest.param({"connections": {"": 5}}, {}, id="a name without a letter"),
        pytest.param([{"connections": 3}], {}, id="a list"),
        pytest.param(None, {}, id="nothing"),
    ],
)
def test_numbers_of_sessions(value, counts: dict[str, int]) -> None:
    assert session_counts(value) == counts


def test_fields_at_any_depth_that_is_in_use() -> None:
    deep: dict = {}
    for _ in range(50):
        deep = {"inner": deep}

    assert set(fields_of({"data": {"bots": [{"botId": 1}]}})) == {"data", "bots", "botId"}
    assert set(fields_of(deep)) == {"inner"}
