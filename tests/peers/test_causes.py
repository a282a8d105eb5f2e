"""Causes that only real servers show: which location takes a path, which Host and name they send, what they keep."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID

from diag.browser.handshake import accept_value
from diag.model import Client, Route, Target, Tls
from diag.observations import ExtendedConnect, Http2Answer
from diag.rules import judge
from diag.runner import probe

pytestmark = pytest.mark.peers

HEADERS = (
    "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    "proxy_set_header Connection $connection_upgrade; proxy_set_header Host {host};"
)


class Site:
    """Certificates of an authority of its own, and TLS servers that present them and open every WebSocket."""

    def __init__(self, folder: Path, serve: Callable[..., Any]) -> None:
        self.folder = folder
        self.listening = serve
        self.root = trustme.CA()
        self.numbers = count()
        self.root.cert_pem.write_to_path(folder / "root.pem")

    def trust(self) -> Tls:
        return Tls(cacert=str(self.folder / "root.pem"))

    def leaf(self, name: str = "localhost", *, intermediate: bool = False) -> trustme.LeafCert:
        return (self.root.create_child_ca() if intermediate else self.root).issue_cert(name)

    def fetchable_leaf(self) -> trustme.LeafCert:
        """An intermediate's certificate that says where the intermediate's own is, as public authorities write it."""
        plain = self.leaf(intermediate=True)
        authority = self.root.create_child_ca()
        signer = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        old = x509.load_pem_x509_certificate(plain.cert_chain_pems[0].bytes())
        issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
        address = x509.UniformResourceIdentifier("http://authority.example/intermediate.cer")
        where = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, address)
        builder = x509.CertificateBuilder(issuer, old.subject, old.public_key(), old.serial_number)
        builder = builder.not_valid_before(old.not_valid_before_utc).not_valid_after(old.not_valid_after_utc)
        for extension in (old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value,
                          x509.AuthorityInformationAccess([where])):  # fmt: skip
            builder = builder.add_extension(extension, critical=False)
        signed = builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        return trustme.LeafCert(plain.private_key_pem.bytes(), signed, [])

    def directives(self) -> str:
        """For nginx: a certificate for localhost."""
        self.leaf().private_key_and_cert_chain_pem.write_to_path(self.folder / "site.pem")
        return f"ssl_certificate {self.folder}/site.pem; ssl_certificate_key {self.folder}/site.pem;"

    def serve(
        self,
        leaf: trustme.LeafCert,
        *,
        whole: bool = True,
        named_only: bool = False,
        named: dict[str, trustme.LeafCert] | None = None,
        http2: bytes = b"",
    ) -> int:
        """The port of a TLS server. `whole`: with the intermediates; `named`: another certificate for these names;
        `http2`: it chooses h2 where that is offered, and writes these bytes."""
        contexts = {name: self._context(other) for name, other in (named or {}).items()}

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
            connection.context = contexts.get(name or "", connection.context)
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME if named_only and name is None else None

        context = self._context(leaf, whole=whole)
        context.sni_callback = choose
        if http2:
            context.set_alpn_protocols(["h2", "http/1.1"])

        def handle(connection: socket.socket) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                if secure.selected_alpn_protocol() == "h2":
                    secure.sendall(http2)
                    while secure.recv(4096):
                        pass
                else:
                    speak(secure)

        return self.listening(handle).port

    def _context(self, leaf: trustme.LeafCert, *, whole: bool = True) -> ssl.SSLContext:
        pem = self.folder / f"{next(self.numbers)}.pem"
        leaf.private_key_pem.write_to_path(pem)
        for part in leaf.cert_chain_pems[: None if whole else 1]:
            part.write_to_path(pem, append=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context


def speak(connection: socket.socket) -> None:
    """Opens every upgrade, answers the Close, and refuses plain requests."""
    head = b""
    while b"\r\n\r\n" not in head and (data := connection.recv(4096)):
        head += data
    key = head.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0].decode()
    if not key:
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        return
    lines = ("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept_value(key)}")
    connection.sendall("\r\n".join(("HTTP/1.1 101 Switching Protocols", *lines, "", "")).encode())
    while data := connection.recv(4096):
        if data[0] == 0x88:
            connection.sendall(b"\x88\x02\x03\xe8")


@pytest.fixture
def site(tmp_path: Path, serve: Callable[..., Any]) -> Site:
    return Site(tmp_path, serve)


def passing(path: str, upstream: str, host: str = "$http_host") -> str:
    return f"location {path} {{ proxy_pass {upstream}; {HEADERS.format(host=host)} }}"


def codes(target: Target) -> tuple[str | None, set[str]]:
    """The primary cause, and every other code on the page's route."""
    report = judge(probe(target))
    rest = {finding.code for finding in report.findings if finding.code != report.primary_cause}
    return report.primary_cause, rest


