"""A check's ruling, and the sentences that several checks share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from diag import catalogue
from diag.model import Finding, Severity
from diag.verify.observed import Observed

NO_PAGE = "connects failed: the page has no usable socket"
_REFUSALS = {
    "401": "auth-required",
    "403": "auth-forbidden",
    "429": "handshake-rate-limited",
    "503": "connection-limit",
}


@dataclass(frozen=True, slots=True)
class Ruling:
    """`outcome` is that of `diag.report.Check`; what was done, what was seen, and why it is no pass.

    `cause` is the code behind a failure; `finding` is one that the probe does not have.
    """

    outcome: str
    did: str = ""
    saw: str = ""
    because: str | None = None
    cause: str | None = None
    finding: Finding | None = None


def passed(did: str, saw: str) -> Ruling:
    """All is well."""
    return Ruling("pass", did, saw)


def skipped(because: str) -> Ruling:
    """A prerequisite failed, or there is nothing to check: `because` says what is missing."""
    return Ruling("skip", because=because)


def failed(did: str, saw: str, because: str, cause: str | Finding | None) -> Ruling:
    """The target is wrong; `cause` is a code that the probe found, or a finding of the check's own."""
    if isinstance(cause, Finding):
        return Ruling("fail", did, saw, because, cause.code, cause)
    return Ruling("fail", did, saw, because, cause)


def own(seen: Observed, code: str, detail: str, *evidence: tuple[str, str]) -> Finding:
    """A finding on the page's route."""
    return catalogue.finding(code, detail, route=seen.page.name, evidence=evidence)


def found(seen: Observed, *, layers: Collection[str] = (), codes: Collection[str] = ()) -> Finding | None:
    """The first error that the probe found about something, on the page's way; a warning where the code is named."""
    here = [item for item in seen.report.findings if item.route in (seen.page.name, None)]
    errors = [item for item in here if item.severity is Severity.ERROR]
    named = (item for item in here if item.code in codes)
    return next(named, None) or next((item for item in errors if item.layer in layers), None)


def refused_with(seen: Observed, text: str, otherwise: str) -> Finding:
    """The finding for what a handshake was refused with (`403 Forbidden`), where one follows from that alone."""
    code = _REFUSALS.get(text[:3]) or (text if text in catalogue.entries() else otherwise)
    return own(seen, code, f"Another socket of the page is refused: {text}.", ("refused with", text))


def gone(seen: Observed, before: Collection[str], after: Collection[str]) -> tuple[str, ...]:
    """The message types that came before and must come again: the expected ones; without any, at least something."""
    expected = set(before) & set(seen.target.expect)
    return tuple(sorted(expected - set(after) if expected or after else before))


def seconds(value: float) -> str:
    """`0.2 s`, `45 s`."""
    return f"{value:.1f}".removesuffix(".0") + " s"


def shortly(milliseconds: float) -> str:
    """`3 ms`, `1.2 s`."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else seconds(milliseconds / 1000)


def count(number: int, noun: str) -> str:
    """`1 message`, `3 messages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
