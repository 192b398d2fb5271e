"""What several commands of `deckard persona` take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Force", "Here", "Name", "New", "To"]


def _begun(incomplete: str) -> list[str]:
    """The names of personas that begin so, for a shell's completion."""
    from deckard_cli.persona import names

    return [name for name in names() if name.startswith(incomplete)]


Name = Annotated[
    str, typer.Argument(help="A persona's name, or its folder.", show_default=False, autocompletion=_begun)
]
New = Annotated[str, typer.Argument(help="What the new persona is called.", show_default=False)]
Here = Annotated[bool, typer.Option("--here", help="Put it in ./personas.")]
To = Annotated[Path | None, typer.Option("--to", help="Put it in this folder of personas.", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there under that name.")]
