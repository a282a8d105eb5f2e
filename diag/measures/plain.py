"""Frozen dataclasses to JSON's types and back, field by field, so that a result is read exactly as it was written."""

from __future__ import annotations

import math
import types
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

DECIMALS = 3


def rounded(value: float | None) -> float | None:
    """Three decimals, as all of wsdiag's JSON has; what is no number is None, because JSON has no NaN."""
    if value is None or not math.isfinite(value):
        return None
    return round(value, DECIMALS)


def encoded(value: Any) -> Any:
    """The value as dicts, lists and scalars, rounded."""
    match value:
        case float():
            return rounded(value)
        case Mapping():
            return {key: encoded(item) for key, item in value.items()}
        case list() | tuple():
            return [encoded(item) for item in value]
        case _ if is_dataclass(value):
            return {field.name: encoded(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value


def decoded(kind: type[T], value: Any, path: str = "") -> T:
    """A dataclass from what `encoded` made of it. Fields that are unknown here are left out: a newer wsdiag wrote them.

    ValueError names the field that is missing or of another type.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{path or 'the result'} must be an object")
    found = {}
    hints = _hints(cast("Hashable", kind))
    for field in fields(kind):  # type: ignore[arg-type]
        place = f"{path}.{field.name}".removeprefix(".")
        if field.name in value:
            found[field.name] = _decoded(hints[field.name], value[field.name], place)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{place} is missing")
    return kind(**found)


@lru_cache(maxsize=64)
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(cast("type", kind))


def _decoded(hint: Any, value: Any, path: str) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        known = next(kind for kind in inner if kind is not types.NoneType)
        return None if value is None else _decoded(known, value, path)
    if origin is tuple and isinstance(value, list):
        return tuple(_decoded(inner[0], item, f"{path}[{index}]") for index, item in enumerate(value))
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, Mapping):
        return {str(key): _decoded(inner[1], item, f"{path}.{key}") for key, item in value.items()}
    if is_dataclass(hint):
        return decoded(hint, value, path)  # type: ignore[arg-type]
    accepted = (int, float) if hint is float else hint
    if origin is not None or not isinstance(value, accepted) or (isinstance(value, bool) and hint is not bool):
        raise ValueError(f"{path} must be {_noun(hint)}")
    return value


def _noun(hint: Any) -> str:
    return {str: "a string", bool: "true or false", int: "a whole number", float: "a number"}.get(hint, "another type")
