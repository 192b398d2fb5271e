"""A persona's folder as a whole: what is in it, and how one comes to be, is replaced and goes, never by halves."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.persona.model import FILE

__all__ = ["files", "new_folder", "remove"]


def files(folder: Path) -> list[str]:
    """What lies in `folder` and below, such as ``layers/index.json``, without hidden files, in order."""
    found = []
    for holder, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        found += [Path(holder, name).relative_to(folder).as_posix() for name in names if not name.startswith(".")]
    return sorted(found)


@contextmanager
def new_folder(target: Path, *, force: bool) -> Iterator[Path]:
    """An empty folder beside `target`, to be filled; it takes that name when the block ends, and goes if it fails.

    Raises `UsageError` where there is such a persona already, unless `force` says to replace it, and where there is
    something else of that name; `DeckardError` where nothing can be written.
    """
    _refuse(target, force=force)
    place = target.parent
    fresh = not place.exists()
    part = _beside(target)
    try:
        part.mkdir(parents=True)
    except OSError as error:
        raise DeckardError(
            f"'{place}' cannot be written: {error.strerror or error}.",
            code="not_written",
            hint="choose another folder: --to FOLDER, or export DECKARD_DATA_DIR=...",
        ) from error
    try:
        yield part
        _refuse(target, force=force)  # somebody else may have made one meanwhile
        _rename(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if fresh:
            with suppress(OSError):  # it holds something by now
                place.rmdir()


def remove(folder: Path) -> None:
    """Remove a persona's folder; of a link, the link alone."""
    if folder.is_symlink():
        folder.unlink()
        return
    # Under another name first: stopped half way, it would be found with half of its files.
    gone = folder.rename(_beside(folder))
    shutil.rmtree(gone)


def _refuse(target: Path, *, force: bool) -> None:
    taken = [each for each in _siblings(target) if each.name.casefold() == target.name.casefold()]
    if not taken:
        return
    if taken[0].is_symlink() or not (taken[0] / FILE).is_file():
        raise UsageError(
            f"'{taken[0]}' is there already, and is no persona's folder.", code="exists", hint="choose another name"
        )
    if not force or taken[0].name != target.name:
        raise UsageError(
            f"There is already a persona '{taken[0].name}' in {taken[0].parent}.",
            code="exists",
            hint="choose another name, or replace it with --force" if taken[0].name == target.name else "another name",
        )


def _siblings(target: Path) -> list[Path]:
    """What lies beside `target`, itself included."""
    return list(target.parent.iterdir()) if target.parent.is_dir() else []


def _rename(part: Path, target: Path) -> None:
    if not target.exists():
        part.rename(target)
        return
    old = target.rename(_beside(target))
    try:
        part.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _beside(target: Path) -> Path:
    """A name that `names` passes over and that git is told to ignore."""
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}.part.d")
