"""Recordings: all that one run observed, kept as JSON, so that it can be judged again without a network."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from diag import dialects
from diag.masking import mask_value, secrets_of
from diag.model import Target
from diag.observations import Observation, RestCall, Session

FORMAT = 1
_MARK = "observation"
"""Which of the observations' types a row is; no observation has a field of that name."""
_TOO_LARGE = 1e15
"""No time in milliseconds is that long. NaN is no smaller, and infinity is none either."""
_KINDS = {kind.__name__: kind for kind in get_args(Observation)}


@dataclass(frozen=True, slots=True)
class Recording:
    """What a run examined and saw. `started_at` is RFC 3339 in UTC."""

    target: Target
    started_at: str
    duration_ms: float
    observations: tuple[Observation, ...]
    interrupted: bool = False


def dump(recording: Recording, *, masked: bool) -> str:
    """A recording as JSON text; `masked` replaces every secret that the target or a server brought."""
    if masked:
        recording = mask_value(recording, secrets_of(recording.target))
    document = {
        "wsdiag_recording": FORMAT,
        "target": _plain(recording.target),
        "started_at": recording.started_at,
        "duration_ms": recording.duration_ms,
        "interrupted": recording.interrupted,
        "observations": [{_MARK: type(item).__name__, **_plain(item)} for item in recording.observations],
    }
    return json.dumps(document, indent=1) + "\n"


def load(text: str) -> Recording:
    """The recording in a text; ValueError with one line that says what is wrong with it."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("not a recording: nested too deeply") from None
    if not isinstance(document, dict) or "wsdiag_recording" not in document:
        raise ValueError("not a recording: no wsdiag_recording in it")
    if document["wsdiag_recording"] != FORMAT:
        raise ValueError(f"a recording of format {document['wsdiag_recording']!r}; this wsdiag reads format {FORMAT}")
    rows = document.get("observations")
    if not isinstance(rows, list):
        raise ValueError("not a recording: observations is not a list")
    target = _target(document.get("target"))
    return Recording(
        target=target,
        started_at=_made(str, document.get("started_at"), "started_at"),
        duration_ms=_made(float, document.get("duration_ms"), "duration_ms"),
        observations=tuple(_observation(target, row, n) for n, row in enumerate(rows)),
        interrupted=document.get("interrupted") is True,
    )


def _target(value: Any) -> Target:
    target: Target = _made(Target, value, "target")
    if target.url not in [route.url for route in target.routes]:
        raise ValueError("not a recording: target.url is the URL of none of its routes")
    for number, route in enumerate(target.routes):
        _check_url(route.url, ("ws", "wss"), f"target.routes[{number}].url")
    for number, request in enumerate(target.api):
        _check_url(request.url, ("http", "https"), f"target.api[{number}].url")
    if target.client.dialect not in dialects.names():
        raise ValueError(f"not a recording: target.client.dialect {target.client.dialect!r} is none of wsdiag's")
    return target


def _check_url(url: str, schemes: tuple[str, str], where: str) -> None:
    """The rules take URLs apart without looking, as the configuration has checked those of a live run."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"not a recording: {where} is no {schemes[0]} or {schemes[1]} URL")


def _observation(target: Target, row: Any, number: int) -> Observation:
    kind = _KINDS.get(str(row.get(_MARK))) if isinstance(row, dict) else None
    if kind is None:
        raise ValueError(f"not a recording: observations[{number}] is of no known kind")
    made: Observation = _made(kind, {key: part for key, part in row.items() if key != _MARK}, f"observations[{number}]")
    if isinstance(made, RestCall) and made.url not in [request.url for request in target.api[made.index :][:1]]:
        raise ValueError(f"not a recording: observations[{number}] is of no request in target.api")
    if isinstance(made, Session) and made.dialect and made.dialect not in dialects.names():
        raise ValueError(f"not a recording: observations[{number}].dialect {made.dialect!r} is none of wsdiag's")
    return made


def _plain(value: Any) -> Any:
    """Dataclasses to objects, tuples to lists; bytes keep every value as latin-1 text."""
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _made(kind: Any, value: Any, where: str) -> Any:
    """A JSON value as the type that a field is annotated with; ValueError names the place."""
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _made_union(get_args(kind), value, where)
    if origin is tuple:
        return _made_tuple(get_args(kind), value, where)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _made_dataclass(kind, value, where)
    if kind is bytes and isinstance(value, str):
        return value.encode("latin-1", "replace")
    if kind is float:
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _TOO_LARGE:
            return float(value)
    elif isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    raise ValueError(f"not a recording: {where} is not {getattr(kind, '__name__', kind)}")


def _made_union(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    problem = ValueError(f"not a recording: {where} is missing")
    for kind in kinds:
        if kind is not type(None):
            try:
                return _made(kind, value, where)
            except ValueError as error:
                problem = error
    raise problem


def _made_tuple(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"not a recording: {where} is not a list")
    if kinds[1:] == (...,):
        return tuple(_made(kinds[0], part, f"{where}[{n}]") for n, part in enumerate(value))
    if len(kinds) != len(value):
        raise ValueError(f"not a recording: {where} has {len(value)} parts instead of {len(kinds)}")
    return tuple(_made(kind, part, f"{where}[{n}]") for n, (kind, part) in enumerate(zip(kinds, value, strict=True)))


def _made_dataclass(kind: type, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"not a recording: {where} is not an object")
    hints = get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    if unknown := value.keys() - fields.keys():
        raise ValueError(f"not a recording: {where} has an unknown {min(unknown)!r}")
    if missing := [name for name, field in fields.items() if name not in value and _required(field)]:
        raise ValueError(f"not a recording: {where} lacks {missing[0]!r}")
    return kind(**{name: _made(hints[name], part, f"{where}.{name}") for name, part in value.items()})


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
