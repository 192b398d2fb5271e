"""The commands, in the order in which people come to need them."""

from __future__ import annotations

from typing import Annotated

import typer

import deckard_cli
from deckard_cli.cli import bench, persona, preflight, render

__all__ = ["app"]

_HELP = """Give a script a voice and a face.

\b
  deckard render --persona joi "hello"
  deckard render --file script.txt -o talk.mp4
  deckard persona list
  deckard preflight
"""

app = typer.Typer(
    help=_HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"deckard {deckard_cli.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def deckard(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


app.command(help=render.HELP)(render.render)
app.add_typer(persona.app, name="persona")
app.command()(preflight.preflight)
app.command()(bench.bench)
