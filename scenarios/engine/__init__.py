"""The session engine: one greenlet of a process carries all of its WebSocket sessions and polls, through one epoll.

    from scenarios.engine import Handler, Opener, Session, loop

    class Page(Handler):                                    # one for all sessions, or one for each
        def on_text(self, session, data, at): ...           # data: bytes, valid UTF-8; at: seconds, see below

    opener = Opener.of(target)                              # one per target: request, addresses, TLS are made once
    match opener.open(handler):                             # blocks the calling greenlet only
        case Session() as session: ...
        case Exchange() as exchange: causes.of_handshake(target, exchange)

    session.send(frame)                                     # an encoded frame: `masked(TEXT, payload)`
    session.close(1001); session.abort()                    # bounded; on_closed comes once, whatever happens
    session.observation()                                   # diag.observations.Session, made when asked for
    session.exchange()                                      # diag.observations.Exchange of its handshake, likewise

    beat = loop().every(45.0, phase, callback)              # callback(due): measure from `due`, the intended time
    beat.cancel()
    loop().at(when, callback)                               # once
    loop().on_lag = callback                                # seconds by which a wake-up for timers came late

    poller = Poller.of(target, request)                     # one kept connection; the request is rendered once
    result = poller.poll()                                  # PollResult; or poller.start(callback): no greenlet at all

    talk = Talk.of("orchestration")                         # the dialect, compiled: shared by all sessions
    for frame in talk.beat(identifier, now_ms): session.send(frame)
    for spoken in talk.hear(data): ...                      # role, type, identifier, sent_ms, replies

**Times** are seconds on time.monotonic(). `at` is when the kernel had the bytes (SO_TIMESTAMPNS), not when we came to
read them, which may be up to 20 ms later (see `pace`); where several frames share a read, the time of the last segment
of it. `loop().wall(at)` is Unix seconds.

**Handlers** are called in the loop's greenlet, one after the other. They must not wait for anything: no gevent.sleep,
no `open`. What one raises ends its session with `closed.how == "defect"` (the exception is `session.defect`), and no
other. They may send, close, abort, set timers, and set an event that a user's greenlet waits for.

**on_closed(session, closed)** comes exactly once for every session that opened: `closed` is a diag.observations.Closed
as `causes.of_session` reads it, or None when we closed it ourselves. Then `session.close_answered` tells the rest.

**Fairness**: a session gets one bounded read in each turn of the loop, and after each turn Locust's greenlets run.

**Memory**: frames, messages, unread heads and unsent bytes are bounded. `send` takes a frame whole or (False) not at
all; what a full socket leaves is queued up to `SEND_LIMIT` bytes.
"""

from __future__ import annotations

from diag.observations import Exchange
from scenarios.engine.handler import Handler
from scenarios.engine.http import Poller, PollResult
from scenarios.engine.loop import Loop, loop
from scenarios.engine.opener import Opener
from scenarios.engine.outbound import masked
from scenarios.engine.session import SEND_LIMIT, Session
from scenarios.engine.talk import Spoken, Talk
from scenarios.engine.timers import Timer

__all__ = [
    "SEND_LIMIT", "Exchange", "Handler", "Loop", "Opener", "PollResult", "Poller", "Session", "Spoken", "Talk", "Timer",
    "loop", "masked",
]  # fmt: skip
