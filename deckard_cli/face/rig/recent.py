"""Pictures that are wanted again: of a blink, a raised brow, a glance aside."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """What was made lately, and is not made again."""

    def __init__(self, count: int) -> None:
        """Keep `count` values; the one that was not asked for longest goes first."""
        self._count = count
        self._made: dict[Key, Value] = {}

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """What `make` makes, which depends on `key` alone; not to be written in."""
        if key in self._made:
            value = self._made.pop(key)
        else:
            value = make()
            if len(self._made) >= self._count:
                del self._made[next(iter(self._made))]
        self._made[key] = value
        return value
