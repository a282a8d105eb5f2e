"""The two streams of a terminal program: results on stdout, progress on stderr; colour and width."""

from __future__ import annotations

import os
import shutil
import sys
from types import TracebackType
from typing import TextIO

import click

from diag.config.errors import ConfigError

NARROWEST, WIDEST = 40, 160


def use_color(choice: str) -> bool:
    """Whether stdout gets colours: `always`, `never`, or `auto`: on a terminal that can, unless NO_COLOR is set
    (no-color.org: present and not empty)."""
    if choice != "auto":
        return choice == "always"
    return _is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")


def width() -> int:
    """Columns to fill: those of the terminal or of COLUMNS, 80 without either."""
    return min(WIDEST, max(NARROWEST, shutil.get_terminal_size((80, 24)).columns))


def write_stdout(text: str) -> bool:
    """Prints at once, whatever the encoding; False when the reader has gone away (`| head -1`).

    That is no error: the exit code still tells what was found. Whatever else keeps us from writing is a ConfigError.
    """
    if sys.stdout is None:  # it was closed before we started (`>&-`)
        return False
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
        return False
    except OSError as error:
        silence_stdout()
        raise ConfigError(f"wsdiag: stdout: {error.strerror}") from None
    return True


def silence_stdout() -> None:
    """Sends what is still buffered nowhere, so that the interpreter's last flush does not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Progress:
    """One line on stderr that overwrites itself, and is gone at the end; nothing at all when stderr is no terminal."""

    def __init__(self) -> None:
        self.shown = _is_terminal(sys.stderr)

    def __call__(self, text: str) -> None:
        """Shows a step, such as `proxy: open, watching for 5 s`."""
        if self.shown:
            click.echo(f"\r\x1b[2K{text[: width() - 1]}", nl=False, err=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self("")


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
