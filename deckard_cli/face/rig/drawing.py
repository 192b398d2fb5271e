"""What a `drawing.svg` holds, read without drawing it: its groups by name, and what a drawing may not hold.

A rasteriser opens whatever file a picture's address names, wherever the drawing came from. A drawing therefore refers
to nothing outside itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.parsers import expat

__all__ = ["GROUPS", "OPTIONAL", "Drawing", "read"]

_EYE: Final = ("white", "iris", "shade", "lower", "lid", "lid-shut", "liner", "lashes")
GROUPS: Final = (
    *("background", "hair-back", "body", "head"),
    *("lip-shadow", "mouth-inside", "teeth-upper", "tongue", "teeth-lower", "lip-corners", "lip-lower", "lip-upper"),
    *(f"eye-{side}-{part}" for side in ("left", "right") for part in _EYE),
    *("brow-left", "brow-right", "hair-front"),
)
"""The groups that every drawing has, in the order in which they are painted."""
OPTIONAL: Final = ("fold-left", "fold-right", "cheek-left", "cheek-right", "furrow", "forehead", "front", "light")
"""Groups that a drawing may do without."""

_ACTIVE: Final = {"script", "foreignObject", "iframe", "audio", "video", "handler"}
_PICTURE: Final = re.compile(r"\s*data:image/(png|jpe?g|webp|gif)[;,]", re.IGNORECASE)
_URL: Final = re.compile(r"url\(\s*+['\"]?+\s*+(?!#)[^)]*\)|@import|image-set\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What was read of one drawing."""

    groups: Mapping[str, int] = field(default_factory=dict)
    """Each group's name and its line, in the order in which they are painted."""
    faults: tuple[tuple[int, str], ...] = ()
    """Lines, and what is wrong there: text that is no SVG, programs, and what lies outside the drawing."""


def read(path: Path) -> Drawing:
    """Read the drawing at `path`. Raises `OSError` where the file cannot be read."""
    reader = _Reader()
    try:
        reader.parser.Parse(path.read_bytes(), True)
    except expat.ExpatError as error:
        reader.faults.append((error.lineno, f"this is not SVG: {expat.ErrorString(error.code)}"))
    return Drawing(reader.groups, tuple(reader.faults))


class _Reader:
    """Collects while expat goes through the text; it resolves no address itself."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True  # in pieces, as it comes, `@im` and `port` would be two texts
        self.parser.buffer_size = 1 << 20
        self.parser.ProcessingInstructionHandler = self._instruction
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.groups: dict[str, int] = {}
        self.faults: list[tuple[int, str]] = []
        self._open: list[str] = []

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        element = name.rpartition(" ")[2]
        self._open.append(element)
        line = self.parser.CurrentLineNumber
        if len(self._open) == 1 and name != "http://www.w3.org/2000/svg svg":
            self.faults.append((line, f"this is not SVG: it begins with '{element}'"))
        if element in _ACTIVE:
            self.faults.append((line, f"a drawing holds no '{element}'"))
        self.faults += [(line, f"{element}: {fault}") for fault in _faults(element, attributes)]
        if element == "g" and (group := attributes.get("id")):
            if group in self.groups and group in (*GROUPS, *OPTIONAL):
                self.faults.append((line, f"a second group is called '{group}'"))
            self.groups.setdefault(group, line)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _instruction(self, target: str, data: str) -> None:
        if target == "xml-stylesheet":
            self.faults.append((self.parser.CurrentLineNumber, f"'{target}' lies outside the drawing"))

    def _text(self, text: str) -> None:
        if self._open[-1] == "style" and (found := _URL.search(text)):
            self.faults.append((self.parser.CurrentLineNumber, f"style: '{found[0]}' lies outside the drawing"))


def _faults(element: str, attributes: Mapping[str, str]) -> Iterator[str]:
    for full, value in attributes.items():
        name = full.rpartition(" ")[2].lower()
        if name.startswith("on"):
            yield f"'{name}' is a program"
        elif name in ("href", "src") and element != "a":
            if not value.strip().startswith("#") and not _PICTURE.match(value):
                yield f"'{value[:60]}' lies outside the drawing; put the picture itself in (data:image/png;base64,...)"
        elif found := _URL.search(value):
            yield f"'{found[0][:60]}' lies outside the drawing"
