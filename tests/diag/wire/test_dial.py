"""Names, families, TLS: every failure is a value with its stage and its reason."""

from __future__ import annotations

import datetime
import socket
import ssl
import time

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from diag.model import Tls
from diag.observations import NoAnswer
from diag.wire import tls
from diag.wire.dial import Dialer, dial


def reach(url: str, dialer: Dialer | None = None, seconds: float = 5.0):
    dialled = dial(url, dialer or Dialer(), deadline=time.monotonic() + seconds)
    if dialled.sock is not None:
        dialled.sock.close()
    return dialled


def test_localhost_is_both_loopbacks_and_the_refused_one_is_reported(answering) -> None:
    server = answering(b"")
    dialled = reach(f"ws://localhost:{server.port}/")
    assert dialled.addresses == ("::1", "127.0.0.1")
    assert [(attempt.address, attempt.outcome) for attempt in dialled.attempts] == [
        ("::1", "refused"),
        ("127.0.0.1", "connected"),
    ]


def test_a_server_on_the_other_family_is_found(serve) -> None:
    server = serve(lambda _: None, host="::1")
    assert reach(f"ws://localhost:{server.port}/").failure is None
    refused = reach(f"ws://127.0.0.1:{server.port}/").failure
    assert refused == NoAnswer("tcp", "refused", "127.0.0.1 refused")


@pytest.mark.parametrize(
    ("url", "dialer", "expected"),
    [
        pytest.param("ws://no-such-host.invalid/", Dialer(), ("dns", "not-resolved"), id="a name nobody knows"),
        pytest.param("ws://127.0.0.1/", Dialer(family=6), ("dns", "not-resolved"), id="-6 with an IPv4 address"),
        pytest.param(
            "ws://app.test:1/", Dialer(overrides={"app.test": "127.0.0.1"}), ("tcp", "refused"), id="--resolve"
        ),
    ],
)
def test_names(url: str, dialer: Dialer, expected: tuple[str, str]) -> None:
    failure = reach(url, dialer).failure
    assert failure is not None
    assert (failure.stage, failure.reason) == expected


@pytest.fixture
def tls_port(serve):
    """`tls_port(certificate)` serves TLS with it and ends each connection after the handshake."""

    def start(certificate: trustme.LeafCert) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        context.set_alpn_protocols(["http/1.1"])

        def handler(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as wrapped:
                wrapped.recv(1)

        return int(serve(handler).port)

    return start


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA, tmp_path) -> Dialer:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    return Dialer(tls=Tls(cacert=str(bundle)))


def test_a_trusted_certificate_is_shown(tls_port, authority: trustme.CA, trusting: Dialer) -> None:
    dialled = reach(f"wss://localhost:{tls_port(authority.issue_cert('localhost'))}/", trusting)
    assert dialled.certificate is not None
    assert (dialled.certificate.names, dialled.certificate.alpn) == (("localhost",), "http/1.1")
    assert dialled.phases.tls is not None


@pytest.mark.parametrize(
    ("name", "years", "trusted", "reason"),
    [
        pytest.param("localhost", 1, False, "untrusted", id="an authority that nobody knows"),
        pytest.param("other.example", 1, True, "name-mismatch", id="another name"),
        pytest.param("localhost", -1, True, "expired", id="expired"),
    ],
)
def test_certificates_that_no_browser_takes(
    tls_port, authority: trustme.CA, trusting: Dialer, name: str, years: int, trusted: bool, reason: str
) -> None:
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=365 * years)
    since = until - datetime.timedelta(days=100)
    port = tls_port(authority.issue_cert(name, not_after=until, not_before=since if years < 0 else None))
    failure = reach(f"wss://localhost:{port}/", trusting if trusted else Dialer()).failure
    assert failure is not None
    assert (failure.stage, failure.reason) == ("tls", reason)
    insecure = Dialer(tls=Tls(insecure=True))
    assert reach(f"wss://localhost:{port}/", insecure).failure is None


