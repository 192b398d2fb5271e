"""A task for another machine: with the files that it reads, and afterwards those that were made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deckard_cli.batch.engine import Outcome, Task
from deckard_cli.cache import digest, of_file
from deckard_cli.job import Job
from deckard_cli.persona import find

__all__ = ["Parcel", "here", "pack", "packed", "taken", "unpacked"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """The files that jobs read, by a path below one folder."""

    files: Mapping[str, bytes]


def packed(job: Job) -> tuple[str, dict[str, Path], dict[str, Path]]:
    """A key of the persona of `job`, its files, and the other files that `job` reads, by their paths below a folder."""
    folder = find(job.persona).folder
    persona = {f"{folder.name}/{name}": path for name, path in _below(folder)}
    own = {}
    for field in ("audio", "background", "words"):
        path = _local(getattr(job, field))
        if path:
            own[f"{field}/{path.name}"] = path
    return digest({name: of_file(path) for name, path in persona.items()}), persona, own


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        # The drawing was made into layers: it is the largest file, and nothing reads it.
        if path.is_file() and path.name != "drawing.svg":
            yield path.relative_to(folder).as_posix(), path


def _local(value: object) -> Path | None:
    if isinstance(value, (str, Path)) and Path(value).is_file():
        return Path(value)
    return None


def pack(files: Mapping[str, Path]) -> Parcel:
    """The bytes of `files`. Raises `OSError`."""
    return Parcel({name: path.read_bytes() for name, path in files.items()})


def unpacked(job: Job, persona: Parcel, home: Path, own: Parcel, folder: Path) -> Job:
    """`job` with its persona in `home`, where it stays for the next, and its other files in `folder`. Raises
    `OSError`.
    """
    _write(persona, home)
    _write(own, folder)
    name = next(iter(persona.files)).partition("/")[0]
    files = {each.partition("/")[0]: folder / each for each in own.files}
    changed: dict[str, Any] = {field: str(path) if field == "background" else path for field, path in files.items()}
    return replace(job, persona=str(home / name), **changed)


def _write(parcel: Parcel, folder: Path) -> None:
    for name, data in parcel.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(data)


@contextmanager
def here(task: Task, sign: str) -> Iterator[tuple[Task, bool]]:
    """`task` in a folder of this machine, and whether that is the one that it came with: whoever sent it left a file
    called `sign` there.
    """
    if (task.folder / sign).is_file():
        yield task, True
        return
    with tempfile.TemporaryDirectory(prefix="deckard-") as folder:
        yield replace(task, folder=Path(folder)), False


def taken(outcome: Outcome, task: Task, files: Mapping[str, bytes]) -> Outcome:
    """`outcome` with the `files` that were made elsewhere in the folder of `task`. Raises `OSError`."""
    if outcome.folder is None or not files:
        return outcome
    shutil.rmtree(task.bench, ignore_errors=True)
    task.bench.mkdir(parents=True)
    for name, data in files.items():
        (task.bench / name).write_bytes(data)
    return replace(outcome, folder=task.bench)
