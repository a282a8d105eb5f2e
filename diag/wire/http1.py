"""One raw HTTP/1.1 exchange on a connected socket: every byte and every duplicate header kept, all of it bounded."""

from __future__ import annotations

import re
import socket
import ssl
import time
from dataclasses import dataclass, replace

from diag.model import Headers
from diag.observations import Answer, NoAnswer
from diag.wire.decoding import decoded

HEAD_LIMIT = 256 * 1024
"""Chromium gives up on a response head at 256 KiB (net/http/http_stream_parser.h)."""
BODY_LIMIT = 64 * 1024
BODY_IDLE_S = 0.5
"""A body without a length is read until it pauses: an error page comes at once, an event stream never ends."""
_CHUNK = 16 * 1024
_STATUS_LINE = re.compile(rb"(HTTP/\d+\.\d+)[ \t]+(\d{3})(?:[ \t]([^\r\n]*))?", re.IGNORECASE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Reply:
    """What one request got: the outcome, the bytes behind a 101's head, and when the head was complete (monotonic)."""

    outcome: Answer | NoAnswer
    rest: bytes
    head_at: float


def request_bytes(method: str, path: str, headers: Headers, version: str = "HTTP/1.1") -> bytes:
    """A request head in the given order and spelling, latin-1 as the wire has it."""
    lines = [f"{method} {path} {version}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def roundtrip(sock: socket.socket, request: bytes, *, deadline: float, tunnel: bool = False) -> Reply:
    """Sends the request and reads one response; never raises for what the peer does or leaves undone.

    An interim response (RFC 9110, section 15.2) is the answer, since Chromium's handshake takes it for one.
    `deadline` is on the clock of time.monotonic(). With `tunnel`, a success has no body (RFC 9110, section 9.3.6).
    """
    sock.settimeout(max(0.001, deadline - time.monotonic()))
    try:
        sock.sendall(request)
    except ConnectionError:
        # A server may answer and close before it has read everything: its answer is worth more than our broken pipe.
        pass
    except OSError as error:
        return Reply(_no_answer(error, b""), b"", time.monotonic())
    return _Reader(sock, deadline, tunnel).reply()


class _Reader:
    def __init__(self, sock: socket.socket, deadline: float, tunnel: bool) -> None:
        self.sock = sock
        self.deadline = deadline
        self.bodiless = 300 if tunnel else 200
        self.buffer = b""

    def reply(self) -> Reply:
        outcome = self._head()
        head_at = time.monotonic()
        if isinstance(outcome, NoAnswer) or outcome.status < self.bodiless:
            return Reply(outcome, self.buffer, head_at)
        return Reply(self._with_body(outcome), b"", head_at)

    def _head(self) -> Answer | NoAnswer:
        """The next head, taken off the buffer."""
        while not (end := _HEAD_END.search(self.buffer)):
            if self.buffer and not looks_like_http(self.buffer):
                return NoAnswer("http", "not-http", "", self.buffer[:512])
            if len(self.buffer) > HEAD_LIMIT:
                return NoAnswer("http", "too-large", f"more than {HEAD_LIMIT} bytes of headers", self.buffer[:512])
            try:
                data = receive(self.sock, self.deadline)
            except OSError as error:
                return _no_answer(error, self.buffer)
            if not data:
                return _no_answer(EOFError(), self.buffer)
            self.buffer += data
        head, self.buffer = self.buffer[: end.end()], self.buffer[end.end() :]
        return parse_head(head)

    def _with_body(self, answer: Answer) -> Answer:
        length = _content_length(answer)
        chunked = "chunked" in (answer.header("transfer-encoding") or "").lower()
        body, complete = self.buffer, False
        while not complete and len(body) < BODY_LIMIT:
            if _body_ended(body, length, chunked):
                complete = True
                break
            try:
                data = receive(self.sock, min(self.deadline, time.monotonic() + BODY_IDLE_S))
            except OSError:
                break
            complete = not data
            body += data
        body = _dechunked(body) if chunked else body[:length] if length is not None else body
        body = decoded(body, answer.header("content-encoding"), BODY_LIMIT)
        return replace(answer, body=body, body_complete=complete)


def receive(sock: socket.socket, deadline: float) -> bytes:
    """At most 16 KiB; b"" at the end of the stream. TimeoutError when the deadline passes first."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    sock.settimeout(left)
    try:
        return sock.recv(_CHUNK)
    except ssl.SSLEOFError:
        return b""


def looks_like_http(data: bytes) -> bool:
    """Whether what came so far can still be a status line. Chromium skips up to four bytes of junk before it."""
    head = data[:9].upper()
    return any(b"HTTP/".startswith(head[skip : skip + 5]) for skip in range(min(5, len(head))))


def parse_head(raw: bytes) -> Answer | NoAnswer:
    """A response head. Lines end in CRLF or LF; names and values are latin-1; folded lines join with a blank."""
    start = max(0, raw.upper().find(b"HTTP/", 0, 9))
    lines = re.split(rb"\r?\n", raw[start:].rstrip(b"\r\n"))
    match = _STATUS_LINE.match(lines[0])
    if not match:
        return NoAnswer("http", "not-http", "no status line", raw[:512])
    headers: list[tuple[str, str]] = []
    for line in lines[1:]:
        text = line.decode("latin-1")
        if text[:1] in (" ", "\t") and headers:
            name, value = headers.pop()
            headers.append((name, f"{value} {text.strip()}"))
        elif ":" in text:
            name, _, value = text.partition(":")
            headers.append((name.strip(), value.strip(" \t")))
    reason = (match[3] or b"").decode("latin-1").strip()
    return Answer(int(match[2]), reason, match[1].decode().upper(), tuple(headers), raw_head=raw)


def _content_length(answer: Answer) -> int | None:
    if answer.status in (204, 304):
        return 0
    value = answer.header("content-length") or ""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None


def _body_ended(body: bytes, length: int | None, chunked: bool) -> bool:
    if chunked:
        return body.endswith(b"0\r\n\r\n")
    return length is not None and len(body) >= length


def _dechunked(body: bytes) -> bytes:
    """The data of a chunked body (RFC 9112, section 7.1), as far as it goes."""
    data, rest = b"", body
    while True:
        size, found, rest = rest.partition(b"\r\n")
        number = size.partition(b";")[0].strip()
        if not found or not re.fullmatch(rb"[0-9a-fA-F]{1,8}", number) or int(number, 16) == 0:
            return data
        data += rest[: int(number, 16)]
        rest = rest[int(number, 16) + 2 :]


def _no_answer(error: Exception, received: bytes) -> NoAnswer:
    """Why no head came; a head that began and never ended is `slow`, not a silent server."""
    match error:
        case TimeoutError():
            reason = "slow" if received else "timeout"
        case ConnectionResetError() | BrokenPipeError():
            reason = "reset"
        case EOFError():
            reason = "eof"
        case _:
            return NoAnswer("http", "reset", str(error), received[:512])
    return NoAnswer("http", reason, "", received[:512])