def test_tls_to_a_plain_port_and_to_a_silent_one(answering, serve) -> None:
    http = serve(lambda connection: connection.recv(4096) and connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    mute = serve(lambda connection: connection.recv(9999) and connection.recv(9999))
    plain = reach(f"wss://127.0.0.1:{http.port}/").failure
    silent = reach(f"wss://127.0.0.1:{mute.port}/", seconds=0.3).failure
    assert plain is not None
    assert silent is not None
    assert (plain.stage, plain.reason, silent.reason) == ("tls", "not-tls", "timeout")


def test_a_closed_port_refuses_every_address_of_the_name(free_port: int) -> None:
    failure = reach(f"ws://localhost:{free_port}/").failure
    assert failure == NoAnswer("tcp", "refused", "::1 refused, 127.0.0.1 refused")


def test_a_ca_file_that_is_gone_is_an_error_before_anything_is_connected(tmp_path, serve) -> None:
    connected: list[socket.socket] = []
    server = serve(connected.append)
    gone = Dialer(tls=Tls(cacert=str(tmp_path / "gone.pem")))
    with pytest.raises(FileNotFoundError):
        reach(f"wss://127.0.0.1:{server.port}/", gone)
    assert connected == []
    assert reach(f"ws://127.0.0.1:{server.port}/", gone).failure is None


def test_a_chain_is_shown_as_it_was_sent_whoever_signed_it(tls_port, authority: trustme.CA) -> None:
    leaf = authority.create_child_ca().issue_cert("localhost")
    insecure = Dialer(tls=Tls(insecure=True))
    dialled = dial(f"wss://localhost:{tls_port(leaf)}/", insecure, deadline=time.monotonic() + 5.0)
    assert isinstance(dialled.sock, ssl.SSLSocket)
    with dialled.sock:
        first, second = tls.chain(dialled.sock)
    assert first.names == ("localhost",)
    assert first.issuer == second.subject != second.issuer
    assert first.serial != ""


@pytest.mark.parametrize(
    ("server_name", "expected"),
    [
        pytest.param(None, "localhost", id="the URL's host"),
        pytest.param("app.example", "app.example", id="another one"),
        pytest.param("", None, id="none"),
    ],
)
def test_the_server_name_that_tls_asks_for(serve, authority: trustme.CA, server_name, expected) -> None:
    context, asked = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    authority.issue_cert("localhost").configure_cert(context)
    context.sni_callback = lambda _, name, __: asked.append(name)
    server = serve(lambda connection: context.wrap_socket(connection, server_side=True).close())
    insecure = Dialer(tls=Tls(insecure=True))
    url, until = f"wss://localhost:{server.port}/", time.monotonic() + 5.0
    dialled = dial(url, insecure, deadline=until, server_name=server_name)
    assert dialled.sock is not None
    dialled.sock.close()
    assert asked == [expected]


def test_where_a_leaf_says_that_its_issuers_certificate_is(serve, tmp_path) -> None:
    # given a certificate with Authority Information Access, which trustme does not issue
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")])
    where = x509.UniformResourceIdentifier("http://ca.example/r3.crt")
    access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, where)
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + datetime.timedelta(days=1))
    leaf = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False).sign(key, hashes.SHA256())
    pem = tmp_path / "leaf.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(private + leaf.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = serve(lambda connection: context.wrap_socket(connection, server_side=True).close())
    # when it is shown
    until = time.monotonic() + 5.0
    dialled = dial(f"wss://localhost:{server.port}/", Dialer(tls=Tls(insecure=True)), deadline=until)
    assert isinstance(dialled.sock, ssl.SSLSocket)
    with dialled.sock:
        [link] = tls.chain(dialled.sock)
    # then it says so
    assert (link.subject, link.issuers_at) == ("commonName=leaf", ("http://ca.example/r3.crt",))
