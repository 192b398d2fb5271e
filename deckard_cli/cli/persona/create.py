"""`deckard persona create`: a new persona, from whatever there is to start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deckard_cli.cli.persona.arguments import Force, Here, New, To
from deckard_cli.cli.report import say
from deckard_cli.errors import UsageError

if TYPE_CHECKING:
    from deckard_cli.persona.make import Fill

__all__ = ["HELP", "chosen_place", "create", "tell"]

HELP = """Make a new persona, and print its folder.

\b
  deckard persona create rachael --from joi
  deckard persona create ada --blank

It goes to ./personas where there is such a folder, else to your own
personas; --here and --to choose.
"""


def create(
    name: New,
    source: Annotated[str | None, typer.Option("--from", help="Copy this persona: a name or a folder.")] = None,
    blank: Annotated[bool, typer.Option("--blank", help="Begin with a plain drawing.")] = False,
    here: Here = False,
    to: To = None,
    force: Force = False,
) -> None:
    from deckard_cli.persona.make import make

    folder = make(name, chosen_place(here=here, to=to), _fill(name, source, blank=blank), force=force)
    tell(folder)
    typer.echo(folder)


def _fill(name: str, source: str | None, *, blank: bool) -> Fill:
    """What the new persona is made of: the one source that was named."""
    from deckard_cli.persona import find, make

    if (source is not None) + blank != 1:
        raise UsageError(
            "A new persona is made from one thing.",
            code="no_source",
            hint=f"deckard persona create {name} --from joi, or --blank for a plain drawing",
        )
    return make.copied(find(source).folder if source is not None else make.BLANK, name)


def chosen_place(*, here: bool, to: Path | None) -> Path:
    """The folder of personas in which a new one is put."""
    from deckard_cli.persona.places import home, places

    if here and to is not None:
        raise UsageError("--here and --to name two places.", code="two_places", hint="leave one of them out")
    return places()[0] if here else to if to is not None else home()


def tell(folder: Path) -> None:
    """Say on stderr what a person should know of the persona that was just put in `folder`."""
    from deckard_cli.persona.places import everyone, owner

    whose = owner(folder)
    name = folder.name if whose else str(folder)
    others = [other for key, other in everyone() if key == folder.name and not other.samefile(folder)]
    if whose and others:
        say(f"{name} hides the one in {others[0]}")
    if (folder / "drawing.svg").is_file() and not (folder / "layers" / "index.json").is_file():
        say(f"its layers have to be made once: uv pip install 'deckard-cli[draw]' && deckard persona build {name}")
    else:
        say(f'hear it: deckard render --persona {name} "hello"')
