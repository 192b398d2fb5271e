"""Rows: what somebody wrote down to be made, a clip each, in any of the forms that people write such things in.

`read_rows` reads them. Nothing is looked up here: a row is what stands in the file, and where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from deckard_cli.batch.rows.lines import read_lines
from deckard_cli.batch.rows.row import Row
from deckard_cli.batch.rows.subtitles import read_subtitles
from deckard_cli.batch.rows.table import read_table
from deckard_cli.batch.rows.tree import read_tree
from deckard_cli.errors import UsageError, unknown
from deckard_cli.script import read_file, read_stdin
from deckard_cli.tomlfile import Mistake

__all__ = ["FORMATS", "STDIN", "Row", "read_rows"]

Reader = Callable[[str, Path], Iterator[Row | Mistake]]

FORMATS: Final[dict[str, Reader]] = {"csv": read_table, "jsonl": read_lines, "yaml": read_tree, "srt": read_subtitles}
"""Form -> what reads it: rows, and what is wrong with those that are none."""
STDIN: Final = Path("stdin")
"""The file that rows from stdin are said to stand in."""

_SUFFIXES: Final = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"} | {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".srt": "srt",
}
_SPREADSHEETS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers")
_CUE: Final = re.compile(r"\s*\d+[ \t]*\r?\n\s*[\d:,.]+\s*-->")
_TREE: Final = re.compile(r"(?:\s*#[^\n]*\n|\s*\n|%[^\n]*\n)*(?:---|- |-\n|[\w.-]+:(?:\s|$))")


def read_rows(source: str, form: str | None, stdin: BinaryIO) -> tuple[list[Row], list[Mistake]]:
    """The rows of the file or folder `source`, or of `stdin` where it is ``-``; and everything that could not be read.

    `form` is one of `FORMATS`; None: by the suffix, or by what stands on stdin. Raises `UsageError` where the file is
    not there or its form is not known.
    """
    if form is not None and form not in FORMATS:
        raise unknown("format", form, FORMATS)
    if source == "-":
        text, file = read_stdin(stdin), STDIN
        found = FORMATS[form or _guessed(text)](text, file)
    elif (file := Path(source)).is_dir():
        found = _scripts(file)
    else:
        found = FORMATS[form or _by_suffix(file)](read_file(file), file)
    rows: list[Row] = []
    mistakes: list[Mistake] = []
    for each in found:
        if isinstance(each, Row):
            rows.append(each)
        else:
            mistakes.append(each)
    if not rows and not mistakes:
        raise UsageError(f"There is no row in '{source}'.", code="no_rows", hint="write one: id,text")
    return rows, mistakes


def _by_suffix(file: Path) -> str:
    if file.suffix.lower() in _SPREADSHEETS:
        raise UsageError(
            f"'{file}' is a spreadsheet, and rows are read from text.",
            code="spreadsheet",
            hint=f"save it as CSV (in Excel: CSV UTF-8), and give '{file.with_suffix('.csv')}'",
        )
    try:
        return _SUFFIXES[file.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"'{file}' does not say in which form its rows are.",
            code="unknown_format",
            hint=f"--format {' or '.join(FORMATS)}, or name a folder of .txt files",
        ) from None


def _guessed(text: str) -> str:
    """The form of a text of which nothing else is known."""
    if text.lstrip().startswith("{"):
        return "jsonl"
    if _CUE.match(text):
        return "srt"
    return "yaml" if _TREE.match(text) else "csv"


def _scripts(folder: Path) -> Iterator[Row | Mistake]:
    """Each text file of `folder`, in the order of their names: the name without .txt is its id."""
    for file in sorted(folder.glob("*.txt")):
        if file.name.startswith("."):
            continue
        try:
            yield Row(file, 1, {"id": file.stem, "text": read_file(file)})
        except UsageError as error:
            yield Mistake(file, 1, "", f"{error.message} {error.hint}")
