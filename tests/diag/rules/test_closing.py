"""It opened, and then it ended: by which hand, and why?"""

from __future__ import annotations

import pytest

from diag.observations import Closed, Received

NEW_MESSAGES = {"received_total": 5, "received": ()}


def closes(code: int, reason: str = "", **changes):
    return lambda s: s.switches("proxy").closes("proxy", code, reason, **changes)


def drops(how: str = "fin", after_ms: float = 3000.0, **changes):
    return lambda s: s.switches("proxy").drops("proxy", how, after_ms=after_ms, **changes)


def unheard(s):
    """The page's client answers no pings; with pongs the session lives."""
    s.client(answers_pings=False).switches("proxy").closes("proxy", 1000, "ping timed out", after_ms=1800)
    return s.session("proxy", "pongs")


def lifetime(s, code: int = 1000, busy_ms: float = 4050.0):
    """Closed after 4 s; a busy session carries more messages."""
    s.switches("proxy").closes("proxy", code, "bye", after_ms=4000, received_total=5)
    closed = Closed(code, "bye", True, "close-frame", busy_ms)
    return s.session("proxy", "busy", closed=closed, received_total=40, watched_ms=busy_ms)


def cut_after(s, busy_ms: float = 4050.0, last_received_ms: float = 3900.0, last_sent_ms: float = 3800.0):
    """Dropped after 4 s without a Close frame; so is a busy session."""
    fin = Closed(1006, "", False, "fin", 4000.0)
    s.switches("proxy").session(
        "proxy", closed=fin, received_total=5, last_received_ms=last_received_ms, last_sent_ms=last_sent_ms
    )
    closed = Closed(1006, "", False, "fin", busy_ms)
    return s.session("proxy", "busy", closed=closed, received_total=40, watched_ms=busy_ms)


def process_died(s, how: str = "refused"):
    """Dropped right after our message, and then nothing listens any more."""
    s.switches("proxy").drops("proxy", "fin", after_ms=130, last_sent_ms=100, last_received_ms=90, sent_total=1)
    return s.silent("proxy", "tcp", how, "silent")


def violates(problem: str, message: str = "Invalid frame header"):
    return lambda s: s.switches("proxy").violates("proxy", problem, message)


def after_five_messages(s, slow_ms: float = 4000.0, busy_ms: float = 600.0, busy_total: int = 5):
    """Closed after so many messages; the busy session gets there sooner."""
    s.switches("proxy").closes("proxy", 1000, "", after_ms=slow_ms, received_total=5)
    closed = Closed(1000, "", True, "close-frame", busy_ms)
    return s.session("proxy", "busy", closed=closed, received_total=busy_total, watched_ms=busy_ms)


def after_our_message(s, how: str = "fin"):
    """Dropped 30 ms after a message of ours; a session in which we say nothing lives."""
    s.switches("proxy").drops("proxy", how, after_ms=130, last_sent_ms=100, last_received_ms=90, sent_total=1)
    return s.session("proxy", "silent", sent_total=0)


