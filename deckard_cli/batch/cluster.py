"""A batch on a Ray cluster: an actor for each clip at a time, which keeps its models. One that dies, or whose machine
does, costs the clip that it was at.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
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
# Else a cluster that does not answer is tried for a quarter of an hour, in twenty rounds.
os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")

import ray
from ray.exceptions import RayError

from deckard_cli import __version__
from deckard_cli.batch.engine import DIED, Failure, Kit, Outcome, Report, Started, Task
from deckard_cli.batch.parcel import Parcel, here, pack, packed, taken, unpacked
from deckard_cli.cache import sources
from deckard_cli.errors import BackendError, DeckardError

__all__ = ["Cluster"]

_ROOMS: Final = ("remote", "script", "speech", "motion", "face", "clip", "job", "batch")
_STILLBORN: Final = 3
"""Actors that may die one after the other, for each that there may be, before anything was made."""

_PATIENCE: Final = 10.0
"""Seconds until a cluster has to answer at all."""
_LEAVES: Final = 2.0
"""Seconds that the actors on other machines get to leave before they are killed."""
_SETTINGS: Final = b"\x04"
"""The kind of the first frame that each side of HTTP/2 sends; it follows the length."""
_HELLO: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0" + _SETTINGS + b"\0" + b"\0\0\0\0"
"""What a client says first to a cluster, which speaks gRPC."""
_STORE: Final = 256 << 20
"""Bytes for the files that travel, on a cluster of this machine alone: Ray would take a third of its memory."""


class _Hand:
    """Makes clips, on whatever machine it is."""

    def __init__(self, kit: Kit) -> None:
        from deckard_cli.batch.bench import Bench

        self._bench = Bench(kit)
        self._personas: dict[str, Parcel] = {}

    def code(self) -> tuple[str, str]:
        """The version that is installed there, and its sources."""
        return __version__, sources(*_ROOMS)

    def make(
        self, task: Task, sign: str, key: str, persona: list[Any], files: Parcel
    ) -> tuple[Outcome, dict[str, bytes] | None]:
        """Make the clip of `task`: what became of it, and its files; None where the sender sees them as well."""
        with here(task, sign) as (own, shared):
            if shared:
                return self._bench.make(own), None
            job = unpacked(own.job, self._persona(key, persona), self._home / key, files, own.folder)
            outcome = self._bench.make(replace(own, job=job))
            if outcome.folder is None:
                return outcome, {}
            return outcome, {path.name: path.read_bytes() for path in outcome.folder.iterdir()}

    def leave(self) -> None:
        """Leave nothing behind on this machine."""
        if self._personas:
            shutil.rmtree(self._home, ignore_errors=True)

    @cached_property
    def _home(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="deckard-"))

    def _persona(self, key: str, persona: list[Any]) -> Parcel:
        """The files of a persona, which are fetched once."""
        if key not in self._personas:
            self._personas[key] = ray.get(persona[0])
        return self._personas[key]


@dataclass(slots=True, eq=False)
class _Actor:
    """An actor, and what it is at."""

    handle: Any
    task: Task | None = None
    proven: bool = False
    """Whether it runs the same code, and has made something."""
    sees: bool = False
    """Whether it is known to see the folders of this machine."""


class Cluster:
    """An `Engine` of `size` actors of a Ray cluster."""

    def __init__(self, size: int, kit: Kit, *, address: str | None = None, gpus: float = 0.0) -> None:
        """`address` is that of a cluster, None for one that is started here and stopped afterwards; `gpus` is the part
        of one that each actor needs.
        """
        self._size, self._kit, self._address, self._gpus = size, kit, address, gpus
        self._sign = secrets.token_hex(16)
        self._personas: dict[str, Any] = {}

    def make(self, tasks: Iterable[Task]) -> Generator[Report]:
        """As `Engine.make`. Raises `BackendError` where the cluster cannot be reached, and `DeckardError` where other
        code is installed on it, or no actor lives long enough to make anything.
        """
        with self._connected():
            self._personas.clear()  # those of another connection are no longer there
            yield from self._made(iter(tasks))

    @contextmanager
    def _connected(self) -> Iterator[None]:
        if ray.is_initialized():
            yield
            return
        own: dict[str, Any] = {
            "num_cpus": self._size,
            "include_dashboard": False,
            "object_store_memory": _STORE,
            # Else its workers get what everything else on this machine leaves: they are as nice as can be.
            "_system_config": {"worker_niceness": 0},
        }
        try:
            _knock(self._address)
            at: Any = ray.init(
                self._address or "local",
                log_to_driver=False,
                logging_level=logging.ERROR,
                **({} if self._address else own),
            )
        except (RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:
            told = str(error).partition("\n")[0].rstrip(".")
            raise BackendError(
                f"The Ray cluster at '{self._address or 'this machine'}' cannot be reached: {told}.",
                code="no_cluster",
                hint="ray status, or leave RAY_ADDRESS unset to start one here",
            ) from error
        try:
            yield
        finally:
            ray.shutdown()
            if not self._address:
                shutil.rmtree(at.address_info["session_dir"], ignore_errors=True)

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
            if away := [actor.handle.leave.remote() for actor in crew if not actor.sees]:
                ray.wait(away, num_returns=len(away), timeout=_LEAVES)
            for actor in crew:
                ray.kill(actor.handle)

    def _give(self, crew: list[_Actor], busy: dict[Any, _Actor], waiting: Iterator[Task]) -> Iterator[Started]:
        """Give a task to each who has none, and to new ones while there are fewer than there may be."""
        while len(busy) < self._size and (task := next(waiting, None)) is not None:
            actor = next((each for each in crew if each.task is None), None) or self._new(crew)
            actor.task = task
            task.folder.mkdir(parents=True, exist_ok=True)
            (task.folder / self._sign).touch()
            files = ("", [], Parcel({})) if actor.sees else self._packed(task)
            busy[actor.handle.make.remote(task, self._sign, *files)] = actor
            yield Started(task.token)

    def _new(self, crew: list[_Actor]) -> _Actor:
        made = ray.remote(_Hand).options(num_cpus=1, num_gpus=self._gpus, max_restarts=0)
        crew.append(_Actor(made.remote(self._kit)))
        return crew[-1]

    def _packed(self, task: Task) -> tuple[str, list[Any], Parcel]:
        """The files that `task` reads: a persona is put into the cluster once, and fetched by who does not see ours."""
        key, persona, own = packed(task.job)
        if key not in self._personas:
            self._personas[key] = ray.put(pack(persona))
        return key, [self._personas[key]], pack(own)

    def _outcome(self, actor: _Actor, ready: Any) -> Outcome:
        """What became of the task of `actor`. Raises `DeckardError` where other code runs there."""
        task, actor.task = actor.task, None
        assert task
        try:
            if not actor.proven:
                _refuse_other_code(ray.get(actor.handle.code.remote()))
            outcome, files = ray.get(ready)
            actor.sees = files is None
            return taken(outcome, task, files or {})
        except RayError as error:
            told = str(error).partition("\n")[0].rstrip(".")
            return Outcome(task.token, failure=Failure(f"The worker is gone: {told}.", DIED, "ray status"))


def _knock(address: str | None) -> None:
    """Raise `OSError` where no cluster is at ``host:port``: Ray would try for long, and print warnings."""
    host, _, port = (address or "").rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        return
    if host in ("127.0.0.1", "localhost"):
        host = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]  # that is where Ray goes instead
    with socket.create_connection((host, int(port)), timeout=_PATIENCE) as caller:
        if os.environ.get("RAY_USE_TLS") in (None, "0"):
            caller.sendall(_HELLO)
            with caller.makefile("rb") as answer:
                if answer.read(4)[3:] != _SETTINGS:
                    raise ConnectionError("What answers there is no cluster")


def _refuse_other_code(theirs: tuple[str, str]) -> None:
    if theirs != (__version__, sources(*_ROOMS)):
        raise DeckardError(
            f"On the cluster another Deckard is installed ({theirs[0]}) than here ({__version__}).",
            code="other_version",
            hint="install the same on every machine of the cluster",
        )
