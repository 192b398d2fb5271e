"""The folder in which what was made is kept: ``KIND/ab/abcdef.../`` holds an entry's files and ``entry.json``."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from deckard_cli.errors import UsageError

__all__ = ["KINDS", "Cache", "Entry", "Kind", "cache_folder", "size_in_bytes"]

Kind = Literal["clip", "speech", "film"]
KINDS: Final[tuple[Kind, ...]] = ("clip", "speech", "film")

_VERSION: Final = "1"
_ENTRY: Final = "entry.json"
_PASSED: Final = "passed-"
_GROWING: Final = "growing"
"""The folder for what is not whole yet, or no longer."""
_ABANDONED: Final = 3600.0
"""Seconds after which what is still growing belongs to a process that is gone."""
_LEEWAY: Final = 32
"""The part of the limit that a process may add before it looks how much there is: counting all of it takes time."""
_TRIMMED: Final = 0.9
"""How much of the limit stays where it was passed: else each new entry would have to push one out."""
_BLOCK: Final = 1 << 20
_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def cache_folder() -> Path:
    """The folder that ``DECKARD_CACHE_DIR`` names, else the one that the system has for what can be made again."""
    if chosen := os.environ.get("DECKARD_CACHE_DIR"):
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "deckard"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "deckard" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "deckard"


def size_in_bytes(text: str) -> int:
    """The bytes of ``5 GB``, ``500M`` or ``123456``, in powers of ten. Raises `UsageError` for what is no size."""
    said = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?) ?([KMGT]?)I?B?", text.strip().upper(), flags=re.ASCII)
    if not said:
        raise UsageError(f"'{text}' is no size for a cache.", code="bad_cache_size", hint="--cache-size '5 GB'")
    return int(float(said[1]) * _UNITS[said[2]])


@dataclass(frozen=True, slots=True)
class File:
    """A file of an entry."""

    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was made, and is kept."""

    kind: Kind
    key: str
    """What decides it, as `deckard_cli.cache.digest` makes it."""
    folder: Path
    """Where its files lie."""
    files: Mapping[str, File]
    about: Mapping[str, Any]
    """What else is to be known of it, as JSON has it."""
    used: float
    """When it was last asked for, in seconds of the system's clock."""

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(file.size for file in self.files.values())

    def copy(self, name: str, to: Path) -> bool:
        """Copy the file `name` over `to`; whether it was whole. Raises `OSError` where `to` cannot be written."""
        whole = hashlib.sha256()
        with to.open("wb") as copied:
            try:
                with (self.folder / name).open("rb") as kept:
                    while block := kept.read(_BLOCK):
                        whole.update(block)
                        copied.write(block)
            except FileNotFoundError:  # pushed out meanwhile
                return False
        return whole.hexdigest() == self.files[name].sha256

    def read(self, name: str) -> bytes | None:
        """The bytes of the file `name`; None where they are not what was kept."""
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == self.files[name].sha256 else None

    def passed(self, trial: str) -> bool:
        """Whether `approve` was called with `trial`, a name of hexadecimal digits."""
        return (self.folder / f"{_PASSED}{trial}").exists()

    def approve(self, trial: str) -> None:
        """Remember that it passed `trial`, where that can be written."""
        with suppress(OSError):
            (self.folder / f"{_PASSED}{trial}").touch()

    def whole(self) -> bool:
        """Whether every file still is what was kept."""
        return bool(self.files) and all(self.read(name) is not None for name in self.files)


