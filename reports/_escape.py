"""Untrusted text made safe to show. Whatever a server sent stays visible and never acts.

A terminal obeys control characters, C1 codes and bidirectional overrides; XML 1.0 (section 2.2) forbids most control
characters and every surrogate. All of them are written the way Python writes them: `\\x1b`, `\\u202e`.
"""

from __future__ import annotations


def terminal(text: str) -> str:
    """The text on one line: everything that is not printable, line breaks and tabs included, shown as an escape."""
    return text if text.isprintable() else "".join(map(_visible, text))


def xml(text: str) -> str:
    """The text as XML 1.0 may hold it, with its line breaks and tabs; the writer still has to escape `<` and `&`."""
    return "".join(char if char in "\n\t" else _visible(char) for char in text)


def _visible(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
