"""Keys: the SHA-256 of whatever decides how something turns out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

__all__ = ["digest", "of_file", "sources"]

_PACKAGE = Path(__file__).parent.parent
_CODE: Final = frozenset({".py", ".c"})


def digest(value: object) -> str:
    """A key for `value`: dataclasses, mappings, sequences, arrays, bytes, paths, text, numbers and None, in any depth.

    Raises `TypeError` for anything else: an address in memory would make a key that no other process finds.
    """
    plain = json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: object) -> object:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return float(value).hex()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, Set):
        return sorted(map(str, value))
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "tobytes") and hasattr(value, "shape"):
        return [list(value.shape), str(value.dtype), hashlib.sha256(value.tobytes()).hexdigest()]  # type: ignore[attr-defined]
    raise TypeError(f"{type(value).__name__} cannot be part of a key")


def of_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, which are read again only when its size or its time has changed.

    Raises `OSError` where it cannot be read.
    """
    state = path.stat()
    return _of_file(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=4096)
def _of_file(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=16)
def sources(*rooms: str) -> str:
    """The SHA-256 of our own code in `rooms`, files and folders of the package.

    It stands in keys where others put a version by hand, which is forgotten the one time that it matters.
    """
    files = [file for room in rooms for file in _files(room)]
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.relative_to(_PACKAGE).as_posix()}\0".encode() + file.read_bytes())
    return whole.hexdigest()


def _files(room: str) -> list[Path]:
    file = _PACKAGE / f"{room}.py"
    return [file] if file.is_file() else sorted(each for each in (_PACKAGE / room).rglob("*.*") if each.suffix in _CODE)
