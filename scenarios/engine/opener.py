"""Opens sessions of one target: as Chromium does, at a fraction of the cost of doing everything afresh each time."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from functools import lru_cache
from typing import cast

from gevent.event import AsyncResult

from diag.browser.handshake import HandshakeVerdict, Offer, accept_value, judge_head
from diag.model import Target
from diag.observations import Exchange, NoAnswer
from diag.probes.requests import browser_request, new_key
from diag.wire import tls
from diag.wire.http1 import request_bytes, roundtrip
from scenarios.engine.course import Course, Plan, Terms
from scenarios.engine.endpoint import Endpoint, Unreachable
from scenarios.engine.handler import Handler
from scenarios.engine.loop import Loop, loop
from scenarios.engine.opening import Opening
from scenarios.engine.resumed import Resumed
from scenarios.engine.session import Session

_SHAPES = 64
_SHOWN = 512
_MARK = b"\0"
"""Stands for the accept value in a head that was judged before: no head that opens a socket has a NUL in it."""


class Opener:
    """See `scenarios.engine`. Not thread-safe, like all of gevent."""

    def __init__(self, target: Target) -> None:
        """OSError or ssl.SSLError where a file of the target's TLS settings cannot be used."""
        request = browser_request(target, target.page_route)
        key = request.offer.key if request.offer else ""
        before, _, after = request_bytes("GET", request.path, request.headers, request.version).partition(key.encode())
        self._plan = Plan(target, Endpoint(target, request.url), request)
        self._parts = before, after
        self._shapes: dict[bytes, Terms] = {}

    @staticmethod
    def of(target: Target) -> Opener:
        """The target's one opener in this process."""
        return _opener(target)

    def open(self, handler: Handler) -> Session | Exchange:
        """A session, or the observation of a handshake that did not open; blocks the calling greenlet.

        At most for the target's `connect_timeout_s`, and half a second more for the body of an error page. A defect
        of ours is raised.
        """
        running, endpoint = loop(), self._plan.endpoint
        started = time.monotonic()
        deadline = started + self._plan.target.client.connect_timeout_s
        if endpoint.known():
            try:
                starting = endpoint.start()
            except OSError as error:
                return self._unreachable(endpoint.refused(error, started), started)
            opened = self._handshake(running, *starting, handler, started, deadline)
            if isinstance(opened, Session):
                return opened
            if opened.course.connected or len(endpoint.addresses) == 1:
                return self._refusal(opened, deadline)
            opened.release().close()  # the name has other addresses
        dialled = endpoint.dial(deadline)
        if isinstance(dialled, Unreachable):
            return self._unreachable(dialled, started)
        opened = self._handshake(running, dialled, 0, handler, started, deadline)
        return opened if isinstance(opened, Session) else self._refusal(opened, deadline)

    def _unreachable(self, why: Unreachable, started: float) -> Exchange:
        return why.exchange(Course(self._plan, new_key(), started, at=time.monotonic()).exchange(why.failure))

    def _handshake(
        self, running: Loop, sock: socket.socket, code: int, handler: Handler, started: float, deadline: float
    ) -> Session | Opening:
        result: AsyncResult = AsyncResult()

        def done(opening: Opening) -> None:
            try:
                terms = self._terms(opening.course) if opening.error is None else None
                result.set(opening if terms is None else self._session(running, opening, terms, handler))
            except Exception as error:  # the caller must not wait for ever
                result.set_exception(error)

        Opening(running, self._plan, sock, self._parts, done).start(code, started, deadline)
        return cast("Session | Opening", result.get())

    def _session(self, running: Loop, opening: Opening, terms: Terms, handler: Handler) -> Session:
        course = opening.course
        course.terms = terms
        session = Session(running, opening.sock, course, handler)
        running.adopt(opening.sock.fileno(), session)
        session.begin(opening.received[len(course.head) :])
        return session

    def _terms(self, course: Course) -> Terms | None:
        """What the head agrees to; None when Chromium refuses it. A head that differs only in its accept value from
        one that opened, and has the right one in its place, opens too."""
        if not course.head:
            return None
        shape = course.head.replace(accept_value(course.key).encode(), _MARK, 1)
        terms = self._shapes.get(shape)
        if terms is not None:
            return terms
        verdict = self._verdict(course)
        if not verdict.opens:
            return None
        if len(self._shapes) >= _SHAPES:
            self._shapes.clear()
        terms = Terms(verdict.subprotocol, verdict.deflate)
        if shape.count(_MARK) == 1:
            self._shapes[shape] = terms
        return terms

    def _verdict(self, course: Course) -> HandshakeVerdict:
        offer = self._plan.request.offer or Offer("")
        return judge_head(replace(offer, key=course.key), course.head)

    def _refusal(self, opening: Opening, deadline: float) -> Exchange:
        """What came instead, read to its end as `diag.probes.upgrade` reads it."""
        course, error = opening.course, opening.error
        sock = opening.release()
        with sock:
            if error is None:
                with Resumed(sock, opening.received, course.tunnel) as rest:
                    return course.exchange(roundtrip(rest, b"", deadline=deadline).outcome)
        if not isinstance(error, OSError | ValueError):
            raise error
        if not course.connected:
            return self._plan.endpoint.refused(error, course.started).exchange(course.exchange(NoAnswer("tcp", "")))
        if course.plan.endpoint.encrypted and not course.secured:
            return course.exchange(tls.failure(error))
        return course.exchange(_no_answer(error, opening.received[:_SHOWN]))


@lru_cache(maxsize=16)
def _opener(target: Target) -> Opener:
    return Opener(target)


def _no_answer(error: Exception, received: bytes) -> NoAnswer:
    """As `diag.wire.http1` names it: a head that began and never ended is `slow`, not a silent server."""
    match error:
        case TimeoutError():
            return NoAnswer("http", "slow" if received else "timeout", "", received)
        case ConnectionResetError() | BrokenPipeError():
            return NoAnswer("http", "reset", "", received)
    return NoAnswer("http", "reset", str(error), received)
