"""`deckard persona sheet` and `build`: what a drawing or a photograph becomes."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deckard_cli.cli.persona.arguments import Name
from deckard_cli.cli.report import say
from deckard_cli.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["build", "sheet", "write_picture"]

_PICTURES: Final = (".png", ".webp", ".jpg", ".jpeg")


def sheet(
    name: Name,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The picture.  [default: NAME-sheet.png]", show_default=False)
    ] = None,
) -> None:
    """Draw every mouth shape and mood on one sheet, and print its path."""
    from deckard_cli.face.portrait import Portrait
    from deckard_cli.face.rig.sheet import sheet as draw
    from deckard_cli.persona import find

    persona = find(name)
    moods = [persona.mood(mood) for mood in persona.mood_names]
    write_picture(output or Path(f"{persona.key}-sheet.png"), lambda: draw(Portrait.load(persona.folder), moods))


def write_picture(path: Path, draw: Callable[[], Image]) -> None:
    """Write what `draw` gives under the name `path`, and print it. Raises `UsageError` for a name of no picture."""
    from deckard_cli.clip.part import Part

    if path.suffix.lower() not in _PICTURES:
        hint = f"end it in {', '.join(_PICTURES)}"
        raise UsageError(f"'{path}' is no name for a picture.", code="unknown_form", hint=hint)
    part = Part(path)
    try:
        draw().save(part.path)
        part.keep()
    finally:
        part.drop()
    typer.echo(path)


def build(name: Name) -> None:
    """Make a persona's layers of its drawing or photograph. Needed once, after that or its landmarks were changed."""
    from deckard_cli.face.portrait import Portrait
    from deckard_cli.face.rig.build import build as make
    from deckard_cli.face.rig.photo import develop
    from deckard_cli.persona import find

    persona = find(name)
    photographed = Portrait(persona.folder).photographed
    if not photographed and find_spec("resvg_py"):
        say("rasterising the drawing takes a minute or two")
    layers = develop(persona.folder) if photographed else make(persona.folder)
    say(f"{persona.name} has {len(layers)} layers.")
    typer.echo(persona.folder)
