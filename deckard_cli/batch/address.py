"""The clips of a batch at an address: ``s3://bucket/clips``, ``gs://...``, whatever fsspec knows.

They are made in a folder of this machine, which is the same for every batch to that address, and go there whole. So
does a copy of the manifest, now and then and at the end: another machine goes on from it, and makes again what came
after it; this one goes on from its own, whatever killed it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final

import fsspec

from deckard_cli.batch.folder import MANIFEST, Folder
from deckard_cli.cache import cache_folder, digest
from deckard_cli.errors import BackendError, MissingError, UsageError

__all__ = ["Address"]

_APART: Final = 20.0
"""Seconds from one copy of the manifest to the next."""


class Address(Folder):
    """A `Folder` whose clips stand elsewhere."""

    here: ClassVar = False

    def __init__(self, address: str) -> None:
        """Raises `UsageError` for a protocol that nobody knows, `MissingError` where its package is not installed."""
        self._address = address.rstrip("/")
        with _told(self._address):
            self._files, self._root = fsspec.core.url_to_fs(self._address)
        super().__init__(cache_folder() / "batches" / digest(self._address)[:24])
        self._shared = time.monotonic()

    def give(self, clip: str, name: str) -> None:
        """Send one of a clip's files. Most stores show a file when all of it is there; where this one can rename, it
        gets its name then.
        """
        source, target = self.waiting(clip, name), f"{self._root}/{name}"
        with _told(self.shown(name)):
            self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
            if _renames(self._files):
                self._files.put_file(str(source), f"{target}.part")
                self._files.mv(f"{target}.part", target)
            else:
                self._files.put_file(str(source), target)
            self._there[name] = source.stat().st_size
        self.share()

    def holds(self, name: str, size: int, sha256: str) -> bool:
        """Whether a file of so many bytes stands there: to read them all again would cost what making them does."""
        return self._there.get(name) == size

    def shown(self, name: str) -> str:
        """The address of a file."""
        return f"{self._address}/{name}"

    where = shown

    def noted(self, rows: str) -> str:
        """What the manifest calls the file or folder of `rows`: as it was typed, since many machines read it."""
        return rows if rows == "-" else Path(os.path.normpath(rows)).as_posix()

    def rows(self, noted: str) -> str:
        """What people call the rows that the manifest calls `noted`."""
        return "stdin" if noted == "-" else noted or "unknown"

    def prune(self, names: tuple[str, ...]) -> None:
        """Remove the files of a clip that nobody asks for any more."""
        for name in names:
            with suppress(FileNotFoundError), _told(self.shown(name)):
                self._files.rm_file(f"{self._root}/{name}")

    def share(self, *, wholly: bool = False) -> None:
        """Send a copy of the manifest, if the last one is old or it is to be the last."""
        if wholly or time.monotonic() - self._shared >= _APART:
            with _told(self.shown(MANIFEST)):
                self._files.makedirs(self._root, exist_ok=True)
                self._files.put_file(str(self.path / MANIFEST), f"{self._root}/{MANIFEST}")
            self._shared = time.monotonic()

    def others(self) -> bytes:
        """The manifest that stands there: what this machine has done, and what others have."""
        with _told(self.shown(MANIFEST)):
            try:
                theirs: bytes = self._files.cat_file(f"{self._root}/{MANIFEST}")
            except FileNotFoundError:
                return b""
        return theirs

    @cached_property
    def _there(self) -> dict[str, int]:
        """The files that stand there, with their sizes in bytes."""
        with _told(self._address):
            try:
                found: dict[str, Any] = self._files.find(self._root, detail=True)
            except FileNotFoundError:
                return {}
        prefix = len(self._root.rstrip("/")) + 1
        return {path[prefix:]: int(about["size"]) for path, about in found.items()}


def _renames(files: Any) -> bool:
    """Whether `files` are on a disk, where a file grows under its name; a store of objects shows whole ones alone."""
    protocols = {files.protocol} if isinstance(files.protocol, str) else set(files.protocol)
    return bool(protocols & {"file", "local", "sftp", "ssh", "ftp", "smb", "hdfs", "webhdfs"})


@contextmanager
def _told(what: str) -> Iterator[None]:
    """What goes wrong at an address, in our words."""
    try:
        yield
    except FileNotFoundError:
        raise
    except ImportError as error:
        raise MissingError(
            f"'{what}' needs a package that is not installed: {error}.",
            code="not_installed",
            hint=f"uv pip install {error.name or 'fsspec'}",
        ) from error
    except ValueError as error:
        raise UsageError(
            f"'{what}' is no address: {error}.", code="bad_address", hint="-o s3://bucket/clips"
        ) from error
    except OSError as error:
        raise BackendError(
            f"'{what}' cannot be read or written: {error}.", code="address_failed", hint="run the same command again"
        ) from error
