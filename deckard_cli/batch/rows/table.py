"""Comma-separated values (RFC 4180), with whatever stands for the comma where they were saved."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deckard_cli.batch.fields import field_fault
from deckard_cli.batch.rows.row import Row, field_name, is_empty
from deckard_cli.tomlfile import Mistake

__all__ = ["read_table"]

_COMMAS: Final = ",;\t|"
_SEPARATOR: Final = re.compile(r'"?sep=([^"\r\n ])"?[ ,;|\t]*(?:\r?\n|\r)', re.IGNORECASE)
"""The first line by which Excel is told."""
_LONGEST_CELL: Final = 1 << 24
"""Characters. A quote that is never closed makes the rest of the file one cell."""


def read_table(text: str, file: Path) -> Iterator[Row | Mistake]:
    """The rows of a table whose first line names its columns."""
    usual = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield from _rows(text, file)
    finally:
        csv.field_size_limit(usual)


def _rows(text: str, file: Path) -> Iterator[Row | Mistake]:
    names: list[str] = []
    comma, text = _comma(text)
    for line, cells in _records(text, file, comma):
        if isinstance(cells, Mistake):
            yield cells
        elif not names:
            names = [field_name(cell) for cell in cells]
            faults = list(_faults(names))
            yield from (Mistake(file, line, field, message) for field, message in faults)
            names = [name if field_fault(name) is None else "" for name in names]
            if not any(names):
                return
        elif len(cells) > len(names) and not all(map(is_empty, cells[len(names) :])):
            yield Mistake(file, line, "", f"{len(cells)} cells in a table of {len(names)} columns")
        elif not all(map(is_empty, cells)):
            given = {name: cell for name, cell in zip(names, cells, strict=False) if name and not is_empty(cell)}
            yield Row(file, line, given)


def _records(text: str, file: Path, comma: str) -> Iterator[tuple[int, list[str] | Mistake]]:
    """Each record that is not empty, and the line in which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Mistake(file, line, "", f"this is no table: {error}")
            return
        if cells:
            yield line, cells
        line = reader.line_num + 1


def _comma(text: str) -> tuple[str, str]:
    """What separates cells, and the text without the line that says so; where none does, it is that which makes the
    most known columns of the first record.
    """
    if said := _SEPARATOR.match(text):
        return said[1], "\n" + text[said.end() :]

    def known(comma: str) -> int:
        _, cells = next(_records(text, Path(), comma), (1, []))
        return 0 if isinstance(cells, Mistake) else sum(field_fault(field_name(cell)) is None for cell in cells)

    return max(_COMMAS, key=known), text


def _faults(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the columns."""
    if all(field_fault(name) for name in names):
        yield "", "the first line has to name the columns, such as: id,text"
        return
    for index, name in enumerate(names):
        if not name:
            yield "", f"column {index + 1} has no name"
        elif fault := field_fault(name):
            yield name, fault
        elif name in names[:index]:
            yield name, "two columns are called so"
