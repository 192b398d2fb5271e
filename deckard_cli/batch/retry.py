"""Trying again: a clip that failed in a way that may pass is given to the engine once more, after all the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final

from deckard_cli.batch.engine import DIED, Engine, Failure, Outcome, Report, Task

__all__ = ["Again", "retried"]

_FIRST: Final = 2.0
"""Seconds of the first wait; each is twice the one before."""
_LONGEST: Final = 60.0


@dataclass(frozen=True, slots=True)
class Again:
    """A task that failed will be tried again."""

    token: str
    failure: Failure


def retried(
    engine: Engine, tasks: Iterable[Task], *, retries: int, sleep: Callable[[float], object], at_once: bool = False
) -> Generator[Report | Again]:
    """What `engine` makes of `tasks`, each tried `retries` times more where that may help, and one whose worker died
    once more at least.

    After a failure of a voice or a face there is a wait before the next round, by `sleep`. `at_once` ends a round with
    its first failure, so that one that stays is known before the rest is made.
    """
    waiting = deque(tasks)
    wait = _FIRST
    while waiting:
        round_ = _Round(waiting)
        again: list[Task] = []
        slow = False
        with closing(engine.make(round_)) as reports:
            for report in reports:
                task = round_.given[report.token]
                failure = report.failure if isinstance(report, Outcome) else None
                if failure is None or task.attempt >= _allowed(failure, retries):
                    yield report
                    continue
                again.append(replace(task, attempt=task.attempt + 1))
                slow = slow or failure.code != DIED
                round_.over = round_.over or at_once
                yield Again(task.token, failure)
        waiting.extendleft(reversed(again))
        if slow:
            sleep(wait)
            wait = min(2 * wait, _LONGEST)


class _Round:
    """Hands out tasks until it is over, and remembers which."""

    def __init__(self, waiting: deque[Task]) -> None:
        self._waiting = waiting
        self.given: dict[str, Task] = {}
        self.over = False

    def __iter__(self) -> Iterator[Task]:
        while self._waiting and not self.over:
            task = self._waiting.popleft()
            self.given[task.token] = task
            yield task


def _allowed(failure: Failure, retries: int) -> int:
    """How often a task that failed so is tried again."""
    if failure.code == DIED:
        return max(retries, 1)
    return retries if failure.retryable else 0
