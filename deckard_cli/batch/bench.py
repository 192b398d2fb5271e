"""Where clips are made, one at a time: the route, in a studio that stays open."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2

from deckard_cli.batch.engine import DIED, Failure, File, Kit, Outcome, Task
from deckard_cli.cache import Cache, digest
from deckard_cli.check import check
from deckard_cli.check.trial import trial as check_trial
from deckard_cli.clip.part import failure
from deckard_cli.errors import BackendError, DeckardError
from deckard_cli.events import Written
from deckard_cli.fingerprint import fingerprint
from deckard_cli.job import Job, Plan, settle
from deckard_cli.route import make
from deckard_cli.studio import Studio

__all__ = ["Bench", "failure_of", "megabytes"]

_MB: Final = 1 << 20


class Bench:
    """Makes tasks. What it makes does not depend on what it made before."""

    def __init__(self, kit: Kit) -> None:
        self._studio = Studio(Cache(limit=kit.cache) if kit.cache is not None else None, crowded=kit.threads == 1)
        self._limits = kit.check
        cv2.setNumThreads(kit.threads)

    def make(self, task: Task) -> Outcome:
        """Make the clip of `task`, and say what was written or why it was not. Never raises."""
        began = time.perf_counter()
        folder = task.bench
        try:
            _make_folder(folder)
            written = self._written(settle(_moved(task.job, folder)))
            if written.failed:
                raise BackendError(written.failed, code="no_picture", hint="run the same command again")
            files = tuple(
                map(_file, (*written.timings, *([written.captions] if written.captions else []), written.path))
            )
        except Exception as error:
            shutil.rmtree(folder, ignore_errors=True)
            if os.environ.get("DECKARD_DEBUG") == "1" and not isinstance(error, DeckardError):
                sys.excepthook(type(error), error, error.__traceback__)
            why = failure_of(error, folder)
            return Outcome(task.token, failure=why, seconds=time.perf_counter() - began, megabytes=megabytes())
        return Outcome(
            task.token,
            written,
            files,
            seconds=time.perf_counter() - began,
            megabytes=megabytes(),
            folder=folder,
            checked=self._limits is not None,
        )

    def _written(self, plan: Plan) -> Written:
        *_, written = make(plan, self._studio)
        assert isinstance(written, Written)
        if not written.failed:
            self._check(plan, written.path)
        return written

    def _check(self, plan: Plan, path: Path) -> None:
        """Raise `DeckardError` where a clip has to be right and is not. The cache remembers which is."""
        if self._limits is None:
            return
        key = fingerprint(plan) if self._studio.cache else None
        entry = self._studio.cache.get("clip", key) if self._studio.cache and key else None
        trial = digest([check_trial(self._limits), "with captions"])
        if entry and entry.passed(trial):
            return
        replace(check(path, thresholds=self._limits), path=Path(path.name)).verdict()
        if entry:
            entry.approve(trial)


def _moved(job: Job, folder: Path) -> Job:
    """`job` with everything that it writes in `folder`, under the same names: some of the files tell them."""
    timings = tuple(folder / Path(path).name for path in job.timings)
    return replace(job, output=folder / job.output.name, timings=timings)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise failure(error, path) from error


def failure_of(error: Exception, folder: Path) -> Failure:
    """What went wrong, without the folder in which it was tried: nobody knows that one."""
    if isinstance(error, DeckardError):
        return replace(why := Failure.of(error), message=why.message.replace(f"{folder}{os.sep}", ""))
    if isinstance(error, MemoryError):
        return Failure("There was not enough memory.", DIED, "--jobs 1")
    if isinstance(error, OSError) and error.strerror:
        return Failure(f"{error.filename or 'The system'}: {error.strerror}.", "system", "mend that and try again")
    return Failure(
        f"This is a mistake in Deckard itself: {type(error).__name__}: {error}.",
        "bug",
        "run it again with DECKARD_DEBUG=1 and report what it prints",
    )


def _file(path: Path) -> File:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return File(path.name, path.stat().st_size, digest)


def megabytes() -> float:
    """Memory that this process holds now; 0 where the system does not say."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0.0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / _MB
