"""A clock for what is tried again, in which nobody waits."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from deckard_cli.remote.retry import Clock


@dataclass
class Waits:
    """A clock whose waits take no time and are remembered."""

    waits: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        async def rest(seconds: float) -> None:
            self.waits.append(seconds)
            await asyncio.sleep(0)

        return Clock(time.monotonic, self.waits.append, lambda: 1.0, rest)
