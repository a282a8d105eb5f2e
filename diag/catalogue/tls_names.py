"""Certificates that are sent incompletely, or for the wrong server name."""

from __future__ import annotations

from diag.catalogue import Entry
from diag.catalogue import _browser as browser
from diag.catalogue._consequences import GATEWAY_DOWN
from diag.catalogue._proxy_snippets import INGRESS_TLS, TRAEFIK_TLS
from diag.catalogue._snippets import NGINX_TLS, nginx_websocket, snippet
from diag.model import Fix, Severity

ENTRIES = (
    Entry(
        code="tls-chain-incomplete",
        severity=Severity.ERROR,
        layer="tls",
        title="The server leaves out the intermediate certificate",
        explanation=(
            "The certificate was signed by an intermediate authority, and the server sends it alone. A client that "
            "knows only the root cannot connect the two. Some browsers fetch what is missing from the address in the "
            "certificate, so the page may work in one and fail in another, in an app, in a proxy or in curl."
        ),
        recognised=(
            "Verification fails for want of the issuer's certificate, no certificate that was sent has that issuer's "
            "name, and the leaf says where it can be fetched. Told apart from tls-cert-untrusted, where a self-signed "
            "certificate or a private authority's is complete and simply not known; a private authority's leaf that "
            "lacks its intermediate and that address is reported as such, because the two look alike."
        ),
        fix=Fix(
            "Serve the full chain: the server's own certificate first, then the intermediates, without the root.",
            (
                NGINX_TLS,
                snippet(
                    "HAProxy (one file: key, certificate, intermediates)",
                    """
                    frontend www
                        bind :8443 ssl crt /etc/ssl/site/haproxy.pem alpn h2,http/1.1
                        default_backend app

                    backend app
                        server app1 {backend}
                    """,
                ),
                snippet(
                    "Apache httpd (2.4.8 or later)",
                    """
                    SSLCertificateFile    /etc/ssl/site/fullchain.pem
                    SSLCertificateKeyFile /etc/ssl/site/privkey.pem
                    """,
                ),
                snippet(
                    "Shell (what is sent, and what is missing)",
                    "openssl s_client -connect {host}:443 -servername {host} -showcerts </dev/null",
                ),
            ),
        ),
        sources=(
            "RFC 8446, section 4.4.2",
            "RFC 5280, section 4.2.2.1 (authority information access)",
            "nginx: Configuring HTTPS servers, SSL certificate chains",
        ),
        browser=(
            "May open where the browser fetches or remembers the intermediate; else the console has "
            f"“net::ERR_CERT_AUTHORITY_INVALID”. {browser.CLOSES_1006}"
        ),
        explains=("tls-cert-untrusted", "rest-unreachable", "tls-handshake-failed"),
    ),
    Entry(
        code="tls-sni-misroute",
        severity=Severity.ERROR,
        layer="tls",
        title="The TLS server name leads to the wrong certificate",
        explanation=(
            "A server with several sites chooses certificate and site by the server name in the TLS handshake (SNI). "
            "A browser sends it for a name and never for an IP address; nginx and HAProxy send none to an upstream "
            "unless they are told to. Without the right name the server shows its default certificate, another site, "
            "or ends the handshake."
        ),
        recognised=(
            "The same address shows another certificate, one that fits, for another server name or for none; or a "
            "proxy answers 502 or 503 while its TLS backend opens directly and refuses every handshake without a "
            "server name. Told apart from tls-cert-name-mismatch, where the certificate is the same for every name."
        ),
        fix=Fix(
            "Open the URL by the name that the certificate is for, and let proxies send that name to their upstream.",
            (
                nginx_websocket(
                    target="https://{backend}", directives=("proxy_ssl_server_name on;", "proxy_ssl_name {host};")
                ),
                snippet(
                    "HAProxy",
                    """
                    backend app
                        server app1 {backend} ssl verify none sni str({host})
                    """,
                ),
                TRAEFIK_TLS,
                INGRESS_TLS,
                snippet(
                    "Envoy (cluster)",
                    """
                    transport_socket:
                      name: envoy.transport_sockets.tls
                      typed_config:
                        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
                        sni: "{host}"
                    """,
                ),
                snippet(
                    "Shell (with the name, and without)",
                    """
                    openssl s_client -connect {backend} -servername {host} </dev/null
                    openssl s_client -connect {backend} -noservername </dev/null
                    """,
                ),
            ),
        ),
        sources=(
            "RFC 6066, section 3 (server name indication)",
            "nginx: Module ngx_http_proxy_module, proxy_ssl_server_name",
            "HAProxy configuration manual: server option “sni”",
        ),
        browser=(
            f"Console: a net::ERR_CERT_… line, or “Unexpected response code: 502” behind a proxy. {browser.CLOSES_1006}"
        ),
        explains=(
            *GATEWAY_DOWN,
            "tls-cert-name-mismatch",
            "tls-cert-untrusted",
            "tls-cert-expired",
            "tls-handshake-failed",
            "gateway-upstream-tls",
            "gateway-upstream-scheme-mismatch",
            "gateway-upstream-refused",
        ),
    ),
)
