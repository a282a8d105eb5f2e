"""Values of JSON as JavaScript converts them, and the arguments of `socket.close()`."""

from __future__ import annotations

import math
import re
from typing import Any

NO_STATUS = 1005
"""Stands for a `close()` without a code, and for a Close frame without one (RFC 6455 §7.4.1)."""

_MAX_REASON = 123
_RADIX = {"0x": 16, "0o": 8, "0b": 2}
_DECIMAL = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")


def js_string(value: Any) -> str:
    """Convert as String() does."""
    match value:
        case str():
            return value
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < 1e21:
            return str(int(value))
        case list():
            return ",".join("" if item is None else js_string(item) for item in value)
        case dict():
            return "[object Object]"
        case _:
            return str(value)


def js_number(value: Any) -> float:
    """Convert as Number() does; NaN when it is none."""
    if value is None or isinstance(value, bool | int | float):
        return float(value or 0)
    text = js_string(value).strip()
    try:
        if text[:2].lower() in _RADIX:
            return float(int(text[2:], _RADIX[text[:2].lower()])) if text[2:].isalnum() else math.nan
        if not text:
            return 0.0
        return float(text) if _DECIMAL.fullmatch(text) else math.nan
    except (ValueError, OverflowError):
        return math.nan


def close_arguments(args: tuple[Any, ...]) -> tuple[int, str] | None:
    """Check the arguments of `close(code, reason)` (WebSockets Standard §3.1); None when the call throws.

    The code is 1000 or 3000 to 4999, after WebIDL has clamped and truncated it; the reason takes at most 123 bytes
    of UTF-8, a lone surrogate counting as the three bytes of U+FFFD.
    """
    reason = js_string(args[1]) if len(args) > 1 else ""
    size = len(reason.encode("utf-8", "surrogatepass"))
    if not args:
        return NO_STATUS, ""
    number = js_number(args[0])
    code = 0 if math.isnan(number) else int(min(max(number, 0.0), 65535.0))
    if (code != 1000 and not 3000 <= code <= 4999) or size > _MAX_REASON:
        return None
    return code, reason
