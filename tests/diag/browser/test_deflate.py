"""Inflating with a bound."""

from __future__ import annotations

import contextlib
import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diag.browser.deflate import DeflateError, Inflater


def compressed(*chunks: bytes) -> list[bytes]:
    stream = zlib.compressobj(wbits=-15)
    return [(stream.compress(chunk) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4] for chunk in chunks]


@pytest.mark.parametrize("size", [0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 1_000_000])
def test_gives_back_everything_at_any_size(size: int) -> None:
    for data in (bytes(size), os.urandom(size)):
        inflater = Inflater()
        (piece,) = compressed(data)

        assert inflater.add(piece, size) + inflater.finish(size) == data


def test_stops_one_byte_beyond_the_limit() -> None:
    (piece,) = compressed(bytes(1000))

    assert len(Inflater().add(piece, 1000)) == 1000
    with pytest.raises(DeflateError) as raised:
        Inflater().add(piece, 999)
    assert raised.value.too_big


def test_refuses_what_is_no_deflate_stream() -> None:
    with pytest.raises(DeflateError) as raised:
        Inflater().add(b"\xff\xff\xff", 1000)
    assert not raised.value.too_big


def test_refuses_a_reference_to_a_window_it_does_not_have() -> None:
    first, second = compressed(b"one two three", b"one two three")

    with pytest.raises(DeflateError):
        Inflater().add(second, 1000)
    both = Inflater()
    assert both.add(first, 99) + both.finish(99) + both.add(second, 99) + both.finish(99) == b"one two three" * 2


@given(st.binary(max_size=200))
def test_raises_nothing_else(data: bytes) -> None:
    inflater = Inflater()
    with contextlib.suppress(DeflateError):
        inflater.add(data, 10_000)
        inflater.finish(10_000)
