"""Drills and schedules for a terminal: a story, numbers, a table, a histogram; every column count given, no escapes
without colour. Text of a server is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import groupby

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from diag.config.errors import printable
from diag.drill.losses import CONNECTED, POLLING, Loss, Summary, outage, summary
from diag.drill.run import Drill
from diag.drill.schedule import Herd, Proposal, Row, proposal
from diag.drill.story import Line, story
from diag.model import Client, Severity
from diag.report import Report

_MARKS = {
    "broken": ("▼", "bold red"),
    "healed": ("▲", "bold green"),
    "good": ("✓", "green"),
    "bad": ("✗", "red"),
    "partly": ("~", "yellow"),
    "end": ("■", "dim"),
}
_STORY_LINES, _LAST_LINES = 36, 12
_ALIKE = 4
_NUMBER = re.compile(r"\d+(\.\d+)?")
_USER_WIDTH = 26
_LOSSES = 3
_BARS = 18


def drill_text(drill: Drill, width: int, *, color: bool) -> str:
    """What happened, what the user saw, and how long everything took."""
    file = StringIO()
    console = _console(file, width, color=color)
    found = summary(drill.events, drill.timeline, drill.ended_s)
    about = f": {drill.timeline.summary}" if drill.timeline.summary else ""
    console.print(Text.assemble(("Drill ", "bold"), (printable(drill.timeline.name), "bold"), printable(about)))
    whose = "Policy" if drill.proposal is None else "Proposed policy"
    console.print(_words(f"{whose}: {_policy(drill.client, drill.proposal)}", "dim"))
    _section(console, "What happened, and what the user saw", _story(drill, found.ended_s))
    _section(console, "In numbers", _beside(_numbers(found, drill)))
    return _stripped(file)


def schedule_text(
    client: Client, rows: tuple[Row, ...], herd: Herd | None, report: Report, width: int, *, color: bool
) -> str:
    """The policy and the proposal side by side, for outages of every length."""
    file = StringIO()
    console = _console(file, width, color=color)
    better = proposal(client)
    console.print(Text("Reconnect schedule", style="bold"))
    policies = [(_words("policy", "dim"), _words(_policy(client, None)))]
    policies.append((_words("proposal", "dim"), _words(_policy(client, better))))
    console.print(_beside(policies))
    _section(console, "After an outage of … the client is back after …", _rows(rows))
    _section(console, "In words", _words(_conclusion(client, rows, better)))
    if herd:
        title = f"{herd.clients:,} clients lose the server for {herd.outage_s:g} s: new ones in a second"
        _section(console, title, _histogram(herd))
    if report.findings:
        _section(console, "Found in these outages", _beside(_findings(report)))
        console.print()
        console.print(_words(f"More: wsdiag explain {report.primary_cause or report.findings[0].code}", "dim"))
    return _stripped(file)


def seconds(value: float) -> str:
    """`0.3 s`, `15 s`, `2 min`, `2 min 10 s`."""
    if value < 10 and round(value, 1) % 1:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def _story(drill: Drill, ended_s: float) -> Table:
    lines = story(drill.events, drill.timeline, ended_s)
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    table.add_column(width=_USER_WIDTH, overflow="fold")
    for line, more in _folded(lines):
        if more:
            table.add_row("", Text("…", style="dim"), _words(f"{more} more (all of them: --format json)", "dim"))
            continue
        sign, style = _MARKS[line.mark]
        time = Text(f"{line.at_s:.1f} s", style="dim")
        table.add_row(time, Text(sign, style=style), _words(line.what), _words(line.user, "italic"))
    return table


def _folded(lines: Sequence[Line]) -> Iterator[tuple[Line, int]]:
    """The lines, each with 0; where many follow that differ in their numbers only, one with the count of the rest. Of
    a story that is still too long, the middle is left out."""
    kept: list[tuple[Line, int]] = []
    for _, run in groupby(lines, key=lambda line: (line.mark, line.user, _NUMBER.sub("", line.what))):
        alike = list(run)
        few = len(alike) <= _ALIKE
        kept += [(line, 0) for line in (alike if few else alike[: _ALIKE - 1])]
        kept += [] if few else [(alike[0], len(alike) - _ALIKE), (alike[-1], 0)]
    if len(kept) <= _STORY_LINES:
        yield from kept
        return
    yield from kept[: _STORY_LINES - _LAST_LINES]
    yield lines[0], len(kept) - _STORY_LINES
    yield from kept[-_LAST_LINES:]


def _numbers(found: Summary, drill: Drill) -> Iterable[tuple[Text, Text]]:
    losses, messages = found.losses, found.messages
    for number, loss in enumerate(losses[: 1 if len(losses) > _LOSSES else _LOSSES], 1):
        label = f"loss {number}" if len(losses) > 1 else "loss"
        yield _words(label, "dim"), _words("; ".join(_told(loss, found, drill)))
    if len(losses) > _LOSSES:
        yield _words(f"{len(losses) - 1} more losses", "dim"), _words(_together(losses[1:]))
    if not losses:
        yield _words("losses", "dim"), _words("none: the client noticed nothing, or there was nothing to notice")
    if found.polls or found.polling_s:
        polls = f"{seconds(found.polling_s)}, {found.polls} polls, {found.polls_failed} of them failed"
        yield _words("in fallback", "dim"), _words(polls)
        returned = "no" if found.ended == POLLING else "yes"
        yield _words("back from polling", "dim"), _words(returned, "bold red" if returned == "no" else "green")
    numbers = f", {messages.missed} missed, {messages.duplicated} twice" if messages.numbered else ", not numbered"
    yield _words("messages", "dim"), _words(f"{messages.received + drill.forgotten} received{numbers}")
    yield _words("longest silence", "dim"), _words(f"{seconds(found.longest_silence_s)} without anything new")
    yield _words("connected", "dim"), _words(f"{seconds(found.connected_s)} of {seconds(found.ended_s)}")


def _together(losses: Sequence[Loss]) -> str:
    lived, backs = [loss.lived_s for loss in losses], [loss.back_s for loss in losses if loss.back_s is not None]
    parts = [f"of sessions that lived {_range(lived)}" if max(lived) >= 0.5 else "each at once after the opening"]
    return "; ".join([*parts, f"back after {_range(backs)}"] if backs else parts)


def _range(values: Sequence[float]) -> str:
    least, most = seconds(min(values)), seconds(max(values))
    return least if least == most else f"{least.removesuffix(' s')} to {most}"


def _told(loss: Loss, found: Summary, drill: Drill) -> Iterable[str]:
    if loss.noticed_after_s is not None:
        at_once = loss.noticed_after_s < 0.5
        yield "noticed at once" if at_once else f"noticed after {seconds(loss.noticed_after_s)}"
    else:
        yield f"the session had lived {seconds(loss.lived_s)}"
    times = [f"{attempt.after_s:.1f}".removesuffix(".0") for attempt in loss.attempts]
    if times:
        listed = ", ".join(times[:6]) + (", …" if len(times) > 6 else "")
        yield f"{len(times)} attempt{'s' if len(times) > 1 else ''} at {listed} s"
    if loss.fallback_s is not None:
        yield f"fell back after {seconds(loss.fallback_s)}"
    if loss.gave_up_s is not None:
        yield f"gave up after {seconds(loss.gave_up_s)}"
    if loss.back_s is not None:
        away = outage(drill.timeline, loss.at_s)
        late_s = loss.at_s + loss.back_s - away.ends_s if away else -1.0
        yield f"back after {seconds(loss.back_s)}{f', {seconds(late_s)} after the way was clear' if late_s > 0 else ''}"
    elif loss is found.losses[-1] and found.ended != CONNECTED:
        yield "never back"


def _findings(report: Report) -> Iterable[tuple[Text, Text]]:
    for finding in report.findings:
        sign, style = ("✗", "bold red") if finding.severity is Severity.ERROR else ("!", "yellow")
        line = Text.assemble((finding.code, "bold"), f": {finding.fix.summary}")
        yield _words(f"{sign} {finding.severity}", style), line


def _rows(rows: tuple[Row, ...]) -> Table:
    table = Table.grid(padding=(0, 3, 0, 0), pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    table.add_row(*(Text(title, style="dim") for title in ("outage", "policy", "proposal (median, slowest)")))
    for row in rows:
        better = f"✓ {seconds(row.proposal_s)}, {seconds(row.proposal_worst_s)}"
        table.add_row(Text(seconds(row.outage_s)), _outcome(row), Text(better, style="green"))
    return table


def _outcome(row: Row) -> Text:
    if row.back_s is not None:
        partly = f", polling from {seconds(row.gave_up_s)} on until then" if row.gave_up_s is not None else ""
        return Text(f"✓ {seconds(row.back_s)}{partly}", style="yellow" if partly else "green")
    after = seconds(row.gave_up_s or 0.0)
    what = f"polls from {after} on, for ever" if row.ends == POLLING else f"gives up after {after}, for ever"
    return Text(f"✗ {what}", style="bold red")


def _conclusion(client: Client, rows: tuple[Row, ...], better: Proposal) -> str:
    lost = [row for row in rows if row.back_s is None]
    policy = client.reconnect
    silent = client.heartbeat_interval_s + client.heartbeat_timeout_s
    noticed = (
        f"A connection that drops is noticed at once; one that dies silently after {seconds(silent)} at worst "
        f"(proposal: {seconds(better.heartbeat_s + better.heartbeat_timeout_s)})."
    )
    if not lost:
        return f"The policy outlasts every outage up to {seconds(rows[-1].outage_s)}. {noticed}"
    row = lost[0]
    ending = "polling for ever: it never tries a WebSocket again" if row.ends == POLLING else "silence for ever"
    return (
        f"An outage longer than {seconds(_last_attempt(rows))} ends in {ending}, until the page is reloaded. "
        f"The policy makes {policy.attempts} attempts and then none. {noticed}"
    )


def _last_attempt(rows: tuple[Row, ...]) -> float:
    return next(row.gave_up_s or 0.0 for row in rows if row.back_s is None)


def _policy(client: Client, followed: Proposal | None) -> str:
    if followed:
        return (
            f"attempts for {seconds(followed.window_s)} and then every {seconds(followed.reprobe_s)}, each after a "
            f"random time up to {seconds(followed.base_s)}, doubling to {seconds(followed.cap_s)}; starts over when "
            f"a socket has lived {seconds(followed.stable_s)}; heartbeat {seconds(followed.heartbeat_s)} + "
            f"{seconds(followed.heartbeat_timeout_s)}"
        )
    policy, polls = client.reconnect, client.fallback
    growing = {"exponential": "doubling", "linear": "growing"}.get(policy.backoff)
    growth = f", {growing} to {seconds(policy.max_interval_s)}" if growing else " each"
    then = f"then polling every {seconds(polls.every_s)}" if polls else "then nothing"
    beat = f"heartbeat {seconds(client.heartbeat_interval_s)} + {seconds(client.heartbeat_timeout_s)}"
    return f"{policy.attempts} attempts, after {seconds(policy.interval_s)}{growth}, {then}; {beat}"


def _histogram(herd: Herd) -> Table:
    """Rows of a second or more; each bar is the busiest second of its row."""
    length = max(len(herd.configured), len(herd.proposed), 1)
    step = -(-length // _BARS)
    most = max([*herd.configured, *herd.proposed, 1])
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(width=30, no_wrap=True)
    table.add_column(width=30, no_wrap=True)
    peaks = (f"{max(side, default=0):,}" for side in (herd.configured, herd.proposed))
    titles = (f"policy, no jitter: peak {next(peaks)}", f"full jitter: peak {next(peaks)}")
    table.add_row("", *(Text(title, style="bold") for title in titles))
    for start in range(min(_first(herd), length - 1) // step * step, length, step):
        sides = (max(side[start : start + step], default=0) for side in (herd.configured, herd.proposed))
        table.add_row(Text(f"{start} s", style="dim"), _bar(next(sides), most, "red"), _bar(next(sides), most, "green"))
    return table


def _first(herd: Herd) -> int:
    return min(next((at for at, count in enumerate(side) if count), 0) for side in (herd.configured, herd.proposed))


def _bar(count: int, most: int, style: str) -> Text:
    if not count:
        return Text("")
    eighths = max(1, round(count / most * 20 * 8))
    blocks = "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
    return Text.assemble((blocks, style), f" {count:,}")


def _words(text: str, style: str = "") -> Text:
    return Text(printable(text), style=style, overflow="fold")


def _beside(pairs: Iterable[tuple[Text, RenderableType]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, content in pairs:
        grid.add_row(label, content)
    return grid


def _section(console: Console, heading: str, content: RenderableType) -> None:
    console.print()
    console.print(Text(heading, style="bold"))
    console.print(Padding(content, (0, 0, 0, 2)))


def _console(file: StringIO, width: int, *, color: bool) -> Console:
    return Console(
        file=file,
        width=width,
        height=100,
        force_terminal=color,
        force_jupyter=False,
        force_interactive=False,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _stripped(file: StringIO) -> str:
    return "\n".join(line.rstrip(" ") for line in file.getvalue().split("\n"))
