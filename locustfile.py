"""What Locust runs: `locust -f locustfile.py --ws-url ws://localhost:5173/ws`, with its web UI or `--headless`.

Without a user class on the command line the users are `WebSocketUser`; name others, or take `--class-picker`.
"""

from __future__ import annotations

from scenarios.polling import PollingUser
from scenarios.websocket import WebSocketUser

__all__ = ["PollingUser", "WebSocketUser"]
