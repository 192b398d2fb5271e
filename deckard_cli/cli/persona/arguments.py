"""What several commands of `deckard persona` take."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["Json", "Name"]

Name = Annotated[str, typer.Argument(help="A persona's name, or its folder.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
