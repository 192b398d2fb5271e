"""An MP4 by its boxes, so that a long one is signed without being held in memory.

The library reads all that it hashes at once. So it is given the clip without its pictures and its sound, and what it
makes of that is filled again. ISO 14496-12: a box is its length in four bytes, big-endian (1: in the eight after the
type; 0: to the end), its type in four, and its content.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

__all__ = ["digest", "emptied", "fill"]

_MEDIA: Final = b"mdat"
_EMPTY: Final = (8).to_bytes(4) + _MEDIA
_UNHASHED: Final = (b"ftyp", b"mfra", b"free", b"skip")
_STORE: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The type of the ``uuid`` box that a manifest store lies in (C2PA 2.1, annex A.5)."""
_PIECE: Final = 1 << 20
"""Bytes that are read at a time."""


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    """Where it begins, its length included."""
    end: int


def _boxes(file: IO[bytes]) -> Iterator[_Box]:
    """The outermost boxes of `file`. Raises `ValueError` where there are none."""
    whole, at = file.seek(0, io.SEEK_END), 0
    while at < whole:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4])
        length = {0: whole - at, 1: int.from_bytes(head[8:16])}.get(length, length)
        if not 8 <= length <= whole - at:
            raise ValueError(f"a box of {length} bytes where {whole - at} are left")
        yield _Box(head[4:8], at, at + length)
        at += length


def _pieces(file: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    file.seek(start)
    while start < end and (piece := file.read(min(_PIECE, end - start))):
        yield piece
        start += len(piece)


def emptied(file: IO[bytes]) -> io.BytesIO:
    """`file` without what its pictures and its sound are made of: the offsets in it stay as they are."""
    left = io.BytesIO()
    for box in _boxes(file):
        if box.kind == _MEDIA:
            left.write(_EMPTY)
        else:
            left.writelines(_pieces(file, box.start, box.end))
    return left


def fill(signed: IO[bytes], source: IO[bytes], target: IO[bytes]) -> None:
    """Write `signed`, which the library made of an emptied `source`, to `target` with what was left out."""
    media = iter([box for box in _boxes(source) if box.kind == _MEDIA])
    for box in list(_boxes(signed)):
        file, from_ = (source, next(media)) if box.kind == _MEDIA else (signed, box)
        target.writelines(_pieces(file, from_.start, from_.end))


def digest(file: IO[bytes]) -> bytes:
    """The SHA-256 of `file` as the assertion ``c2pa.hash.bmff.v3`` has it (C2PA 2.1, section 18.7): of each box but
    that of the manifest and those that hold nothing, its place in eight bytes and all of it.
    """
    hashed = hashlib.sha256()
    for box in list(_boxes(file)):
        file.seek(box.start)
        if box.kind in _UNHASHED or (box.kind == b"uuid" and file.read(24)[8:] == _STORE):
            continue
        hashed.update(box.start.to_bytes(8))
        for piece in _pieces(file, box.start, box.end):
            hashed.update(piece)
    return hashed.digest()
