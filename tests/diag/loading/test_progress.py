from __future__ import annotations

import pytest

from diag.loading.progress import Snapshot

CALM = Snapshot(12.2, 200, 198, 0, 0, 1.234, 400.4, 0.0)


def test_what_is_written_is_read() -> None:
    assert CALM.line().count(b"\n") == 1
    assert Snapshot.read(CALM.line()) == CALM


@pytest.mark.parametrize("line", [b"", b"{}", b"[1]", b"not json", b'{"elapsed_s": "x"}', b"\xff"])
def test_what_is_none_is_passed_over(line: bytes) -> None:
    assert Snapshot.read(line) is None


def test_a_line_for_people() -> None:
    assert CALM.text(20.0) == "12 s  200 users  198 open  0 failed  beats p95 1.2 ms  400 messages/s  8 s left"
    worse = Snapshot(3.0, 10, 0, 7, 2, None, 0.0, 12.0, "tcp-refused")
    assert worse.text(None, sockets=False) == "3 s  10 users  7 failed (tcp-refused)  2 dropped  12 polls/s"
