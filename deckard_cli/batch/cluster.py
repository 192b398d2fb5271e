"""A batch on a Ray cluster: an actor for each clip at a time, which keeps its models. One that dies, or whose machine
does, costs the clip that it was at.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

# Before Ray is imported, which reads it once: what is made here is nobody else's business.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray
from ray.exceptions import RayError

from deckard_cli import __version__
from deckard_cli.batch.engine import DIED, Failure, Kit, Outcome, Report, Started, Task
from deckard_cli.batch.parcel import Parcel, here, pack, packed, taken, unpacked
from deckard_cli.cache import sources
from deckard_cli.errors import BackendError, DeckardError
from deckard_cli.job import Job

__all__ = ["Cluster"]

_ROOMS: Final = ("remote", "script", "speech", "motion", "face", "clip", "job", "batch")
_STILLBORN: Final = 3
"""Actors that may die one after the other, for each that there may be, before anything was made."""

_PATIENCE: Final = 10.0
"""Seconds until a cluster has to answer at all."""


class _Hand:
    """Makes clips, on whatever machine it is."""

    def __init__(self, kit: Kit) -> None:
        from deckard_cli.batch.bench import Bench

        self._bench = Bench(kit)
        self._parcels: dict[str, Parcel] = {}

    def code(self) -> tuple[str, str]:
        """The version that is installed there, and its sources."""
        return __version__, sources(*_ROOMS)

    def make(self, task: Task, sign: str, key: str, parcel: list[Any]) -> tuple[Outcome, dict[str, bytes]]:
        """Make the clip of `task`: what became of it, and its files where the sender could not see them."""
        with here(task, sign) as (own, shared):
            if not shared:
                own = replace(own, job=self._with_files(own.job, key, parcel))
            outcome = self._bench.make(own)
            if shared or outcome.folder is None:
                return outcome, {}
            return outcome, {path.name: path.read_bytes() for path in outcome.folder.iterdir()}

    @cached_property
    def _home(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="deckard-"))

    def _with_files(self, job: Job, key: str, parcel: list[Any]) -> Job:
        """`job` with the files that it reads, which are fetched once."""
        if key not in self._parcels:
            self._parcels[key] = ray.get(parcel[0])
        return unpacked(self._parcels[key], job, self._home / key)


@dataclass(slots=True, eq=False)
class _Actor:
    """An actor, and what it is at."""

    handle: Any
    task: Task | None = None
    proven: bool = False
    """Whether it runs the same code, and has made something."""


class Cluster:
    """An `Engine` of `size` actors of a Ray cluster."""

    def __init__(self, size: int, kit: Kit, *, address: str | None = None, gpus: float = 0.0) -> None:
        """`address` is that of a cluster, None for one that is started here and stopped afterwards; `gpus` is the part
        of one that each actor needs.
        """
        self._size, self._kit, self._address, self._gpus = size, kit, address, gpus
        self._sign = secrets.token_hex(16)
        self._parcels: dict[str, Any] = {}

    def make(self, tasks: Iterable[Task]) -> Generator[Report]:
        """As `Engine.make`. Raises `BackendError` where the cluster cannot be reached, and `DeckardError` where other
        code is installed on it, or no actor lives long enough to make anything.
        """
        with self._connected():
            self._parcels.clear()  # those of another connection are no longer there
            yield from self._made(iter(tasks))

    @contextmanager
    def _connected(self) -> Iterator[None]:
        if ray.is_initialized():
            yield
            return
        own: dict[str, Any] = {} if self._address else {"num_cpus": self._size, "include_dashboard": False}
        try:
            _knock(self._address)
            ray.init(self._address or "local", log_to_driver=False, logging_level=logging.ERROR, **own)
        except (RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise BackendError(
                f"The Ray cluster at '{self._address or 'this machine'}' cannot be reached: {error}.",
                code="no_cluster",
                hint="ray status, or leave RAY_ADDRESS unset to start one here",
            ) from error
        try:
            yield
        finally:
            ray.shutdown()

    def _made(self, waiting: Iterator[Task]) -> Generator[Report]:
        crew: list[_Actor] = []
        busy: dict[Any, _Actor] = {}
        lost = 0
        try:
            yield from self._give(crew, busy, waiting)
            while busy:
                (ready,), _ = ray.wait(list(busy), num_returns=1)
                actor = busy.pop(ready)
                outcome = self._outcome(actor, ready)
                if outcome.failure and outcome.failure.code == DIED:
                    crew.remove(actor)
                    lost = lost + 1 if not actor.proven else 0
                    if lost > _STILLBORN * self._size:
                        raise DeckardError(outcome.failure.message, code=DIED, hint=outcome.failure.hint)
                else:
                    actor.proven, lost = True, 0
                # The next task comes before the news of the last, so that nobody waits while that is read.
                started = list(self._give(crew, busy, waiting))
                yield outcome
                yield from started
        finally:
            for actor in crew:
                ray.kill(actor.handle)

    def _give(self, crew: list[_Actor], busy: dict[Any, _Actor], waiting: Iterator[Task]) -> Iterator[Started]:
        """Give a task to each who has none, and to new ones while there are fewer than there may be."""
        while len(busy) < self._size and (task := next(waiting, None)) is not None:
            actor = next((each for each in crew if each.task is None), None) or self._new(crew)
            actor.task = task
            task.folder.mkdir(parents=True, exist_ok=True)
            (task.folder / "here").write_text(self._sign, encoding="ascii")
            key, parcel = self._parcel(task)
            busy[actor.handle.make.remote(task, self._sign, key, parcel)] = actor
            yield Started(task.token)

    def _new(self, crew: list[_Actor]) -> _Actor:
        made = ray.remote(_Hand).options(num_cpus=1, num_gpus=self._gpus, max_restarts=0)
        crew.append(_Actor(made.remote(self._kit)))
        return crew[-1]

    def _parcel(self, task: Task) -> tuple[str, list[Any]]:
        """The files that `task` reads, put into the cluster once, and fetched by who does not see ours."""
        key, files = packed(task.job)
        if key not in self._parcels:
            self._parcels[key] = ray.put(pack(files))
        return key, [self._parcels[key]]

    def _outcome(self, actor: _Actor, ready: Any) -> Outcome:
        """What became of the task of `actor`. Raises `DeckardError` where other code runs there."""
        task, actor.task = actor.task, None
        assert task
        try:
            if not actor.proven:
                _refuse_other_code(ray.get(actor.handle.code.remote()))
            outcome, files = ray.get(ready)
            return taken(outcome, task, files)
        except RayError as error:
            told = str(error).partition("\n")[0].rstrip(".")
            return Outcome(task.token, failure=Failure(f"The worker is gone: {told}.", DIED, "ray status"))


def _knock(address: str | None) -> None:
    """Raise `OSError` where nobody is at ``host:port``: Ray would try for minutes."""
    host, _, port = (address or "").rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()


def _refuse_other_code(theirs: tuple[str, str]) -> None:
    if theirs != (__version__, sources(*_ROOMS)):
        raise DeckardError(
            f"On the cluster another Deckard is installed ({theirs[0]}) than here ({__version__}).",
            code="other_version",
            hint="install the same on every machine of the cluster",
        )
