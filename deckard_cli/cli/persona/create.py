"""`deckard persona create`: a new persona, from whatever there is to start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deckard_cli.cli.options import Json
from deckard_cli.cli.persona.arguments import Force, Here, New, To
from deckard_cli.cli.persona.put import chosen_place, present
from deckard_cli.cli.report import say
from deckard_cli.errors import UsageError

if TYPE_CHECKING:
    from deckard_cli.persona.make import Fill

__all__ = ["HELP", "create"]

HELP = """Make a new persona, and print its folder.

\b
  deckard persona create rachael --from joi
  deckard persona create ada --image ada.jpg
  deckard persona create cat --image cat.png --mouth 210,340,80,30 --eyes 170,200,60,40,290,200,60,40
  deckard persona create ada --blank

It goes to ./personas where there is such a folder, else to your own
personas; --here and --to choose.
"""


def create(
    name: New,
    source: Annotated[str | None, typer.Option("--from", help="Copy this persona: a name or a folder.")] = None,
    image: Annotated[
        Path | None, typer.Option("--image", help="Make it of this photograph, painting or drawing.")
    ] = None,
    blank: Annotated[bool, typer.Option("--blank", help="Begin with a plain drawing.")] = False,
    face_index: Annotated[
        int | None, typer.Option("--face-index", help="Which face of the image, counted from the left from 1.")
    ] = None,
    mouth: Annotated[
        str | None, typer.Option("--mouth", help="Where the mouth is, as x,y,width,height in pixels of the image.")
    ] = None,
    eyes: Annotated[
        str | None, typer.Option("--eyes", help="Where both eyes are, the left one on the image first: eight numbers.")
    ] = None,
    here: Here = False,
    to: To = None,
    force: Force = False,
    json: Json = False,
) -> None:
    from deckard_cli.persona.make import make

    if image is not None and (source is not None or blank):
        raise UsageError(
            "--image, --from and --blank name two beginnings.", code="no_source", hint="leave one of them out"
        )
    if image is None and (face_index, mouth, eyes) != (None, None, None):
        hint = f"deckard persona create {name} --image ada.jpg"
        raise UsageError("--face-index, --mouth and --eyes are of an --image.", code="no_image", hint=hint)
    place = chosen_place(here=here, to=to)
    fill = _fill(name, source, blank=blank) if image is None else _photograph(name, image, face_index, mouth, eyes)
    folder = make(name, place, fill, force=force)
    present(folder, json=json)


def _fill(name: str, source: str | None, *, blank: bool) -> Fill:
    """What the new persona is made of: the one source that was named."""
    from deckard_cli.persona import find, make

    if (source is not None) + blank != 1:
        raise UsageError(
            "A new persona is made from one thing.",
            code="no_source",
            hint=f"deckard persona create {name} --from joi, --image ada.jpg, or --blank for a plain drawing",
        )
    return make.copied(find(source).folder if source is not None else make.BLANK, name)


def _photograph(name: str, image: Path, face_index: int | None, mouth: str | None, eyes: str | None) -> Fill:
    from deckard_cli.persona.photo import photographed, take

    if eyes is not None and mouth is None:
        raise UsageError(
            "--eyes alone do not say where the mouth is.", code="no_mouth", hint="--mouth x,y,width,height"
        )
    at = _boxes("--mouth", mouth, 1) if mouth is not None else None
    both = _boxes("--eyes", eyes, 2) if eyes is not None else None
    photo = take(
        image,
        face_index=face_index,
        mouth=at[0] if at is not None else None,
        eyes=(both[0], both[1]) if both is not None else None,
    )
    for note in photo.notes:
        say(note)
    return photographed(photo, name)


def _boxes(option: str, said: str, count: int) -> list[tuple[float, float, float, float]]:
    """The `count` boxes that `said` writes as x, y, width and height."""
    try:
        numbers = [float(number) for number in said.replace(",", " ").split()]
    except ValueError:
        numbers = []
    if len(numbers) != 4 * count:
        example = ",".join(["210,340,80,30", "300,340,80,30"][:count])
        raise UsageError(
            f"'{option} {said}' is not {4 * count} numbers: x, y, width and height.",
            code="bad_box",
            hint=f"{option} {example}",
        )
    boxes = [numbers[start : start + 4] for start in range(0, len(numbers), 4)]
    return [(x, y, width, height) for x, y, width, height in boxes]
