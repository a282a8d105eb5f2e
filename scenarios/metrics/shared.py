"""The recorder of this process: users, engines and the wiring share it."""

from __future__ import annotations

from scenarios.metrics.recorder import Recorder

record = Recorder()
