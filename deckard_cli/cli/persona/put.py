"""Where a new persona is put, and what is said of it then."""

from __future__ import annotations

import shlex
from pathlib import Path

import typer

from deckard_cli.cli.persona.show import card
from deckard_cli.cli.report import answer, say
from deckard_cli.errors import UsageError

__all__ = ["chosen_place", "present"]


def chosen_place(*, here: bool, to: Path | None) -> Path:
    """The folder of personas in which a new one is put."""
    from deckard_cli.persona.places import home, places

    if here and to is not None:
        raise UsageError("--here and --to name two places.", code="two_places", hint="leave one of them out")
    return places()[0] if here else to if to is not None else home()


def present(folder: Path, *, json: bool) -> None:
    """Print the folder of the persona that was just put there, and say on stderr what a person should know of it."""
    from deckard_cli.persona import load
    from deckard_cli.persona.places import everyone, owner

    name = shlex.quote(folder.name if owner(folder) else str(folder))
    same = [other for key, other in everyone() if key == folder.name] if owner(folder) else [folder]
    if not same:  # somebody else is replacing it at this very moment
        typer.echo(folder)
        return
    if not same[0].samefile(folder):
        say(f"{folder.name} is hidden by the one in {same[0]}")
    elif len(same) > 1:
        say(f"{folder.name} hides the one in {same[1]}")
    if not (folder / "layers" / "index.json").is_file():
        say(f"its layers are not made yet: deckard persona build {name}")
    elif not json:
        say(f'hear it: deckard render --persona {name} "hello"')
    if json:
        answer({"version": 1, **card(load(folder))})
    else:
        typer.echo(folder)
