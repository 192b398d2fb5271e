"""Where personas live, and whose they are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deckard_cli.data import data_folder
from deckard_cli.errors import UsageError, unknown
from deckard_cli.persona.model import FILE, Persona, load

__all__ = ["BUILT_IN", "HERE", "YOURS", "check_name", "data_folder", "everyone", "find", "home", "locate", "names"]
__all__ += ["owner", "places"]

HERE: Final = "here"
"""In ./personas."""
YOURS: Final = "yours"
"""In the user's data folder."""
BUILT_IN: Final = "built in"
"""Came with Deckard."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_DEVICES: Final = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
"""Names that no folder can have on Windows."""


def places() -> list[Path]:
    """Folders of personas, the first to be asked first: here, yours, built in."""
    package = Path(__file__).parent.parent
    installed = package / "_personas"
    built_in = installed if installed.is_dir() else package.parent / "personas"
    return [Path.cwd() / "personas", data_folder() / "personas", built_in]


def owner(folder: Path) -> str:
    """Whose persona lies in `folder`: `HERE`, `YOURS`, `BUILT_IN`, or empty for a folder in none of the places."""
    holder = folder.absolute().parent  # of a link itself: what lies in a place belongs to it, wherever it leads
    owners = zip((HERE, YOURS, BUILT_IN), places(), strict=True)
    return next((owner for owner, place in owners if _same(holder, place)), "")


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def everyone() -> Iterator[tuple[str, Path]]:
    """Every persona's short name and folder, in the order in which they are found: later ones of a name are hidden."""
    seen: list[Path] = []
    for place in places():
        if any(_same(place, other) for other in seen):
            continue
        seen.append(place)
        folders = (file.parent for file in place.glob(f"*/{FILE}"))
        # What begins with a dot is a persona that is being made, or that was left when a command was killed.
        yield from sorted((folder.name, folder) for folder in folders if not folder.name.startswith("."))


def names() -> dict[str, Path]:
    """Every persona's short name and folder, in the order of the alphabet."""
    found: dict[str, Path] = {}
    for name, folder in everyone():
        found.setdefault(name, folder)
    return dict(sorted(found.items()))


def find(name: str) -> Persona:
    """The persona called `name`. Raises `UsageError` with the nearest name, or with every mistake in its file."""
    return load(locate(name))


def locate(name: str) -> Path:
    """The folder of the persona called `name`, or `name` itself where it is a path, whatever its file says.

    Raises `UsageError` with the nearest name.
    """
    if "/" in name or os.sep in name:
        return Path(name)
    for place in places():
        if name and (place / name / FILE).is_file():
            return place / name
    raise unknown("persona", name, names(), list_with="deckard persona list")


def home() -> Path:
    """The folder in which a new persona is put: ./personas where there is one, else the user's own."""
    here, yours, _ = places()
    return here if here.is_dir() else yours


def check_name(name: str) -> str:
    """`name`, if a persona can be called so on every system. Raises `UsageError`."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{name}' is no name for a persona.",
            code="bad_name",
            hint="use letters a to z, digits, - and _, at most 64, beginning with a letter or a digit",
        )
    if name.lower() in _DEVICES:
        raise UsageError(f"'{name}' is the name of a device on Windows.", code="bad_name", hint=f"{name}-1")
    return name
