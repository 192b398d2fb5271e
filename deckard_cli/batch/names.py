"""What clips are called: ids, and patterns of names such as ``{persona}-{id}.mp4``."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from deckard_cli.clip import Form
from deckard_cli.errors import UsageError, unknown

__all__ = ["FIELDS", "check_pattern", "folded", "name_fault", "named"]

FIELDS: Final = (
    *("id", "persona", "voice", "face", "lang", "mood", "speed", "pitch", "fps", "size", "quality", "captions"),
    "text",
)
"""What a clip is told apart by, in a pattern and in a filter."""

_LONGEST: Final = 150
"""Bytes: with what is written beside a clip, a name stays under the 255 of most file systems."""
_FORBIDDEN: Final = re.compile(
    r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]'
)
"""What some system refuses, and what nobody sees: U+202E shows ``gpj.exe`` as ``exe.jpg``. The joiners of Persian and
of emoji are not among it.
"""
_DEVICES: Final = {
    *("con", "prn", "aux", "nul", "conin$", "conout$"),
    *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"),
}
"""Names that no file can have on Windows, whatever its suffix."""


def name_fault(name: str) -> str | None:
    """What keeps `name` from being that of a file on every system; None where nothing does."""
    if not name:
        return "it is empty"
    if wrong := _FORBIDDEN.search(name):
        return f"{wrong[0]!r} cannot be in the name of a file on every system"
    if name[0] in ". " or name[-1] in ". ":
        return "the name of a file cannot begin or end with a dot or a space on every system"
    if name.partition(".")[0].strip().casefold() in _DEVICES:
        return "on Windows this is the name of a device"
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        return "it is no text"
    if len(name.encode()) > _LONGEST:
        return f"a name has at most {_LONGEST} bytes"
    return None


def folded(name: str) -> str:
    """What two names have in common that are one file where capitals or accents are not told apart."""
    return unicodedata.normalize("NFC", name).casefold()


def check_pattern(pattern: str) -> None:
    """Raise `UsageError` where `pattern` could name no clip."""
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise UsageError(f"The pattern '{pattern}' is broken: {error}.", code="bad_pattern", hint=_EXAMPLE) from error
    for _, field, form, conversion in parts:
        if field is None:
            continue
        if field not in FIELDS:
            raise unknown("field of a name", field, FIELDS)
        if form or conversion:
            raise UsageError(
                f"The pattern '{pattern}' says how to write a field.", code="bad_pattern", hint=f"write {{{field}}}"
            )
    Form.of(Path(pattern))


_EXAMPLE: Final = "--name '{persona}-{id}.mp4'"


def named(pattern: str, values: Mapping[str, str]) -> Path:
    """The name, below the folder of the batch, that `pattern` makes of a clip's `values`.

    Raises `ValueError` with a sentence where no file can be called so.
    """
    fitting = {name: _FORBIDDEN.sub("-", values.get(name, "")).strip(". ") for name in FIELDS}
    fitting["text"] = fitting["text"][:40].strip(". ")
    path = PurePosixPath(pattern.replace("\\", "/").format_map(fitting))
    if path.is_absolute():
        raise ValueError("it has to be in the folder of the batch")
    for part in path.parts:
        if fault := name_fault(part):
            raise ValueError(f"'{path}': {fault}")
    return Path(path)
