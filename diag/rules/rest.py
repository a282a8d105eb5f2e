"""The page's REST requests by themselves: gone, slow, unwell, or answered with a page where data is due."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding
from diag.observations import Answer, NoAnswer, RestCall
from diag.rules._hops import written_by_proxy
from diag.rules._verdicts import fetch_verdict
from diag.rules._words import finding, is_html, parse_any, said
from diag.seen import Seen

CODES = (
    "rest-unreachable",
    "rest-timeout",
    "rest-gateway-error",
    "rest-unhealthy",
    "rest-auth-required",
    "rest-spa-fallback",
    "rest-fallback-missing",
    "api-endpoint-missing",
    "rest-bad-request",
    "rest-rate-limited",
)


def judge(seen: Seen) -> Iterator[Finding]:
    """One finding for each code, with every request that meets it."""
    met: dict[str, list[RestCall]] = {}
    for call in seen.calls:
        code = _code(seen, call, call.final)
        if code:
            met.setdefault(code, []).append(call)
    if met.get("api-endpoint-missing") and len(met["api-endpoint-missing"]) == len(seen.calls):
        met["rest-fallback-missing"] = met.pop("api-endpoint-missing")
    for code, calls in met.items():
        evidence = [(f"{call.method} {call.url}", said(call.final)) for call in calls[:6]]
        detail = f"{calls[0].method} {calls[0].url}: {said(calls[0].final)}"
        yield finding(seen, code, detail, evidence=evidence)


def _code(seen: Seen, call: RestCall, outcome: Answer | NoAnswer | None) -> str | None:
    if outcome is None:
        return None
    if isinstance(outcome, NoAnswer):
        silent = outcome.stage == "http" and outcome.reason in ("timeout", "slow")
        return "rest-timeout" if silent else "rest-unreachable"
    if outcome.status in (401, 403, 407):
        return "rest-auth-required"
    if outcome.status in (404, 405, 410):
        return "api-endpoint-missing"
    if outcome.status == 429:
        return "rest-rate-limited"
    if outcome.status in (400, 422):
        # Nothing is sent as a body, and a method that has one is refused for its absence alone.
        return "rest-bad-request" if call.method.upper() in ("GET", "HEAD") else None
    if outcome.status in (502, 503, 504):
        document = parse_any(outcome.body)
        unhealthy = outcome.status == 503 and isinstance(document, dict) and not written_by_proxy(outcome)
        return "rest-unhealthy" if unhealthy else "rest-gateway-error"
    if outcome.status >= 500:
        verdict = fetch_verdict(seen, call)
        return "rest-unhealthy" if verdict and verdict.allowed else None  # else the page sees a CORS error only
    if outcome.status == 200 and is_html(outcome):
        return "rest-spa-fallback"
    return None
