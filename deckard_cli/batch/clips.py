"""A clip of a batch: what is to be made, with every name looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deckard_cli.errors import MissingError
from deckard_cli.job import Job

__all__ = ["Clip"]


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of a batch. It holds no picture and no persona: there may be thousands."""

    id: str
    """What it is called in the batch."""
    where: str
    """The row that asks for it: ``lines.csv:7``."""
    job: Job
    """What is made. Its files are absolute."""
    name: str
    """The clip's file below the folder of the batch, with ``/`` between folders."""
    beside: tuple[str, ...]
    """The files that belong to it, captions and timings, named alike."""
    fingerprint: str
    """The key of all that decides it."""
    values: Mapping[str, str]
    """What it is told apart by, under the names of `deckard_cli.batch.names.FIELDS`."""
    spoken: str = ""
    """The text without its marks: what a voice is given to say."""
    dollars: float | None = 0.0
    """US dollars that its speech costs at most, where it is not kept yet; None where nobody knows."""
    speech: str | None = None
    """The key under which its speech is kept; None where that is quicker to make again."""
    obstacle: MissingError | None = None
    """What keeps it from being made on this machine; it may still be copied."""
    cue: tuple[float, float] | None = None
    """Seconds from and to which it was shown, where the row was a subtitle."""

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that is made, the clip last: it never stands there without the others."""
        return (*self.beside, self.name)

    def at(self, folder: Path) -> Path:
        """Where the clip stands when the batch is in `folder`."""
        return folder / self.name
