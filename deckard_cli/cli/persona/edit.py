"""`deckard persona edit`: a persona's file in the editor, looked over when it is saved."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from deckard_cli.cli.ask import ask
from deckard_cli.cli.persona.arguments import Name
from deckard_cli.cli.report import say
from deckard_cli.errors import DeckardError, MissingError, UsageError

if TYPE_CHECKING:
    from deckard_cli.tomlfile import Mistake

__all__ = ["edit"]

_SET_ONE: Final = "export VISUAL=nano, or 'code --wait'"


def edit(name: Name) -> None:
    """Open a persona's file in $VISUAL or $EDITOR, and print every mistake when it is saved.

    A built-in persona is copied to your own first. Ends with exit code 2 where a mistake stays.
    """
    from deckard_cli.persona.model import FILE
    from deckard_cli.persona.places import BUILT_IN, locate, owner

    folder = locate(name).absolute()
    command = _editor(folder / FILE)
    if owner(folder) == BUILT_IN:
        _edit_copy(folder, command)
    else:
        _edit_until_good(folder, command)


def _editor(file: Path) -> list[str]:
    """The words of the command that edits: `code --wait` is two. Without one the file's path is the answer."""
    said = os.environ.get("VISUAL", "").strip() or os.environ.get("EDITOR", "")
    try:
        # Windows writes its folders with the backslash that would escape there.
        words = shlex.split(said, posix=os.name != "nt")
    except ValueError as error:
        told = f"The editor {said!r} cannot be read: {error}."
        raise UsageError(told, code="no_editor", hint=_SET_ONE) from error
    if not words:
        typer.echo(file)
        raise UsageError("No editor is set.", code="no_editor", hint=_SET_ONE)
    return words


def _edit_copy(folder: Path, command: list[str]) -> None:
    """Edit a copy of the built-in persona in `folder`, which goes again if nothing is changed in it."""
    from deckard_cli.persona.folder import remove
    from deckard_cli.persona.make import copied, make
    from deckard_cli.persona.model import FILE
    from deckard_cli.persona.places import data_folder

    copy = make(folder.name, data_folder() / "personas", copied(folder, None))
    say(f"{folder.name} came with Deckard; this is your own copy, which comes before it: {copy}")
    try:
        _edit_until_good(copy, command)
    finally:
        if (copy / FILE).read_bytes() == (folder / FILE).read_bytes():
            remove(copy)
            say("nothing was changed, and the copy is gone")


def _edit_until_good(folder: Path, command: list[str]) -> None:
    from deckard_cli.persona.check import mistakes
    from deckard_cli.persona.model import FILE

    while True:
        _open(command, folder / FILE)
        wrong = mistakes(folder)
        if not wrong:
            say(f"{folder.name}: no mistakes")
            typer.echo(folder / FILE)
            return
        _refuse_unless_again(folder, wrong)


def _refuse_unless_again(folder: Path, wrong: list[Mistake]) -> None:
    said = "\n".join(map(str, wrong))
    if sys.stdin.isatty():
        sys.stderr.write(f"{said}\n")
        if ask("Edit again?", usual=True):
            return
        said = f"{folder.name} was saved with {len(wrong)} mistakes."
    raise UsageError(said, code="bad_persona", hint=f"deckard persona edit {folder.name}")


def _open(command: list[str], file: Path) -> None:
    try:
        # What an editor writes is no result: where stdout is read by a program, it goes where words go.
        out = None if sys.stdout.isatty() else sys.stderr
        code = subprocess.run([*command, str(file)], stdout=out, check=False).returncode
    except OSError as error:
        said = f"The editor '{command[0]}' cannot be started: {error.strerror}."
        raise MissingError(said, code="no_editor", hint=_SET_ONE) from error
    if code:
        raise DeckardError(f"The editor '{command[0]}' ended with code {code}.", code="editor_failed", hint=str(file))