def without_tls(page: str) -> str:
    return page.replace("http", "ws", 1)


@pytest.mark.parametrize(
    ("beside", "cause"),
    [
        pytest.param("/chat", "location-shadowed", id="another path has the headers"),
        pytest.param(None, "upgrade-headers-stripped", id="no path has them"),
    ],
)
def test_a_location_without_the_headers(backend, nginx, make_target, beside: str | None, cause: str) -> None:
    # given nginx whose general location passes no upgrade on
    port = backend()
    locations = f"location / {{ proxy_pass http://127.0.0.1:{port}; }}"
    if beside:
        locations += passing(f"= {beside}", f"http://127.0.0.1:{port}/ws")
    page = nginx(locations)
    target = make_target(page, "proxy", proxy=f"{without_tls(page)}/ws", direct=f"ws://127.0.0.1:{port}/ws")
    if beside:
        target = replace(target, routes=(*target.routes, Route("chat", f"{without_tls(page)}{beside}")))
    # when it is probed, then the cause depends on what the other path of the same proxy does
    assert codes(target)[0] == cause


@pytest.mark.parametrize(
    ("host", "cause"),
    [
        pytest.param("$http_host", None, id="with its port"),
        pytest.param("$host", "origin-port-stripped", id="without its port"),
        pytest.param("$proxy_host", "origin-host-rewritten", id="the upstream's"),
    ],
)
def test_the_host_that_nginx_sends_to_a_same_origin_check(
    backend, nginx, make_target, host: str, cause: str | None
) -> None:
    port = backend(check="same-origin")
    page = nginx(passing("/", f"http://127.0.0.1:{port}", host))
    target = make_target(page, "proxy", proxy=f"{without_tls(page)}/ws", direct=f"ws://127.0.0.1:{port}/ws")
    assert codes(target)[0] == cause


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        pytest.param("proxy_set_header X-Forwarded-Proto $scheme;", None, id="told of https"),
        pytest.param("", "origin-scheme-mismatch", id="not told"),
    ],
)
def test_a_backend_that_does_not_know_of_the_tls_in_front(
    backend, nginx, make_target, site: Site, new_port, line: str, cause: str | None
) -> None:
    # given TLS that ends at nginx, and a backend that compares Origin with scheme and host
    port = backend(check="same-scheme")
    host = passing("/", f"http://127.0.0.1:{port}").replace("}", f"{line} }}")
    secure = new_port()
    nginx(f"listen 127.0.0.1:{secure} ssl; {site.directives()} {host}")
    page = f"https://localhost:{secure}"
    target = make_target(page, "proxy", proxy=f"wss://localhost:{secure}/ws", direct=f"ws://127.0.0.1:{port}/ws")
    # when it is probed
    assert codes(replace(target, api=(), tls=site.trust()))[0] == cause


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        pytest.param("proxy_ssl_server_name on; proxy_ssl_name localhost;", None, id="nginx sends the name"),
        pytest.param("", "tls-sni-misroute", id="nginx sends none"),
    ],
)
def test_an_upstream_that_wants_a_server_name(nginx, make_target, site: Site, line: str, cause: str | None) -> None:
    # given a TLS backend that ends every handshake without a server name
    port = site.serve(site.leaf(), named_only=True)
    page = nginx(passing("/", f"https://127.0.0.1:{port}").replace("}", f"{line} }}"))
    target = make_target(page, "proxy", proxy=f"{without_tls(page)}/ws", direct=f"wss://localhost:{port}/ws")
    found, _ = codes(
        replace(target, api=(), expect=(), tls=site.trust(), client=Client(dialect="protocol"), observe_s=0.3)
    )
    assert found == cause


def test_a_cache_that_has_kept_a_plain_answer(backend, nginx, make_target, tmp_path: Path) -> None:
    # given nginx with a cache, which somebody has asked for the path before
    port = backend()
    kept = "proxy_cache kept; proxy_cache_valid any 10m; add_header X-Cache-Status $upstream_cache_status always;"
    location = f"location / {{ proxy_pass http://127.0.0.1:{port}; {kept} }}"
    page = nginx(location, http=f"proxy_cache_path {tmp_path}/kept keys_zone=kept:1m;")
    httpx.get(f"{page}/ws", headers={"Origin": page}, trust_env=False)
    target = make_target(page, "proxy", proxy=f"{without_tls(page)}/ws", direct=f"ws://127.0.0.1:{port}/ws")
    # when it is probed, then the stored answer is the cause, and the stripped headers are not
    assert codes(replace(target, api=()))[0] == "cdn-cached-handshake"


