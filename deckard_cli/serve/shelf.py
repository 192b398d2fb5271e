"""Films that are kept for a while, under names that nobody can guess."""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path
from typing import Final

__all__ = ["Shelf"]

_MOST: Final = 2_000_000_000
"""Bytes of all of them: the oldest goes first."""


class Shelf:
    """A folder of films."""

    def __init__(self, folder: Path, seconds: float) -> None:
        """Each stays for so many `seconds`."""
        self._folder, self._seconds = folder, seconds

    def put(self, film: Path) -> str:
        """Take the file `film` from where it is; its name here."""
        name = secrets.token_urlsafe(24)
        film.rename(self._folder / name)
        self.sweep()
        return name

    def get(self, name: str) -> Path | None:
        """The film of that name, where it is still kept."""
        path = self._folder / name
        # Of the letters of a name alone, so that it cannot lead out of the folder.
        if not re.fullmatch(r"[\w-]{32}", name, re.ASCII) or not path.is_file() or self._old(path):
            return None
        return path

    def sweep(self) -> None:
        """Throw away what nobody fetched in time, and more where the films take too much room."""
        room = _MOST
        for path in sorted(self._folder.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True):
            room -= path.stat().st_size
            if room < 0 or self._old(path):
                path.unlink(missing_ok=True)

    def _old(self, path: Path) -> bool:
        return time.time() - path.stat().st_mtime > self._seconds
