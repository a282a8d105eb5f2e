"""wss where ws is spoken, ws where wss is, and certificates that a browser does not take."""

from __future__ import annotations

import pytest

SECURE = "wss://localhost:5173/ws"
ALERT = b"\x15\x03\x01\x00\x02\x02\x46"
NGINX_TLS = (
    "<html><center>The plain HTTP request was sent to HTTPS port</center><hr><center>nginx/1.22.1</center></html>"
)
GO_TLS = "Client sent an HTTP request to an HTTPS server.\n"


def tls(reason: str, detail: str = ""):
    return lambda s: s.only(SECURE).silent("proxy", "tls", reason, detail=detail)


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("tls-on-plain-port", tls("not-tls", "WRONG_VERSION_NUMBER"), id="wss to a plain port"),
        pytest.param(
            "tls-on-plain-port",
            lambda s: tls("not-tls")(s).opens("proxy", "other-scheme"),
            id="and the same port opens in clear",
        ),
        pytest.param(
            "tls-on-plain-port",
            lambda s: tls("eof")(s).answers("proxy", 426, "Upgrade Required", variants=("other-scheme",)),
            id="closed without a word, and an answer in clear",
        ),
        pytest.param(
            "plain-on-tls-port", lambda s: s.answers("proxy", 400, NGINX_TLS, "text/html"), id="nginx says so itself"
        ),
        pytest.param("plain-on-tls-port", lambda s: s.answers("proxy", 400, GO_TLS), id="Go says so itself"),
        pytest.param(
            "plain-on-tls-port", lambda s: s.silent("proxy", "http", "not-http", received=ALERT), id="a TLS alert"
        ),
        pytest.param(
            "plain-on-tls-port",
            lambda s: (
                s.silent("proxy", "http", "eof")
                .opens("proxy", "other-scheme")
                .silent("proxy", "http", "eof", "other-scheme", certificate=True)
            ),
            id="closed without a word, and TLS succeeds",
        ),
        pytest.param(
            "plain-on-tls-port",
            lambda s: s.silent("proxy", "http", "reset").silent("proxy", "tls", "untrusted", "other-scheme"),
            id="reset, and TLS shows a certificate",
        ),
        pytest.param(
            "plain-on-tls-port",
            lambda s: s.hangs("proxy").hangs("proxy", "get").silent("proxy", "tls", "expired", "other-scheme"),
            id="silence, and TLS shows a certificate",
        ),
        pytest.param("tls-cert-untrusted", tls("untrusted", "unable to get local issuer certificate"), id="unknown CA"),
        pytest.param("tls-cert-name-mismatch", tls("name-mismatch", "Hostname mismatch"), id="another name"),
        pytest.param("tls-cert-expired", tls("expired", "certificate has expired"), id="expired"),
        pytest.param("alpn-h2-only", tls("no-alpn", "TLSV1_ALERT_NO_APPLICATION_PROTOCOL"), id="only h2"),
        pytest.param("tls-handshake-failed", tls("error", "TLSV1_ALERT_PROTOCOL_VERSION"), id="an old TLS version"),
        pytest.param("tls-handshake-failed", tls("eof"), id="closed during the handshake"),
        pytest.param("tls-handshake-failed", tls("timeout"), id="no answer to the ClientHello"),
        pytest.param("tls-handshake-failed", tls("reset"), id="reset during the handshake"),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "tls-on-plain-port",
            lambda s: tls("eof")(s).silent("proxy", "http", "eof", "other-scheme"),
            "tls-handshake-failed",
            id="no answer in clear either",
        ),
        pytest.param("tls-on-plain-port", tls("error"), "tls-handshake-failed", id="not a plain port: it spoke TLS"),
        pytest.param("tls-handshake-failed", tls("not-tls"), "tls-on-plain-port", id="no TLS failure: no TLS there"),
        pytest.param("tls-handshake-failed", tls("no-alpn"), "alpn-h2-only", id="no TLS failure: the protocol's name"),
        pytest.param("tls-cert-untrusted", tls("expired"), "tls-cert-expired", id="not untrusted: its dates"),
        pytest.param("tls-cert-expired", tls("untrusted"), "tls-cert-untrusted", id="not expired: its issuer"),
        pytest.param(
            "tls-cert-name-mismatch",
            lambda s: s.answers("proxy", 200, "<h1>Welcome to nginx!</h1>", "text/html"),
            "wrong-vhost",
            id="not the certificate's name: the wrong site answers",
        ),
        pytest.param(
            "tls-cert-untrusted",
            lambda s: s.only(SECURE).opens("proxy"),
            None,
            id="not untrusted: the browser takes it",
        ),
        pytest.param(
            "alpn-h2-only",
            lambda s: s.silent("proxy", "http", "not-http", received=b"\0\0\x12\x04\0\0\0\0\0"),
            "http2-only-port",
            id="not ALPN: HTTP/2 without TLS",
        ),
        pytest.param(
            "plain-on-tls-port",
            lambda s: s.answers("proxy", 301, headers={"Location": "https://localhost:5173/ws"}),
            "redirect-to-https",
            id="not a TLS port: it redirects to one",
        ),
        pytest.param(
            "plain-on-tls-port",
            lambda s: s.silent("proxy", "http", "reset").silent("proxy", "tls", "not-tls", "other-scheme"),
            "tcp-reset-in-handshake",
            id="not a TLS port: TLS fails there too",
        ),
        pytest.param(
            "plain-on-tls-port",
            lambda s: s.answers("proxy", 400, "Bad Request"),
            "unexplained",
            id="not a TLS port: any other 400",
        ),
        pytest.param(
            "plain-on-tls-port",
            lambda s: s.only(SECURE).answers("proxy", 400, NGINX_TLS, "text/html"),
            "unexplained",
            id="not plain: the page does speak TLS",
        ),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_a_bad_certificate_on_the_other_route_is_a_warning(scene) -> None:
    direct = type(scene.route("direct"))("direct", "wss://localhost:3000/ws")
    scene.given(routes=(scene.route("proxy"), direct))
    report = scene.opens("proxy").silent("direct", "tls", "untrusted").report()
    [found] = report.findings
    assert (found.code, found.severity.value, report.primary_cause) == ("tls-cert-untrusted", "warning", None)
