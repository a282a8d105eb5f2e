"""Small pieces of HTML. Every text passes through `escaped`: codes, URLs and names come from servers and strangers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from diag import __version__
from diag.report import Report
from reports._escape import terminal, xml
from reports.load._style import STYLE


def escaped(text: str) -> str:
    """Text as HTML may hold it, in an attribute too; what is invisible is shown as an escape, line ends stay."""
    return escape(xml(text), quote=True)


def page(title: str, body: str) -> str:
    """A whole document that needs nothing else: the policy forbids every request, and every script."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escaped(terminal(title))}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def header(report: Report, sentence: str, run: str) -> str:
    """The verdict, what it comes down to, what was run."""
    verdict = report.verdict.value
    return (
        f'<header><p class="verdict {verdict}">{escaped(verdict)}</p><h1>{escaped(sentence)}</h1>'
        f'<p class="run">{escaped(run)}</p>'
        f'<p class="target"><code>{escaped(report.target.url)}</code> from <code>{escaped(report.target.page)}</code>'
        f"<br>{escaped(report.started_at[:19].replace('T', ' '))} UTC</p></header>"
    )


def tiles(pairs: Iterable[tuple[str, str, str]]) -> str:
    """The few numbers that matter: label, value, remark."""
    cells = (
        f"<div><dt>{escaped(label)}</dt><dd>{escaped(value)}</dd><dd class='remark'>{escaped(remark)}</dd></div>"
        for label, value, remark in pairs
    )
    return f'<dl class="tiles">{"".join(cells)}</dl>'


def section(title: str, content: str) -> str:
    """A heading and what belongs to it; "" without content."""
    return f"<section><h2>{escaped(title)}</h2>{content}</section>" if content else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """Cells are HTML already; the first of each row is its heading. "" without rows."""
    body = "".join(
        f'<tr><th scope="row">{cells[0]}</th>{"".join(f"<td>{cell}</td>" for cell in cells[1:])}</tr>' for cells in rows
    )
    top = "".join(f'<th scope="col">{escaped(cell)}</th>' for cell in head)
    thead = f"<thead><tr>{top}</tr></thead>" if any(head) else ""
    return f'<div class="wide"><table class="{kind}">{thead}<tbody>{body}</tbody></table></div>' if body else ""


def findings(report: Report) -> str:
    """Every finding with its way out; the primary cause stands open."""
    parts = []
    for finding in report.findings:
        primary = finding is report.primary
        facts = "".join(f"<dt>{escaped(fact.label)}</dt><dd>{escaped(fact.value)}</dd>" for fact in finding.evidence)
        snippets = "".join(
            f"<figure class='snippet'><figcaption>{escaped(snippet.where)}</figcaption>"
            f"<pre>{escaped(snippet.text.strip(chr(10)))}</pre></figure>"
            for snippet in finding.fix.snippets
        )
        parts.append(
            f"<details{' open' if primary else ''}><summary><b class='{finding.severity}'>{finding.severity}</b> "
            f"<code>{escaped(finding.code)}</code> {escaped(finding.title)}</summary>"
            f"<p>{escaped(finding.detail)}</p><dl class='facts'>{facts}</dl>"
            f"<p><b>Fix.</b> {escaped(finding.fix.summary)}</p>{snippets}</details>"
        )
    return "".join(parts)


def notes(report: Report) -> str:
    """What a reader should know."""
    items = "".join(f"<li>{escaped(note)}</li>" for note in report.notes)
    return f"<ul>{items}</ul>" if items else ""


def footer(report: Report) -> str:
    """Who wrote it."""
    return (
        f"<footer>wsdiag {escaped(__version__)}, <code>wsdiag {escaped(report.command)}</code>. Percentiles are "
        "at most 1.6 % off.</footer>"
    )
