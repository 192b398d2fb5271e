"""Files that people write: TOML as a pydantic model, with every mistake named by file, line and field."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from deckard_cli.errors import UsageError

__all__ = ["line_of", "read_toml"]

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, model: type[Model], *, what: str) -> Model:
    """The TOML file at `path` as a `model`. Raises `UsageError`, naming file, line and field of every mistake."""
    code = f"bad_{what}"
    try:
        text = path.read_text(encoding="utf-8")
        return model.model_validate(tomllib.loads(text))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{path} cannot be read: {reason}.", code=code, hint="check the path") from error
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        place = f"{path}:{where[1]}" if where else str(path)
        raise UsageError(f"{place}: this is not TOML: {error}.", code=code, hint=f"mend {place}") from error
    except ValidationError as error:
        mistakes = list(_explain(error, path, text))
        raise UsageError("\n".join(mistakes), code=code, hint=f"mend {path}") from error


def _explain(error: ValidationError, path: Path, text: str) -> Iterator[str]:
    """Each mistake as ``file:line: field: what is wrong``."""
    lines = _lines(text)
    for mistake in error.errors(include_url=False, include_context=False):
        field = [str(part) for part in mistake["loc"] if part != "[key]"]
        yield f"{path}:{_line(lines, field)}: {'.'.join(field)}: {mistake['msg'].removeprefix('Value error, ')}"


def line_of(text: str, field: Sequence[str]) -> int:
    """The line of `text`, counted from 1, in which `field`, such as ``("voices", "espeak")``, stands."""
    return _line(_lines(text), field)


def _line(lines: Mapping[str, int], field: Sequence[str]) -> int:
    """The line of `field`, or of the table it should be in; 1 where that is missing too."""
    tables = (".".join(field[:length]) for length in range(len(field), 0, -1))
    return next((lines[name] for name in tables if name in lines), 1)


def _lines(text: str) -> dict[str, int]:
    """Dotted key -> its line, counted from 1. `tomllib` keeps no positions, so the lines are read once more."""
    found: dict[str, int] = {}
    table: tuple[str, ...] = ()
    quote = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if quote:  # inside a text of several lines, what looks like a key is none
            quote = "" if quote in line else quote
        elif header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            table = _parts(header[1])
            found.setdefault(".".join(table), number)
        elif pair := re.match(r"\s*([^#=]+?)\s*=\s*(.*)", line):
            found.setdefault(".".join(table + _parts(pair[1])), number)
            opened = re.match(r"\"\"\"|'''", pair[2])
            quote = opened[0] if opened and pair[2].count(opened[0]) == 1 else ""
    return found


def _parts(key: str) -> tuple[str, ...]:
    return tuple(part.strip(" \"'") for part in key.split("."))
