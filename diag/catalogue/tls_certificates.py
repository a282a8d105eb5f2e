"""Certificates: issuer, name and dates."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import NGINX_TLS, snippet
from diag.model import Fix, Severity

_INSPECT = snippet(
    "Shell (what the server presents)",
    """
    openssl s_client -connect {host}:443 -servername {host} </dev/null 2>/dev/null \\
      | openssl x509 -noout -subject -issuer -dates -ext subjectAltName
    """,
)

_NO_INTERSTITIAL = (
    "A browser shows no warning page for a WebSocket: the user must visit the https address first, or never learns why."
)

ENTRIES = (
    Entry(
        code="tls-cert-untrusted",
        severity=Severity.ERROR,
        layer="tls",
        title="The certificate's issuer is not trusted",
        explanation=(
            "The server's certificate is self-signed, comes from a private CA, or is sent without its intermediate "
            f"certificates. {_NO_INTERSTITIAL}"
        ),
        recognised=(
            "Verification fails for the issuer and the handshake completes with verification off. Told apart from "
            "tls-cert-name-mismatch and tls-cert-expired by the verifier's own error."
        ),
        fix=Fix(
            "Serve the full chain of a trusted CA, or trust the development CA on every machine that opens the page.",
            (
                snippet(
                    "mkcert (development, shell)",
                    """
                    mkcert -install
                    mkcert {host} localhost 127.0.0.1 ::1
                    """,
                ),
                NGINX_TLS,
                _INSPECT,
            ),
        ),
        sources=("RFC 5280, section 6", "RFC 8446, section 4.4.2", "measured: Chromium 156"),
        browser=browser.console("net::ERR_CERT_AUTHORITY_INVALID"),
        explains=("rest-unreachable", "tls-handshake-failed"),
    ),
    Entry(
        code="tls-cert-name-mismatch",
        severity=Severity.ERROR,
        layer="tls",
        title="The certificate is for another name",
        explanation=(
            "The certificate's subjectAltName does not contain the host of the URL. Either the URL uses an alias or an "
            f"IP address, or the server picked its default certificate. {_NO_INTERSTITIAL}"
        ),
        recognised=(
            "The verifier reports a host name mismatch; the chain itself may be fine. Told apart from wrong-vhost, "
            "which is about the HTTP answer, not the certificate."
        ),
        fix=Fix(
            "Use a name that the certificate holds, or issue one whose subjectAltName holds {host}.",
            (
                snippet("certbot (shell)", "certbot certonly --nginx -d {host}"),
                snippet("mkcert (development, shell)", "mkcert {host} localhost 127.0.0.1 ::1"),
                _INSPECT,
            ),
        ),
        sources=("RFC 9525, section 6", "RFC 6066, section 3 (server name indication)"),
        browser=browser.console("net::ERR_CERT_COMMON_NAME_INVALID"),
        explains=("rest-unreachable", "tls-handshake-failed"),
    ),
    Entry(
        code="tls-cert-expired",
        severity=Severity.ERROR,
        layer="tls",
        title="The certificate has expired or is not valid yet",
        explanation=(
            "The present moment is outside the certificate's validity. Renewal failed, the server was not reloaded "
            f"after it, or a clock is wrong. {_NO_INTERSTITIAL}"
        ),
        recognised=(
            "The verifier reports expiry (or “not yet valid”), and notBefore and notAfter confirm it. Told apart from "
            "tls-cert-untrusted by the dates."
        ),
        fix=Fix(
            "Renew the certificate and reload the server that presents it.",
            (snippet("certbot and nginx (shell)", "certbot renew --deploy-hook 'systemctl reload nginx'"), _INSPECT),
        ),
        sources=("RFC 5280, section 4.1.2.5",),
        browser=browser.console("net::ERR_CERT_DATE_INVALID"),
        explains=("rest-unreachable", "tls-handshake-failed"),
    ),
)
