"""The folder of a server, for what is sent to it and what it makes."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

__all__ = ["room"]

_PREFIX: Final = "deckard-serve-"
_LOCK: Final = "lock"
"""A file that is locked for as long as the server runs, however it ends."""


@contextmanager
def room() -> Iterator[Path]:
    """A folder that is thrown away at the end. That of a server that was killed is thrown away by the next: faces and
    voices of people are in there.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            _clear(left)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as place:
        folder = Path(place)
        with (folder / "locking").open("wb") as file:
            if sys.platform != "win32":
                fcntl.flock(file, fcntl.LOCK_EX)
                # Under its name only when it is locked: another server may be looking just now.
                (folder / "locking").rename(folder / _LOCK)
            yield folder


def _clear(left: Path) -> None:
    """Throw `left` away. Raises `OSError` where its server still runs."""
    if sys.platform != "win32":
        with (left / _LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left)
