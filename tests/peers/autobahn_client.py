"""The engine as Autobahn's client under test: runs every case that the fuzzing server has, and echoes what it hears.

autobahn_client.py ws://127.0.0.1:9001
"""

from __future__ import annotations

import sys

from gevent.event import Event

from diag.model import Client, Route, Target
from diag.observations import Closed
from scenarios.engine import Handler, Opener, Session, masked

TEXT, BINARY = 1, 2
CASE_S = 100.0


class Echo(Handler):
    __slots__ = ("ended", "heard")

    def __init__(self) -> None:
        self.ended = Event()
        self.heard = b""

    def on_text(self, session: Session, data: bytes, at: float) -> None:
        self.heard = data
        session.send(masked(TEXT, data))

    def on_binary(self, session: Session, data: bytes, at: float) -> None:
        session.send(masked(BINARY, data))

    def on_closed(self, session: Session, closed: Closed | None) -> None:
        self.ended.set()


def run(url: str) -> bytes:
    """One session to its end; the last text heard."""
    target = Target(page="http://localhost", url=url, routes=(Route("server", url),), client=Client(dialect="plain"))
    echo = Echo()
    session = Opener(target).open(echo)
    if not isinstance(session, Session):
        raise SystemExit(f"{url}: {session.outcome}")
    if not echo.ended.wait(CASE_S):
        raise SystemExit(f"{url}: no end")
    if session.defect is not None:
        raise session.defect
    return echo.heard


def main(server: str) -> None:
    for number in range(1, int(run(f"{server}/getCaseCount")) + 1):
        run(f"{server}/runCase?case={number}&agent=wsdiag")
    run(f"{server}/updateReports?agent=wsdiag")


if __name__ == "__main__":
    main(sys.argv[1])
