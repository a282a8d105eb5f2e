"""Keep a session open and show its round trips, losses and pushes, like ping."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from diag.client.grade import RULE
from diag.commands._help import OUTPUT_SECTION, Command, Value, decorated, option, section
from diag.commands._output import COLOR
from diag.commands._terminal import Progress, use_color
from diag.commands._watch_ndjson import FIELDS
from diag.commands.options import LabChoice, examined, target_options
from diag.config import values
from diag.config.durations import duration, positive_duration
from diag.config.flags import Flags
from diag.exits import ExitCode

if TYPE_CHECKING:
    from diag.commands._watch_idle import IdleSearch
    from diag.commands._watch_run import Subject, View, Watch
    from diag.model import Target

PING_INTERVAL_S = 1.0
SHORTEST_INTERVAL_S = 0.01
EPILOG = f"""
\b
{RULE}

A beat that is not answered in time means that the connection is lost, even when nothing closed it (half-open). Then
the page's policy decides when to connect again. Where it gives up, the watch goes on at the policy's longest interval,
unless -c was given; with -c, a first connection that fails ends the watch.

\b
--format ndjson writes one object a line; \"event\" says which, at_ms when:
{FIELDS}

Exit codes: 0 a beat was answered and the session was not lost at the end, 1 otherwise, 2 usage or configuration,
3 an error of ours, 130 interrupted (the summary is printed).
"""


def interval(text: str) -> float:
    """Seconds between beats: more often than a hundred a second is load, not a watch."""
    found = duration(text)
    if found < SHORTEST_INTERVAL_S:
        raise ValueError(f'"{text}" is shorter than 10ms')
    return found


def address(text: str) -> tuple[str, int]:
    """`HOST:PORT`, `[::1]:PORT`, `:PORT` or `PORT`; without a host 127.0.0.1. ValueError for anything else."""
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]:|([^:\[\]]*):)?(\d{1,5})", text, re.ASCII)
    if match is None or int(match[3]) > 65535:
        raise ValueError(f'"{text}" is not HOST:PORT or :PORT')
    return match[1] or match[2] or "127.0.0.1", int(match[3])


WATCHING = section(
    "Watching",
    option("-c", "beats", type=Value("count", values.count), metavar="N", help="Stop after N beats, as --count."),
    option("-i", "interval_s", type=Value("duration", interval), metavar="D", help="Between beats. Default: 1s."),
    option(
        "-W",
        "timeout_s",
        type=Value("duration", positive_duration),
        metavar="D",
        help="How long an answer may take. Default: the page's heartbeat timeout, 10s.",
    ),
    option(
        "--metrics",
        type=Value("address", address),
        metavar="[HOST]:PORT",
        help="Serve Prometheus metrics there, on 127.0.0.1 unless HOST says otherwise.",
    ),
)
OUTPUT = section(
    OUTPUT_SECTION,
    option(
        "--format",
        "format_",
        type=click.Choice(["text", "ndjson"]),
        default="text",
        metavar="FORMAT",
        help="text (the default) or ndjson.",
    ),
    option("--plain", is_flag=True, help="One line a beat on a terminal too."),
    option("--show-secrets", is_flag=True, help="Do not mask tokens and cookies."),
    COLOR,
)


def _options(function: Callable[..., Any]) -> Any:
    return decorated(function, (*WATCHING, *OUTPUT))


@click.command(cls=Command, epilog=EPILOG)
@target_options
@_options
def command(
    flags: Flags,
    lab: LabChoice,
    beats: int | None,
    interval_s: float | None,
    timeout_s: float | None,
    metrics: tuple[str, int] | None,
    format_: str,
    plain: bool,
    show_secrets: bool,
    color: str,
) -> ExitCode:
    """Keep a session open and show its round trips, losses and pushes, like ping.

    URL is what the page opens; it is beaten more often than the page does, once a second, and every beat is followed
    by a ping of the protocol. With --idle-limit, sessions beside it are silent for so long on every route, and the
    summary tells what cut them. On a terminal the figures are drawn live; elsewhere every beat is a line.
    """
    from diag.commands._watch_run import Subject  # noqa: PLC0415 - the network
    from diag.masking import secrets_of  # noqa: PLC0415

    with examined(flags, lab) as settings:
        target = settings.target
        client = replace(
            target.client,
            heartbeat_interval_s=interval_s or flags.heartbeat_interval or PING_INTERVAL_S,
            heartbeat_timeout_s=timeout_s or target.client.heartbeat_timeout_s,
        )
        target = replace(target, client=client, count=beats or target.count)
        subject = Subject(target, None if show_secrets else secrets_of(target))
        view = _view(subject, format_, plain=plain, color=use_color(color))
        return _watched(subject, view, metrics, _search(settings.target))


def _view(subject: Subject, format_: str, *, plain: bool, color: bool) -> View:
    if format_ == "ndjson":
        from diag.commands._watch_ndjson import Ndjson  # noqa: PLC0415

        return Ndjson(subject)
    if plain or sys.stdout is None or not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        from diag.commands._watch_lines import Lines  # noqa: PLC0415

        return Lines(subject, color)
    from diag.commands._watch_live import Screen  # noqa: PLC0415 - rich

    return Screen(subject, color)


def _search(target: Target) -> IdleSearch | None:
    """The search for idle limits, which relates them to the page's own heartbeat and not to the watch's."""
    if not target.idle_limit_s:
        return None
    from diag.commands._watch_idle import IdleSearch  # noqa: PLC0415 - the rules

    drawn = sys.stdout is not None and sys.stdout.isatty()
    return IdleSearch(target, (lambda _: None) if drawn else Progress())


def _watched(
    subject: Subject, view: View, metrics: tuple[str, int] | None, search: IdleSearch | None = None
) -> ExitCode:
    from diag.commands._watch_run import Watch  # noqa: PLC0415

    watch = Watch(subject, view.wants_messages, search=search)
    if metrics is None:
        watch.run(view)
        return _exit_code(watch)
    from diag.commands._watch_metrics import served  # noqa: PLC0415 - prometheus-client

    with served(watch, *metrics) as port:
        click.echo(f"metrics: http://{_bracketed(metrics[0])}:{port}/metrics", err=True)
        watch.run(view)
    return _exit_code(watch)


def _exit_code(watch: Watch) -> ExitCode:
    """As ping has it: something answered. A socket can also be lost, and then the end counts."""
    if watch.interrupted:
        return ExitCode.INTERRUPTED
    answered = watch.figures.main.answered
    return ExitCode.OK if answered and watch.figures.is_open else ExitCode.FINDINGS


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
