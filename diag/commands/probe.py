"""Examine every route of a target and name the root cause."""

from __future__ import annotations

from datetime import date

import click

from diag.commands._files import write_file
from diag.commands._help import Command
from diag.commands._output import Output, output_options, record_option
from diag.commands._terminal import Progress
from diag.commands.options import LabChoice, examined, target_options
from diag.config.flags import Flags
from diag.exits import ExitCode, exit_code
from diag.waivers import apply_waivers

EPILOG = """
Durations read 500ms, 5s, 1m. Every long option can be set as a variable: --fail-on as WSDIAG_FAIL_ON, URL as
WSDIAG_URL; several values stand apart by blanks, headers, cookies and requests by line ends. A flag comes before its
variable, and a variable before wsdiag.yaml.

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 usage or configuration, 3 could not tell, 130 interrupted.
"""


@click.command(cls=Command, epilog=EPILOG)
@target_options
@output_options
@record_option
def command(flags: Flags, lab: LabChoice, output: Output, record: str | None) -> ExitCode:
    """Examine every route of a target and name the root cause.

    URL is what the page opens: ws, wss, http or https. It is the route proxy, unless there is no --direct and URL
    leaves the page's origin: then it is the route direct.
    """
    from diag import recording, rules, runner  # noqa: PLC0415 - the network and the rules

    with examined(flags, lab) as settings, Progress() as progress:
        seen = runner.probe(settings.target, progress)
    if record:
        write_file(record, recording.dump(seen, masked=not output.show_secrets))
    report = apply_waivers(rules.judge(seen), settings.waivers, date.today())
    output.write([report])
    return ExitCode.INTERRUPTED if seen.interrupted else exit_code(report, output.fail_on)
