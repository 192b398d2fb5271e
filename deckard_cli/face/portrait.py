"""What a face is made from: the picture, and where on it the parts of a face lie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from deckard_cli.cache import digest, of_file
from deckard_cli.errors import DeckardError

PHOTO: Final = "photo.png"
LANDMARKS: Final = "landmarks.toml"
"""What a portrait that is a photograph is made of, beside `rig.toml` and layers."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """The picture of somebody, as a folder of files."""

    folder: Path
    """Holds ``rig.toml`` and ``layers/`` (a drawing rasterised by `deckard persona build`)."""

    @property
    def photographed(self) -> bool:
        """Whether it is somebody's photograph, and not a drawing."""
        return (self.folder / LANDMARKS).is_file()

    @property
    def content(self) -> str:
        """A key of all that is drawn: the same for two folders of which nobody could tell the clips apart."""
        return _content(self.folder, tuple(_drawn(str(self.folder))))

    @classmethod
    def load(cls, folder: Path) -> Portrait:
        """The portrait in `folder`. Raises `DeckardError` where there is none."""
        if not (folder / "rig.toml").is_file():
            raise DeckardError(
                f"There is no picture in {folder}: rig.toml is missing.",
                code="no_portrait",
                hint="copy rig.toml and drawing.svg of another persona into it, or choose one: deckard persona list",
            )
        return cls(folder)


def _drawn(folder: str) -> Iterator[tuple[str, int, int]]:
    """The files that are drawn, by their names below `folder`, with size and time of change.

    Paths in place of texts would take ten times as long, for each clip of a batch.
    """
    found = [f"{folder}/rig.toml", f"{folder}/{LANDMARKS}"]
    for holder, _, names in os.walk(f"{folder}/layers"):
        found += [f"{holder}/{name}" for name in names]
    for file in sorted(found):
        with suppress(FileNotFoundError):
            state = os.stat(file)  # noqa: PTH116 - as above
            yield file[len(folder) + 1 :], state.st_size, state.st_mtime_ns


@lru_cache(maxsize=64)
def _content(folder: Path, drawn: tuple[tuple[str, int, int], ...]) -> str:
    return digest({Path(name).as_posix(): of_file(folder / name) for name, _, _ in drawn})
