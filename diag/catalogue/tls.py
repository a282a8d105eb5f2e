"""TLS between the client and whatever it talks to first: scheme against port."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._snippets import NGINX_TLS, SAME_ORIGIN_URL, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="tls-on-plain-port",
        severity=Severity.ERROR,
        layer="tls",
        title="The URL says wss, the port speaks plain HTTP",
        explanation=(
            "The client starts TLS and the port answers in clear text. No TLS is terminated there: the URL should say "
            "ws, or TLS belongs in front of the service."
        ),
        recognised=(
            "OpenSSL's WRONG_VERSION_NUMBER, and the same port answers plain HTTP. Told apart from "
            "tls-handshake-failed by that plain answer, and from the certificate codes, which need a TLS server."
        ),
        fix=Fix(
            "Use ws:// for this port, or terminate TLS in front of it.",
            (
                NGINX_TLS,
                snippet("uvicorn (shell)", "uvicorn app:app --ssl-certfile fullchain.pem --ssl-keyfile privkey.pem"),
                SAME_ORIGIN_URL,
            ),
        ),
        sources=("RFC 8446, section 5.1", "measured: Chromium 156"),
        browser=browser.console("net::ERR_SSL_PROTOCOL_ERROR"),
        explains=("rest-unreachable", "tls-handshake-failed", "port-wrong-protocol", "tcp-reset-in-handshake"),
    ),
    Entry(
        code="plain-on-tls-port",
        severity=Severity.ERROR,
        layer="tls",
        title="The URL says ws, the port speaks TLS",
        explanation=(
            "The client sends plain HTTP to a port that expects TLS. nginx answers 400 in clear text, others close "
            "without a word; a browser reports only the 400 and hides the sentence that explains it."
        ),
        recognised=(
            "400 with the body “The plain HTTP request was sent to HTTPS port”, or no answer while a TLS hello "
            "succeeds on the same port. Told apart from redirect-to-https, which is a proper 301 or 308."
        ),
        fix=Fix(
            "Use wss:// for this port.",
            (SAME_ORIGIN_URL, snippet(".env.production", "VITE_WS_BASE_URL=wss://{proxy}")),
        ),
        sources=(
            "nginx: Module ngx_http_ssl_module, “Error Processing” (status 497)",
            "RFC 6455, section 3",
            "measured: nginx 1.22.1",
        ),
        browser=browser.status(400),
        explains=(
            "rest-unreachable",
            "rest-bad-request",
            "port-wrong-protocol",
            "tcp-reset-in-handshake",
            "backend-hang",
        ),
    ),
    Entry(
        code="tls-handshake-failed",
        severity=Severity.ERROR,
        layer="tls",
        title="The TLS handshake fails",
        explanation=(
            "The port speaks TLS, but client and server agree on no version, cipher or certificate request, or the "
            "server ends the handshake with an alert. The alert's name, in the evidence, says which."
        ),
        recognised=(
            "A TLS failure that is neither a plain-text port (tls-on-plain-port) nor one of the certificate codes."
        ),
        fix=Fix(
            "Allow TLS 1.2 and 1.3 on the server, and supply the client certificate if it asks for one.",
            (
                snippet(
                    "nginx",
                    """
                    # in the server block
                    ssl_protocols TLSv1.2 TLSv1.3;
                    """,
                ),
                snippet("Shell (see the alert)", "openssl s_client -connect {host}:443 -servername {host} </dev/null"),
                snippet(
                    "wsdiag.yaml (client certificate)",
                    """
                    tls:
                      cert: client.pem
                      key: client.key
                    """,
                ),
            ),
        ),
        sources=("RFC 8446, section 6 (alert protocol)",),
        browser=browser.console("net::ERR_SSL_PROTOCOL_ERROR” or “net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
        explains=("rest-unreachable",),
    ),
)
