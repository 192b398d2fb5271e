"""`deckard persona sheet` and `build`: what a drawing becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from deckard_cli.cli.persona.arguments import Name
from deckard_cli.cli.report import say
from deckard_cli.errors import UsageError

__all__ = ["build", "sheet"]

_PICTURES: Final = (".png", ".webp", ".jpg", ".jpeg")


def sheet(
    name: Name,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The picture.  [default: NAME-sheet.png]", show_default=False)
    ] = None,
) -> None:
    """Draw every mouth shape and mood on one sheet, and print its path."""
    from deckard_cli.clip.part import Part
    from deckard_cli.face.portrait import Portrait
    from deckard_cli.face.rig.sheet import sheet as draw
    from deckard_cli.persona import find

    persona = find(name)
    path = output or Path(f"{persona.key}-sheet.png")
    if path.suffix.lower() not in _PICTURES:
        hint = f"end it in {', '.join(_PICTURES)}"
        raise UsageError(f"'{path}' is no name for a picture.", code="unknown_form", hint=hint)
    part = Part(path)
    try:
        draw(Portrait.load(persona.folder), [persona.mood(mood) for mood in persona.mood_names]).save(part.path)
        part.keep()
    finally:
        part.drop()
    typer.echo(path)


def build(name: Name) -> None:
    """Make a persona's layers of its drawing. Needed once, after the drawing was changed."""
    from deckard_cli.face.rig.build import build as make
    from deckard_cli.persona import find

    persona = find(name)
    say(f"{persona.name} has {len(make(persona.folder))} layers.")
    typer.echo(persona.folder)
