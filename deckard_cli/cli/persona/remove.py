"""`deckard persona remove`: a persona goes, with all its files."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from deckard_cli.cli.ask import ask
from deckard_cli.cli.options import Yes
from deckard_cli.cli.report import say
from deckard_cli.errors import DeckardError, UsageError

__all__ = ["remove"]


def remove(
    name: Annotated[str, typer.Argument(help="A persona's name.", show_default=False)],
    yes: Yes = False,
) -> None:
    """Remove a persona's folder and all that is in it. Asks first."""
    from deckard_cli.persona import folder as folders
    from deckard_cli.persona.places import BUILT_IN, locate, owner, places

    if "/" in name or os.sep in name or name.startswith("."):
        raise UsageError(
            f"'{name}' is a path; personas are removed by name.", code="not_a_name", hint="deckard persona list"
        )
    folder = locate(name)
    if owner(folder) == BUILT_IN or folder.parent.resolve() == places()[2].resolve():
        raise UsageError(
            f"'{name}' came with Deckard and stays: it lives in {folder}.",
            code="built_in",
            hint="only personas of your own are removed: deckard persona list",
        )
    if not yes:
        _ask(f"Remove {folder} and the {len(folders.files(folder))} files in it?")
    folders.remove(folder)
    say(f"removed {folder}")


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError("There is nobody to ask: stdin is no terminal.", code="not_asked", hint="say so with --yes")
    if not ask(question, usual=False):
        raise DeckardError("Nothing was removed.", code="declined")
