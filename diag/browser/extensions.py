"""Sec-WebSocket-Extensions in a response: the grammar of RFC 6455 §9.1 and permessage-deflate, RFC 7692 §7.1."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TOKEN = re.compile(r"[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)")
_QUOTED = re.compile(r'[ \t]*"((?:\\?[!#$%&\'*+\-.^_`|~0-9A-Za-z])+)"')
_EQUALS = re.compile(r"[ \t]*=")
_SEMICOLON = re.compile(r"[ \t]*;")
_END = re.compile(r"[ \t]*\Z")

_BITS = tuple(str(bits) for bits in range(8, 16))
_ALLOWED = {
    "server_no_context_takeover": ("",),
    "client_no_context_takeover": ("",),
    "server_max_window_bits": _BITS,
    "client_max_window_bits": ("", *_BITS),
}

OFFER = "permessage-deflate; client_max_window_bits"
"""What Chromium offers on every upgrade."""


@dataclass(frozen=True, slots=True)
class DeflateParameters:
    """What a response agreed to. Window sizes are log2 of bytes; 15 when the response names none (RFC 7692 §7.1.2)."""

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15


@dataclass(frozen=True, slots=True)
class ExtensionProblem:
    """Why the response's extensions fail the connection: kebab-case name and Chromium's text."""

    problem: str
    message: str


Parameters = tuple[tuple[str, str], ...]


def judge_extensions(values: Iterable[str], *, offered: bool = True) -> DeflateParameters | ExtensionProblem | None:
    """Judge the elements of all Sec-WebSocket-Extensions headers, in order; None when there is no extension.

    A bare `client_max_window_bits` is an error in a response (RFC 7692 §7.1.2.2), whatever Chromium offered.
    """
    agreed: DeflateParameters | None = None
    for value in values:
        parsed = parse_extension(value)
        if parsed is None:
            text = f"'Sec-WebSocket-Extensions' header value is rejected by the parser: {value}"
            return ExtensionProblem("extension-invalid", text)
        name, parameters = parsed
        if name != "permessage-deflate" or not offered:
            text = f"Found an unsupported extension '{name}' in 'Sec-WebSocket-Extensions' header"
            return ExtensionProblem("extension-unoffered", text)
        if agreed is not None:
            return ExtensionProblem("extension-duplicate", "Received duplicate permessage-deflate response")
        judged = _deflate(parameters)
        if isinstance(judged, str):
            return ExtensionProblem("extension-parameter", f"Error in permessage-deflate: {judged}")
        agreed = judged
    return agreed


def parse_extension(value: str) -> tuple[str, Parameters] | None:
    """Parse one extension with its parameters (an absent value reads as ""); None when the grammar is broken.

    An empty value, `x=` or `x=""`, is such a break.
    """
    name = _TOKEN.match(value)
    if name is None:
        return None
    parameters: list[tuple[str, str]] = []
    at = name.end()
    while semicolon := _SEMICOLON.match(value, at):
        parameter = _TOKEN.match(value, semicolon.end())
        if parameter is None:
            return None
        at, text = parameter.end(), ""
        if equals := _EQUALS.match(value, at):
            found = _QUOTED.match(value, equals.end()) or _TOKEN.match(value, equals.end())
            if found is None:
                return None
            at, text = found.end(), found[1].replace("\\", "")
        parameters.append((parameter[1], text))
    return (name[1], tuple(parameters)) if _END.match(value, at) else None


def _deflate(parameters: Parameters) -> DeflateParameters | str:
    found = dict(parameters)
    for at, (name, text) in enumerate(parameters):
        if name not in _ALLOWED:
            return "Received an unexpected permessage-deflate extension parameter"
        if name in (seen for seen, _ in parameters[:at]):
            return f"Received duplicate permessage-deflate extension parameter {name}"
        if text not in _ALLOWED[name]:
            return f"Received invalid {name} parameter"
    if found.get("client_max_window_bits") == "":
        return "client_max_window_bits must have value"
    return DeflateParameters(
        server_no_context_takeover="server_no_context_takeover" in found,
        client_no_context_takeover="client_no_context_takeover" in found,
        server_max_window_bits=int(found.get("server_max_window_bits", "15")),
        client_max_window_bits=int(found.get("client_max_window_bits", "15")),
    )
