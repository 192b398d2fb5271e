"""`deckard persona export` and `import`: a persona as one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deckard_cli.cli.options import Json
from deckard_cli.cli.persona.arguments import Force, Here, Name, To
from deckard_cli.cli.persona.put import chosen_place, present
from deckard_cli.cli.report import answer, say
from deckard_cli.errors import UsageError

if TYPE_CHECKING:
    from deckard_cli.persona import Persona

__all__ = ["export", "import_"]

_SUFFIX = ".deckard"


def export(
    name: Name,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="The file, or a folder for it; - is stdout.  [default: NAME.deckard]",
            show_default=False,
        ),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write a persona into one file that can be mailed, and print its path."""
    from deckard_cli.persona import find

    persona = find(name)
    if output == "-":
        if json:
            said = "With -o - stdout is the file alone."
            raise UsageError(said, code="two_answers", hint=f"-o {persona.key}{_SUFFIX}")
        _to_stdout(persona)
        return
    path = Path(output or f"{persona.key}{_SUFFIX}")
    path = path / f"{persona.key}{_SUFFIX}" if path.is_dir() else path
    _to_file(persona, path, force=force)
    if json:
        answer({"version": 1, "path": str(path.absolute())})
    else:
        typer.echo(path)


def _to_file(persona: Persona, path: Path, *, force: bool) -> None:
    from deckard_cli.clip.part import Part
    from deckard_cli.persona.pack import pack

    if path.exists() and not force:
        hint = "replace it with --force, or choose another name with -o"
        raise UsageError(f"There is already a file '{path}'.", code="exists", hint=hint)
    part = Part(path)
    try:
        with part.path.open("wb") as file:
            _say_left_out(pack(persona, file))
        part.keep()
    finally:
        part.drop()


def _to_stdout(persona: Persona) -> None:
    from deckard_cli.clip.part import piped
    from deckard_cli.persona.pack import pack

    if sys.stdout.isatty():
        hint = f"deckard persona export {persona.key} -o - > {persona.key}{_SUFFIX}"
        raise UsageError("A persona's file is nothing to show in a terminal.", code="terminal", hint=hint)
    with piped(sys.stdout.buffer, _SUFFIX) as path, path.open("wb") as file:
        _say_left_out(pack(persona, file))


def _say_left_out(left_out: list[str]) -> None:
    for sentence in left_out:
        say(f"left out {sentence}")


def import_(
    file: Annotated[Path, typer.Argument(help="What `export` wrote.", show_default=False)],
    name: Annotated[
        str | None, typer.Option("--name", help="Call it so.  [default: as it was called]", show_default=False)
    ] = None,
    here: Here = False,
    to: To = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Take in a persona that somebody sent, and print its folder. What could do harm in the file is refused."""
    from deckard_cli.persona.make import called, make
    from deckard_cli.persona.unpack import opened

    with opened(file) as package:
        fill = package.unpack if name is None else called(name, package.unpack)
        folder = make(name or package.manifest.key, chosen_place(here=here, to=to), fill, force=force)
    present(folder, json=json)
