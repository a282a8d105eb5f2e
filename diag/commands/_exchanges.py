"""JSON Lines of exchanges: one verdict for each line, whatever the line is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from diag.browser import fetch, script

LONGEST_REASON = 160


def verdicts(data: bytes) -> Iterator[dict[str, Any]]:
    """What Chromium would decide on each line, in order; blank lines have no verdict."""
    for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        if line.strip():
            yield verdict(line)


def verdict(line: bytes) -> dict[str, Any]:
    """`{"id", "allowed", …}` for a fetch, `{"id", "opened", …}` for a WebSocket, `{"id", "invalid"}` for a line that is
    neither; `id` is null when the line names none."""
    case: Any = None
    try:
        case = _parsed(line)
        decided = _judge_of(case)(case)
    except RecursionError:
        return _invalid(case, "nested too deeply")
    except ValueError as error:
        return _invalid(case, str(error))
    except Exception as error:  # one line that we cannot judge must not cost the thousand others their verdict
        return _invalid(case, f"cannot be judged: {type(error).__name__}: {error}")
    return {**decided, "id": _id(case)}


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        case = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except ValueError as error:
        raise ValueError(f"not JSON that can be read: {error}") from None
    if not isinstance(case, dict):
        raise ValueError("not a JSON object")
    return case


def _judge_of(case: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    if "server" in case:
        return script.verdict_line
    if "response" in case or "preflight_response" in case:
        return fetch.verdict_line
    raise ValueError("neither a fetch (response) nor a WebSocket (server)")


def _invalid(case: Any, why: str) -> dict[str, Any]:
    return {"id": _id(case), "invalid": " ".join(why.split())[:LONGEST_REASON]}


def _id(case: Any) -> str | int | None:
    identifier = case.get("id") if isinstance(case, dict) else None
    return identifier if isinstance(identifier, str | int) else None
