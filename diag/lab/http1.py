"""The little HTTP/1.1 that the development proxy needs (RFC 9112): a request's head, and answers of its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from http import HTTPStatus

from diag.model import Headers

HEAD_LIMIT = 64 * 1024
HEAD_TIMEOUT_S = 15.0


class BadRequestError(ValueError):
    """What came is no HTTP/1.x request."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head; the target is as the client wrote it."""

    method: str
    target: str
    headers: Headers

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def is_upgrade(self) -> bool:
        """Whether it asks for another protocol (RFC 9110, section 7.8): both header lines are needed."""
        return "upgrade" in self._tokens("connection") and bool(self._tokens("upgrade"))

    def without(self, *names: str) -> Headers:
        """The header lines but those."""
        return tuple((name, value) for name, value in self.headers if name.lower() not in names)

    def with_headers(self, headers: Headers) -> Request:
        """The same request with other header lines."""
        return replace(self, headers=headers)

    def encoded(self) -> bytes:
        """The head as it goes onto the wire."""
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _tokens(self, name: str) -> set[str]:
        values = ",".join(value for key, value in self.headers if key.lower() == name)
        return {token.strip().lower() for token in values.split(",")} - {""}


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request's head, or None when the client leaves, or takes longer than HEAD_TIMEOUT_S, before its end.

    BadRequestError for anything that is no HTTP/1.x head, or a longer one than the reader's limit.
    """
    try:
        async with asyncio.timeout(HEAD_TIMEOUT_S):
            head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, TimeoutError):
        return None
    except asyncio.LimitOverrunError:
        raise BadRequestError("the request's head is too large") from None
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    match first.split(" "):
        case [method, target, version] if version.startswith("HTTP/1.") and target.startswith("/"):
            return Request(method, target, tuple(_header(line) for line in lines))
    raise BadRequestError("not an HTTP/1.x request")


def response(status: HTTPStatus, content_type: str, body: bytes, headers: Headers = ()) -> bytes:
    """A whole response, after which the connection is closed."""
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers)]
    lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip():
        raise BadRequestError("a malformed header line")
    return name, value.strip()
