"""Data frames put together to messages: the order of fragments, compression, UTF-8 (RFC 6455 §5.4, §8.1)."""

from __future__ import annotations

import codecs

from diag.browser import violations
from diag.browser.deflate import DeflateError, Inflater
from diag.browser.frame_events import Message, Opcode, Violation

_HELD = 32 * 1024  # Chromium passes inflated bytes on in pieces of this size, so it sees bad UTF-8 no earlier
_RSV1 = 4
_new_decoder = codecs.getincrementaldecoder("utf-8")


class Assembler:
    """The messages of one connection, fed frame by frame. Memory is bounded by `limit` bytes a message."""

    def __init__(self, inflater: Inflater | None, limit: int) -> None:
        """Start without a message; `inflater` is None when compression was not agreed."""
        self.discarding = False
        self._inflater = inflater
        self._limit = limit
        self._open = False
        self._problem: Violation | None = None
        self._begin(Opcode.CONTINUATION, compressed=False)

    def unclaimed_bits(self, rsv: int) -> int:
        """Return the reserved bits that compression does not account for."""
        return rsv & ~_RSV1 if self._inflater else rsv

    def start_frame(self, opcode: int, rsv: int, unfit: Violation | None, *, fin: bool) -> Violation | None:
        """Take a data frame's header: check that it fits where the last message stands.

        `unfit` is what is wrong with the header anyhow. Of a compressed frame Chromium finds it, and its place in the
        sequence, only with the first bytes that the inflater passes on.
        """
        compressed = self._inflater is not None and bool(rsv & _RSV1)
        if compressed and self._open:
            return violations.header_invalid("rsv-bit")
        problem = unfit or self._out_of_sequence(opcode)
        if not self._open:
            self._begin(opcode, compressed=compressed)
        self._open = not fin
        self._problem = problem
        return None if self._compressed else problem

    def _out_of_sequence(self, opcode: int) -> Violation | None:
        # Inside a compressed message Chromium's inflater takes any data frame for the continuation, text or not.
        continues = opcode == Opcode.CONTINUATION or (self._open and self._compressed)
        if self.discarding or continues == self._open:
            return None
        return violations.CONTINUATION_EXPECTED if self._open else violations.CONTINUATION_UNEXPECTED

    def add(self, payload: bytes, *, final: bool) -> Message | Violation | None:
        """Take payload of the current frame; `final` when the message ends with it."""
        if self._compressed and self._inflater:
            inflated = self._inflate(self._inflater, payload, final=final)
            if isinstance(inflated, Violation):
                return inflated
            payload = inflated
            if self._problem and (payload or final):
                return self._problem
        if self.discarding:
            return None
        self._size += len(payload)
        if self._size > self._limit:
            return violations.message_too_big(self._limit)
        return self._add_text(payload, final=final) if self._text else self._add_binary(payload, final=final)

    def _begin(self, opcode: int, *, compressed: bool) -> None:
        self._compressed = compressed
        self._text = opcode == Opcode.TEXT
        self._decoder: codecs.IncrementalDecoder | None = None
        self._parts = bytearray()
        self._pending = b""
        self._size = 0

    def _inflate(self, inflater: Inflater, payload: bytes, *, final: bool) -> bytes | Violation:
        try:
            output = self._pending + inflater.add(payload, self._limit)
            if final:
                output += inflater.finish(self._limit)
        except DeflateError as error:
            return (
                violations.message_too_big(self._limit) if error.too_big else violations.header_invalid("bad-deflate")
            )
        ready = len(output) if final else len(output) // _HELD * _HELD
        self._pending = output[ready:]
        return output[:ready]

    def _add_text(self, payload: bytes, *, final: bool) -> Message | Violation | None:
        try:
            if final and self._decoder is None:
                return Message("text", payload.decode("utf-8"), self._compressed)
            self._decoder = self._decoder or _new_decoder()
            self._decoder.decode(payload, final)
        except UnicodeDecodeError:
            return violations.INVALID_UTF8
        whole = self._collect(payload, final=final)
        return None if whole is None else Message("text", whole.decode("utf-8"), self._compressed)

    def _add_binary(self, payload: bytes, *, final: bool) -> Message | None:
        whole = self._collect(payload, final=final)
        return None if whole is None else Message("binary", whole, self._compressed)

    def _collect(self, payload: bytes, *, final: bool) -> bytes | None:
        """Return the whole message when this was its end."""
        if final and not self._parts:
            return payload
        self._parts += payload
        if not final:
            return None
        whole, self._parts = bytes(self._parts), bytearray()
        return whole
