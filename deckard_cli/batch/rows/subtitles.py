"""SubRip: each subtitle is a row, which keeps the time at which it was shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deckard_cli.batch.rows.row import Row
from deckard_cli.tomlfile import Mistake

__all__ = ["read_subtitles"]

_CLOCK: Final = r"(\d{1,3}):(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
_TIME: Final = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}(?:\s.*)?", re.ASCII)
_LOOKS: Final = re.compile(r"</?(?:[bius]|font)(?:\s[^<>]*)?>|\{\\[^{}]*\}", re.IGNORECASE)
"""How words look, and where: neither is said."""
_EXAMPLE: Final = "a number, then a line such as 00:00:01,000 --> 00:00:02,500"


def read_subtitles(text: str, file: Path) -> Iterator[Row | Mistake]:
    """The subtitles of a SubRip file. An id is the number in four digits, so that names sort as the subtitles do."""
    for line, block in _blocks(text):
        number, rest = (block[0].strip(), block[1:]) if not _TIME.fullmatch(block[0]) else ("", block)
        time = _TIME.fullmatch(rest[0]) if rest else None
        if not number.isdecimal() or time is None:
            yield Mistake(file, line, "", f"this is no subtitle: {_EXAMPLE}")
            continue
        said = " ".join(_LOOKS.sub("", each).strip() for each in rest[1:]).strip()
        start, end = _seconds(time.groups()[:4]), _seconds(time.groups()[4:])
        if end < start:
            yield Mistake(file, line + 1, "", "it ends before it begins")
        elif said:
            yield Row(file, line, {"id": f"{int(number):04d}", "text": said}, (start, end))


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines that are not empty, each with the number of its first."""
    block: list[str] = []
    for number, line in enumerate([*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""], start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _seconds(parts: tuple[str, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000
