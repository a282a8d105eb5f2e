"""HTTP/1.1 responses (RFC 9112), sans I/O, as far as a poll needs them. Head and body are bounded."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 1024 * 1024
_END = b"\r\n\r\n"
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")
_LINE_LIMIT = 256
_VALIDATOR_LIMIT = 256
_VALIDATORS = ((b"etag", b"If-None-Match"), (b"last-modified", b"If-Modified-Since"))
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9]\d\d)[ \r]")
_NO_BODY = (204, 304)


class BadResponseError(ValueError):
    """The bytes are no response, or break off."""

    problem = "rest-broken-answer"


class TooLargeError(BadResponseError):
    """More than we take; a page would."""

    problem = "rest-answer-too-large"


class Head(NamedTuple):
    """What the header lines say. `size` includes the blank line; `length` None where none is told; `keeps`: whether
    the connection may carry another request; `location` is empty where there is none, and so is `encoding`.
    `conditions` are the header lines that make the next request conditional (RFC 9110, section 13.1)."""

    status: int
    size: int
    keeps: bool
    length: int | None
    chunked: bool
    encoding: str
    location: str
    conditions: bytes = b""


class Response(NamedTuple):
    """A whole response: the body as sent, but for chunks; `size` counts all bytes on the wire."""

    head: Head
    body: bytes
    size: int
    keeps: bool


class ResponseReader:
    """One response, fed as it comes. BadResponseError for what is none; interim responses are passed over."""

    __slots__ = ("_body", "_buffer", "_head", "_is_head", "_size")

    def __init__(self, *, to_head: bool = False) -> None:
        """`to_head`: the request's method was HEAD."""
        self._buffer = b""
        self._head: Head | None = None
        self._body = bytearray()
        self._is_head = to_head
        self._size = 0

    @property
    def untouched(self) -> bool:
        """Whether nothing has come yet."""
        return not self._size

    def feed(self, data: bytes) -> Response | None:
        """The response, once it is whole; b"" stands for the end of the stream."""
        self._size += len(data)
        self._buffer = self._buffer + data if self._buffer else data
        while self._head is None:
            head = read_head(self._buffer)
            if head is None:
                if not data:
                    raise BadResponseError("the connection ended before the response did")
                return None
            self._buffer = self._buffer[head.size :]
            if head.status >= 200:
                self._head = head
        return self._read_body(self._head, ended=not data)

    def _read_body(self, head: Head, *, ended: bool) -> Response | None:
        if self._is_head or head.status in _NO_BODY:
            return self._whole(head, b"", self._buffer)
        if head.chunked:
            return self._read_chunks(head, ended=ended)
        if (head.length or len(self._buffer)) > BODY_LIMIT:
            raise TooLargeError(f"more than {BODY_LIMIT} bytes of body")
        if head.length is None:
            return self._whole(head._replace(keeps=False), self._buffer, b"") if ended else None
        if len(self._buffer) >= head.length:
            return self._whole(head, self._buffer[: head.length], self._buffer[head.length :])
        if ended:
            raise BadResponseError("the connection ended before the response did")
        return None

    def _read_chunks(self, head: Head, *, ended: bool) -> Response | None:
        while found := _CHUNK.match(self._buffer):
            length = int(found[1], 16)
            if length == 0:
                return self._read_trailer(head, found.end(), ended=ended)
            end = found.end() + length
            if len(self._body) + length > BODY_LIMIT:
                raise TooLargeError(f"more than {BODY_LIMIT} bytes of body")
            if len(self._buffer) < end + 2:
                break
            if self._buffer[end : end + 2] != b"\r\n":
                raise BadResponseError("a chunk is longer than it says")
            self._body += self._buffer[found.end() : end]
            self._buffer = self._buffer[end + 2 :]
        else:
            if len(self._buffer) > _LINE_LIMIT or b"\r\n" in self._buffer:
                raise BadResponseError("no chunk size")
        if ended:
            raise BadResponseError("the connection ended before the response did")
        return None

    def _read_trailer(self, head: Head, at: int, *, ended: bool) -> Response | None:
        """What may follow the last chunk (RFC 9112, section 7.1.2) is of no use here."""
        if self._buffer.startswith(b"\r\n", at):
            return self._whole(head, bytes(self._body), self._buffer[at + 2 :])
        end = self._buffer.find(_END, at)
        if end >= 0:
            return self._whole(head, bytes(self._body), self._buffer[end + 4 :])
        if ended or len(self._buffer) > HEAD_LIMIT:
            raise BadResponseError("the trailer does not end")
        return None

    def _whole(self, head: Head, body: bytes, rest: bytes) -> Response:
        """Bytes behind the response belong to nothing that we asked: such a connection is not used again."""
        return Response(head, body, self._size - len(rest), head.keeps and not rest)


def read_head(data: bytes) -> Head | None:
    """The head at the beginning of the data; None while it is not whole."""
    end = data.find(_END)
    if end >= 0:
        return _parse(data[: end + 4])
    if len(data) > HEAD_LIMIT:
        raise BadResponseError(f"more than {HEAD_LIMIT} bytes of head")
    if not b"HTTP/1.".startswith(data[:7]):
        raise BadResponseError("no HTTP/1 response")
    return None


@lru_cache(maxsize=64)
def _parse(raw: bytes) -> Head:
    """Cached, because a server's heads are alike for a second: until its Date changes."""
    status = _STATUS.match(raw)
    if status is None:
        raise BadResponseError("no HTTP/1 response")
    lengths = set(_values(raw, b"content-length"))
    if len(lengths) > 1 or not all(value.isdigit() and len(value) < 16 for value in lengths):
        raise BadResponseError("a Content-Length that is none, or two of them")
    codings = b",".join(_values(raw, b"transfer-encoding")).lower()
    connection = b",".join(_values(raw, b"connection")).lower()
    return Head(
        status=int(status[2]),
        size=len(raw),
        keeps=b"close" not in connection and (status[1] == b"1" or b"keep-alive" in connection),
        length=int(lengths.pop()) if lengths and not codings else None,
        chunked=codings.rstrip().endswith(b"chunked"),
        encoding=b",".join(_values(raw, b"content-encoding")).decode("latin-1"),
        location=b"".join(_values(raw, b"location")[:1]).decode("latin-1"),
        conditions=b"".join(_condition(raw, *names) for names in _VALIDATORS),
    )


def _condition(raw: bytes, validator: bytes, condition: bytes) -> bytes:
    """The line that sends a validator back; nothing where there is none, or what a request line cannot hold."""
    value = b"".join(_values(raw, validator)[:1])
    fits = 0 < len(value) <= _VALIDATOR_LIMIT and not re.search(rb"[\x00-\x1f\x7f]", value)
    return condition + b": " + value + b"\r\n" if fits else b""


def _values(raw: bytes, name: bytes) -> list[bytes]:
    lines = (line.partition(b":") for line in raw.split(b"\r\n")[1:])
    return [value.strip(b" \t") for key, _, value in lines if key.lower() == name]
