"""wss where ws is spoken, ws where wss is, and certificates that a browser does not take."""

from __future__ import annotations

from collections.abc import Iterator

from diag.model import Finding, Route
from diag.rules._certificates import as_asked, described, fitting_under_another_name, without_issuer
from diag.rules._words import body_text, finding, quoted
from diag.seen import Seen
from diag.urls import host_and_port

CODES = (
    "tls-on-plain-port",
    "plain-on-tls-port",
    "tls-cert-untrusted",
    "tls-cert-name-mismatch",
    "tls-cert-expired",
    "tls-chain-incomplete",
    "tls-sni-misroute",
    "alpn-h2-only",
    "tls-handshake-failed",
)
_BY_REASON = {
    "untrusted": ("tls-cert-untrusted", "The certificate's chain ends at no authority that the client trusts"),
    "name-mismatch": ("tls-cert-name-mismatch", "The certificate is for another name"),
    "expired": ("tls-cert-expired", "The certificate is outside its dates"),
    "not-tls": ("tls-on-plain-port", "The port answers the TLS ClientHello with something that is not TLS"),
    "no-alpn": ("alpn-h2-only", "The server refuses the application protocol http/1.1"),
}
_PLAIN_TO_TLS = (
    "plain http request was sent to https port",
    "http request to an https server",
    "plain http request",
    "speaking plain http to an ssl-enabled server port",
)
_PLAIN_REQUESTS = ("get", "get-root", "get-sibling", "sibling")


def judge(seen: Seen) -> Iterator[Finding]:
    """TLS failures by the class of the verification error, and plain requests that met an encrypted port."""
    for route in seen.target.routes:
        silence = seen.silence(route)
        if silence is not None and silence.stage == "tls":
            code, what = _BY_REASON.get(silence.reason, ("tls-handshake-failed", "The TLS handshake fails"))
            evidence = [quoted(seen, route)]
            if code == "tls-handshake-failed" and seen.answer(route, "other-scheme"):
                code, what = "tls-on-plain-port", "The port answers in clear, and the TLS ClientHello with nothing"
            if seen.exchange(route, "other-scheme"):
                evidence.append(quoted(seen, route, "other-scheme"))
            detail = f"{what}: {silence.detail}." if silence.detail else f"{what}."
            yield (
                _misrouted(seen, route, evidence)
                or _incomplete(seen, route, evidence)
                or finding(seen, code, detail, route=route, evidence=evidence)
            )
        elif _met_tls(seen, route):
            detail = "The page speaks plain ws to a port that expects TLS."
            evidence = [quoted(seen, route), quoted(seen, route, "other-scheme")]
            yield finding(seen, "plain-on-tls-port", detail, route=route, evidence=evidence)


def _misrouted(seen: Seen, route: Route, evidence: list[tuple[str, str]]) -> Finding | None:
    found = fitting_under_another_name(seen, route)
    if found is None:
        return None
    asked, leaf = found
    evidence = [*evidence, ("certificate, as a browser asks", described(as_asked(seen, route)))]
    evidence.append(
        (f"certificate, for {asked or 'no server name'}", described(seen.presented[route.name, f"sni={asked}"]))
    )
    host, _, _ = host_and_port(route.url)
    if asked:
        detail = (
            f"The URL has an address, so no server name is sent; for {asked} the server has a certificate that fits."
        )
    else:
        detail = (
            f"Asked for {host}, the server shows the wrong certificate; asked for no name, one for {leaf.names[0]}."
        )
    return finding(seen, "tls-sni-misroute", detail, route=route, evidence=evidence)


def _incomplete(seen: Seen, route: Route, evidence: list[tuple[str, str]]) -> Finding | None:
    leaf = without_issuer(seen, route)
    if leaf is None:
        return None
    evidence = [*evidence, ("certificate", described(as_asked(seen, route)))]
    if leaf.issuers_at:
        evidence.append(("issuer's certificate", leaf.issuers_at[0]))
    detail = f"The server does not send the certificate of the leaf's issuer, {leaf.issuer}."
    return finding(seen, "tls-chain-incomplete", detail, route=route, evidence=evidence)


def _met_tls(seen: Seen, route: Route) -> bool:
    if not route.url.startswith("ws:"):
        return False
    answer, silence = seen.answer(route), seen.silence(route)
    if answer and answer.status == 400 and any(text in body_text(answer) for text in _PLAIN_TO_TLS):
        return True
    if silence is None or silence.stage != "http":
        return False
    if any(seen.answer(route, variant) for variant in _PLAIN_REQUESTS):
        return False  # the port speaks plain HTTP; some (Traefik) take TLS on the same one
    encrypted = seen.exchange(route, "other-scheme")
    refused_certificate = seen.silence(route, "other-scheme")
    spoke_tls = encrypted is not None and encrypted.certificate is not None
    refused = refused_certificate is not None and refused_certificate.reason in (
        "untrusted",
        "name-mismatch",
        "expired",
    )
    return silence.received[:2] == b"\x15\x03" or spoke_tls or refused
