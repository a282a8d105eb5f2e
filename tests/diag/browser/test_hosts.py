"""Host names as Chromium reads them, and whose they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser.hosts import address_space, is_local_by_name, is_loopback, parse_host


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Example.COM", "example.com"),
        ("%65xample.com", "example.com"),
        ("127.1", "127.0.0.1"),
        ("0x7f.0.0.1", "127.0.0.1"),
        ("0177.0.0.01", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("1.2.3.4.", "1.2.3.4"),
        ("0x", "0.0.0.0"),
        ("[0:0::1]", "[::1]"),
        ("[::FFFF:1.2.3.4]", "[::ffff:102:304]"),
        ("bücher.de", "xn--bcher-kva.de"),
        ("\uff11\uff12\uff17.0.0.1", "127.0.0.1"),
        ("a。b", "a.b"),
        ("so\u00adft", "soft"),
        ("a_b-", "a_b-"),
        ("a..b", "a..b"),
        ("a b", "a%20b"),
        ("xn--0", "xn--0"),
        ("\u0645\u062b\u0627\u0644", "xn--mgbh0fb"),
        ("1.2.3.4x", "1.2.3.4x"),
        ("1.2.3.0xg", "1.2.3.0xg"),
    ],
)
def test_normalises(text: str, host: str) -> None:
    assert parse_host(text) == host


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a/b",
        "a%2fb",
        "a:b",
        "a@b",
        "a<b",
        "a|b",
        "a^b",
        "a%b",
        "a\x7f",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.256",
        "09",
        "4294967296",
        "[::1",
        "[1::2::3]",
        "[fe80::1%25lo]",
        "[]",
        "xn--\u00e9",
        "\u0301a",
        "a\u0644",
        "a\u200db",
        "\u0378",
        "\u00ad",
    ],
)
def test_refuses(text: str) -> None:
    assert parse_host(text) is None


@pytest.mark.parametrize(
    "host", ["localhost", "localhost.", "a.b.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:7f00:1]"]
)
def test_loopback(host: str) -> None:
    assert is_loopback(host)
    assert not is_local_by_name(host)


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "172.31.0.1",
        "192.168.1.1",
        "169.254.0.1",
        "100.64.0.1",
        "0.0.0.0",
        "[fd00::1]",
        "[fe80::1]",
        "printer.local",
        "local.",
    ],
)
def test_local_network(host: str) -> None:
    assert is_local_by_name(host)
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "localhost.example",
        "mylocalhost",
        "8.8.8.8",
        "172.32.0.1",
        "[2606:4700::1]",
        "local.example",
        "intranet",
    ],
)
def test_neither(host: str) -> None:
    assert not is_loopback(host)
    assert not is_local_by_name(host)


@pytest.mark.parametrize(
    ("host", "space"), [("1.1.1.1", "public"), ("10.1.1.1", "local"), ("[::1]", "loopback"), ("a.b", None)]
)
def test_address_space_of_a_literal(host: str, space: str | None) -> None:
    assert address_space(host) == space


@given(st.text(max_size=30))
def test_never_raises_and_normalises_once_and_for_all(text: str) -> None:
    host = parse_host(text)

    if host is not None and host.isascii() and "%" not in host and "xn--" not in host:
        assert parse_host(host) == host
