"""The incident's checklist: eight checks on the page's WebSocket, each with what it did and saw."""

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
The checks, by their ids:

\b
  connects          the page's route opens, as a browser would decide
  no-cors-errors    a browser lets the page read its REST answers (--api)
  status-updates    every --expect type but those of health comes, and goes on
  health-updates    so does every --expect type with "health" in its name
  no-fallback       left alone, the page's client stays on its WebSocket
  heartbeat         every beat is answered, well below every idle limit found
  survives-refresh  closed with 1001 and opened again, the state is back
  reconnects        cut off for a moment, the client is back by its policy

A check fails when the target is wrong, is skipped when a prerequisite failed or nothing was named to check, and is
broken when wsdiag could not tell.

Exit codes: 0 no check failed and nothing at or above --fail-on, 1 findings or failed checks, 2 usage or configuration,
3 could not tell, 130 interrupted.
"""

(quick_option,) = section(
    "Checks",
    option("--quick", is_flag=True, help="Within 15 s instead of 90 s: shorter watches, a quickened policy."),
)


@click.command(cls=Command, epilog=EPILOG)
@quick_option
@target_options
@output_options
@record_option
def command(flags: Flags, lab: LabChoice, output: Output, record: str | None, quick: bool) -> ExitCode:
    """Run the checklist of the incident against a page's WebSocket: eight checks, one by one.

    URL is what the page opens. It is probed, and beside that a client with the page's heartbeat, reconnect policy and
    fallback (client: in wsdiag.yaml) is watched, reloaded, and cut off for a moment by a local fault proxy.
    """
    from diag import recording  # noqa: PLC0415 - the network and the rules
    from diag.verify.plan import FULL, QUICK, plan  # noqa: PLC0415
    from diag.verify.report import report  # noqa: PLC0415
    from diag.verify.run import verify  # noqa: PLC0415

    with examined(flags, lab) as settings, Progress() as progress:
        seen, probed = verify(settings.target, plan(settings.target, QUICK if quick else FULL), progress)
    if record:
        write_file(record, recording.dump(probed, masked=not output.show_secrets))
    judged = apply_waivers(report(seen), settings.waivers, date.today())
    output.write([judged])
    return ExitCode.INTERRUPTED if seen.interrupted else exit_code(judged, output.fail_on)
