"""What a wrong setting raises."""

from __future__ import annotations

import click


class ConfigError(click.ClickException):
    """A setting that cannot be used. The message is one line that says what and where; the exit code is 2."""

    exit_code = 2


class NoTargetError(ConfigError):
    """Nothing names a route: no URL, no flag, no file."""


def printable(text: str) -> str:
    """Foreign text for a terminal: what is not printable becomes an escape such as `\\x1b`."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def quoted(text: str) -> str:
    """Foreign text inside a message: in double quotes, printable, 60 characters at most."""
    return f'"{printable(text[:60])}…"' if len(text) > 60 else f'"{printable(text)}"'


def suggestion(word: str, known: tuple[str, ...]) -> str:
    """`; did you mean …?` when a known word is close, else nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    close = get_close_matches(word, known, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(close)}?" if close else ""
