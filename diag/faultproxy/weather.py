"""The conditions as connections meet them: a value that changes under their hands, and gates to wait at."""

from __future__ import annotations

import asyncio
import random

from diag.faultproxy.fault import WAYS, Conditions, Way


class Weather:
    """One for all connections of a proxy, on its loop. `changes` counts, so that a connection can count from then."""

    def __init__(self, seed: int) -> None:
        """Fair, to begin with; the seed is that of the jitter."""
        self.conditions = Conditions()
        self.changes = 0
        self._random = random.Random(seed)
        self._gates = {way: asyncio.Event() for way in WAYS}
        for gate in self._gates.values():
            gate.set()

    def change(self, conditions: Conditions) -> None:
        """New conditions, for what is on its way too."""
        self.conditions = conditions
        self.changes += 1
        for way, gate in self._gates.items():
            if way in conditions.held:
                gate.clear()
            else:
                gate.set()

    async def passable(self, way: Way) -> None:
        """Waits until this direction is not held."""
        await self._gates[way].wait()

    def delay_s(self) -> float:
        """How much later what comes now arrives."""
        now = self.conditions
        return max(0.0, now.delay_s + self._random.uniform(-now.jitter_s, now.jitter_s))
