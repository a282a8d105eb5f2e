"""Chromium's lenient reading of a response head: what passes, what is skipped, what fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser.http_head import MAX_HEAD, Head, HeadFailure, is_token, parse_head, split_list, values_of


def head(raw: bytes) -> Head:
    parsed = parse_head(raw)
    assert isinstance(parsed, Head)
    return parsed


def problem(raw: bytes) -> str:
    parsed = parse_head(raw)
    assert isinstance(parsed, HeadFailure)
    return parsed.problem


@pytest.mark.parametrize(
    ("line", "status", "version"),
    [
        pytest.param(b"HTTP/1.1 101 Switching Protocols", 101, (1, 1), id="usual"),
        pytest.param(b"HTTP/1.1 404", 404, (1, 1), id="no reason"),
        pytest.param(b"HTTP/1.1   200   OK", 200, (1, 1), id="blanks"),
        pytest.param(b"hTtP/1.0 200 OK", 200, (1, 0), id="any case"),
        pytest.param(b"HTTP/3.7 200 OK", 200, (1, 1), id="newer versions are 1.1"),
        pytest.param(b"HTTP/2.0 200 OK", 200, (2, 0), id="2.0 is kept"),
        pytest.param(b"HTTP 200 OK", 200, (1, 0), id="no version is 1.0"),
        pytest.param(b"HTTPS/1.1 200 OK", 200, (1, 0), id="not quite HTTP"),
        pytest.param(b"HTTP/1.1 0404 x", 404, (1, 1), id="leading zero"),
        pytest.param(b"HTTP/1.1 101ish", 101, (1, 1), id="digits, then anything"),
        pytest.param(b"HTTP/1.1\t101 x", 200, (1, 1), id="a tab is no blank"),
        pytest.param(b"HTTP/1.1", 200, (1, 1), id="no status is 200"),
        pytest.param(b"HTTP/1.1 -1 x", 200, (1, 1), id="no number is 200"),
        pytest.param(b"HTTP/1.1 99999999999999999999 x", 2**31 - 1, (1, 1), id="clamped"),
    ],
)
def test_reads_a_status_line_leniently(line: bytes, status: int, version: tuple[int, int]) -> None:
    parsed = head(line + b"\r\nA: b\r\n\r\n")

    assert (parsed.status, parsed.version, parsed.headers) == (status, version, (("A", "b"),))


@pytest.mark.parametrize(
    ("lines", "headers"),
    [
        pytest.param(b"A:b\r\n", (("A", "b"),), id="no blank"),
        pytest.param(b"A \t: \t b \t\r\n", (("A", "b"),), id="blanks around"),
        pytest.param(b"A:\r\n", (("A", ""),), id="empty value"),
        pytest.param(b"A: b\nC: d\rE: f\r\n", (("A", "b"), ("C", "d"), ("E", "f")), id="any line end"),
        pytest.param(b"A: b\r\n  c\r\n\td\r\n", (("A", "b c d"),), id="folded"),
        pytest.param(b" A: b\r\nC: d\r\n", (("C", "d"),), id="a fold with nothing above is skipped"),
        pytest.param(b"no colon\r\n: no name\r\nA b: c\r\nA(: c\r\n\xe9: c\r\n", (), id="malformed lines are skipped"),
        pytest.param(b"A: b:c\r\na: \xe9\r\n", (("A", "b:c"), ("a", "é")), id="order, case and bytes are kept"),
    ],
)
def test_reads_header_lines_leniently(lines: bytes, headers: tuple[tuple[str, str], ...]) -> None:
    assert head(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n").headers == headers


@pytest.mark.parametrize("slop", [b"", b"\r\n", b"abcd", b"\n\n\n\n"], ids=repr)
def test_skips_up_to_four_bytes_before_the_status_line(slop: bytes) -> None:
    assert head(slop + b"HTTP/1.1 204 x\r\n\r\n").status == 204


@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n", b"\r\n\n", b"\n\r\n"], ids=repr)
def test_knows_where_the_head_ends(end: bytes) -> None:
    raw = b"HTTP/1.1 101 x\r\nA: b" + end

    assert head(raw + b"\x81\x00HTTP").size == len(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"", "incomplete", id="nothing"),
        pytest.param(b"SSH-2.0", "incomplete", id="seven bytes of anything"),
        pytest.param(b"SSH-2.0-", "invalid", id="eight bytes without HTTP"),
        pytest.param(b"abcdeHTTP/1.1 200 OK\r\n\r\n", "invalid", id="five bytes of slop"),
        pytest.param(b"HTTP/1.1 101 x\r\nA: b\r\n", "incomplete", id="no blank line"),
        pytest.param(b"HTTP/1.1 101 x\r\rA: b\r\r", "incomplete", id="bare CR ends no head"),
        pytest.param(b"HTTP/1.1 101 x\r\nA: \0\r\n\r\n", "invalid", id="NUL in a value"),
        pytest.param(b"\0HTTP/1.1 101 x\r\n\r\n", "invalid", id="NUL in the slop"),
        pytest.param(b"HTTP/1.1 200 x\r\nLocation: /a\r\nLocation: /b\r\n\r\n", "ambiguous", id="two locations"),
        pytest.param(b"HTTP/1.1 200 x\r\nContent-Length: 1, 2\r\n\r\n", "ambiguous", id="two lengths"),
    ],
)
def test_fails(raw: bytes, expected: str) -> None:
    assert problem(raw) == expected


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(b"Location: /a\r\nLocation: /a\r\n", id="equal copies"),
        pytest.param(b"Location: /a, /b\r\n", id="a comma in a URL"),
        pytest.param(b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\nContent-Length: 2\r\n", id="chunked"),
        pytest.param(b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n", id="cookies"),
    ],
)
def test_does_not_call_these_ambiguous(lines: bytes) -> None:
    assert head(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n").status == 200


def test_takes_a_head_of_256_kib_and_no_byte_more() -> None:
    start = b"HTTP/1.1 101 x\r\nA: "
    longest = start + b"b" * (MAX_HEAD - len(start) - 4) + b"\r\n\r\n"

    assert head(longest).size == MAX_HEAD
    assert problem(longest[:-1]) == "incomplete"
    assert problem(start + b"b" + longest[len(start) :]) == "too-big"


@pytest.mark.parametrize(
    ("value", "elements"),
    [
        pytest.param("a", ["a"], id="one"),
        pytest.param("", [""], id="empty"),
        pytest.param(" a ,\tb,", ["a", "b", ""], id="trimmed, empty ones kept"),
        pytest.param('"a,b", c', ['"a,b"', "c"], id="quoted"),
        pytest.param('x"a,b"y, c', ['x"a,b"y', "c"], id="quoted in the middle"),
        pytest.param('"a\\",b", c', ['"a\\",b"', "c"], id="escaped quote"),
        pytest.param('"a, b', ['"a, b'], id="never closed"),
    ],
)
def test_splits_lists_at_commas_outside_quotes(value: str, elements: list[str]) -> None:
    assert split_list(value) == elements


def test_collects_the_values_of_all_lines_of_a_name_but_splits_no_dates_and_cookies() -> None:
    headers = (("X", "a, b"), ("Y", "-"), ("x", "c"), ("Set-Cookie", "a=b, c"))

    assert values_of(headers, "x") == ["a", "b", "c"]
    assert values_of(headers, "set-cookie") == ["a=b, c"]
    assert values_of(headers, "absent") == []


@pytest.mark.parametrize(
    ("text", "expected"), [("a!#~", True), ("", False), ("a b", False), ("é", False), ("a\n", False)]
)
def test_knows_a_token(text: str, expected: bool) -> None:
    assert is_token(text) is expected


NEAR_HTTP = st.lists(
    st.sampled_from([b"HTTP/1.1", b" ", b"101", b"\r", b"\n", b"\r\n", b"\0", b"A", b":", b",", b'"', b"\\", b"\xff"])
).map(b"".join)


@given(st.binary(max_size=300) | NEAR_HTTP)
def test_never_raises_and_never_reads_past_the_head(raw: bytes) -> None:
    parsed = parse_head(raw)

    if isinstance(parsed, Head):
        assert parse_head(raw[: parsed.size]) == parsed == parse_head(raw + b"\0more")
        assert parsed.size <= len(raw)
