"""Marks in a text: ``[happy]`` changes the mood from the next word on, and is not said itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Mark", "marked"]

_MARK: Final = re.compile(r"\\(?P<literal>[\[\]])|\s?\[\s?(?P<name>[^\W\d_](?:[^\W\d]|-)*+)\s?\]\s?")
_LEANS: Final = frozenset(".,;:!?…)]}”’»")
"""No space comes before these."""
_PARTS: Final = frozenset(".,;:!?…")
"""A space comes after these: "Hello![sad]You're leaving?" is two sentences."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something about how a text is said, at one place in it."""

    name: str
    """The word in the brackets, in small letters."""
    at: int
    """Characters of the text, without its marks, that stand before it."""


def marked(text: str) -> tuple[str, tuple[Mark, ...]]:
    r"""A text without its marks, and these in order; `text` has been through `deckard_cli.script.clean`.

    A mark is one word of letters, ``-`` and ``_`` in square brackets. Brackets around anything else (``[1]``,
    ``[see below]``) are text, and so is what is written ``\[happy]``.
    """
    said, marks, done = "", [], 0
    for match in _MARK.finditer(text):
        said += text[done : match.start()]
        done = match.end()
        if match["literal"]:
            said += match["literal"]
            continue
        said += _joint(said, match.group(), text[done : done + 1])
        marks.append((match["name"].casefold(), len(said)))
    said = f"{said}{text[done:]}".rstrip()
    return said, tuple(Mark(name, min(at, len(said))) for name, at in marks)


def _joint(before: str, mark: str, after: str) -> str:
    """What is left where a mark was: a space or nothing."""
    if not before or before[-1].isspace() or not after or after in _LEANS:
        return ""
    return " " if mark != mark.strip() or before[-1] in _PARTS else ""
