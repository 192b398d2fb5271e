"""Worker processes on this machine. One that dies costs the clip that it was at, and none outlives its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Final

from deckard_cli.batch.engine import DIED, Failure, Kit, Outcome, Report, Started, Task
from deckard_cli.batch.worker import work
from deckard_cli.errors import DeckardError

__all__ = ["Pool", "cores"]

_SPAWN: Final = multiprocessing.get_context("spawn")  # a fork would copy threads' locks as they stand
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What libraries read when they are loaded; else each would take every core for itself, and the workers would fight."""
_LEAVES: Final = 5.0
"""Seconds that a worker gets to leave before it is killed."""
_STILLBORN: Final = 3
"""Workers that may die one after the other without having made anything: more would die as well."""
_SETTLED: Final = 16
"""Clips after which a worker has opened what it needs."""
_GROWTH: Final = 96.0
"""Megabytes that it may grow from there before another takes its place: espeak loses some with each language."""


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, the pipe to it, and what it is at."""

    process: SpawnProcess
    pipe: Connection
    task: Task | None = None
    made: int = 0
    usual: float = 0.0
    """Megabytes that it held when it had settled."""
    grown: bool = False
    """Whether it holds so much more by now that a new one is better."""

    def give(self, task: Task) -> None:
        self.task = task
        with suppress(OSError):  # it died since: its sentinel says so
            self.pipe.send(task)

    def outcome(self) -> Outcome:
        """What it says of its task, or that it is gone."""
        assert self.task
        token, self.task = self.task.token, None
        try:
            if self.pipe.poll():
                outcome: Outcome = self.pipe.recv()
                self._count(outcome)
                return outcome
        except (EOFError, OSError):
            pass
        self.process.join(_LEAVES)
        return Outcome(
            token,
            failure=Failure(_death(self.process.exitcode), DIED, "--jobs 1 takes less memory"),
        )

    def _count(self, outcome: Outcome) -> None:
        self.made += 1
        if self.made == _SETTLED:
            self.usual = outcome.megabytes
        self.grown = bool(self.usual) and outcome.megabytes - self.usual > _GROWTH

    def leave(self) -> None:
        """Have it leave when it is done."""
        with suppress(OSError):
            self.pipe.send(None)
        self.process.join(_LEAVES)
        self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


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
                    lost = 0 if worker.made else lost + 1
                    if outcome.failure and lost > _STILLBORN * self._size:
                        raise DeckardError(
                            outcome.failure.message,
                            code=DIED,
                            hint=outcome.failure.hint,
                        )
                    if not worker.process.is_alive() or worker.grown:
                        worker.leave()
                        crew.remove(worker)
                    # Its next task comes before the news of the last, so that it need not wait while that is read.
                    started = list(self._hire(crew, waiting))
                    yield outcome
                    yield from started
            for worker in crew:
                worker.leave()
            crew.clear()
        finally:
            for worker in crew:
                worker.kill()

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
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=work, args=(theirs, self._kit), name="deckard-worker", daemon=True)
        with _unstopped(), _environment({name: str(self._kit.threads) for name in _THREADS}):
            process.start()
        theirs.close()
        crew.append(_Worker(process, ours))
        return crew[-1]


def _ready(busy: list[_Worker]) -> list[_Worker]:
    """Those of `busy` that have something to say, or are gone."""
    ready = set(wait([each for worker in busy for each in (worker.pipe, worker.process.sentinel)]))
    return [worker for worker in busy if worker.pipe in ready or worker.process.sentinel in ready]


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"The worker was killed ({signal.Signals(-code).name}): perhaps there was not enough memory."
    return f"The worker ended by itself ({code}), before the clip was made."


@contextmanager
def _unstopped() -> Iterator[None]:
    """Ctrl-C waits. A process that is started inside never gets one: it reaches every process of the terminal, and
    while one starts it would print a traceback.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # it is started with the first process, and lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set those of `variables` that nobody has set, for the processes that are started inside."""
    ours = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]
