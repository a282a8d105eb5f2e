"""Judge recordings or exchanges again, without a network."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import date
from itertools import islice
from pathlib import Path

import click

from diag.commands._help import Command
from diag.commands._output import Output, output_options
from diag.commands._terminal import write_stdout
from diag.commands.options import ignore_option
from diag.config.errors import ConfigError
from diag.exits import ExitCode, exit_code, worst
from diag.waivers import Waiver, apply_waivers

STDIN = "-"
LINES_AT_ONCE = 256
LINES_LOOKED_AT = 1000

EPILOG = """
Exit codes for recordings: as wsdiag probe; the worst of them when there are several. For exchanges: 0 when every line
has a verdict, 1 when a line was invalid. 2 when a FILE is neither.
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@output_options
@ignore_option
def command(files: tuple[str, ...], output: Output, ignore: tuple[Waiver, ...]) -> ExitCode:
    """Judge recordings or exchanges again, without a network.

    FILE is a recording (wsdiag probe --record), or JSON Lines of exchanges; its content decides. - is stdin.

    Recordings become reports, in the order of the FILEs; several of them in JSON are an array. Exchanges become JSON
    Lines, one verdict a line, in order; a line that cannot be judged gets {"id", "invalid"} and stops nothing.
    --format, --fail-on and --ignore are for recordings.
    """
    inputs = [(name, _read(name)) for name in files]
    recordings = [_is_recording(data) for _, data in inputs]
    for (name, data), is_recording in zip(inputs, recordings, strict=True):
        if not is_recording and not _is_exchanges(name, data):
            what = "neither a recording (wsdiag probe --record) nor JSON Lines of exchanges"
            raise ConfigError(f"{_shown(name)}: {what}")
    if not any(recordings):
        return _judge_exchanges(data for _, data in inputs)
    if not all(recordings):
        raise ConfigError("wsdiag: recordings and exchanges are judged one kind at a time")
    return _judge_recordings(inputs, output, ignore)


def _judge_recordings(inputs: list[tuple[str, bytes]], output: Output, waivers: tuple[Waiver, ...]) -> ExitCode:
    from diag import recording, rules  # noqa: PLC0415

    reports = []
    for name, data in inputs:
        try:
            seen = recording.load(data.decode("utf-8-sig"))
        except ValueError as error:
            raise ConfigError(f"{_shown(name)}: {error}") from None
        reports.append(apply_waivers(rules.judge(seen, command="judge"), waivers, date.today()))
    output.write(reports)
    return worst(exit_code(report, output.fail_on) for report in reports)


def _judge_exchanges(contents: Iterable[bytes]) -> ExitCode:
    from diag.commands._exchanges import verdicts  # noqa: PLC0415

    code = ExitCode.OK
    every = (verdict for data in contents for verdict in verdicts(data))
    while chunk := list(islice(every, LINES_AT_ONCE)):
        if any("invalid" in verdict for verdict in chunk):
            code = ExitCode.FINDINGS
        if not write_stdout("".join(json.dumps(verdict) + "\n" for verdict in chunk)):
            break
    return code


def _read(name: str) -> bytes:
    try:
        if name != STDIN:
            return Path(name).read_bytes()
        return sys.stdin.buffer.read() if sys.stdin else b""
    except OSError as error:
        raise ConfigError(f"{_shown(name)}: cannot be read: {error.strerror}") from None


def _is_recording(data: bytes) -> bool:
    """By the key that marks one; where the JSON is cut off, by that key among the first."""
    mark = b'"wsdiag_recording"'
    if mark not in data:
        return False
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return mark in data[:100]
    return isinstance(document, dict) and "wsdiag_recording" in document


def _is_exchanges(name: str, data: bytes) -> bool:
    """By the name's ending, so that a file of nothing but bad lines is still answered line by line; else by a line."""
    if name == STDIN or name.endswith((".jsonl", ".ndjson")):
        return True
    return any(_is_exchange(line) for line in data.split(b"\n", LINES_LOOKED_AT)[:LINES_LOOKED_AT])


def _is_exchange(line: bytes) -> bool:
    try:
        case = json.loads(line) if b'"request"' in line else None
    except (ValueError, RecursionError):
        return False
    return isinstance(case, dict) and "request" in case


def _shown(name: str) -> str:
    return "stdin" if name == STDIN else name
