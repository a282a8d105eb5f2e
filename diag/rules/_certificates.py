"""What the certificates tell that a server presents for one server name, for another, and for none."""

from __future__ import annotations

from ipaddress import ip_address

from diag.model import Route
from diag.observations import Link, Presented
from diag.seen import Seen
from diag.urls import host_and_port, is_literal

_NO_ISSUER = ("unable to get local issuer certificate", "unable to verify the first certificate")
"""OpenSSL's X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY and X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE."""


def as_asked(seen: Seen, route: Route) -> Presented | None:
    """What a browser is shown: it sends a name as the server name, and for an address none."""
    host, _, _ = host_and_port(route.url)
    return seen.presented.get((route.name, f"sni={'' if is_literal(host) else host}"))


def without_issuer(seen: Seen, route: Route) -> Link | None:
    """The leaf of a chain that lacks the leaf's own issuer, where that issuer is an intermediate.

    An authority that signs the leaf itself and is not trusted looks the same, and is no matter of the chain. So the
    leaf says where its issuer is to be fetched, as public authorities have it; browsers pass because they fetch it.
    """
    silence, shown = seen.silence(route), as_asked(seen, route)
    if silence is None or silence.detail not in _NO_ISSUER or shown is None or not shown.chain:
        return None
    leaf = shown.chain[0]
    if any(link.subject == leaf.issuer for link in shown.chain):
        return None
    return leaf if leaf.issuers_at else None


def fitting_under_another_name(seen: Seen, route: Route) -> tuple[str, Link] | None:
    """A server name (empty: none) that is not the browser's, and the certificate that the server shows for it.

    It is another one than the browser sees, and it fits the URL's host, or for an address the name that was asked for.
    """
    shown = as_asked(seen, route)
    if shown is None:
        return None
    host, _, _ = host_and_port(route.url)
    for (name, variant), other in seen.presented.items():
        asked = variant.partition("=")[2]
        if name != route.name or other is shown or not other.chain:
            continue
        leaf, wanted = other.chain[0], asked if is_literal(host) else host
        if (
            covers(leaf, wanted)
            and leaf not in shown.chain[:1]
            and not any(covers(link, host) for link in shown.chain[:1])
        ):
            return asked, leaf
    return None


def covers(link: Link, host: str) -> bool:
    """Whether a certificate is for a host (RFC 9525, section 6.3): a wildcard stands for one whole label."""
    if is_literal(host):
        return any(is_literal(name) and ip_address(name) == ip_address(host) for name in link.names)
    host = host.lower().rstrip(".")
    above = "*." + host.partition(".")[2]
    return any(name.lower() in (host, above) for name in link.names)


def described(presented: Presented | None) -> str:
    """A presented chain as a person would quote it: whose it is, who signed it, and how long it is."""
    if presented is None:
        return "not asked"
    if not presented.chain:
        failure = presented.failure
        return f"TLS fails: {failure.detail or failure.reason}" if failure else "no certificate"
    leaf = presented.chain[0]
    names = ", ".join(leaf.names[:4]) or leaf.subject
    count = len(presented.chain)
    return f"for {names}, issued by {leaf.issuer}, {count} certificate{'s' * (count > 1)} sent"
