"""`deckard persona preview`: one picture of a persona, and for a photograph what was found on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deckard_cli.cli.persona.arguments import Name

if TYPE_CHECKING:
    from PIL.Image import Image

    from deckard_cli.motion.moods import Mood

__all__ = ["preview"]


def preview(
    name: Name,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The picture.  [default: NAME-preview.png]", show_default=False),
    ] = None,
    mood: Annotated[str, typer.Option(help="A mood of the persona.")] = "neutral",
) -> None:
    """Draw a persona at rest, or the landmarks on its photograph, and print the picture's path."""
    from deckard_cli.cli.persona.drawing import write_picture
    from deckard_cli.face.portrait import Portrait
    from deckard_cli.persona import find

    persona = find(name)
    seen = persona.mood(mood)
    photographed = Portrait(persona.folder).photographed

    def draw() -> Image:
        return _landmarks(persona.folder) if photographed and mood == "neutral" else _still(persona.folder, seen)

    write_picture(output or Path(f"{persona.key}-preview.png"), draw)


def _landmarks(folder: Path) -> Image:
    from deckard_cli.face.landmarks.drawn import drawn
    from deckard_cli.face.rig.photo import kept

    return drawn(*kept(folder))


def _still(folder: Path, mood: Mood) -> Image:
    from deckard_cli.face.portrait import Portrait
    from deckard_cli.face.rig.sheet import still

    return still(Portrait.load(folder), mood)
