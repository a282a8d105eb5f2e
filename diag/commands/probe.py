"""Examine every route of a target and name the root cause."""

from __future__ import annotations

from datetime import date

import click

from diag.commands._files import write_file
from diag.commands._help import Command, option, section
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


(browser_option,) = section(
    "What a healthy session does",
    option("--browser", is_flag=True, help="Let an installed Chromium try the same, and compare."),
)


@click.command(cls=Command, epilog=EPILOG)
@target_options
@output_options
@record_option
@browser_option
def command(flags: Flags, lab: LabChoice, output: Output, record: str | None, browser: bool) -> ExitCode:
    """Examine every route of a target and name the root cause.

    URL is what the page opens: ws, wss, http or https. It is the route proxy, unless there is no --direct and URL
    leaves the page's origin: then it is the route direct.
    """
    from diag import recording, rules, runner  # noqa: PLC0415 - the network and the rules

    program = _chromium() if browser else None
    with examined(flags, lab) as settings, Progress() as progress:
        seen = runner.probe(settings.target, progress, browser=program)
    if record:
        write_file(record, recording.dump(seen, masked=not output.show_secrets))
    report = apply_waivers(rules.judge(seen), settings.waivers, date.today())
    output.write([report])
    return ExitCode.INTERRUPTED if seen.interrupted else exit_code(report, output.fail_on)


def _chromium() -> str:
    from diag.wire.chromium import PROGRAMS, find  # noqa: PLC0415 - only with --browser

    program = find()
    if program is None:
        raise click.UsageError(f"--browser: no Chromium on the PATH (looked for {', '.join(PROGRAMS)})")
    return program
