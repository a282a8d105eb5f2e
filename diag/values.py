"""The values that a JSON document gives to fields of things with an id, so that two channels can be compared. Pure.

Only what both channels ought to say alike is a value: words and truth values, no numbers, times, addresses or texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from diag.observations import Answer, NoAnswer

_DEPTH, _NODES = 8, 500
_ID_KEY = re.compile(r"id|[A-Za-z0-9]+(?:Id|ID|_id|-id)")
_OF_THE_MESSAGE = ("messageid", "correlationid", "requestid", "connectionid", "sessionid", "traceid", "eventid")
_OTHER_FIELDS = re.compile(
    r".*(?:time|date|stamp|at|since|until|url|uri|href|path|token|hash|etag|cursor|version)"
    r"|type|kind|event|action|op|topic|channel|source|message|text|description|reason|title"
)
_NO_WORD = re.compile(r"[\s\d.,:+-]*|\d{4}-\d\d.*", re.DOTALL)
_LONGEST = 100


class Field(NamedTuple):
    """One field of one thing, under names without their spelling: `botid`, `bot-1`, `status`."""

    key: str
    id: str
    name: str


def folded(key: str) -> str:
    """A field's name without the way that it is spelled: botId, bot_id and bot-id are one."""
    return re.sub(r"[_-]", "", key).lower()


def values_of(document: Any) -> dict[Field, str]:
    """What a document says of things with an id; a field that it gives two values is left out."""
    found: dict[Field, str] = {}
    torn: set[Field] = set()
    for thing in _objects(document):
        for field, value in _fields(thing):
            if found.setdefault(field, value) != value:
                torn.add(field)
    return {field: value for field, value in found.items() if field not in torn}


def values_of_answer(outcome: Answer | NoAnswer | None) -> dict[Field, str]:
    """The same of a REST answer; nothing of one that a cache may have kept, which is allowed to be old."""
    if not isinstance(outcome, Answer) or outcome.status != 200 or not outcome.body_complete:
        return {}
    control = (outcome.header("cache-control") or "").lower()
    if outcome.header("age") or re.search(r"(?:max-age|s-maxage)=[1-9]", control):
        return {}
    try:
        return values_of(json.loads(outcome.body))
    except (ValueError, RecursionError):
        return {}


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    """The objects of a document, the outer ones first, as many as are worth looking at."""
    level, seen = [document], 0
    for _ in range(_DEPTH):
        following: list[Any] = []
        for part in level:
            seen += 1
            if seen > _NODES:
                return
            if isinstance(part, dict):
                yield part
                following += part.values()
            elif isinstance(part, list):
                following += part
        level = [part for part in following if isinstance(part, dict | list)]


def _fields(thing: dict[str, Any]) -> Iterator[tuple[Field, str]]:
    key = _id_key(thing)
    if key is None:
        return
    for name, value in thing.items():
        plain = folded(name)
        if _ID_KEY.fullmatch(name) or _OTHER_FIELDS.fullmatch(plain):
            continue
        if isinstance(value, bool):
            yield Field(folded(key), str(thing[key]), plain), str(value).lower()
        elif isinstance(value, str) and len(value) <= _LONGEST and not _NO_WORD.fullmatch(value):
            yield Field(folded(key), str(thing[key]), plain), value.strip().lower()


def _id_key(thing: dict[str, Any]) -> str | None:
    """The key of the thing's own id; None when it has none, or several and none is called `id`.

    A bare `id` that is a number may be another table's: only a longer name says what it identifies.
    """
    keys = [key for key in thing if _ID_KEY.fullmatch(key) and folded(key) not in _OF_THE_MESSAGE]
    named = [key for key in keys if key == "id"] or keys
    if len(named) != 1:
        return None
    value = thing[named[0]]
    if isinstance(value, str) and 0 < len(value) <= _LONGEST:
        return None if named[0] == "id" and value.isdigit() else named[0]
    return named[0] if isinstance(value, int) and not isinstance(value, bool) and named[0] != "id" else None
