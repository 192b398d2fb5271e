"""The folder of a batch: one at a time in it, and nothing under a clip's name that is not whole.

clips/hello.mp4             a clip, with what belongs to it beside it
clips/manifest.jsonl        what was made: `deckard_cli.batch.manifest`; locked while a batch is at work
clips/.deckard/making/TOKEN/  where a worker makes a clip
clips/.deckard/done/KEY/    a clip that is whole, and is about to take its name
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, ClassVar, Final

from deckard_cli.clip.part import failure
from deckard_cli.errors import DeckardError, UsageError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["MANIFEST", "Folder", "hold", "whole"]

MANIFEST: Final = "manifest.jsonl"
_HIDDEN: Final = ".deckard"
_FAR: Final = 1 << 40
"""A byte that no manifest has: on Windows a locked one cannot be read by others."""


class Folder:
    """Where a batch puts its clips."""

    here: ClassVar = True
    """Whether they stand on this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path
        """Where they are made, and the manifest is."""
        self.work = path / _HIDDEN / "making"
        """Where workers make clips, each in a folder of its own."""
        self._done = path / _HIDDEN / "done"

    def finished(self, clip: str, made: Path) -> None:
        """Keep what was `made` for the clip with the id `clip` until it takes its name. Raises `DeckardError`."""
        kept = self._kept(clip)
        shutil.rmtree(kept, ignore_errors=True)
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            made.rename(kept)
        except OSError as error:
            raise failure(error, kept) from error

    def waiting(self, clip: str, name: str) -> Path:
        """The file that waits to become `name`, which may not be there."""
        return self._kept(clip) / Path(name).name

    def put(self, clip: str, names: tuple[str, ...]) -> None:
        """Give the files of a clip that is finished their names, one after the other. Raises `DeckardError`."""
        for name in names:
            self.give(clip, name)
        shutil.rmtree(self._kept(clip), ignore_errors=True)

    def give(self, clip: str, name: str) -> None:
        """Give one of them its name. Raises `DeckardError`."""
        target = self.path / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self.waiting(clip, name).replace(target)
        except OSError as error:
            raise failure(error, target) from error

    def holds(self, name: str, size: int, sha256: str) -> bool:
        """Whether the file that was made with so many bytes and that checksum stands there under `name`."""
        return whole(self.path / name, size, sha256)

    def shown(self, name: str) -> str:
        """Where a file stands, as people called the folder."""
        return str(self.path / name)

    def where(self, name: str) -> str:
        """Where a file stands, for programs."""
        return str((self.path / name).absolute())

    def noted(self, rows: str) -> str:
        """What the manifest calls the file or folder of `rows`: from here, since both may move together."""
        if rows == "-":
            return rows
        try:
            return Path(os.path.relpath(rows, self.path)).as_posix()
        except ValueError:  # on another drive of Windows
            return Path(rows).absolute().as_posix()

    def rows(self, noted: str) -> str:
        """What people call the rows that the manifest calls `noted`."""
        return "stdin" if noted == "-" else os.path.normpath(self.path / noted) if noted else "unknown"

    def prune(self, names: tuple[str, ...]) -> None:
        """Remove the files of a clip that nobody asks for any more, and folders that are empty then."""
        for name in names:
            with suppress(OSError):
                (self.path / name).unlink()
            for folder in Path(name).parents[:-1]:
                with suppress(OSError):
                    (self.path / folder).rmdir()

    def others(self) -> bytes:
        """The lines of a manifest that others may have written to: here it is this one."""
        return b""

    def share(self, *, wholly: bool = False) -> None:
        """Tell others what was made: here they see it."""

    def sweep(self) -> None:
        """Remove everything that has no name yet."""
        shutil.rmtree(self.path / _HIDDEN, ignore_errors=True)

    def _kept(self, clip: str) -> Path:
        return self._done / hashlib.sha256(clip.encode()).hexdigest()[:24]


@contextmanager
def hold(path: Path) -> Iterator[IO[bytes]]:
    """The manifest of the folder `path`, open for reading and appending, and no other batch's while it is held.

    The folder is made where there is none. Raises `DeckardError` where another batch holds it or nothing can be
    written there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        manifest = (path / MANIFEST).open("a+b")
    except FileExistsError:
        raise UsageError(f"'{path}' is a file, not a folder.", code="no_folder", hint="-o clips") from None
    except OSError as error:
        raise failure(error, path / MANIFEST) from error
    try:
        try:
            _lock(manifest)
        except OSError:
            raise DeckardError(
                f"Another batch is at work in '{path}'.", code="batch_running", hint="wait for it, or give another -o"
            ) from None
        yield manifest
    finally:
        with suppress(OSError):  # what a full disk refused once it would refuse again, in place of the first error
            manifest.close()


def _lock(file: IO[bytes]) -> None:
    """Lock `file` until it is closed or the process is gone, however. Raises `OSError` where somebody else does."""
    if sys.platform == "win32":
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0, os.SEEK_END)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def whole(path: Path, size: int, sha256: str) -> bool:
    """Whether the file at `path` has so many bytes and that checksum."""
    try:
        if path.stat().st_size != size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False
