"""An independent server, `websockets`, compresses as permessage-deflate allows, and gets everything back."""

from __future__ import annotations

import random
import threading

import pytest
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.sync.server import serve

from scenarios.engine import Handler, Session, masked

SIZES = [0, 1, 16, 125, 126, 1000, 16_384, 65_535, 70_000, 300_000]


class Echo(Handler):
    def on_text(self, session: Session, data: bytes, at: float) -> None:
        session.send(masked(1, data))

    def on_binary(self, session: Session, data: bytes, at: float) -> None:
        session.send(masked(2, data))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="context kept"),
        pytest.param({"server_no_context_takeover": True}, id="no context takeover"),
        pytest.param({"server_max_window_bits": 9}, id="the smallest window"),
        pytest.param(None, id="without compression"),
    ],
)
def test_every_message_comes_back(opens, settings: dict | None) -> None:
    extensions = None if settings is None else [ServerPerMessageDeflateFactory(**settings)]
    wrong: list[int] = []
    finished = threading.Event()
    dice = random.Random(7)
    messages = [dice.randbytes(size) for size in SIZES] + ["status \u20ac " * (size // 10) for size in SIZES]

    def handler(connection) -> None:
        for number, message in enumerate(messages):
            connection.send(message)
            if connection.recv(timeout=20) != message:
                wrong.append(number)
        finished.set()
        connection.close()

    with serve(handler, "127.0.0.1", 0, extensions=extensions, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        session = opens(server.socket.getsockname()[1], Echo())
        assert (session.course.terms.deflate is not None) == (settings is not None)
        assert finished.wait(20)
        server.shutdown()
        thread.join()
    assert wrong == []
    assert session.received == len(messages)
