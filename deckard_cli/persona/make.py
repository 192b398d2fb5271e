"""New personas: copied from another one, from the plain one that comes with this room, or whatever fills a folder."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deckard_cli.persona.folder import files, new_folder
from deckard_cli.persona.model import FILE, load
from deckard_cli.persona.places import check_name, places

__all__ = ["BLANK", "Fill", "called", "copied", "make", "name_of"]

Fill = Callable[[Path], None]
"""Fills an empty folder with all that a persona is made of, `persona.toml` among it; raises where it cannot."""

BLANK: Final = Path(__file__).with_name("blank")
"""The folder of a plain persona to start from."""
_NAMED: Final = re.compile(r"""^name[ \t]*=[ \t]*("[^"\\\n]*"|'[^'\n]*')""", re.MULTILINE)


def make(name: str, place: Path, fill: Fill, *, force: bool = False) -> Path:
    """Make the persona `name` in the folder of personas `place`; its folder, absolute.

    Nothing stays of it when that fails. `force` replaces a persona of the same name in the same place. Raises
    `UsageError` for a name that no folder should have, for one that is taken, and for mistakes in what was filled in.
    """
    target = place.absolute() / check_name(name)
    with new_folder(target, force=force) as folder:
        fill(folder)
        load(folder)
    _lay_schemas_beside(place)
    return target


def copied(source: Path, name: str | None) -> Fill:
    """Everything that the persona in the folder `source` has, called after the folder's new name `name`; None keeps
    the name that it has.
    """

    def fill(folder: Path) -> None:
        for file in files(source):
            copy = folder / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            # Its content alone: who copies a built-in persona that is write-protected wants to edit it.
            shutil.copyfile(source / file, copy)

    return fill if name is None else called(name, fill)


def called(name: str, fill: Fill) -> Fill:
    """`fill`, and then the persona is called after its folder's new name `name`."""

    def fill_and_call(folder: Path) -> None:
        fill(folder)
        _rename(folder / FILE, name_of(name))

    return fill_and_call


def _lay_schemas_beside(place: Path) -> None:
    """Put what editors complete by into `place`: the first line of every persona's file names it there."""
    source = places()[2]
    if source.resolve() != place.resolve():
        for schema in source.glob("*.schema.json"):
            shutil.copyfile(schema, place / schema.name)


def name_of(key: str) -> str:
    """How people write the name of a persona whose folder is called `key`: ``officer_k`` is ``Officer K``."""
    words = re.split(r"[_-]+", key)
    return " ".join(word[:1].upper() + word[1:] for word in words if word)


def _rename(file: Path, name: str) -> None:
    """Put `name` in the place of the one in a `persona.toml`, and leave the rest as it was written."""
    text = file.read_bytes().decode("utf-8")
    renamed = _NAMED.sub(lambda _: f"name = {json.dumps(name, ensure_ascii=False)}", text, count=1)
    file.write_bytes(renamed.encode("utf-8"))
