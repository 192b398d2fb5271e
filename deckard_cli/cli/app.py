"""The commands, in the order in which people come to need them."""

from __future__ import annotations

from typing import Annotated

import typer

import deckard_cli
from deckard_cli.cli import (
    align,
    batch,
    bench,
    cache,
    check,
    inspect,
    models,
    persona,
    preflight,
    provenance,
    reel,
    render,
    runpod,
    serve,
    voice,
    worker,
)
from deckard_cli.cli.group import LEAF, PLAIN, Commands, Help, lead

__all__ = ["app"]

_HELP = """Give a script a voice and a face.

\b
  deckard render --persona joi "hello"
  deckard render --file script.txt -o talk.mp4
  deckard batch lines.csv -o clips/
  deckard persona list
  deckard preflight
"""


def app(*, completion: bool) -> typer.Typer:
    """The command with all its commands. `completion` adds the options that install completion in a shell."""
    made = typer.Typer(
        cls=Commands,
        help=_HELP,
        add_completion=completion,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=PLAIN,
    )
    made.callback(invoke_without_command=True)(deckard)
    made.command(help=render.HELP, context_settings=LEAF)(render.render)
    made.command(help=align.HELP, context_settings=LEAF)(align.align)
    made.command(help=batch.HELP, context_settings=LEAF)(batch.batch)
    made.command(help=reel.HELP, context_settings=LEAF)(reel.reel)
    made.command(help=check.HELP, context_settings=LEAF)(check.check)
    made.command(help=inspect.HELP, context_settings=LEAF)(inspect.inspect)
    made.add_typer(serve.app, name="serve")
    made.command(help=worker.HELP, context_settings=LEAF)(worker.worker)
    made.add_typer(runpod.app, name="runpod")
    made.add_typer(persona.app, name="persona")
    made.add_typer(voice.app, name="voice")
    made.add_typer(models.app, name="models")
    made.add_typer(cache.app, name="cache")
    made.add_typer(provenance.app, name="provenance")
    made.command(context_settings=LEAF)(preflight.preflight)
    made.command(context_settings=LEAF)(bench.bench)
    return made


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"deckard {deckard_cli.__version__}")
        raise typer.Exit


def deckard(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
    help: Help = False,
) -> None:
    lead(context)
