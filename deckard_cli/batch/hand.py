"""A process that works: it is given one thing after the other, may die of one, and never outlives its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from threading import Lock
from typing import Any, Final

from deckard_cli.batch.worker import Kit, work

__all__ = ["SPAWN", "Hand"]

SPAWN: Final = multiprocessing.get_context("spawn")  # a fork would copy threads' locks as they stand
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What libraries read when they are loaded; else each would take every core for itself, and the workers would fight."""
_LEAVES: Final = 5.0
"""Seconds that a worker gets to leave before it is killed."""
_SETTLED: Final = 32
"""Pieces of work after which a worker has opened what it needs."""
_GROWTH: Final = 32.0
"""Megabytes that it may grow from there before another takes its place: espeak loses some with each language."""
_starting: Final = Lock()
"""The environment that a process is started in is that of all threads."""


class Hand:
    """A process, and the pipe to it."""

    def __init__(self, kit: Kit, environment: Mapping[str, str] | None = None) -> None:
        """Start it. It works with `kit`, and with the variables in `environment` over those of this process."""
        self.pipe: Connection
        self.pipe, theirs = SPAWN.Pipe()
        self.process: SpawnProcess = SPAWN.Process(target=work, args=(theirs, kit), name="deckard-worker", daemon=True)
        threads = {name: str(kit.threads) for name in _THREADS if name not in os.environ}
        with _starting, _unstopped(), _environment({**threads, **(environment or {})}):
            self.process.start()
        theirs.close()
        self.made = 0
        """Pieces of work."""
        self._usual = 0.0
        self.grown = False
        """Whether it holds so much more by now than when it had settled that a new one is better."""

    def give(self, task: object) -> None:
        """Have it do `task`."""
        with suppress(OSError):  # it died since: its sentinel says so
            self.pipe.send(task)

    def heard(self) -> Any:
        """What it says of its task, when the pipe or the process is ready; None where it is gone."""
        try:
            if self.pipe.poll():
                outcome = self.pipe.recv()
                self._count(outcome.megabytes)
                return outcome
        except (EOFError, OSError):
            pass
        self.process.join(_LEAVES)
        return None

    @property
    def death(self) -> str:
        """What happened to one that is gone."""
        code = self.process.exitcode
        if code is not None and code < 0:
            with suppress(ValueError):
                return f"The worker was killed ({signal.Signals(-code).name}): perhaps there was not enough memory."
        return f"The worker ended by itself ({code}), before the clip was made."

    def _count(self, megabytes: float) -> None:
        self.made += 1
        if self.made == _SETTLED:
            self._usual = megabytes
        self.grown = bool(self._usual) and megabytes - self._usual > _GROWTH

    def leave(self) -> None:
        """Have it leave when it is done."""
        with suppress(OSError):
            self.pipe.send(None)
        self.process.join(_LEAVES)
        self.kill()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


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
    """Set `variables` for the processes that are started inside."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
