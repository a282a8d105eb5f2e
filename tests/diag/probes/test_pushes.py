"""What a session's messages say, and which of it never changed."""

from __future__ import annotations

from diag.observations import Pushed
from diag.probes.pushes import Pushes


def pushed(*documents: object) -> tuple[Pushed, ...]:
    pushes = Pushes()
    for document in documents:
        pushes.heard(document)
    return pushes.settled


def bot(status: str, number: int = 1) -> dict[str, object]:
    return {"type": "bot:status_change", "data": {"botId": f"bot-{number}", "status": status, "sequence": number}}


def test_a_value_that_every_message_repeats_is_settled() -> None:
    assert pushed(bot("running"), {"type": "tick"}, bot("running"), bot("Running")) == (
        Pushed("botid", "bot-1", "status", "running", 3),
    )


def test_a_value_that_changed_once_is_none_even_if_it_comes_back() -> None:
    assert pushed(bot("running"), bot("paused"), bot("running"), bot("running")) == ()


def test_one_message_settles_nothing() -> None:
    assert pushed(bot("running"), bot("running", 2)) == ()


def test_a_flood_settles_nothing() -> None:
    assert pushed(*[bot("running")] * 2001) == ()
    assert len(pushed(*[bot("running", number) for number in range(300)] * 2)) == 200
