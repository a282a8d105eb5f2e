"""What a client lived through, as immutable events on one clock. Writers and rules read these, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = (
    "attempt",  # a connection attempt begins; `number` counts from 1 since the last loss, 0 is the very first one
    "opened",  # the socket is open; `value` is the handshake in milliseconds
    "recognised",  # the dialect was not known before; `text` names it and says why
    "refused",  # the attempt failed; `text` is the catalogue code or the outcome in words
    "beat",  # a heartbeat was sent; `number` counts beats, `at_s` is its intended time, `text` is its kind
    "answered",  # its answer's frame arrived; `value` is the round trip in milliseconds from the intended time
    "missed",  # no answer within the heartbeat's timeout, or before the session was over; `value` is the wait in ms
    "message",  # a message that answers no heartbeat; `text` is its type, `size` its bytes, `sequence` its number
    "closed",  # the session ended; `number` is the close code, `text` its reason, `clean` as in the close event
    "waiting",  # the policy waits before the next attempt; `value` is the delay in seconds
    "fallback",  # the client gave up and polls from here on
    "polled",  # one REST poll; `number` is its status, None when nothing answered
    "recovered",  # back from polling to a socket
    "gave-up",  # no attempt is left and there is no fallback
    "ended",  # the client was told to stop; `number` is the code it closed an open session with
)


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """One thing that happened, `at_s` seconds after the client's start (monotonic clock).

    `text` of `beat`, `answered` and `missed` is the beat's kind, `application` or `protocol`; `size` is the payload's
    bytes, out for a beat and in for everything else.
    """

    at_s: float
    kind: str
    number: int | None = None
    value: float | None = None
    text: str = ""
    size: int = 0
    sequence: int | None = None
    clean: bool = False
