"""CORS: of the page's REST requests only. It never blocks a WebSocket."""

from __future__ import annotations

from collections.abc import Iterator

from diag.browser.cors import is_cross_origin
from diag.model import ApiRequest, Finding
from diag.observations import Answer, Hop, RestCall
from diag.rules._verdicts import fetch_verdict
from diag.rules._words import finding, quoted, said
from diag.seen import FOREIGN, FOREIGN_ORIGIN, Seen
from diag.urls import request_path

CODES = (
    "cors-origin-not-allowed",
    "cors-preflight-rejected",
    "cors-preflight-redirected",
    "cors-credentials-wildcard",
    "cors-duplicate-acao",
    "cors-missing-on-errors",
    "cors-vary-missing",
    "cors-not-the-cause",
    "cors-reflects-any-origin",
    "cors-dev-only-pass",
)
_ORIGIN_ERRORS = ("AllowOrigin", "OriginMismatch", "MissingAllowOrigin", "DisallowedByMode")


def judge(seen: Seen) -> Iterator[Finding]:
    """One finding for each kind of refusal, with every request that meets it; a remark where CORS is innocent."""
    refused: dict[str, list[tuple[RestCall, str]]] = {}
    for call in seen.calls:
        api = seen.target.api[call.index]
        verdict = fetch_verdict(seen, call)
        if verdict is not None and verdict.allowed:
            yield from _cacheable(seen, call)
        if verdict is None or verdict.allowed or verdict.error is None:
            continue
        code = _code(api, call, verdict.error)
        refused.setdefault(code, []).append((call, f"{verdict.error}: {verdict.message}"))
    for code, calls in refused.items():
        yield _refusal(seen, code, calls)
    if refused and not seen.opens(seen.page) and seen.exchange(seen.page):
        detail = "REST requests fail for CORS, and the WebSocket fails too; CORS never applies to a WebSocket."
        evidence = [
            quoted(seen, seen.page),
            *((f"{calls[0][0].method} {calls[0][0].url}", code) for code, calls in refused.items()),
        ]
        yield finding(seen, "cors-not-the-cause", detail, evidence=evidence)
    yield from _reflected(seen)
    yield from _behind_proxy_only(seen, [call for calls in refused.values() for call, _ in calls])


def _reflected(seen: Seen) -> Iterator[Finding]:
    """A foreign origin was asked with, and is allowed to read with the user's cookies."""
    for (_, variant), call in seen.recalls.items():
        answer = call.final
        if variant != FOREIGN or not isinstance(answer, Answer):
            continue
        allowed = answer.header("access-control-allow-origin") or "absent"
        credentials = answer.header("access-control-allow-credentials") or "absent"
        if allowed == FOREIGN_ORIGIN and credentials == "true":
            evidence = [(f"{call.method} {call.url}", f"with Origin: {FOREIGN_ORIGIN}")]
            evidence += [("Access-Control-Allow-Origin", allowed), ("Access-Control-Allow-Credentials", credentials)]
            detail = f"Any website may read {call.method} {call.url} with the cookies of a user who visits it."
            yield finding(seen, "cors-reflects-any-origin", detail, evidence=evidence)
            return


def _behind_proxy_only(seen: Seen, refused: list[RestCall]) -> Iterator[Finding]:
    """The same request passes from the page's own origin, where a proxy serves it, and is refused directly."""
    for call in refused:
        for other in seen.calls:
            same = (other.method, request_path(other.url)) == (call.method, request_path(call.url))
            good = isinstance(other.final, Answer) and other.final.status < 400
            if not same or not good or is_cross_origin(seen.target.page, other.url):
                continue
            evidence = [(f"{one.method} {one.url}", said(one.final)) for one in (other, call)]
            evidence.append(("the page", seen.target.page))
            detail = f"{request_path(call.url)} passes through the page's own origin, and CORS refuses it directly."
            yield finding(seen, "cors-dev-only-pass", detail, evidence=evidence)
            return


def _cacheable(seen: Seen, call: RestCall) -> Iterator[Finding]:
    """An answer for this origin alone that a cache may hand to another one."""
    answer = call.final
    if not isinstance(answer, Answer) or answer.header("access-control-allow-origin") != seen.target.page:
        return
    lasts = "max-age=" in (control := (answer.header("cache-control") or "").lower()) and "max-age=0" not in control
    varies = (answer.header("vary") or "").lower()
    if lasts and "no-store" not in control and "origin" not in varies and "*" not in varies:
        detail = f"{call.method} {call.url} may be cached and allows {seen.target.page} alone, without Vary: Origin."
        evidence = [("Access-Control-Allow-Origin", seen.target.page), ("Cache-Control", control)]
        evidence.append(("Vary", varies or "absent"))
        yield finding(seen, "cors-vary-missing", detail, evidence=evidence)


def _refusal(seen: Seen, code: str, calls: list[tuple[RestCall, str]]) -> Finding:
    first, why = calls[0]
    evidence = [(f"{call.method} {call.url}", error) for call, error in calls[:4]]
    evidence += _headers(first)
    detail = f"The page at {seen.target.page} may not read {first.method} {first.url}: {why.partition(': ')[2]}"
    return finding(seen, code, detail, evidence=evidence)


def _code(api: ApiRequest, call: RestCall, error: str) -> str:
    hop = call.hops[-1]
    preflighted = isinstance(hop.preflight, Answer)
    answers = [answer for answer in (hop.preflight, hop.answer) if isinstance(answer, Answer)]
    for answer in answers:
        values = answer.all("access-control-allow-origin")
        if len(values) > 1 or any("," in value for value in values):
            return "cors-duplicate-acao"
    if "Wildcard" in error and api.credentials == "include":
        return "cors-credentials-wildcard"
    if "Redirect" in error and preflighted:
        return "cors-preflight-redirected"
    if preflighted and _fails_only_in_preflight(hop, error):
        return "cors-preflight-rejected"
    if isinstance(hop.answer, Answer) and hop.answer.status >= 500 and not preflighted:
        return "cors-missing-on-errors"
    return "cors-origin-not-allowed"


def _fails_only_in_preflight(hop: Hop, error: str) -> bool:
    """Whether the refusal is about the preflight itself, and not about an origin that is refused everywhere."""
    if "Preflight" not in error:
        return False
    if error.startswith(("Method", "Header")):
        return True
    preflight, answer = hop.preflight, hop.answer
    if isinstance(answer, Answer):
        return bool(answer.all("access-control-allow-origin"))
    about_origin = any(word in error for word in _ORIGIN_ERRORS)
    ok = isinstance(preflight, Answer) and 200 <= preflight.status < 300
    return not about_origin or not ok


def _headers(call: RestCall) -> list[tuple[str, str]]:
    rows = []
    for name, outcome in (("preflight", call.hops[-1].preflight), ("answer", call.hops[-1].answer)):
        if isinstance(outcome, Answer):
            allowed = " and ".join(outcome.all("access-control-allow-origin")) or "absent"
            rows.append((f"{name}", f"{outcome.status} {outcome.reason}; Access-Control-Allow-Origin: {allowed}"))
        elif outcome is not None:
            rows.append((name, said(outcome)))
    return rows
