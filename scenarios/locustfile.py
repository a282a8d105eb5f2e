"""What Locust runs, with a checkout of wsdiag or without one: `wsdiag load` gives Locust this file.

Without a user class on the command line the users are `WebSocketUser`; name others, or take `--class-picker`.
"""

from __future__ import annotations

from scenarios import progress  # noqa: F401 - tells `wsdiag load` how the run is going
from scenarios.fallback import FallbackUser
from scenarios.polling import PollingUser
from scenarios.storm import ReconnectStormUser
from scenarios.websocket import WebSocketUser

__all__ = ["FallbackUser", "PollingUser", "ReconnectStormUser", "WebSocketUser"]
