"""What a wrong setting raises."""

from __future__ import annotations

import click


class ConfigError(click.ClickException):
    """A setting that cannot be used. The message is one line that says what and where; the exit code is 2."""

    exit_code = 2


class NoTargetError(ConfigError):
    """Nothing names a route: no URL, no flag, no file."""


def quoted(text: str) -> str:
    """Foreign text for a one-line message: in double quotes, without control characters, 60 characters at most."""
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text[:60])
    return f'"{shown}…"' if len(text) > 60 else f'"{shown}"'


def suggestion(word: str, known: tuple[str, ...]) -> str:
    """`; did you mean …?` when a known word is close, else nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    close = get_close_matches(word, known, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(close)}?" if close else ""
