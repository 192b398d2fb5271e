"""`deckard persona validate`: every mistake in a persona's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from deckard_cli.cli.options import Json
from deckard_cli.cli.report import answer, say

if TYPE_CHECKING:
    from deckard_cli.tomlfile import Mistake

__all__ = ["validate"]


class Fault(TypedDict):
    """One mistake in `--json`. It only ever grows."""

    file: str
    line: int
    field: str
    message: str


class Verdict(TypedDict):
    """One persona in `--json`. It only ever grows."""

    key: str
    folder: str
    valid: bool
    mistakes: list[Fault]


def validate(
    personas: Annotated[list[str], typer.Argument(metavar="name", help="Personas, or their folders.")],
    json: Json = False,
) -> None:
    """Print every mistake in a persona's files: file, line, field and what is wrong.

    Ends with exit code 2 where there is one.
    """
    from deckard_cli.persona.check import mistakes
    from deckard_cli.persona.places import locate

    folders = [locate(name) for name in personas]
    found = [(folder, mistakes(folder)) for folder in folders]
    if json:
        verdicts = [_verdict(folder, wrong) for folder, wrong in found]
        answer({"version": 1, "valid": all(verdict["valid"] for verdict in verdicts), "personas": verdicts})
    else:
        for folder, wrong in found:
            _print(folder, wrong)
    if any(wrong for _, wrong in found):
        raise typer.Exit(2)


def _print(folder: Path, wrong: list[Mistake]) -> None:
    for mistake in wrong:
        typer.echo(str(mistake))
    count = "no mistakes" if not wrong else "1 mistake" if len(wrong) == 1 else f"{len(wrong)} mistakes"
    say(f"{folder.absolute().name}: {count}")


def _verdict(folder: Path, wrong: list[Mistake]) -> Verdict:
    faults = [
        Fault(file=str(each.file.absolute()), line=each.line, field=each.field, message=each.message) for each in wrong
    ]
    return Verdict(key=folder.absolute().name, folder=str(folder.absolute()), valid=not faults, mistakes=faults)
