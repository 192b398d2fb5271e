"""`deckard persona list`, `show` and `path`: who there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import typer

from deckard_cli.cli.options import Json
from deckard_cli.cli.persona.arguments import Name
from deckard_cli.cli.report import answer, say, table
from deckard_cli.errors import UsageError

if TYPE_CHECKING:
    from deckard_cli.persona import Persona

__all__ = ["card", "list_", "path", "show"]


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
    place: str
    """``here``, ``yours``, ``built in``, or empty for a folder that was named."""
    hides: list[str]
    """Folders of the same name that are not found because this one comes first."""
    voices: dict[str, dict[str, str | int | float | bool]]
    """Voice -> the options this persona gives it."""
    files: list[str]
    """What lies in its folder; of ``layers`` the index alone."""


def list_(json: Json = False) -> None:
    """List every persona: its name, what it is, and where it lives."""
    from deckard_cli.persona import load, names

    personas = []
    for folder in names().values():
        try:
            personas.append(load(folder))
        except UsageError as error:  # one that is being written does not hide the others
            say(error.message)
    cards = [card(persona) for persona in personas]
    if json:
        answer({"version": 1, "personas": cards})
        return
    rows = []
    for each in cards:
        who = ", ".join(part for part in (each["name"], each["title"]) if part)
        rows.append((each["key"], each["place"], f"{who}  ({each['folder']})"))
    table(rows)
    for each in cards:
        for hidden in each["hides"]:
            say(f"{each['key']} hides another in {hidden}")


def show(name: Name, json: Json = False) -> None:
    """Show who somebody is, and in which place it was found."""
    from deckard_cli.persona import find

    shown = card(find(name))
    if json:
        answer({"version": 1, **shown})
        return
    for field, value in shown.items():
        if said := _said(value):
            typer.echo(f"{field:<9} {said}")


def path(name: Name) -> None:
    """Print the folder of a persona, whatever its files say."""
    from deckard_cli.persona.places import locate

    folder = locate(name)
    if not folder.is_dir():
        raise UsageError(f"There is no folder '{folder}'.", code="no_folder", hint="deckard persona list")
    typer.echo(folder.absolute())


def _said(value: object) -> str:
    match value:
        case list():
            return ", ".join(map(str, value))
        case dict():
            return "; ".join(
                f"{voice}: {', '.join(f'{option} {setting}' for option, setting in options.items())}"
                for voice, options in value.items()
            )
    return str(value)


def card(persona: Persona) -> Card:
    """What is shown of `persona`."""
    from deckard_cli.persona.places import everyone, owner

    place = owner(persona.folder)
    same = [folder for key, folder in everyone() if key == persona.key]
    found = next((index for index, folder in enumerate(same) if folder.samefile(persona.folder)), len(same))
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
        place=place,
        hides=[str(folder) for folder in same[found + 1 :]],
        voices=persona.voices,
        files=list(_files(persona.folder)),
    )


def _files(folder: Path) -> list[str]:
    from deckard_cli.persona.folder import files

    return [name for name in files(folder) if not name.startswith("layers/") or name == "layers/index.json"]
