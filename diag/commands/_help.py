"""Options that know the section of `--help` under which they stand, and the variable that can replace them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, TypeVar

import click

OUTPUT_SECTION = "Output and exit code"

Function = TypeVar("Function", bound=Callable[..., Any])


class Option(click.Option):
    """An option of a section. Each long name also names an environment variable: `--fail-on` is `WSDIAG_FAIL_ON`."""

    def __init__(self, declarations: Sequence[str], section: str = "Options", **attributes: Any) -> None:
        long_names = [name for name in declarations if name.startswith("--")]
        variables = ["WSDIAG_" + name.removeprefix("--").replace("-", "_").upper() for name in long_names]
        super().__init__(declarations, envvar=variables, **attributes)
        self.section = section


class Command(click.Command):
    """A command whose help lists its options by section, in the order of their declaration.

    It knows `-h` by itself: click remembers a command's help option from its first run, with a group above it or not.
    """

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        attributes.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(*arguments, **attributes)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the sections; `--help` itself stands in the last one."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record:
                sections.setdefault(getattr(parameter, "section", "Options"), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records, col_max=26)


class Value(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.3 only
    """Foreign text in a notation of its own: `parse` returns the value or raises ValueError with the reason.

    `lines` says that a variable holds one value a line, because a value may have blanks (`Name: value`).
    """

    def __init__(self, name: str, parse: Callable[[str], Any], *, lines: bool = False) -> None:
        self.name = name
        self.parse = parse
        self.envvar_list_splitter = "\n" if lines else None  # type: ignore[misc]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The parsed value; a value that is no text comes from a default and is returned as it is."""
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def section(title: str, *options: tuple[tuple[str, ...], dict[str, Any]]) -> tuple[Callable[[Function], Function], ...]:
    """Decorators for the options of one section."""
    return tuple(click.option(*names, cls=Option, section=title, **attributes) for names, attributes in options)


def option(*names: str, **attributes: Any) -> tuple[tuple[str, ...], dict[str, Any]]:
    """One option of a section, as `click.option` would take it."""
    return names, attributes


def decorated(function: Any, decorators: Sequence[Callable[[Any], Any]]) -> Any:
    """The function with all of them, so that they stand in help in the order given."""
    return reduce(lambda inner, decorator: decorator(inner), reversed(decorators), function)
