from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from diag.commands._terminal import use_color, width

SHOW = "from diag.commands._terminal import use_color; print(use_color('auto'))"
PROGRESS = """\
from diag.commands._terminal import Progress
with Progress() as progress:
    progress("first")
    progress("second" * 100)
"""


def on_a_terminal(code: str, **environment: str) -> str:
    """What a program writes when stdout and stderr are a terminal."""
    leader, follower = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=follower,
        stderr=follower,
        env={**env, "TERM": "xterm", **environment},
    ) as program:
        os.close(follower)
        shown = b""
        try:
            while part := os.read(leader, 4096):
                shown += part
        except OSError:  # the terminal's last writer has gone: Linux says EIO, not end of file
            pass
        program.wait(30)
    os.close(leader)
    return shown.decode()


@pytest.mark.parametrize(
    ("environment", "colored"),
    [
        pytest.param({}, "True", id="terminal"),
        pytest.param({"NO_COLOR": "1"}, "False", id="no-color"),
        pytest.param({"NO_COLOR": ""}, "True", id="an-empty-no-color-does-not-count"),
        pytest.param({"TERM": "dumb"}, "False", id="dumb-terminal"),
    ],
)
def test_a_terminal_gets_colour_unless_it_is_unwanted(environment: dict[str, str], colored: str) -> None:
    assert on_a_terminal(SHOW, **environment).strip() == colored


def test_a_pipe_gets_colour_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert (use_color("auto"), use_color("always"), use_color("never")) == (False, True, False)


@pytest.mark.parametrize(("columns", "expected"), [("100", 100), ("10", 40), ("9999", 160), ("x", 80)])
def test_the_width_is_that_of_the_terminal_within_reason(
    monkeypatch: pytest.MonkeyPatch, columns: str, expected: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert width() == expected


def test_progress_overwrites_one_line_of_a_terminal_and_is_gone_at_the_end() -> None:
    shown = on_a_terminal(PROGRESS, COLUMNS="80")
    assert shown.startswith("\r\x1b[2Kfirst\r\x1b[2Ksecond")
    assert shown.endswith("\r\x1b[2K")
    assert max(map(len, shown.replace("\x1b[2K", "").split("\r"))) < 80


def test_progress_is_silent_when_stderr_is_no_terminal() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRESS], capture_output=True, check=True, timeout=30)
    assert (done.stdout, done.stderr) == (b"", b"")
