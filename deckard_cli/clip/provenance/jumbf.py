"""The boxes that a C2PA manifest lies in, and how the same clip gets the same ones twice.

JUMBF (ISO 19566-5): a box is its length in four bytes, big-endian, its type in four, and its content; a ``jumb`` holds
a description, ``jumd``, and further boxes. Inside are CBOR (RFC 8949) and one COSE_Sign1 (RFC 9052).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["steady"]

_SALT: Final = b"c2sh"
_SALTS: Final = frozenset({16, 32})
"""Bytes that a salt can have (C2PA 2.1, section 8.4.2.3)."""
_TYPE: Final = 16
"""Bytes of a box's type in its description, before one of flags and its label."""


@dataclass(frozen=True, slots=True)
class _Box:
    """A box, by its place in the bytes that hold it."""

    kind: bytes
    start: int
    """Where its content begins."""
    end: int

    def inside(self, data: bytes | bytearray) -> Iterator[_Box]:
        """The boxes in its content."""
        at = self.start
        while at + 8 <= self.end:
            length = int.from_bytes(data[at : at + 4])
            if not 8 <= length <= self.end - at:
                raise ValueError(f"a box of {length} bytes where {self.end - at} are left")
            yield _Box(bytes(data[at + 4 : at + 8]), at + 8, at + length)
            at += length

    def label(self, data: bytes | bytearray) -> bytes:
        """What its description calls it."""
        about = next(self.inside(data))
        return bytes(data[about.start + _TYPE + 1 : about.end]).partition(b"\0")[0]


def steady(store: bytes, sign: Callable[[bytes], bytes], swap: tuple[bytes, bytes] | None = None) -> bytes:
    """`store`, a whole manifest store, with the salts of its last manifest drawn from what they salt, and signed anew.

    The library salts each assertion at random, so that nobody can guess one that was taken out by its hash. Nothing in
    a clip's manifest is a secret, and with a random salt no clip would be the same twice. `sign` takes what COSE has
    signed and gives the signature; it is as long as the one in the store.
    `swap` is the digest of a file in one of its assertions, and that of the file which it is about in truth.
    """
    data = bytearray(store)
    manifest = [box for box in next(_Box(b"", 0, len(data)).inside(data)).inside(data) if box.kind == b"jumb"][-1]
    parts = {box.label(data): box for box in manifest.inside(data) if box.kind == b"jumb"}
    claim = _content(data, parts[b"c2pa.claim.v2"])
    assertions = [box for box in parts[b"c2pa.assertions"].inside(data) if box.kind == b"jumb"]
    hashes = [(_hash(data, box), box) for box in assertions]
    if swap:
        data[manifest.start : manifest.end] = data[manifest.start : manifest.end].replace(*swap)
    # Actions name ingredients by their hashes, so these come first.
    for old, box in sorted(hashes, key=lambda each: each[1].label(data).startswith(b"c2pa.actions")):
        _resalt(data, box)
        data[manifest.start : manifest.end] = data[manifest.start : manifest.end].replace(old, _hash(data, box))
    _sign(data, _content(data, parts[b"c2pa.signature"]), bytes(data[claim.start : claim.end]), sign)
    return bytes(data)


def _content(data: bytearray, box: _Box) -> _Box:
    return [each for each in box.inside(data) if each.kind == b"cbor"][-1]


def _hash(data: bytearray, box: _Box) -> bytes:
    return hashlib.sha256(data[box.start : box.end]).digest()


def _resalt(data: bytearray, box: _Box) -> None:
    about, *content = box.inside(data)
    mark = data.find(_SALT, about.start, about.end)
    salt = slice(mark + len(_SALT), about.end)
    if mark >= 0 and salt.stop - salt.start in _SALTS:
        data[salt] = hashlib.sha256(data[content[0].start : box.end]).digest()[: salt.stop - salt.start]


def _sign(data: bytearray, cose: _Box, claim: bytes, sign: Callable[[bytes], bytes]) -> None:
    """Put a new signature of `claim` at the end of `cose`, where the old one is."""
    # 0xd2: tag 18, COSE_Sign1; 0x84: four items, the first of which are the protected headers.
    if data[cose.start : cose.start + 2] != b"\xd2\x84":
        raise ValueError("no COSE_Sign1")
    protected = bytes(data[cose.start + 2 : _string_end(data, cose.start + 2)])
    signature = sign(b"\x84\x6aSignature1" + protected + b"\x40" + _string(claim))
    tail = b"\xf6" + _string(signature)
    if not data[cose.end - len(tail) : cose.end].startswith(tail[: -len(signature)]):
        raise ValueError("a signature of another length")
    data[cose.end - len(tail) : cose.end] = tail


def _string(content: bytes) -> bytes:
    """`content` as a CBOR byte string."""
    if len(content) < 24:
        return bytes([0x40 + len(content)]) + content
    power = next(power for power in range(4) if len(content) < 1 << (8 << power))
    return bytes([0x58 + power]) + len(content).to_bytes(1 << power) + content


def _string_end(data: bytearray, at: int) -> int:
    """Where the CBOR byte string that begins at `at` ends."""
    short = data[at] - 0x40
    if 0 <= short < 24:
        return at + 1 + short
    if not 0 <= short - 0x18 < 4:
        raise ValueError("no byte string")
    wide = 1 << (short - 0x18)
    return at + 1 + wide + int.from_bytes(data[at + 1 : at + 1 + wide])
