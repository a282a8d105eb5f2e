"""What this machine lacks for a connection is told apart from what the other side does."""

from __future__ import annotations

import errno
import os
import resource
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from diag.observations import Attempt
from diag.wire.connect import connect, out_of_descriptors, outcome_of
from diag.wire.dial import tcp_failure


@pytest.fixture
def use_up() -> Iterator[Callable[[int], None]]:
    """Opens files until so many more fit into this process."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    held: list[int] = []

    def fill(left: int) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        while not out_of_descriptors():
            held.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(left):
            os.close(held.pop())

    yield fill
    for descriptor in held:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("left", [pytest.param(0, id="none"), pytest.param(1, id="one, and two are needed")])
def test_a_listener_is_not_blamed_for_our_descriptors(use_up: Callable[[int], None], left: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        use_up(left)
        sock, attempts = connect(("127.0.0.1",), listener.getsockname()[1], deadline=time.monotonic() + 5)
    assert sock is None
    assert tcp_failure(tuple(attempts)).reason == "no-descriptors"


def test_descriptors_are_looked_at(use_up: Callable[[int], None]) -> None:
    assert not out_of_descriptors()
    use_up(0)
    assert out_of_descriptors()


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        pytest.param(["refused", "no-descriptors"], "no-descriptors", id="one address was not tried"),
        pytest.param(["unreachable", "no-ports"], "no-ports", id="no port for the other one"),
        pytest.param(["timeout", "refused"], "refused", id="somebody refused"),
        pytest.param(["unreachable"], "unreachable", id="nothing else"),
    ],
)
def test_the_most_telling_outcome_counts(outcomes: list[str], reason: str) -> None:
    attempts = tuple(Attempt("192.0.2.1", outcome, 1.0) for outcome in outcomes)
    assert tcp_failure(attempts).reason == reason


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        pytest.param(errno.EADDRNOTAVAIL, "no-ports", id="no port to connect from"),
        pytest.param(errno.EMFILE, "no-descriptors", id="this process"),
        pytest.param(errno.ENFILE, "no-descriptors", id="this machine"),
        pytest.param(errno.ENETUNREACH, "unreachable", id="no network"),
    ],
)
def test_an_errno_has_a_word(code: int, outcome: str) -> None:
    assert outcome_of(code) == outcome
