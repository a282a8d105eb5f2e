"""Where reports go: which format to stdout, which to files, with or without secrets and colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from diag.commands._files import destination, write_file
from diag.commands._help import OUTPUT_SECTION, Value, decorated, option, section
from diag.commands._terminal import use_color, width, write_stdout
from diag.config.errors import ConfigError
from diag.config.values import one_of
from diag.exits import GATES
from reports import Options, formats, render

if TYPE_CHECKING:
    from diag.report import Report

STDOUT = ""
FILE_WIDTH = 100


def format_option(known: tuple[str, ...]) -> Any:
    """`--format` for these formats; each value is (format, file)."""

    def parsed(text: str) -> tuple[str, str]:
        name, equals, file = text.partition("=")
        if equals and not file:
            raise ValueError(f"{name}= names no file")
        return one_of(name, known), destination(file) if file else STDOUT

    return option(
        "--format",
        "formats",
        type=Value("format", parsed),
        multiple=True,
        metavar="FORMAT[=FILE]",
        help=f"{', '.join(known)}. Text on stdout is the default; a FILE leaves stdout alone. Repeatable.",
    )


COLOR = option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    metavar="WHEN",
    help="auto (a terminal without NO_COLOR), always or never.",
)

(record_option,) = section(
    OUTPUT_SECTION,
    option(
        "--record",
        type=Value("file", destination),
        metavar="FILE",
        help="Keep what was observed, for wsdiag judge.",
    ),
)

OUTPUT = (
    *section(
        OUTPUT_SECTION,
        format_option(formats()),
        option("--show-secrets", is_flag=True, help="Do not mask tokens and cookies."),
        COLOR,
        option(
            "--fail-on",
            type=click.Choice(GATES),
            default="error",
            metavar="SEVERITY",
            help="Exit 1 from this severity on: error (the default), warning, info or never.",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Output:
    """What the output flags say; `formats` holds (format, file) pairs, with STDOUT for no file."""

    formats: tuple[tuple[str, str], ...] = ()
    color: str = "auto"
    show_secrets: bool = False
    fail_on: str = "error"

    def __post_init__(self) -> None:
        files = [file for _, file in self.formats]
        twice = next((file for file in files if files.count(file) > 1), None)
        if twice is not None:
            raise ConfigError(f"wsdiag: two formats go to {twice or 'stdout'}; write one as FORMAT=FILE")

    def write(self, reports: Sequence[Report]) -> None:
        """Every report in every format asked for, files last. Text goes to stdout unless a format claims it."""
        from diag.masking import mask_report, secrets_of  # noqa: PLC0415

        shown = [each if self.show_secrets else mask_report(each, secrets_of(each.target)) for each in reports]
        claimed = any(file == STDOUT for _, file in self.formats)
        wanted = self.formats if claimed else (("text", STDOUT), *self.formats)
        rendered = [(file, self._rendered(name, shown, file)) for name, file in wanted]
        for file, text in sorted(rendered):
            if file == STDOUT:
                write_stdout(text)
            else:
                write_file(file, text)

    def _rendered(self, name: str, reports: Sequence[Report], file: str) -> str:
        options = Options(FILE_WIDTH, color=False) if file else Options(width(), color=use_color(self.color))
        return joined(name, [render(name, report, options) for report in reports])


def joined(name: str, texts: Sequence[str]) -> str:
    """Several reports in one document: an array in JSON, one after the other where that still reads well."""
    if len(texts) == 1:
        return texts[0]
    match name:
        case "json":
            return "[\n" + ",\n".join(text.rstrip("\n") for text in texts) + "\n]\n"
        case "text" | "markdown":
            return "\n".join(texts)
        case _:
            raise ConfigError(f"wsdiag: {name} holds one report; judge one recording at a time")


def output_options(function: Callable[..., Any]) -> Any:
    """Gives a command the output flags as `output: Output`, checked before anything runs."""

    @wraps(function)
    def command(**params: Any) -> Any:
        output = Output(*(params.pop(name) for name in ("formats", "color", "show_secrets", "fail_on")))
        return function(output=output, **params)

    return decorated(command, OUTPUT)
