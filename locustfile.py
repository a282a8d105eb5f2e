"""What Locust runs in a checkout: `locust -f locustfile.py --ws-url ws://localhost:5173/ws`, headless or not."""

from __future__ import annotations

from scenarios.locustfile import *  # noqa: F403 - the users are named there, once
