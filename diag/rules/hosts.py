"""The server knows the Host under which it is called, and refuses all others."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding
from diag.observations import Answer
from diag.rules._words import body_text, finding, quoted, said
from diag.seen import Seen, same_answer

CODES = ("host-not-allowed",)
_SENTENCES = ("invalid host header", "disallowedhost", "invalid http_host header")
_DJANGO = "<h1>bad request (400)</h1>"
_MISDIRECTED = 421


def judge(seen: Seen) -> Iterator[Finding]:
    """By the Host that opens instead, by the server's own sentence, or by Django's 400 to every REST request."""
    page, answer = seen.page, seen.answer(seen.page)
    if seen.opens(page):
        yield from _rest_only(seen)
        return
    if answer is None or seen.reference is not None:
        return
    tried = [variant for name, variant in seen.exchanges if name == page.name and variant.startswith("host=")]
    better = next((variant for variant in tried if seen.opens(page, variant)), None)
    evidence = [quoted(seen, page), quoted(seen, page, "get-root")]
    if better:
        evidence.append(quoted(seen, page, better))
        detail = f"The server refuses the Host of the page's URL and opens under {better.partition('=')[2]}."
        yield finding(seen, "host-not-allowed", detail, route=page, evidence=evidence)
    elif _names_host(answer) and same_answer(answer, seen.answer(page, "get-root")):
        detail = "The server refuses every request under this Host, and says so."
        yield finding(seen, "host-not-allowed", detail, route=page, evidence=evidence)


def _names_host(answer: Answer) -> bool:
    refused = answer.status == _MISDIRECTED or answer.status in (400, 403)
    text = body_text(answer)
    return refused and (answer.status == _MISDIRECTED or any(sentence in text for sentence in _SENTENCES))


def _rest_only(seen: Seen) -> Iterator[Finding]:
    """Channels hands a socket on without a look at the Host; Django then refuses every plain request for it."""
    answers = [call.final for call in seen.calls]
    refused = [answer for answer in answers if isinstance(answer, Answer) and _refuses_host(answer)]
    if answers and len(refused) == len(answers):
        evidence = [(f"{call.method} {call.url}", said(call.final)) for call in seen.calls[:4]]
        detail = "Every REST request is refused for the Host under which it arrives, while the socket opens."
        yield finding(seen, "host-not-allowed", detail, evidence=evidence)


def _refuses_host(answer: Answer) -> bool:
    return _names_host(answer) or (answer.status == 400 and _DJANGO in body_text(answer))