def test_a_vite_that_went_to_the_next_port(backend, vite, make_target, new_port) -> None:
    # given Vite on one port, and a page that is expected on the one below, where nobody listens
    port, expected, moved = backend(), new_port(), new_port()
    while moved != expected + 1:
        expected, moved = moved, new_port()
    vite(f"'/ws': {{ target: 'ws://127.0.0.1:{port}' }}", moved)
    page = f"http://localhost:{expected}"
    target = make_target(page, "proxy", proxy=f"{without_tls(page)}/ws", direct=f"ws://127.0.0.1:{port}/ws")
    # when it is probed
    assert codes(replace(target, api=()))[0] == "dev-server-port-drift"


@pytest.mark.parametrize(
    ("chain", "authority", "cause"),
    [
        pytest.param("fetchable", "given", "tls-chain-incomplete", id="the leaf alone, and where its issuer is"),
        pytest.param("leaf", "given", "tls-cert-untrusted", id="the leaf alone"),
        pytest.param("whole", "given", None, id="the whole chain"),
        pytest.param("whole", "unknown", "tls-cert-untrusted", id="the whole chain of an unknown root"),
        pytest.param("direct", "unknown", "tls-cert-untrusted", id="a private root's own leaf"),
    ],
)
def test_chains(site: Site, chain: str, authority: str, cause: str | None) -> None:
    leaf = site.fetchable_leaf() if chain == "fetchable" else site.leaf(intermediate=chain != "direct")
    port = site.serve(leaf, whole=chain in ("whole", "direct"))
    target = alone(f"wss://localhost:{port}/ws", tls=site.trust() if authority == "given" else Tls())
    assert codes(target)[0] == cause


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        pytest.param("wss://127.0.0.1:{}/ws", "tls-sni-misroute", id="by address"),
        pytest.param("wss://localhost:{}/ws", None, id="by name"),
    ],
)
def test_a_server_with_a_site_for_each_name(site: Site, url: str, cause: str | None) -> None:
    # given a server whose default certificate is for another name
    port = site.serve(site.leaf("default.example"), named={"localhost": site.leaf()})
    target = alone(url.format(port), page=f"https://localhost:{port}", tls=site.trust())
    assert codes(target)[0] == cause


def alone(url: str, page: str | None = None, **changes: object) -> Target:
    route = Route("proxy", url)
    client = Client(dialect="protocol", connect_timeout_s=5.0)
    return replace(Target(page or route.origin, url, (route,), client=client, observe_s=0.3), **changes)


def haproxy_config(folder: Path, port: int, backend: int, pem: str) -> Path:
    config = folder / "haproxy.cfg"
    config.write_text(
        "defaults\n mode http\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n timeout tunnel 1h\n"
        f"frontend www\n bind 127.0.0.1:{port} ssl crt {pem} alpn h2,http/1.1\n default_backend app\n"
        f"backend app\n server app1 127.0.0.1:{backend}\n"
    )
    return config


def test_websockets_over_http2_that_work(backend, start, peer, site: Site, new_port, tmp_path: Path) -> None:
    # given HAProxy, which turns an extended CONNECT into an HTTP/1.1 upgrade
    site.directives()
    port, service = new_port(), backend()
    config = haproxy_config(tmp_path, port, service, f"{tmp_path}/site.pem")
    start([peer("haproxy"), "-db", "-f", str(config)], cwd=tmp_path).wait_for_port(port, "haproxy")
    target = alone(f"wss://localhost:{port}/ws", tls=site.trust())
    # when it is probed
    recording = probe(target)
    # then it was invited, and its invitation holds
    [connect] = [item for item in recording.observations if isinstance(item, ExtendedConnect)]
    assert connect.answer == Http2Answer(True, "answered", 200)
    assert judge(recording).primary_cause is None


def test_websockets_over_http2_that_are_announced_and_reset(site: Site) -> None:
    # given a server that opens over HTTP/1.1, and resets the stream over HTTP/2
    port = site.serve(site.leaf(), http2=b"\0\0\6\4\0\0\0\0\0\0\10\0\0\0\1" + b"\0\0\4\3\0\0\0\0\1\0\0\0\1")
    # when it is probed, then a browser fails where curl works
    assert codes(alone(f"wss://localhost:{port}/ws", tls=site.trust()))[0] == "h2-connect-advertised-but-broken"
