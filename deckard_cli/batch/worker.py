"""A process that makes one clip after another, and keeps what it has opened for the next."""

from __future__ import annotations

import os
import signal
import sys
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol

__all__ = ["Kit", "work"]


class Kit(Protocol):
    """What a worker needs for all that it is given; it travels to it."""

    @property
    def threads(self) -> int:
        """Of each library that would take every core for itself."""
        ...

    def opened(self) -> Any:
        """The bench that it works at: its method ``make`` takes one thing and gives an outcome. Called in the worker,
        so that what only a worker needs is not loaded for its parent.
        """
        ...


def work(pipe: Connection, kit: Kit) -> None:
    """Make the tasks that come through `pipe`, and send an outcome for each, until it says None or is closed."""
    for name in ("SIGINT", "SIGHUP"):  # whoever started it is told as well, and closes the pipe
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.dup2(2, 1)  # what a library prints is no part of the result
    tasks: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_listen, args=(pipe, tasks), daemon=True).start()
    bench = kit.opened()
    while (task := tasks.get()) is not None:
        outcome = bench.make(task)
        try:
            pipe.send(outcome)
        except OSError:
            break
    sys.stderr.flush()
    # A voice may hold threads that would be waited for.
    os._exit(0)


def _listen(pipe: Connection, tasks: SimpleQueue[Any]) -> None:
    """Hand on what comes. The pipe is closed when the one who started this is gone, however: then it leaves at once, in
    the middle of a clip.
    """
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            os._exit(1)
        tasks.put(task)
        if task is None:
            return
