"""Certificates that are sent incompletely or for the wrong server name, and the neighbours that look like them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diag.model import Route, Tls
from diag.observations import Link
from diag.rules._certificates import covers

HOST = "app.example"
SECURE = f"wss://{HOST}/ws"
BY_ADDRESS = "wss://203.0.113.7/ws"
NO_ISSUER = "unable to get local issuer certificate"
LEAF = Link("CN=app.example", "CN=Intermediate R3", "01", (HOST,), ("http://ca.example/r3.crt",))
INTERMEDIATE = Link("CN=Intermediate R3", "CN=Root X1", "02")
DEVELOPMENT = Link("CN=dev", "CN=mkcert development CA", "03", (HOST,))
DEFAULT = Link("CN=default", "CN=Root X1", "04", ("default.example",))
SELF_SIGNED = Link("CN=app.example", "CN=app.example", "05", (HOST,))


def untrusted(*chain: Link, detail: str = NO_ISSUER):
    return lambda s: s.only(SECURE).silent("proxy", "tls", "untrusted", detail=detail).presents("proxy", HOST, *chain)


def wrong_name(with_name: tuple[Link, ...], without: tuple[Link, ...]):
    return lambda s: (
        s.only(SECURE)
        .silent("proxy", "tls", "name-mismatch", detail="Hostname mismatch")
        .presents("proxy", HOST, *with_name)
        .presents("proxy", "", *without)
    )


def by_address(default: Link, named: Link, reason: str = "name-mismatch"):
    return lambda s: (
        s.only(BY_ADDRESS, page=f"https://{HOST}")
        .silent("proxy", "tls", reason)
        .presents("proxy", "", default)
        .presents("proxy", HOST, named)
    )


def behind(author: str, status: int, *, failure: str = "error", direct: str = "wss://203.0.113.7:3000/ws"):
    """A proxy in front of a backend that opens directly, over TLS."""

    def tell(s):
        s.given(routes=(s.route("proxy"), Route("direct", direct)))
        getattr(s, author)("proxy", status)
        s.opens("direct").presents("direct", "", *(() if failure else (DEFAULT,)), failure=failure)

    return tell


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param("tls-chain-incomplete", untrusted(LEAF), id="a leaf that says where its issuer is"),
        pytest.param(
            "tls-chain-incomplete",
            untrusted(LEAF, replace(INTERMEDIATE, subject="CN=Intermediate R4")),
            id="another authority's intermediate",
        ),
        pytest.param(
            "tls-chain-incomplete",
            untrusted(LEAF, detail="unable to verify the first certificate"),
            id="OpenSSL's other word for it",
        ),
        pytest.param(
            "tls-sni-misroute", wrong_name((DEFAULT,), (LEAF,)), id="the right one without a server name only"
        ),
        pytest.param(
            "tls-sni-misroute",
            lambda s: (
                s.only(SECURE)
                .silent("proxy", "tls", "error", detail="TLSV1_UNRECOGNIZED_NAME")
                .presents("proxy", HOST, failure="error")
                .presents("proxy", "", LEAF)
            ),
            id="the name ends the handshake",
        ),
        pytest.param("tls-sni-misroute", by_address(DEFAULT, LEAF), id="opened by its address"),
        pytest.param("tls-sni-misroute", by_address(DEFAULT, LEAF, "untrusted"), id="by its address, a default's CA"),
        pytest.param("tls-sni-misroute", behind("nginx", 502), id="nginx sends its upstream no name"),
        pytest.param("tls-sni-misroute", behind("haproxy", 503), id="HAProxy sends its server no name"),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param(
            "tls-chain-incomplete", untrusted(LEAF, INTERMEDIATE), "tls-cert-untrusted", id="whole, with a private root"
        ),
        pytest.param("tls-chain-incomplete", untrusted(DEVELOPMENT), "tls-cert-untrusted", id="a private root's leaf"),
        pytest.param(
            "tls-chain-incomplete",
            lambda s: untrusted(DEVELOPMENT)(s.given(tls=Tls(cacert="root.pem"))),
            "tls-cert-untrusted",
            id="a private root's leaf, and the user has named another root",
        ),
        pytest.param(
            "tls-chain-incomplete",
            untrusted(SELF_SIGNED, detail="self-signed certificate"),
            "tls-cert-untrusted",
            id="self-signed",
        ),
        pytest.param("tls-chain-incomplete", untrusted(), "tls-cert-untrusted", id="nothing was shown the second time"),
        pytest.param(
            "tls-chain-incomplete",
            lambda s: s.only(SECURE).silent("proxy", "tls", "untrusted", detail=NO_ISSUER),
            "tls-cert-untrusted",
            id="nobody looked",
        ),
        pytest.param(
            "tls-sni-misroute",
            wrong_name((DEFAULT,), (DEFAULT,)),
            "tls-cert-name-mismatch",
            id="the same certificate for every name",
        ),
        pytest.param(
            "tls-sni-misroute",
            wrong_name((DEFAULT,), (replace(DEFAULT, serial="09"),)),
            "tls-cert-name-mismatch",
            id="another one, and it does not fit either",
        ),
        pytest.param(
            "tls-sni-misroute",
            by_address(LEAF, LEAF),
            "tls-cert-name-mismatch",
            id="by its address, and the same certificate",
        ),
        pytest.param("tls-sni-misroute", behind("nginx", 502, failure=""), "gateway-upstream-scheme-mismatch",
                     id="the backend does without a name"),
        pytest.param(
            "tls-sni-misroute",
            lambda s: s.nginx("proxy", 502).opens("direct"),
            "gateway-upstream-refused",
            id="a backend without TLS",
        ),
        pytest.param("tls-sni-misroute", lambda s: s.only(SECURE).opens("proxy"), None, id="all is well"),
    ],
)  # fmt: skip
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


@pytest.mark.parametrize(
    ("names", "host", "expected"),
    [
        pytest.param(("app.example",), "APP.example.", True, id="case and the final dot"),
        pytest.param(("*.example",), "app.example", True, id="a wildcard"),
        pytest.param(("*.example",), "a.app.example", False, id="a wildcard is one label"),
        pytest.param(("*.example",), "example", False, id="and not none"),
        pytest.param(("203.0.113.7",), "203.0.113.7", True, id="an address"),
        pytest.param(("2001:DB8:0:0:0:0:0:1",), "2001:db8::1", True, id="an address in other words"),
        pytest.param(("app.example",), "203.0.113.7", False, id="a name for an address"),
        pytest.param((), "app.example", False, id="no names"),
    ],
)
def test_whom_a_certificate_is_for(names: tuple[str, ...], host: str, expected: bool) -> None:
    assert covers(Link("", "", names=names), host) is expected
