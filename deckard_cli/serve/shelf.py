"""Films that are kept for a while, under names that nobody can guess."""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path
from threading import Lock
from typing import Final

from deckard_cli.serve.order import Filmed

__all__ = ["Shelf"]

_MOST: Final = 2_000_000_000
"""Bytes of all of them: the oldest goes first."""


class Shelf:
    """A folder of films. Threads may share it."""

    def __init__(self, folder: Path, seconds: float) -> None:
        """Each stays for so many `seconds`."""
        self._folder, self._seconds = folder, seconds
        self._made: dict[str, tuple[str, Filmed]] = {}
        self._lock = Lock()

    def put(self, film: Path, filmed: Filmed, key: str = "") -> Path:
        """Take the file `film` from where it is; where it is now. By `key` it is found `again`."""
        kept = self._folder / secrets.token_urlsafe(24)
        film.rename(kept)
        with self._lock:
            self._made |= {key: (kept.name, filmed)} if key else {}
        self.sweep()
        return kept

    def again(self, key: str) -> tuple[Path, Filmed] | None:
        """What was put here with `key`, where it is still kept."""
        name, filmed = self._made.get(key, ("", Filmed()))
        path = self.get(name)
        return (path, filmed) if path else None

    def get(self, name: str) -> Path | None:
        """The film of that name, where it is still kept."""
        path = self._folder / name
        # Of the letters of a name alone, so that it cannot lead out of the folder.
        if not re.fullmatch(r"[\w-]{32}", name, re.ASCII) or not path.is_file() or self._old(path):
            return None
        return path

    def sweep(self) -> None:
        """Throw away what nobody fetched in time, and more where the films take too much room."""
        with self._lock:
            room, kept = _MOST, set()
            for path in sorted(self._folder.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True):
                room -= path.stat().st_size
                if room < 0 or self._old(path):
                    path.unlink(missing_ok=True)
                else:
                    kept.add(path.name)
            self._made = {key: made for key, made in self._made.items() if made[0] in kept}

    def _old(self, path: Path) -> bool:
        return time.time() - path.stat().st_mtime > self._seconds
