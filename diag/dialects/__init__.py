"""Dialects: how an application greets, beats, answers, pushes and says goodbye. One YAML file each, in this folder.

A file's keys, all but `summary` optional:

    summary       what it is, in one line
    subprotocols  what the client offers when the user names none; the server's choice tells the dialect
    separator     ends every text message, where several may travel in one (SignalR's 0x1E)
    opening       messages that the client sends as soon as the socket is open
    greeting      the first message that the server must send, at once or after the opening
    ping, pong    the client's heartbeat and its answer; without `pong` nobody answers it
    correlation   where the pong repeats the ping's $id
    server_beat   the heartbeat that the server sends by itself; its `message`, and how often: `every_ms`, or what is
                  `announced` in the greeting, but not more often than `at_least_ms`
    answers       what the client replies to what: `to`, `reply`
    types         where a message's type is read, the first that holds one
    goodbye       messages that the client sends before its Close frame

A message to send is one of {json: …}, {text: …}, {hex: …}; one to recognise may also be a {pattern: …}, see
`templates`. A value is read in {field: key or path}, or by {pattern: …} with one group, or with a `name`.
"""

from __future__ import annotations

from diag.dialects.cadence import Cadence
from diag.dialects.conversation import AUTO, LISTEN_S, Conversation, recognise
from diag.dialects.dialect import Dialect, Heard
from diag.dialects.files import UnknownDialectError, load, names
from diag.dialects.templates import PING, Data, Frame

__all__ = [
    "AUTO", "LISTEN_S", "PING", "Cadence", "Conversation", "Data", "Dialect", "Frame", "Heard", "UnknownDialectError",
    "load", "names", "recognise",
]  # fmt: skip
