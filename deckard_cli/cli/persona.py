"""`deckard persona`: who there is, who somebody is, and what a drawing becomes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypedDict

import typer

from deckard_cli.cli.group import LEAF, PLAIN, lead
from deckard_cli.cli.report import answer, say
from deckard_cli.errors import UsageError

if TYPE_CHECKING:
    from deckard_cli.persona import Persona

__all__ = ["app"]

app = typer.Typer(
    help="See who can speak, and build a persona from its drawing.", rich_markup_mode=None, context_settings=PLAIN
)
app.callback(invoke_without_command=True)(lead)

_PICTURES: Final = (".png", ".webp", ".jpg", ".jpeg")

Name = Annotated[str, typer.Argument(help="A persona's name, or its folder.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class Card(TypedDict):
    """One persona in `--json`. It only ever grows."""

    key: str
    name: str
    title: str
    about: str
    greeting: str
    manner: str
    language: str
    voice: str
    face: str
    moods: list[str]
    folder: str


@app.command("list", context_settings=LEAF)
def list_(json: Json = False) -> None:
    """List every persona: its name, what it is, and where it lives."""
    from deckard_cli.persona import load, names

    personas = []
    for folder in names().values():
        try:
            personas.append(load(folder))
        except UsageError as error:  # one that is being written does not hide the others
            say(error.message)
    if json:
        answer({"version": 1, "personas": [_card(persona) for persona in personas]})
        return
    for persona in personas:
        typer.echo(f"{persona.key:<12} {persona.name}, {persona.title}  ({persona.folder})")


@app.command(context_settings=LEAF)
def show(name: Name, json: Json = False) -> None:
    """Show who somebody is."""
    from deckard_cli.persona import find

    card = _card(find(name))
    if json:
        answer({"version": 1, **card})
        return
    for field, value in card.items():
        typer.echo(f"{field:<9} {', '.join(value) if isinstance(value, list) else value}")


@app.command(context_settings=LEAF)
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


@app.command(context_settings=LEAF)
def build(name: Name) -> None:
    """Make a persona's layers of its drawing. Needed once, after the drawing was changed."""
    from deckard_cli.face.rig.build import build as make
    from deckard_cli.persona import find

    persona = find(name)
    say(f"{persona.name} has {len(make(persona.folder))} layers.")
    typer.echo(persona.folder)


def _card(persona: Persona) -> Card:
    return Card(
        key=persona.key,
        name=persona.name,
        title=persona.title,
        about=persona.about,
        greeting=persona.greeting,
        manner=persona.manner,
        language=persona.language,
        voice=persona.voice,
        face=persona.face,
        moods=persona.mood_names,
        folder=str(persona.folder),
    )
