"""Making the next thing while the last is used: speech while a face is drawn, a sentence while one is spoken."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from queue import SimpleQueue
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")


def ahead(source: Iterator[T]) -> Iterator[T]:
    """The items of `source`, each made while the one before is used, in a thread that ends when this is closed."""
    made: SimpleQueue[tuple[bool, T | BaseException | None]] = SimpleQueue()
    wanted, closed = threading.Semaphore(2), threading.Event()

    def make() -> None:
        try:
            while wanted.acquire() and not closed.is_set():
                made.put((True, next(source)))
        except StopIteration:
            made.put((False, None))
        except BaseException as error:
            made.put((False, error))
        finally:
            if isinstance(source, Generator):
                source.close()

    # A daemon: at Ctrl-C nobody waits for a server that does not answer.
    threading.Thread(target=make, daemon=True).start()
    try:
        while (item := made.get())[0]:
            yield item[1]  # type: ignore[misc]
            wanted.release()
        if isinstance(item[1], BaseException):
            raise item[1]
    finally:
        closed.set()
        wanted.release()
