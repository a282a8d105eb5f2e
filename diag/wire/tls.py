"""TLS for probes: what the handshake showed, and why it failed, in words that a rule can tell apart."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any, cast

from diag.model import Tls
from diag.observations import Certificate, Link, NoAnswer

_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "PACKET_LENGTH_TOO_LONG",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
)
CHAIN_LIMIT = 10
_NO_ALPN = "NO_APPLICATION_PROTOCOL"
_EXPIRED = (9, 10)
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED (OpenSSL, x509_vfy.h)."""
_NAME_MISMATCH = (62, 64)
"""X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""


def context(settings: Tls, alpn: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLContext:
    """A client context. Only `http/1.1` is offered for a WebSocket: an HTTP/2 answer to an Upgrade is garbage.

    OSError and ssl.SSLError rise when a file of `settings` cannot be used; the configuration checks that first.
    """
    made = ssl.create_default_context(cafile=settings.cacert)
    if settings.insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if settings.cert:
        made.load_cert_chain(settings.cert, settings.key)
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


def wrap(sock: socket.socket, host: str, made: ssl.SSLContext, deadline: float) -> ssl.SSLSocket | NoAnswer:
    """The socket behind a finished handshake, or why there is none; the plain socket is closed in that case.

    An empty `host` asks for no server name, which a context that checks host names refuses.
    """
    sock.settimeout(max(0.001, deadline - time.monotonic()))
    try:
        return made.wrap_socket(sock, server_hostname=host or None)
    except (ssl.SSLError, OSError, ValueError) as error:
        sock.close()
        return failure(error)


def failure(error: Exception) -> NoAnswer:
    """A failed TLS handshake as an observation."""
    match error:
        case ssl.SSLCertVerificationError():
            return NoAnswer("tls", _verification(error.verify_code), error.verify_message)
        case ssl.SSLEOFError():
            return NoAnswer("tls", "eof", "the peer closed during the TLS handshake")
        case TimeoutError():
            return NoAnswer("tls", "timeout", "no answer to the TLS ClientHello")
        case ConnectionResetError() | BrokenPipeError():
            return NoAnswer("tls", "reset", "the peer reset the connection during the TLS handshake")
        case ssl.SSLError():
            reason = error.reason or str(error)
            # Python knows no symbol for some alerts: only OpenSSL's own words are left then.
            symbol = reason.upper().replace(" ", "_")
            if any(word in symbol for word in _NOT_TLS):
                return NoAnswer("tls", "not-tls", reason)
            return NoAnswer("tls", "no-alpn" if _NO_ALPN in symbol else "error", reason)
    return NoAnswer("tls", "error", str(error))


def _verification(code: int) -> str:
    if code in _EXPIRED:
        return "expired"
    return "name-mismatch" if code in _NAME_MISMATCH else "untrusted"


def certificate(sock: ssl.SSLSocket) -> Certificate:
    """What the peer presented; the names stay empty when verification was off (Python then hides them)."""
    shown: dict[str, Any] = sock.getpeercert() or {}
    names = tuple(str(value) for _, value in shown.get("subjectAltName", ()))
    return Certificate(
        version=sock.version() or "",
        alpn=sock.selected_alpn_protocol(),
        subject=_common_name(shown.get("subject", ())),
        issuer=_common_name(shown.get("issuer", ())),
        names=names,
        not_after=str(shown.get("notAfter", "")),
    )


def chain(sock: ssl.SSLSocket) -> tuple[Link, ...]:
    """The certificates that the peer sent, the leaf first, verified or not.

    The public SSLSocket.get_unverified_chain came with Python 3.13, and it shows bytes; the object below it has had
    decoded ones since 3.10. Empty where one of them cannot be decoded.
    """
    sent: list[Any] = cast("Any", sock)._sslobj.get_unverified_chain() or []
    try:
        return tuple(_link(item.get_info()) for item in sent[:CHAIN_LIMIT])
    except (ssl.SSLError, ValueError):
        return ()


def _link(shown: dict[str, Any]) -> Link:
    return Link(
        subject=_distinguished_name(shown.get("subject", ())),
        issuer=_distinguished_name(shown.get("issuer", ())),
        serial=str(shown.get("serialNumber", "")),
        names=tuple(str(value) for _, value in shown.get("subjectAltName", ())),
        issuers_at=tuple(str(url) for url in shown.get("caIssuers", ())),
    )


def _distinguished_name(name: Any) -> str:
    return ", ".join(f"{key}={value}" for part in name for key, value in part)


def _common_name(name: Any) -> str:
    """The common and organisation names of a subject, as Python shows it: a tuple of tuples of pairs."""
    pairs: list[tuple[str, str]] = [pair for part in name for pair in part]
    return ", ".join(value for key, value in pairs if key in ("commonName", "organizationName"))
