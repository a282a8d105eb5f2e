"""What `wsdiag load` and `wsdiag compare` take: a target, how much of what, and where the report goes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from diag.commands._files import write_file
from diag.commands._help import OUTPUT_SECTION, Value, decorated, option, section
from diag.commands._output import COLOR, FILE_WIDTH, STDOUT, format_option
from diag.commands._terminal import use_color, width, write_stdout
from diag.commands.options import LAB, TARGET, LabChoice
from diag.config.durations import positive_duration
from diag.config.errors import ConfigError, quoted
from diag.config.flags import Flags
from diag.config.urls import host_name
from diag.config.values import api_request
from diag.measures import thresholds
from diag.model import ApiRequest
from reports import Options

if TYPE_CHECKING:
    from reports.load import AnyReport

FORMATS = ("html", "json", "junit", "text")
MOST_USERS = 1_000_000

_OF_PROBE = ("family", "forward_proxy", "deadline", "count", "expect", "observe", "idle_limit")
"""Flags of the target that say how it is examined; `handover` leaves out what they set."""
_RATE = re.compile(r"\d{1,6}(?:\.\d{1,3})?", re.ASCII)


def rate(text: str) -> float:
    """Users per second."""
    if not _RATE.fullmatch(text) or float(text) <= 0:
        raise ValueError(f"{quoted(text)} is not a number of users a second")
    return float(text)


USERS, SPAWN_RATE = (
    option("--users", type=click.IntRange(1, MOST_USERS), default=10, metavar="N", help="Pages at once. Default: 10."),
    option(
        "--spawn-rate",
        type=Value("rate", rate),
        metavar="R",
        help="How many of them come in a second. Default: all of them, 100 at most.",
    ),
)


def run_time(what: str, default_s: float) -> Any:
    """`--run-time`, which is of something, and has a default."""
    return option(
        "--run-time",
        type=Value("duration", positive_duration),
        metavar="D",
        default=f"{default_s:g}s",
        help=f"{what} Default: {default_s:g}s.",
    )


THRESHOLD = option(
    "--threshold",
    "expressions",
    type=Value("threshold", thresholds.parse, lines=True),
    multiple=True,
    metavar="EXPR",
    help='What must hold, like "p95(heartbeat_rtt_ms) < 200". Repeatable.',
)

TRAFFIC = section(
    "Safety and polling",
    option(
        "--yes-load",
        type=Value("host", host_name),
        multiple=True,
        metavar="HOST",
        help="Put this host under load, which is not this machine. Repeatable.",
    ),
    option(
        "--poll",
        "polls",
        type=Value("request", api_request, lines=True),
        multiple=True,
        metavar="[METHOD ]URL",
        help="What polling users fetch. Default: the fallback's request, else the GETs of --api. Repeatable.",
    ),
    option(
        "--poll-every",
        type=Value("duration", positive_duration),
        metavar="D",
        help="How often they do. Default: the fallback's interval, 10s.",
    ),
)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the flags say about where load may go and what is polled."""

    allowed: tuple[str, ...] = ()
    polls: tuple[ApiRequest, ...] = ()
    poll_every_s: float | None = None


def load_target_options(function: Callable[..., Any]) -> Any:
    """Gives a command the target as `flags`, `lab` and `traffic`. Flags that only probes obey are left out."""

    @wraps(function)
    def command(**params: Any) -> Any:
        flags = Flags(**{field.name: params.pop(field.name) for field in fields(Flags) if field.name in params})
        traffic = Traffic(params.pop("yes_load"), params.pop("polls"), params.pop("poll_every"))
        faults = params.pop("fault")
        lab = LabChoice(params.pop("lab") or bool(faults), faults)
        return function(flags=flags, lab=lab, traffic=traffic, **params)

    with_all = decorated(command, (*TARGET, *TRAFFIC, *LAB))
    with_all.__click_params__ = [each for each in with_all.__click_params__ if each.name not in _OF_PROBE]
    return with_all


OUTPUT = section(
    OUTPUT_SECTION,
    format_option(FORMATS),
    option("--show-secrets", is_flag=True, help="Do not mask tokens and cookies."),
    COLOR,
    option("-q", "--quiet", is_flag=True, help="No progress on stderr."),
)


@dataclass(frozen=True, slots=True)
class Output:
    """What the output flags say; `formats` holds (format, file) pairs, with STDOUT for no file."""

    formats: tuple[tuple[str, str], ...] = ()
    show_secrets: bool = False
    color: str = "auto"
    quiet: bool = False

    def __post_init__(self) -> None:
        files = [file for _, file in self.formats]
        twice = next((file for file in files if files.count(file) > 1), None)
        if twice is not None:
            raise ConfigError(f"wsdiag: two formats go to {twice or 'stdout'}; write one as FORMAT=FILE")

    def write(self, report: AnyReport) -> None:
        """The report in every format asked for, files last. Text goes to stdout unless a format claims it."""
        from diag.masking import mask_value, secrets_of  # noqa: PLC0415
        from reports.load import render  # noqa: PLC0415

        shown = report if self.show_secrets else mask_value(report, secrets_of(report.report.target))
        for name, file in self._wanted():
            if file == STDOUT:
                write_stdout(render(name, shown, Options(width(), color=use_color(self.color))))
            else:
                write_file(file, render(name, shown, Options(FILE_WIDTH, color=False)))

    def _wanted(self) -> Sequence[tuple[str, str]]:
        claimed = any(file == STDOUT for _, file in self.formats)
        wanted = self.formats if claimed else (("text", STDOUT), *self.formats)
        return sorted(wanted, key=lambda each: each[1])


def load_output_options(function: Callable[..., Any]) -> Any:
    """Gives a command the output flags as `output: Output`, checked before anything runs."""

    @wraps(function)
    def command(**params: Any) -> Any:
        output = Output(*(params.pop(field.name) for field in fields(Output)))
        return function(output=output, **params)

    return decorated(command, OUTPUT)
