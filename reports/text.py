"""Text: what a person reads under stress. The verdict and its cause first, then the proof, then the way out."""

from __future__ import annotations

from io import StringIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from diag.model import Finding, Severity, Snippet, Verdict
from diag.report import Report, Waived
from reports import Options
from reports._checks import heading, table
from reports._escape import terminal
from reports._terminal import beside, requests, routes, words
from reports._words import in_the_browser

_NARROWEST = 20
_INDENT = 2
_LONGEST_EVIDENCE = 600
_SNIPPETS = 4  # the first is for the software that answered; a screenful of the others would hide it
_VERDICTS = {
    Verdict.HEALTHY: "bold green",
    Verdict.DEGRADED: "bold yellow",
    Verdict.BROKEN: "bold red",
    Verdict.UNKNOWN: "bold magenta",
}
_SEVERITIES = {Severity.ERROR: ("✗", "bold red"), Severity.WARNING: ("!", "yellow"), Severity.INFO: ("·", "cyan")}


def render(report: Report, options: Options) -> str:
    """The report for a terminal of `options.width` columns; without colour there is not one escape code in it.

    Only a snippet's lines may be longer than the terminal is wide: folded, they could not be pasted.
    """
    file = StringIO()
    console = console_for(file, options)
    _verdict(console, report)
    if report.checks:
        print_section(console, heading(report.checks), table(report.checks))
    if report.routes:
        print_section(console, "Routes", routes(report, console.width - _INDENT))
    if report.api:
        print_section(console, "REST requests", requests(report.api))
    if report.primary is not None:
        print_cause(console, report.primary)
    print_rest(console, report)
    return "\n".join(line.rstrip(" ") for line in file.getvalue().split("\n"))


def console_for(file: StringIO, options: Options) -> Console:
    """Every property is given, so that neither TERM nor COLUMNS nor NO_COLOR changes what a test has seen."""
    return Console(
        file=file,
        width=max(options.width, _NARROWEST),
        height=100,
        force_terminal=options.color,
        force_jupyter=False,
        force_interactive=False,
        color_system="standard" if options.color else None,
        no_color=not options.color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def print_section(console: Console, heading: str, content: RenderableType) -> None:
    """A heading in bold, and what belongs to it, indented."""
    console.print()
    console.print(Text(heading, style="bold"))
    console.print(Padding(content, (0, 0, 0, _INDENT)))


def _verdict(console: Console, report: Report) -> None:
    sentences = [_sentence(report)]
    seen = in_the_browser(report)
    if seen is not None:
        sentences.append(words(f"In the browser: {seen}"))
    sentences.append(words(f"Page {report.target.page} opens {report.target.url}", "dim"))
    label = words(report.verdict.upper(), _VERDICTS[report.verdict])
    console.print(beside((label, Text("\n").join(sentences))))


def _sentence(report: Report) -> Text:
    if report.primary is not None:
        return Text.assemble(words(report.primary.code, "bold"), " — ", words(report.primary.title))
    if report.primary_cause is not None:
        return words(report.primary_cause, "bold")
    match report.verdict:
        case Verdict.HEALTHY:
            return words("the page's WebSocket works")
        case Verdict.UNKNOWN:
            return words("wsdiag could not tell")
        case Verdict.DEGRADED:
            return words("the page's WebSocket opens, but not all is well")
        case Verdict.BROKEN:
            return words("the page has no usable WebSocket")


def print_cause(console: Console, cause: Finding) -> None:
    """Why, the proof, the way out."""
    print_section(console, "Why", words(cause.detail))
    if cause.evidence:
        facts = [(words(fact.label, "dim"), words(_bounded(fact.value))) for fact in cause.evidence]
        print_section(console, "Evidence", beside(*facts, label_width=console.width // 2 - _INDENT))
    if cause.fix.summary or cause.fix.snippets:
        print_section(console, "Fix", words(cause.fix.summary))
    for snippet in cause.fix.snippets[:_SNIPPETS]:
        _snippet(console, snippet)
    if others := ", ".join(snippet.where for snippet in cause.fix.snippets[_SNIPPETS:]):
        console.print()
        more = words(f"For {others}: wsdiag explain {cause.code}", "dim")
        console.print(Padding(more, (0, 0, 0, _INDENT)))


def _bounded(text: str) -> str:
    hidden = len(text) - _LONGEST_EVIDENCE
    return text if hidden <= 0 else f"{text[:_LONGEST_EVIDENCE]} ... ({hidden} more characters)"


def _snippet(console: Console, snippet: Snippet) -> None:
    console.print()
    console.print(Padding(words(snippet.where, "cyan"), (0, 0, 0, _INDENT)))
    for line in snippet.text.strip("\n").split("\n"):
        safe = terminal(line.removesuffix("\r").expandtabs(4))
        console.print(Text(" " * (2 * _INDENT) + safe), soft_wrap=True)


def print_rest(console: Console, report: Report) -> None:
    """What else was found, set aside or noticed, and where to read on."""
    others = [finding for finding in report.findings if finding is not report.primary]
    explained = set(report.primary.explains) if report.primary is not None else set()
    if others:
        others.sort(key=lambda finding: (finding.severity.rank, finding.code in explained))
        print_section(console, "Also found", beside(*(_other(finding, explained) for finding in others)))
    if report.waived:
        print_section(console, "Waived", beside(*map(_waived, report.waived), gap=1))
    notes = [*report.notes]
    if report.proxies_set:
        notes.append(f"proxy variables are set on this machine: {', '.join(report.proxies_set)}")
    if notes:
        print_section(console, "Notes", beside(*((words("·", "dim"), words(note)) for note in notes), gap=1))
    if report.findings:
        console.print()
        console.print(words(f"More: wsdiag explain {report.primary_cause or 'CODE'}", "dim"), soft_wrap=True)


def _other(finding: Finding, explained: set[str]) -> tuple[Text, Text]:
    sign, style = _SEVERITIES[finding.severity]
    where = f" ({finding.route})" if finding.route else ""
    line = Text.assemble(words(finding.code, "bold"), words(f"{where}: {finding.title}"))
    if finding.code in explained:
        line.append(" — follows from the cause", style="dim")
    return words(f"{sign} {finding.severity}", style), line


def _waived(waived: Waived) -> tuple[Text, Text]:
    where = f" ({waived.route})" if waived.route else ""
    until = f" until {waived.until}" if waived.until else ""
    reason = f": {waived.reason}" if waived.reason else ""
    return words("—", "dim"), words(f"{waived.code}{where}{until}{reason}")
