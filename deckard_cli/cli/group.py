"""What a command that only holds other commands does: show its help.

Typer's own help option asks pydantic about a flag that was not given, which takes longer than the rest of the help of
the command below it. This one is a plain flag.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

__all__ = ["LEAF", "PLAIN", "Commands", "Help", "lead"]

PLAIN: Final[dict[str, list[str]]] = {"help_option_names": []}
"""Settings of a group, which has `Help` in place of Typer's option."""

LEAF: Final = {"help_option_names": ["-h", "--help"]}
"""Settings of a command, which would inherit those of its group."""


def _show(context: typer.Context, asked: bool) -> None:
    if asked:
        typer.echo(context.get_help())
        raise typer.Exit


Help = Annotated[bool, typer.Option("--help", "-h", callback=_show, is_eager=True, help="Show this message and leave.")]


def lead(context: typer.Context, help: Help = False) -> None:
    """Show the help where no command is named: on stdout, and as wrong use."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


class Commands(TyperGroup):
    """All commands: a value that an option cannot take is refused in our words in place of pydantic's."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except typer.BadParameter as error:
            from pydantic import ValidationError

            from deckard_cli.tomlfile import why

            if isinstance(error.__cause__, ValidationError):
                error.message = why(error.__cause__)
            raise
