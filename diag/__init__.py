"""wsdiag's diagnoser: observe a WebSocket service over its routes, judge what was seen, name one root cause."""

from __future__ import annotations

__version__ = "0.1.0"
