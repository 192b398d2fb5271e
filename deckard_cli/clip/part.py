"""Nothing half-written under the asked name: a file grows beside it and takes its place when it is whole."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from deckard_cli.errors import DeckardError, UsageError


class Part:
    """A file that grows beside `path` under a name of its own, with the same suffix; a link is followed."""

    def __init__(self, path: Path) -> None:
        """Raises `UsageError` or `DeckardError` where `path` could not be written."""
        self._target = Path(os.path.realpath(path))
        # 40 letters, since a name that is just short enough for the file system would be too long with more after it
        name = f"{path.stem[:40]}.{secrets.token_hex(4)}.part{path.suffix}"
        self.path = self._target.with_name(name)
        """Where to write. Absolute, so that FFmpeg takes no name for a protocol (`data:x.mp4`)."""
        try:
            if self._target.is_dir():
                raise is_folder(path)
            if self._target.exists() and not self._target.is_file():
                raise UsageError(
                    f"'{path}' is a pipe or a device, which a clip cannot replace.",
                    code="not_a_file",
                    hint="name a file, or write to stdout with -o -",
                )
            # Ctrl-C between here and whoever drops it would leave it behind.
            self._left = weakref.finalize(self, _removed, self.path)
            self.path.open("xb").close()
        except OSError as error:
            raise failure(error, path) from error

    def keep(self) -> None:
        """The file is whole: it takes the asked name."""
        try:
            self.path.replace(self._target)
        except OSError as error:
            self.drop()
            raise failure(error, self._target) from error
        self._left.detach()

    def drop(self) -> None:
        """The file will not be finished: it goes."""
        self._left()


def _removed(path: Path) -> None:
    with suppress(OSError):  # it never came to be
        path.unlink()


def is_folder(path: Path) -> UsageError:
    """What to say when a clip is to be written where a folder is."""
    return UsageError(f"'{path}' is a folder.", code="is_folder", hint=f"name a file: {path / 'clip.mp4'}")


def failure(error: OSError, path: Path) -> DeckardError:
    """What to say when the system refuses to write `path`."""
    folder = path.absolute().parent
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR if not folder.is_dir():
            if blocker := next((each for each in (folder, *folder.parents) if each.is_file()), None):
                hint = f"-o '{blocker.parent / path.name}'"
                return UsageError(f"'{blocker}' is a file, not a folder.", code="no_folder", hint=hint)
            return UsageError(f"There is no folder '{folder}'.", code="no_folder", hint=f"mkdir -p '{folder}'")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return DeckardError(
                f"The folder '{folder}' cannot be written.", code="not_writable", hint="choose another with -o"
            )
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return DeckardError(
                f"The disk has no room for '{path}'.", code="disk_full", hint="free some space or choose another folder"
            )
        case errno.ENAMETOOLONG:
            return UsageError(f"The name '{path.name}' is too long.", code="long_name", hint="choose a shorter one")
    return DeckardError(f"'{path}' could not be written: {error.strerror or error}.", code="not_written")


@contextmanager
def piped(stream: BinaryIO, suffix: str) -> Iterator[Path]:
    """A path to write a file to, which is then copied to `stream`; an mp4 cannot be written without seeking.

    Nothing is copied after an exception. A closed pipe raises `BrokenPipeError`.
    """
    with tempfile.TemporaryDirectory(prefix="deckard-") as folder:
        path = Path(folder) / f"clip{suffix}"
        yield path
        with path.open("rb") as file:
            shutil.copyfileobj(file, stream, 1 << 20)
        stream.flush()
