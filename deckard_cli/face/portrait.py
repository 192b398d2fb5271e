"""What a face is made from: the picture, and where on it the parts of a face lie."""

from __future__ import annotations

from dataclasses import dataclass
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
        drawn = [self.folder / "rig.toml", self.folder / LANDMARKS, *sorted(self.folder.glob("layers/**/*"))]
        return digest({str(file.relative_to(self.folder)): of_file(file) for file in drawn if file.is_file()})

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
