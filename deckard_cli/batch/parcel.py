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

_PERSONA = "persona"


@dataclass(frozen=True, slots=True)
class Parcel:
    """The files that jobs read, by a path below one folder."""

    files: Mapping[str, bytes]


def packed(job: Job) -> tuple[str, dict[str, Path]]:
    """A key of the files that `job` reads, and the files, by their paths below the folder of a parcel."""
    folder = find(job.persona).folder
    files = {f"{_PERSONA}/{folder.name}/{name}": path for name, path in _below(folder)}
    for field in ("audio", "background", "words"):
        path = _local(getattr(job, field))
        if path:
            files[f"{field}/{path.name}"] = path
    return digest({name: of_file(path) for name, path in files.items()}), files


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


def unpacked(parcel: Parcel, job: Job, folder: Path) -> Job:
    """`job` with its files where they lie in `folder`, into which `parcel` is written. Raises `OSError`."""
    for name, data in parcel.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(data)
    persona = next(name.split("/")[1] for name in parcel.files if name.startswith(f"{_PERSONA}/"))
    own = {name.split("/")[0]: folder / name for name in parcel.files if not name.startswith(f"{_PERSONA}/")}
    changed: dict[str, Any] = {name: str(path) if name == "background" else path for name, path in own.items()}
    return replace(job, persona=str(folder / _PERSONA / persona), **changed)


@contextmanager
def here(task: Task, sign: str) -> Iterator[tuple[Task, bool]]:
    """`task` in a folder of this machine, and whether that is the one that it came with: whoever sent it left a file
    with the content `sign` there.
    """
    if _reads(task.folder / "here", sign):
        yield task, True
        return
    with tempfile.TemporaryDirectory(prefix="deckard-") as folder:
        yield replace(task, folder=Path(folder)), False


def _reads(path: Path, sign: str) -> bool:
    try:
        return path.read_text(encoding="ascii") == sign
    except (OSError, UnicodeDecodeError):
        return False


def taken(outcome: Outcome, task: Task, files: Mapping[str, bytes]) -> Outcome:
    """`outcome` with the `files` that were made elsewhere in the folder of `task`. Raises `OSError`."""
    if outcome.folder is None or not files:
        return outcome
    shutil.rmtree(task.bench, ignore_errors=True)
    task.bench.mkdir(parents=True)
    for name, data in files.items():
        (task.bench / name).write_bytes(data)
    return replace(outcome, folder=task.bench)
