"""Follow a render: notes as sentences and, when the work turns out to be long, a bar with the time left."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Final

from deckard_cli.cli.report import say
from deckard_cli.events import Drawn, Event, Noted, Spoken, Written

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["Bar", "follow", "watched"]

_PATIENCE: Final = 1.0
"""Seconds of work after which a person wants to see that it goes on."""


def follow(events: Iterator[Event], *, quiet: bool) -> Written:
    """Run `events` to their end and tell a person about them on stderr."""
    share, wanted = _Share(), watched() and not quiet
    with closing(Bar("Rendering")) as bar:
        for event in events:
            match event:
                case Written():
                    return event
                case Noted(message):
                    if not quiet:
                        say(message)
                case Spoken() | Drawn():
                    done = share.after(event)
                    if wanted:
                        bar.show(done)
    raise RuntimeError("a render ends with Written or an error")


def watched() -> bool:
    """Whether stderr is a terminal that can take a bar away again: on a dumb one Rich leaves blank lines."""
    return sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


class _Share:
    """How much of a clip is done: how far the frames are into the piece of the script last spoken."""

    def __init__(self) -> None:
        self._before: float | None = 0.0
        self._piece = Spoken("", 0.0, 0.0, 0.0)

    def after(self, event: Spoken | Drawn) -> float | None:
        """0..1, or None where nobody knows how long the script will be."""
        if isinstance(event, Spoken):
            self._before, self._piece = self._piece.share, event
            return self._before
        before, after, length = self._before, self._piece.share, self._piece.end - self._piece.start
        if before is None or after is None:
            return None
        drawn = (event.end - self._piece.start) / length if length else 1.0
        return before + (after - before) * min(max(drawn, 0.0), 1.0)


class Bar:
    """A Rich progress bar that does not exist before it is worth showing: Rich takes a tenth of a second to import."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._started = time.monotonic()
        self._progress: Progress | None = None

    def show(self, share: float | None) -> None:
        """`share` of the work is done, 0..1; None where nobody knows."""
        if time.monotonic() - self._started < _PATIENCE:
            return
        if self._progress is None:
            self._progress = self._begin()
        self._progress.update(self._progress.task_ids[0], total=None if share is None else 1.0, completed=share or 0.0)

    def _begin(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (TextColumn(self._label), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        progress = Progress(*columns, console=Console(stderr=True, highlight=False), transient=True)
        progress.add_task("")
        progress.start()
        return progress

    def close(self) -> None:
        """Take it away."""
        if self._progress is not None:
            self._progress.stop()
