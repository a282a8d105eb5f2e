"""The command line: `wsdiag COMMAND …`. Commands load when they are called; every error is one line on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TextIO

import click
from click.core import ParameterSource

from diag import __version__, commands
from diag.commands._terminal import silence_stdout
from diag.config.errors import ConfigError, printable, suggestion
from diag.exits import ExitCode


class LazyGroup(click.Group):
    """A group whose commands are the modules of `diag.commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of the modules."""
        return list(commands.names())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, imported now."""
        return commands.command(cmd_name) if cmd_name in commands.names() else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names, or a usage error with the nearest names."""
        name = args[0]
        if name in commands.names() or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        if "://" in name:
            raise click.UsageError("a URL needs a command; did you mean wsdiag probe URL?", ctx)
        hint = suggestion(name, commands.names()) or "; see wsdiag --help"
        raise click.UsageError(f"there is no command {name}{hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The commands with the first line of their docstrings; none of them is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, commands.summary(name)) for name in commands.names()])

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command. A reader that has gone away (`| head -1`) is no error."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            silence_stdout()
            return ExitCode.OK

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = "wsdiag",
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs the command line and exits with one of the documented codes; an int that a command returns is one."""
        run: Callable[[], Any] = partial(super().main, args, prog_name, complete_var, standalone_mode=False, **extra)
        if not standalone_mode:
            return run()
        _replace_what_cannot_be_encoded(sys.stdout, sys.stderr)
        try:
            result = run()
        except click.Abort:
            result = ExitCode.INTERRUPTED
        except click.ClickException as error:
            click.echo(printable(one_line(error)), err=True)
            result = ExitCode.USAGE
        except Exception as error:  # a defect of ours; the exit code must still say "could not tell"
            result = _internal_error(error)
        sys.exit(int(result) if isinstance(result, int) else ExitCode.OK)


@click.group(
    "wsdiag", cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True
)
@click.version_option(__version__, prog_name="wsdiag", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Examines a WebSocket service the way the page reaches it, and names the root cause."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(ExitCode.USAGE)


def main() -> None:
    """The entry point `wsdiag`."""
    cli.main()


def one_line(error: click.ClickException) -> str:
    """A usage error as one line that says what and where: a file's line, the flag, or the variable."""
    message = " ".join(error.format_message().split())
    if isinstance(error, ConfigError):
        return message
    if isinstance(error, click.BadParameter) and error.message and error.param and error.ctx:
        return f"wsdiag: {_place(error.param, error.ctx)}: {' '.join(error.message.split())}"
    if isinstance(error, click.UsageError):  # click begins with a capital
        message = message[:1].lower() + message[1:]
    return f"wsdiag: {message}"


def _place(param: click.Parameter, ctx: click.Context) -> str:
    if param.name and ctx.get_parameter_source(param.name) is ParameterSource.ENVIRONMENT:
        variables = [param.envvar] if isinstance(param.envvar, str) else param.envvar or ()
        return next((name for name in variables if os.environ.get(name)), param.name)
    return param.opts[0] if isinstance(param, click.Option) else param.human_readable_name


def _internal_error(error: Exception) -> ExitCode:
    if os.environ.get("WSDIAG_DEBUG"):
        import traceback  # noqa: PLC0415

        traceback.print_exception(error)
    text = " ".join(f"{type(error).__name__}: {error}".split())
    click.echo(f"wsdiag: internal error: {printable(text)}; run with WSDIAG_DEBUG=1 for the traceback", err=True)
    return ExitCode.BROKEN


def _replace_what_cannot_be_encoded(*streams: TextIO) -> None:
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
