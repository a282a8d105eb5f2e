"""Say what a code means, how it is recognised and how it is fixed."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict

import click

from diag import catalogue
from diag.catalogue import Entry
from diag.commands._help import Command, section
from diag.commands._output import COLOR
from diag.commands._terminal import use_color, width, write_stdout
from diag.config.errors import ConfigError, quoted, suggestion
from diag.exits import ExitCode
from diag.model import Fix, Severity

COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
WIDEST_TEXT = 100
CODE_COLUMN = 26
SHORTEST_TITLE = 20


(color_option,) = section("Options", COLOR)


@click.command(cls=Command)
@click.argument("code", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="text or json.")
@color_option
def command(code: str | None, form: str, color: str) -> ExitCode:
    """Say what a code means, how it is recognised and how it is fixed; without CODE, list the catalogue."""
    known = catalogue.entries()
    if code is not None and code not in known:
        hint = suggestion(code, tuple(known)) or "; wsdiag explain lists them"
        raise ConfigError(f"wsdiag: there is no code {quoted(code)}{hint}")
    if form == "json":
        write_stdout(
            json.dumps(asdict(known[code]) if code else [asdict(known[each]) for each in known], indent=2) + "\n"
        )
        return ExitCode.OK
    text = "\n".join(_entry(known[code]) if code else _catalogue(known)) + "\n"
    write_stdout(text if use_color(color) else click.unstyle(text))
    return ExitCode.OK


def _catalogue(known: Mapping[str, Entry]) -> Iterator[str]:
    """One line a code, under its layer; the few titles that do not fit are cut."""
    layer = ""
    for entry in known.values():
        if entry.layer != layer:
            yield from ([""] if layer else []) + [click.style(entry.layer, bold=True)]
            layer = entry.layer
        severity = click.style(entry.severity[0].upper(), fg=COLORS[entry.severity])
        code = f"{entry.code:<{CODE_COLUMN}}"
        room = max(SHORTEST_TITLE, _columns() - len(code) - 5)
        title = textwrap.shorten(entry.title, room, placeholder=" …", break_on_hyphens=False)
        yield f" {severity} {code}  {title}"
    yield from ["", "E error, W warning, I info. wsdiag explain CODE says more."]


def _entry(entry: Entry) -> Iterator[str]:
    severity = click.style(entry.severity, fg=COLORS[entry.severity], bold=True)
    yield f"{click.style(entry.code, bold=True)}  {severity}  {entry.layer}"
    yield from _paragraph(entry.title)
    for heading, body in _sections(entry):
        yield from ["", click.style(heading, bold=True), *body]


def _sections(entry: Entry) -> Iterator[tuple[str, list[str]]]:
    yield "What it means", _paragraph(entry.explanation)
    yield "How it is recognised", _paragraph(entry.recognised)
    if entry.browser:
        yield "What the browser shows", _paragraph(entry.browser)
    yield "How to fix it", _fix(entry.fix)
    if entry.explains:
        yield "It also explains", _paragraph(", ".join(entry.explains))
    yield "Sources", [line for source in entry.sources for line in _paragraph(source)]


def _fix(fix: Fix) -> list[str]:
    lines = _paragraph(fix.summary)
    for snippet in fix.snippets:
        lines += [
            "",
            f"  {click.style(snippet.where, underline=True)}",
            *textwrap.indent(snippet.text, "    ").split("\n"),
        ]
    return lines


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _columns(),
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _columns() -> int:
    return min(width(), WIDEST_TEXT)
