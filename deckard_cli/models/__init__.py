"""What backends need beside their libraries: files of weights, which are fetched when somebody asks for them, never
silently.

    table    which models are known, and the checksum of each of their files
    store    which are here, in the data folder, and whether they are whole
    fetch    one file over HTTP or from a folder, continued where it broke off
    pull     all files of a model, checked before they take their names
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["File", "Model"]


@dataclass(frozen=True, slots=True)
class File:
    """One file of a model."""

    name: str
    """What it is called here and on a mirror."""
    url: str
    """Where its makers publish it."""
    size: int | None = None
    """Bytes; None where nobody has said."""
    sha256: str = ""
    """64 hexadecimal digits; empty where nobody has said: then the first one that comes is trusted and recorded."""


@dataclass(frozen=True, slots=True)
class Model:
    """Some weights under one name."""

    name: str
    """What a person types, and the folder they lie in."""
    files: tuple[File, ...]
    about: str
    """One line: what it is for."""
    licence: str
    """SPDX expression, or what the makers say in a few words."""

    @property
    def size(self) -> int | None:
        """Bytes of all files; None where one is not known."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)