@pytest.mark.parametrize(
    ("code", "tell"),
    [
        pytest.param(
            "frame-rsv-bit", violates("rsv-bit", "One or more reserved bits are on: reserved1 = 1"), id="RSV1"
        ),
        pytest.param("frame-masked-by-server", violates("masked", "A server must not mask"), id="a mask"),
        pytest.param("frame-bad-opcode", violates("bad-opcode", "Unrecognized frame opcode: 3"), id="opcode 3"),
        pytest.param("frame-invalid-utf8", violates("invalid-utf8", "Could not decode"), id="no UTF-8"),
        pytest.param("frame-invalid", violates("control-too-long"), id="a ping of 126 bytes"),
        pytest.param("frame-invalid", violates("continuation-unexpected"), id="a continuation of nothing"),
        pytest.param("frame-invalid", violates("length-encoding"), id="garbage after the 101"),
        pytest.param("close-reserved-code", violates("close-code-reserved"), id="1006 on the wire"),
        pytest.param("close-protocol-error-1002", closes(1002, "bad frame"), id="Close 1002"),
        pytest.param("message-too-big-1009", closes(1009), id="Close 1009"),
        pytest.param(
            "message-too-big-1009", violates("too-big", "Message of more than 9 bytes"), id="the server's own"
        ),
        pytest.param("close-internal-1011", closes(1011, "boom"), id="Close 1011"),
        pytest.param("server-keepalive-timeout", closes(1011, "keepalive ping timeout"), id="Close 1011 for pings"),
        pytest.param("close-restart", closes(1001), id="Close 1001"),
        pytest.param("close-restart", closes(1012, "Service Restart"), id="Close 1012"),
        pytest.param("connection-limit", closes(1013, "too many sessions"), id="Close 1013"),
        pytest.param("closed-by-server", closes(1000, "bye"), id="Close 1000"),
        pytest.param("closed-by-server", closes(1005), id="a Close without a code"),
        pytest.param("closed-by-server", closes(4000, "bye", after_ms=4000), id="a code of its own, but later"),
        pytest.param(
            "closed-by-server",
            closes(4000, "ping expected", after_ms=500, last_sent_ms=450),
            id="an early word of time",
        ),
        pytest.param("backend-handler-crash", after_our_message, id="right after our first message"),
        pytest.param("backend-handler-crash", lambda s: after_our_message(s, "rst"), id="and with a reset"),
        pytest.param("backend-handler-crash", process_died, id="and the whole process is gone"),
        pytest.param(
            "backend-handler-crash",
            lambda s: closes(1011, "boom", after_ms=130, last_sent_ms=100)(s).session("proxy", "silent", sent_total=0),
            id="1011 after our message, and a silent session lives",
        ),
        pytest.param("server-keepalive-timeout", unheard, id="the session lives with pongs"),
        pytest.param("max-lifetime", lifetime, id="the same time, busy or not"),
        pytest.param("max-lifetime", lambda s: lifetime(s, 4000), id="with a code of its own"),
        pytest.param("max-lifetime", cut_after, id="cut by a proxy, busy or not"),
        pytest.param(
            "max-lifetime", lambda s: cut_after(s, last_received_ms=2000.0, last_sent_ms=1600.0), id="after a pause"
        ),
        pytest.param("close-reserved-code", closes(999), id="a code below 1000"),
        pytest.param("close-reserved-code", closes(5000), id="a code beyond 4999"),
        pytest.param("dropped-after-n-messages", after_five_messages, id="the fifth message, however long it takes"),
        pytest.param(
            "dropped-after-n-messages",
            lambda s: after_five_messages(s).drops("proxy", after_ms=4000, received_total=5),
            id="dropped without a Close frame",
        ),
        pytest.param("accept-then-drop", drops(after_ms=40, sent_total=0), id="FIN at once"),
        pytest.param("accept-then-drop", drops("rst", after_ms=900, sent_total=0), id="RST within a second"),
        pytest.param("close-abnormal-1006", drops(), id="FIN while messages flow"),
        pytest.param("close-abnormal-1006", drops("rst"), id="RST while messages flow"),
        pytest.param("close-abnormal-1006", drops("tls-error"), id="TLS breaks"),
    ],
)
def test_fires(must_name, code: str, tell) -> None:
    must_name(tell, code)


