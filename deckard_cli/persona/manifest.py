"""One persona as one file, `joi.deckard`: the form that `pack` writes and `unpack` reads.

A ZIP archive (APPNOTE 6.3) in which, as in EPUB's and OpenDocument's, the first entry is called ``mimetype``, is stored
and has no extra field, so that the media type stands at byte 38 of every such file. The second is ``manifest.json``;
the persona's folder follows under ``persona/``. Names are plain ASCII, so that they mean the same on every system.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, Field, StringConstraints

__all__ = ["LIMITS", "MANIFEST", "MEDIA_TYPE", "ROOT", "VERSION", "Limits", "Listed", "Manifest", "name_fault"]

MEDIA_TYPE: Final = "application/vnd.deckard.persona+zip"
VERSION: Final = 1
"""Of the form. A reader refuses a higher one; fields may be added to the manifest without raising it."""
MANIFEST: Final = "manifest.json"
ROOT: Final = "persona/"
"""What the names of the persona's own files begin with."""

KINDS: Final = (".toml", ".svg", ".webp", ".png", ".jpg", ".jpeg", ".json", ".md", ".txt")
"""What a persona is made of. Nothing that runs is among them."""
_BARE: Final = ("LICENSE", "LICENCE", "NOTICE")
_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}", re.ASCII)
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_DEEP: Final = 6


@dataclass(frozen=True, slots=True)
class Limits:
    """What a persona may take, many times what one needs."""

    files: int = 512
    file: int = 32 << 20
    """Bytes of one file."""
    text: int = 256 << 10
    """Bytes of one that is read as TOML or JSON."""
    total: int = 128 << 20
    """Bytes of all files, and of the archive itself."""
    ratio: int = 100
    """Times that a file may grow when it is unpacked, if it is larger than a megabyte then."""
    pixels: int = 400_000_000
    """Of all pictures together."""
    directory: int = 256 << 10
    """Bytes of the archive's list of entries, and of its manifest."""


LIMITS: Final = Limits()

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Listed(BaseModel):
    """One file of the persona."""

    sha256: Sha256
    size: Annotated[int, Field(ge=0)]
    """Bytes."""


class Manifest(BaseModel):
    """`manifest.json`."""

    version: Annotated[int, Field(ge=1)] = VERSION
    key: str
    """The persona's short name, under which it is imported unless another is asked for."""
    name: str
    """How people write it."""
    files: dict[str, Listed]
    """Name in the persona's folder, such as ``layers/index.json`` -> what has to be found there."""


def name_fault(name: str) -> str:
    """Why a file called `name` (with / between folders) is none that a persona has; empty where it is one."""
    parts = name.split("/")
    if len(parts) > _DEEP:
        return "it lies too deep"
    for part in parts:
        if not _PART.fullmatch(part) or part.endswith("."):
            return "its name does not mean the same on every system"
        if _DEVICE.fullmatch(part):
            return "its name is that of a device on Windows"
    if parts[-1] not in _BARE and not parts[-1].lower().endswith(KINDS):
        return f"a persona holds only {', '.join(KINDS)} and {_BARE[0]}"
    return ""
