"""Answers on stdout, words to people on stderr."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

__all__ = ["answer", "say", "table"]

_ROOM: Final = 24
"""Columns of a terminal that the last cell of a row needs to be read beside the others."""


def answer(report: Mapping[str, object]) -> None:
    """Print one JSON object: the whole answer of a command with `--json`."""
    sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")


def say(sentence: str) -> None:
    """Tell a person something that is not the answer."""
    sys.stderr.write(f"deckard: {sentence}\n")


def table(rows: Iterable[Sequence[str]]) -> None:
    """Print `rows`, cells under each other. What is wider than a terminal is folded; a program reads whole lines."""
    cells = [[*row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*(row[:-1] for row in cells), strict=True)]
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    if columns - sum(widths) - 2 * len(widths) < _ROOM:
        cells = [[row[0], "  ".join(filter(None, map(str.rstrip, row[1:])))] for row in cells]
        widths = widths[:1]
    for *first, last in cells:
        head = "".join(f"{cell:<{width}}  " for cell, width in zip(first, widths, strict=True))
        room = columns - len(head)
        lines = (
            [last] if len(last) <= room else textwrap.wrap(last, room, break_long_words=False, break_on_hyphens=False)
        )
        for line in lines:
            sys.stdout.write(f"{head}{line}".rstrip() + "\n")
            head = " " * len(head)