class Cache:
    """A folder of entries, of which those that were not asked for longest go when there are too many."""

    def __init__(self, folder: Path | None = None, *, limit: int = 5 * 10**9) -> None:
        """`folder` is made when something is put there; None: `cache_folder`. `limit` is in bytes."""
        self.folder = cache_folder() if folder is None else folder
        self.limit = limit
        self._home = self.folder / f"v{_VERSION}"
        self._added = limit
        """Bytes put here since they were last counted; as if it were full, so that the first one looks."""
        self._complaint: str | None = None
        """Why something could not be kept; empty once that was told, since it is told once."""

    def get(self, kind: Kind, key: str) -> Entry | None:
        """The entry under `key`, which counts as used now; None where there is none that could be whole."""
        entry = _read(kind, self._place(kind, key))
        if entry is not None:
            with suppress(OSError):  # a cache that may only be read is a cache all the same
                os.utime(entry.folder / _ENTRY)
        return entry

    def put(self, kind: Kind, key: str, about: Mapping[str, Any], fill: Callable[[Path], object]) -> None:
        """Keep what `fill` writes into the folder that it is given. Where somebody was quicker, that one stays.

        Where there is no room or no right to write, nothing is kept: it is made again the next time, and `complaint`
        says so.
        """
        try:
            self._put(kind, key, about, fill)
        except OSError as error:
            if self._complaint is None:
                self._complaint = self._refused(error)

    def complaint(self) -> str:
        """What a person should be told of what could not be kept, one sentence; empty where it was told before."""
        told, self._complaint = self._complaint or "", None if self._complaint is None else ""
        return told

    def fault(self) -> str:
        """Why nothing can be kept here, one sentence, found by trying; empty where it can."""
        there = next(each for each in (self._home, *self._home.absolute().parents) if each.exists())
        try:
            with tempfile.TemporaryFile(dir=there) as file:
                file.write(bytes(_BLOCK))
                file.flush()
        except OSError as error:
            return self._refused(error)
        return ""

    def _refused(self, error: OSError) -> str:
        why = error.strerror or str(error)
        return f"The cache '{self.folder}' cannot be written, so nothing is kept: {why}. DECKARD_CACHE_DIR moves it."

    def _put(self, kind: Kind, key: str, about: Mapping[str, Any], fill: Callable[[Path], object]) -> None:
        growing = self._home / _GROWING / secrets.token_hex(8)
        growing.mkdir(parents=True)
        try:
            fill(growing)
            files = {path.name: File(path.stat().st_size, _sha256(path)) for path in sorted(growing.iterdir())}
            said = {"files": {name: asdict(file) for name, file in files.items()}, "about": dict(about)}
            (growing / _ENTRY).write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
            place = self._place(kind, key)
            place.parent.mkdir(parents=True, exist_ok=True)
            if _read(kind, place) is None:  # damaged, it would stand in the way for ever
                shutil.rmtree(place, ignore_errors=True)
            try:
                growing.rename(place)
            except OSError:
                if _read(kind, place) is None:  # else somebody was quicker
                    raise
        finally:
            shutil.rmtree(growing, ignore_errors=True)
        self._added += sum(file.size for file in files.values())
        if self._added >= self.limit // _LEEWAY:
            self._trim()

    def drop(self, entry: Entry) -> None:
        """Throw `entry` away. Whoever reads it now may finish, where the system allows that."""
        doomed = self._home / _GROWING / secrets.token_hex(8)
        with suppress(OSError):
            doomed.parent.mkdir(parents=True, exist_ok=True)
            entry.folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def entries(self) -> Iterator[Entry]:
        """All that is kept, in no order."""
        return (entry for entry in self._all() if entry.files)

    def _all(self) -> Iterator[Entry]:
        """`entries`, and one without files for each that is damaged so that nothing more is known of it."""
        for kind in KINDS:
            for place in sorted((self._home / kind).glob("*/*")):
                if entry := _read(kind, place):
                    yield entry
                elif place.is_dir():
                    yield Entry(kind, place.name, place, {}, {}, 0.0)

    def verify(self) -> tuple[int, list[Entry]]:
        """Read everything again, and throw away what is damaged: how many entries there were, and these of them."""
        found = list(self._all())
        damaged = [entry for entry in found if not entry.whole()]
        for entry in damaged:
            self.drop(entry)
        return len(found), damaged

    def clear(self, kinds: tuple[Kind, ...] = KINDS) -> int:
        """Throw everything of `kinds` away; how many entries there were."""
        found = [entry for entry in self._all() if entry.kind in kinds]
        for entry in found:
            self.drop(entry)
        self._sweep()
        return len(found)

    def _trim(self) -> None:
        """Throw away what was not used longest, until there is room again."""
        self._sweep()
        kept = sorted(self._all(), key=lambda entry: entry.used)
        total = sum(entry.size for entry in kept)
        self._added = 0
        room = self.limit * _TRIMMED if total > self.limit else total
        for entry in kept:
            if entry.files and total <= room:
                return
            self.drop(entry)  # the damaged ones, which are first as nobody uses them, and as many as are too much
            total -= entry.size

    def _sweep(self) -> None:
        """Remove what processes that were killed left half written."""
        for left in (self._home / _GROWING).glob("*"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _ABANDONED:
                    shutil.rmtree(left, ignore_errors=True)

    def _place(self, kind: Kind, key: str) -> Path:
        return self._home / kind / key[:2] / key


def _read(kind: Kind, place: Path) -> Entry | None:
    try:
        used = (place / _ENTRY).stat().st_mtime
        said = json.loads((place / _ENTRY).read_text(encoding="utf-8"))
        files = {str(name): File(int(file["size"]), str(file["sha256"])) for name, file in said["files"].items()}
        if any((place / name).stat().st_size != file.size for name, file in files.items()):
            return None
        return Entry(kind, place.name, place, files, dict(said["about"]), used)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