@pytest.mark.parametrize(
    ("code", "tell", "instead"),
    [
        pytest.param("frame-rsv-bit", violates("masked"), "frame-masked-by-server", id="the mask"),
        pytest.param("frame-masked-by-server", violates("bad-opcode"), "frame-bad-opcode", id="the opcode"),
        pytest.param("frame-bad-opcode", violates("rsv-bit"), "frame-rsv-bit", id="the reserved bits"),
        pytest.param(
            "frame-invalid-utf8", violates("close-reason-utf8"), "frame-invalid", id="the text of a Close frame"
        ),
        pytest.param("frame-invalid", violates("invalid-utf8"), "frame-invalid-utf8", id="a code of its own"),
        pytest.param("close-reserved-code", drops(), "close-abnormal-1006", id="no frame at all"),
        pytest.param("close-protocol-error-1002", violates("rsv-bit"), "frame-rsv-bit", id="the server is the one"),
        pytest.param("close-protocol-error-1002", closes(1003), "closed-by-server", id="unsupported data"),
        pytest.param("message-too-big-1009", after_five_messages, "dropped-after-n-messages", id="a count, no size"),
        pytest.param(
            "close-internal-1011", closes(1011, "Keepalive ping timeout"), "server-keepalive-timeout", id="pings"
        ),
        pytest.param("server-keepalive-timeout", closes(1011, "unhandled"), "close-internal-1011", id="another reason"),
        pytest.param("close-restart", closes(1000), "closed-by-server", id="a normal end"),
        pytest.param("connection-limit", closes(1012), "close-restart", id="a restart"),
        pytest.param("closed-by-server", closes(1008, "policy", after_ms=20), "close-policy-or-app-auth", id="at once"),
        pytest.param(
            "closed-by-server", closes(4401, after_ms=20), "close-policy-or-app-auth", id="at once, its own code"
        ),
        pytest.param(
            "closed-by-server",
            closes(4000, "idle", last_sent_ms=500),
            "idle-timeout-backend",
            id="for silence, and says so",
        ),
        pytest.param(
            "backend-handler-crash",
            lambda s: after_our_message(s).session("proxy", "silent", closed=Closed(1006, "", False, "fin", 130)),
            "accept-then-drop",
            id="a silent session ends as well",
        ),
        pytest.param("backend-handler-crash", drops(), "close-abnormal-1006", id="nobody tried to be silent"),
        pytest.param(
            "backend-handler-crash",
            lambda s: process_died(s, "timeout"),
            "accept-then-drop",
            id="the next attempt is not refused",
        ),
        pytest.param(
            "backend-handler-crash",
            lambda s: closes(1011, "boom", after_ms=3000, last_sent_ms=100)(s).session("proxy", "silent"),
            "close-internal-1011",
            id="1011 long after our message",
        ),
        pytest.param(
            "server-keepalive-timeout",
            lambda s: unheard(s).session("proxy", "pongs", closed=Closed(1000, "", True, "close-frame", 1800.0)),
            "closed-by-server",
            id="pongs do not help",
        ),
        pytest.param("max-lifetime", lambda s: lifetime(s, busy_ms=2000), "closed-by-server", id="sooner when busy"),
        pytest.param("max-lifetime", lambda s: cut_after(s, busy_ms=2000), "close-abnormal-1006", id="and when cut"),
        pytest.param("max-lifetime", lambda s: lifetime(s, 1011), "close-internal-1011", id="an error, no plan"),
        pytest.param("max-lifetime", after_five_messages, "dropped-after-n-messages", id="a count"),
        pytest.param("close-reserved-code", closes(4999), "closed-by-server", id="the application's own range"),
        pytest.param(
            "dropped-after-n-messages",
            lambda s: after_five_messages(s, busy_total=40),
            "closed-by-server",
            id="many more messages in the busy session: a time",
        ),
        pytest.param(
            "dropped-after-n-messages",
            lambda s: after_five_messages(s, busy_ms=3900),
            "closed-by-server",
            id="the busy session takes as long",
        ),
        pytest.param(
            "dropped-after-n-messages",
            lambda s: after_five_messages(s).session("proxy", "busy"),
            "closed-by-server",
            id="the busy session lives",
        ),
        pytest.param("accept-then-drop", drops(after_ms=3000), "close-abnormal-1006", id="later"),
        pytest.param("accept-then-drop", after_our_message, "backend-handler-crash", id="our message is the reason"),
        pytest.param("accept-then-drop", closes(1000, after_ms=40), "closed-by-server", id="with a Close frame"),
        pytest.param("close-abnormal-1006", drops(after_ms=40), "accept-then-drop", id="at once"),
        pytest.param(
            "close-abnormal-1006",
            drops(after_ms=5000, last_received_ms=900, last_sent_ms=900),
            "idle-timeout-backend",
            id="after a silence",
        ),
        pytest.param("close-abnormal-1006", lambda s: s.opens("proxy"), None, id="we end it"),
        pytest.param("close-not-echoed", lambda s: s.opens("proxy"), None, id="the server answers our Close"),
        pytest.param("close-not-echoed", drops(), "close-abnormal-1006", id="the server ends it"),
    ],
)
def test_keeps_quiet(must_not_name, code: str, tell, instead: str | None) -> None:
    must_not_name(tell, code, instead)


def test_an_unanswered_close_is_a_remark(must_mention) -> None:
    report = must_mention(
        lambda s: s.switches("proxy").session("proxy", close_answered=False), "close-not-echoed", primary=None
    )
    assert report.verdict.value == "healthy"


def test_control_frames_are_no_messages(must_name) -> None:
    """Ten pings more in the slow session do not hide that both ended after the fifth message."""
    pings = tuple(Received(at, "ping", 0) for at in range(10))
    must_name(
        lambda s: after_five_messages(s).closes("proxy", 1000, after_ms=4000, received=pings, received_total=15),
        "dropped-after-n-messages",
    )


def test_compression_is_a_suspect_of_a_violation(scene) -> None:
    report = violates("rsv-bit")(scene).session("proxy", "no-deflate").report()
    assert ("without permessage-deflate", "stays open") in [(e.label, e.value) for e in report.findings[0].evidence]


def sized(s, **fits: bool):
    """Close 1009 upon the heartbeat, and then single messages of these sizes that are taken or refused."""
    closes(1009)(s)
    for name, taken in fits.items():
        variant = f"size={name.removeprefix('of_')}"
        closed = None if taken else Closed(1009, "", True, "close-frame", 20.0)
        s.switches("proxy", variant).session("proxy", variant, closed=closed)
    return s


@pytest.mark.parametrize(
    ("fits", "rows"),
    [
        pytest.param(
            {"of_162": False, "of_81": True, "of_121": False, "of_101": False, "of_100": True},
            [("the smallest message refused", "101 bytes"), ("the largest message taken", "100 bytes")],
            id="between two sizes",
        ),
        pytest.param({"of_162": False}, [("the smallest message refused", "162 bytes")], id="cut short"),
        pytest.param({"of_162": True}, [("a single message", "of 162 bytes is taken")], id="it was not the size"),
        pytest.param({}, [], id="not tried"),
    ],
)
def test_the_limit_of_a_message_is_named(must_name, fits: dict[str, bool], rows: list[tuple[str, str]]) -> None:
    report = must_name(lambda s: sized(s, **fits), "message-too-big-1009")
    assert [(item.label, item.value) for item in report.primary.evidence[2:-1]] == rows
