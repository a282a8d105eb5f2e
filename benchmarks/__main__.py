"""`python -m benchmarks`: every figure of the README, in a table; exit 1 when a limit is not kept."""

from __future__ import annotations

import sys

from benchmarks import probing, start, watching

sys.exit(0 if all([start.run(), probing.run(), watching.run()]) else 1)
