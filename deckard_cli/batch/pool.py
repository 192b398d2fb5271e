"""Worker processes on this machine. One that dies costs the clip that it was at, and none outlives its parent."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Final

from deckard_cli.batch.engine import DIED, Failure, Kit, Outcome, Report, Started, Task
from deckard_cli.batch.hand import Hand
from deckard_cli.errors import DeckardError

__all__ = ["Pool", "cores"]

_STILLBORN: Final = 3
"""Workers that may die one after the other without having made anything: more would die as well."""


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, and what it is at."""

    hand: Hand
    task: Task | None = None

    def give(self, task: Task) -> None:
        self.task = task
        self.hand.give(task)

    def outcome(self) -> Outcome:
        """What it says of its task, or that it is gone."""
        assert self.task
        token, self.task = self.task.token, None
        said: Outcome | None = self.hand.heard()
        return said or Outcome(token, failure=Failure(self.hand.death, DIED, "--jobs 1 takes less memory"))


class Pool:
    """An `Engine` of `size` processes."""

    def __init__(self, size: int, kit: Kit) -> None:
        self._size = size
        self._kit = kit

    def make(self, tasks: Iterable[Task]) -> Generator[Report]:
        """As `Engine.make`. Raises `DeckardError` where no worker lives long enough to make anything."""
        waiting = iter(tasks)
        crew: list[_Worker] = []
        lost = 0
        try:
            yield from self._hire(crew, waiting)
            while busy := [worker for worker in crew if worker.task]:
                for worker in _ready(busy):
                    outcome = worker.outcome()
                    lost = 0 if worker.hand.made else lost + 1
                    if outcome.failure and lost > _STILLBORN * self._size:
                        raise DeckardError(outcome.failure.message, code=DIED, hint=outcome.failure.hint)
                    if not worker.hand.process.is_alive() or worker.hand.grown:
                        worker.hand.leave()
                        crew.remove(worker)
                    # Its next task comes before the news of the last, so that it need not wait while that is read.
                    started = list(self._hire(crew, waiting))
                    yield outcome
                    yield from started
            for worker in crew:
                worker.hand.leave()
            crew.clear()
        finally:
            for worker in crew:
                worker.hand.kill()

    def _hire(self, crew: list[_Worker], waiting: Iterator[Task]) -> Iterator[Started]:
        """Give a task to each who has none, and to new ones while there are fewer than there may be."""
        while True:
            free = next((worker for worker in crew if not worker.task), None)
            if free is None and len(crew) >= self._size:
                return
            task = next(waiting, None)
            if task is None:
                return
            (free or self._new(crew)).give(task)
            yield Started(task.token)

    def _new(self, crew: list[_Worker]) -> _Worker:
        crew.append(_Worker(Hand(self._kit)))
        return crew[-1]


def _ready(busy: list[_Worker]) -> list[_Worker]:
    """Those of `busy` that have something to say, or are gone."""
    ready = set(wait([each for worker in busy for each in (worker.hand.pipe, worker.hand.process.sentinel)]))
    return [worker for worker in busy if worker.hand.pipe in ready or worker.hand.process.sentinel in ready]
