"""The seam between a batch and whatever makes its clips: tasks in, reports out."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from deckard_cli.errors import BackendError, DeckardError
from deckard_cli.events import Written
from deckard_cli.job import Job
from deckard_cli.settings import Thresholds

if TYPE_CHECKING:
    from deckard_cli.batch.bench import Bench

__all__ = ["DIED", "Engine", "Failure", "File", "Kit", "Outcome", "Report", "Started", "Task"]

DIED = "worker_died"
"""The code of a failure that is none of the clip's: who made it is gone."""


@dataclass(frozen=True, slots=True)
class Kit:
    """What a worker needs for all its tasks."""

    cache: int | None = None
    """Bytes that the cache may hold; None: without a cache."""
    check: Thresholds | None = None
    """Within what a clip has to be; None: it is not checked."""
    threads: int = 1
    """Of each library that would take every core for itself."""

    def opened(self) -> Bench:
        """The bench of a worker."""
        from deckard_cli.batch.bench import Bench  # at the top it would be loaded for the parent too

        return Bench(self)


@dataclass(frozen=True, slots=True)
class Task:
    """One clip to be made."""

    token: str
    """What the batch knows it by."""
    job: Job
    """What is made, under its own name."""
    folder: Path
    """The folder in which it is made, beside nothing else; it need not be there yet."""
    attempt: int = 0
    """How often it was tried before."""

    @property
    def bench(self) -> Path:
        """The folder of this attempt: one that was given up may still be written to."""
        return self.folder / f"{self.token}-{self.attempt}"


@dataclass(frozen=True, slots=True)
class File:
    """A file that was made."""

    name: str
    """Its name alone."""
    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a clip was not made: a `DeckardError` that can travel."""

    message: str
    code: str = "failed"
    hint: str = ""
    exit_code: int = 1
    """That of the error's class."""

    @property
    def retryable(self) -> bool:
        """Whether trying again may help."""
        return self.exit_code == BackendError.exit_code or self.code == DIED

    @classmethod
    def of(cls, error: DeckardError) -> Failure:
        """What `error` says."""
        return cls(error.message, error.code, error.hint, error.exit_code)


@dataclass(frozen=True, slots=True)
class Started:
    """Somebody works at a task."""

    token: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task: `written` and its `files`, or `failure`."""

    token: str
    written: Written | None = None
    files: tuple[File, ...] = ()
    failure: Failure | None = None
    seconds: float = 0.0
    """How long it took."""
    megabytes: float = 0.0
    """Memory that the worker held afterwards; 0 where nobody knows."""
    folder: Path | None = None
    """Where the files lie."""
    checked: bool = False
    """Whether it was checked, and is right."""


Report = Started | Outcome


class Engine(Protocol):
    """Makes clips, in any order, several at a time."""

    def make(self, tasks: Iterable[Task]) -> Generator[Report]:
        """Take tasks as there are hands for them, and tell what becomes of each: one `Started`, one `Outcome`.

        A worker that dies is an outcome with the code `DIED`. When the generator is closed, everything stops at once.
        """
        ...
