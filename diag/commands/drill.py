"""Break the connection on purpose, and time what the page's client makes of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from diag.commands._files import write_file
from diag.commands._help import Command, Value, decorated, option, section
from diag.commands._output import FILE_WIDTH, STDOUT, Output, output_options
from diag.commands._terminal import Progress, use_color, width, write_stdout
from diag.commands.options import LabChoice, examined, target_options
from diag.config.errors import ConfigError, NoTargetError, quoted
from diag.config.flags import Flags, Settings, settings
from diag.exits import ExitCode, exit_code
from diag.model import Client, Fallback, Route, Target
from diag.waivers import apply_waivers
from reports import Options, render

if TYPE_CHECKING:
    from diag.report import Report

EPILOG = """
A timeline is a list of steps in YAML; --list names those that are there:

\b
  - {at: 5s, do: black-hole, for: 20s}
  - {at: 40s, do: close, code: 1011}

\b
  refuse  reset  close (code, reason)  restart (code, reason)
  black-hole, drop-pongs (direction: both, to-server, to-client)
  latency (delay, jitter)  bandwidth (rate: 10kB/s)  cut (bytes or messages)
  flap (up, down)  accept-then-drop

With --listen the same faults are written NAME[,KEY=VALUE...]: --fault black-hole,at=5s,for=20s. They go to the proxy
then, and not to the lab.

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 usage or configuration, 3 could not tell, 130 interrupted.
"""
_FASTEST = 1000.0


def _speed(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.01 <= value <= _FASTEST:
        raise ValueError(f"{quoted(text)} is not a number from 0.01 to {_FASTEST:g}")
    return value


def _listen(text: str) -> tuple[str, int]:
    """`[HOST:]PORT` on loopback; the proxy is for this machine only."""
    host, _, port = text.rpartition(":")
    host = (host or "127.0.0.1").strip("[]")
    if host not in ("127.0.0.1", "::1", "localhost"):
        raise ValueError(f"{quoted(host)} is not this machine (127.0.0.1, ::1 or localhost)")
    if not port.isdecimal() or int(port[:6]) > 65535:
        raise ValueError(f"{quoted(port)} is not a port")
    return "127.0.0.1" if host == "localhost" else host, int(port)


_DRILL = section(
    "Drill",
    option("--timeline", metavar="NAME|FILE", help="What breaks when. Default: deploy. See --list."),
    option("--list", "wants_list", is_flag=True, help="Name the shipped timelines, and break nothing."),
    option(
        "--speed",
        type=Value("speed", _speed),
        default=1.0,
        metavar="N",
        help="Run policy and timeline N times as fast. Times are reported as at speed 1.",
    ),
    option("--proposed", is_flag=True, help="Let the client follow the better policy of --schedule-only."),
    option("--schedule-only", is_flag=True, help="Simulate outages from 1 s to 10 min, without a network."),
    option(
        "--clients",
        type=click.IntRange(1, 100_000),
        metavar="N",
        help="With --schedule-only: simulate how N clients come back.",
    ),
    option(
        "--listen",
        type=Value("address", _listen),
        metavar="[HOST:]PORT",
        help="Only run the fault proxy, until Ctrl-C. Port 0: any free one.",
    ),
)


@click.command(cls=Command, epilog=EPILOG)
@partial(decorated, decorators=_DRILL)
@target_options
@output_options
def command(
    flags: Flags,
    lab: LabChoice,
    output: Output,
    timeline: str | None,
    wants_list: bool,
    speed: float,
    proposed: bool,
    schedule_only: bool,
    clients: int | None,
    listen: tuple[str, int] | None,
) -> ExitCode:
    """Break the connection on purpose, and time what the page's client makes of it.

    A client with the target's heartbeat, reconnect policy and fallback (client: in wsdiag.yaml) goes through a local
    proxy that breaks the way to the page's route by a timeline.
    """
    if wants_list:
        _list()
        return ExitCode.OK
    if flags.idle_limit:
        raise click.UsageError("--idle-limit: a drill breaks its sessions itself; wsdiag probe looks for idle timeouts")
    if clients is not None and not schedule_only:
        raise click.UsageError("--clients goes with --schedule-only")
    if schedule_only:
        return _schedule(flags, lab, output, clients)
    if listen is not None:
        return _proxy_only(flags, lab, listen, timeline)
    return _run(flags, lab, output, timeline or "deploy", speed=speed, proposed=proposed)


def _run(flags: Flags, lab: LabChoice, output: Output, name: str, *, speed: float, proposed: bool) -> ExitCode:
    from diag import runner  # noqa: PLC0415 - the network, YAML and rich
    from diag.drill import report, run, schedule, text, timeline  # noqa: PLC0415

    chosen = timeline.load(name)
    started = time.monotonic()
    with examined(flags, lab) as found, Progress() as progress:
        better = schedule.proposal(found.target.client) if proposed else None
        done = run.drill(found.target, chosen, speed=speed, proposal=better, progress=progress)
        if not done.opened and not done.interrupted:
            return _finish(_probed(found.target, started, progress), found, output)
    judged = replace(report.report(done), proxies_set=runner.environment().proxies_set)
    shown = done if output.show_secrets else report.masked(done)
    code = _finish(
        judged,
        found,
        output,
        {"drill": report.details(shown)},
        lambda report, options: (
            text.drill_text(shown, options.width, color=options.color) + "\n" + render("text", report, options)
        ),
    )
    return ExitCode.INTERRUPTED if done.interrupted else code


def _probed(target: Target, started: float, progress: Progress) -> Report:
    """Why there is nothing to break: what `probe` finds."""
    from diag import rules, runner  # noqa: PLC0415

    progress("the socket does not open: probing")
    left_s = None if target.deadline_s is None else max(0.1, target.deadline_s - (time.monotonic() - started))
    seen = runner.probe(replace(target, observe_s=min(1.0, target.observe_s), deadline_s=left_s), progress)
    found = rules.judge(seen, "drill")
    return replace(found, notes=("there was no connection to break: the socket did not open", *found.notes))


def _schedule(flags: Flags, lab: LabChoice, output: Output, clients: int | None) -> ExitCode:
    from diag.drill import report, schedule, text  # noqa: PLC0415

    found = _policy(flags, lab)
    client = found.target.client
    rows = schedule.table(client)
    herd = schedule.herd(client, clients) if clients else None
    return _finish(
        report.schedule_report(found.target),
        found,
        output,
        {"schedule": report.schedule_details(client, rows, herd)},
        lambda report, options: text.schedule_text(client, rows, herd, report, options.width, color=options.color),
    )


def _policy(flags: Flags, lab: LabChoice) -> Settings:
    """The target's settings; without any target the incident's policy, which needs none."""
    try:
        if not lab.wanted:
            return settings(flags)
    except NoTargetError:
        client = Client(fallback=Fallback())
        url = "ws://localhost:5173/ws"
        return Settings(Target("http://localhost:5173", url, (Route("proxy", url),), client=client), flags.ignore)
    with examined(flags, lab) as found:
        return found


def _proxy_only(flags: Flags, lab: LabChoice, address: tuple[str, int], name: str | None) -> ExitCode:
    from diag.drill import notation, through, timeline  # noqa: PLC0415
    from diag.drill.listen import Listener  # noqa: PLC0415

    try:
        steps = [notation.written_step(fault) for fault in lab.faults]
    except ValueError as error:
        raise ConfigError(f"wsdiag: --fault: {error}") from None
    steps += timeline.load(name).steps if name else ()
    wanted = LabChoice(wanted=bool(click.get_current_context().params["lab"]))
    with examined(flags, wanted) as found:
        listener = Listener(found.target, through.upstream(found.target), tuple(steps), click.echo)
        try:
            listener.run(*address)
        except KeyboardInterrupt:
            click.echo("", err=True)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise ConfigError(f"wsdiag: --listen: port {address[1]} cannot be used: {error.strerror}") from None
    return ExitCode.OK


def _list() -> None:
    from diag.drill import timeline  # noqa: PLC0415

    for name in timeline.names():
        click.echo(f"{name:<17}  {timeline.load(name).summary}")


def _finish(
    report: Report,
    found: Settings,
    output: Output,
    more: dict[str, Any] | None = None,
    text: Callable[[Report, Options], str] | None = None,
) -> ExitCode:
    """Writes the report in every format asked for, with `more` in the JSON and `text` as the text; the exit code."""
    from diag.masking import mask_report, secrets_of  # noqa: PLC0415

    judged = apply_waivers(report, found.waivers, date.today())
    shown = judged if output.show_secrets else mask_report(judged, secrets_of(found.target))

    def rendered(name: str, options: Options) -> str:
        if name == "json":
            return _json(shown, more or {})
        return text(shown, options) if name == "text" and text else render(name, shown, options)

    claimed = any(file == STDOUT for _, file in output.formats)
    wanted = output.formats if claimed else (("text", STDOUT), *output.formats)
    for name, file in sorted(wanted, key=lambda each: each[1]):
        if file == STDOUT:
            write_stdout(rendered(name, Options(width(), color=use_color(output.color))))
        else:
            write_file(file, rendered(name, Options(FILE_WIDTH, color=False)))
    return exit_code(judged, output.fail_on)


def _json(report: Report, more: dict[str, Any]) -> str:
    from reports.json import document  # noqa: PLC0415

    return json.dumps({**document(report), **more}, allow_nan=False, indent=2) + "\n"
