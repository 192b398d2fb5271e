"""Files that people write: TOML as a pydantic model, with every mistake named by file, line and field."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from deckard_cli.errors import UsageError

__all__ = ["FileError", "Mistake", "line_of", "read_toml", "write_toml"]

Model = TypeVar("Model", bound=BaseModel)
Check = Callable[[Model], Iterable[tuple[Sequence[str], str]]]
"""What else is wrong with a file whose fields are all well-formed: fields such as ``("mouth", "box")``, and why."""

_DEEP: Final = re.compile(
    r"""(?<![\w"'\\-])(?:(?:"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'|[A-Za-z0-9_-]++)[ \t]*+\.[ \t]*+){256}""", re.ASCII
)
"""A key of more than 256 parts: `tomllib` keeps every beginning of a key, which fills the memory for a long one."""
_SHOWN: Final = 50
"""Mistakes that are told at once: a file of another kind has one in every line."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing in a file that cannot be meant."""

    file: Path
    line: int
    """Counted from 1."""
    field: str
    """Dotted, such as ``voices.espeak.rate``; empty for the file as a whole."""
    message: str
    """What is wrong with it."""

    def __str__(self) -> str:
        """One line as editors and compilers write it: ``file:line: field: what``."""
        said = ": ".join(part for part in (f"{self.file}:{self.line}", self.field, self.message) if part)
        # A file that somebody sent may name a field so that it would rewrite the reader's terminal.
        return re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda control: f"\\x{ord(control[0]):02x}", said)


class FileError(UsageError):
    """A file that people write says something that cannot be meant."""

    def __init__(self, message: str, mistakes: Sequence[Mistake], *, code: str, hint: str) -> None:
        super().__init__(message, code=code, hint=hint)
        self.mistakes = tuple(mistakes)
        """All of them, in the order of the fields."""


def read_toml(path: Path, model: type[Model], *, what: str, check: Check[Model] | None = None) -> Model:
    """The TOML file at `path` as a `model` in which `check` finds nothing wrong.

    Raises `FileError`, naming file, line and field of every mistake.
    """
    code = f"bad_{what}"
    try:
        text = path.read_text(encoding="utf-8")
        if deep := _DEEP.search(text):
            raise ValueError(f"a key has too many parts (at line {text.count(chr(10), 0, deep.start()) + 1})")
        made = model.model_validate(tomllib.loads(text))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        mistake = Mistake(path, 1, "", f"cannot be read: {reason}")
        raise FileError(f"{path} cannot be read: {reason}.", [mistake], code=code, hint="check the path") from error
    except ValidationError as error:
        raise _mistaken(list(_explain(error, path, text)), code) from error
    except (ValueError, RecursionError) as error:  # beside its own, tomllib lets out that of a number too long to read
        where = re.search(r"line (\d+)", str(error))
        place = f"{path}:{where[1]}" if where else str(path)
        mistake = Mistake(path, int(where[1]) if where else 1, "", f"this is not TOML: {error}")
        raise FileError(f"{place}: this is not TOML: {error}.", [mistake], code=code, hint=f"mend {place}") from error
    if nonsense := list(check(made)) if check else []:
        lines = _lines(text)
        raise _mistaken([Mistake(path, _line(lines, at), ".".join(at), said) for at, said in nonsense], code)
    return made


def write_toml(path: Path, model: BaseModel, *, head: str) -> None:
    """Write what `model` says beside its defaults to `path`, after the comments `head`; `read_toml` reads it."""
    tables = _tables((), model.model_dump(mode="json", exclude_none=True, exclude_defaults=True))
    path.write_text(f"{head}\n" + "\n".join(tables), encoding="utf-8")


def _tables(at: tuple[str, ...], table: Mapping[str, object]) -> Iterator[str]:
    # An array or a text is written alike in TOML and in JSON.
    pairs = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in table.items()
        if not isinstance(value, dict)
    ]
    if pairs:
        yield "\n".join([*([f"[{'.'.join(at)}]"] if at else []), *pairs, ""])
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _tables((*at, key), value)


def _mistaken(mistakes: Sequence[Mistake], code: str) -> FileError:
    said = [str(mistake) for mistake in mistakes[:_SHOWN]]
    if len(mistakes) > _SHOWN:
        said.append(f"... and {len(mistakes) - _SHOWN} more")
    return FileError("\n".join(said), mistakes, code=code, hint=f"mend {mistakes[0].file}")


def _explain(error: ValidationError, path: Path, text: str) -> Iterator[Mistake]:
    lines = _lines(text)
    for mistake in error.errors(include_url=False, include_context=False):
        field = [str(part) for part in mistake["loc"] if part != "[key]"]
        yield Mistake(path, _line(lines, field), ".".join(field), mistake["msg"].removeprefix("Value error, "))


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
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.strip()
        key, equals, value = line.partition("=")
        if quote:  # inside a text of several lines, what looks like a key is none
            quote = "" if quote in line else quote
        elif line.startswith("["):
            table = _parts(line.lstrip("[").partition("]")[0])
            found.setdefault(".".join(table), number)
        elif equals and "#" not in key:
            found.setdefault(".".join(table + _parts(key)), number)
            opened = value.strip()[:3]
            quote = opened if opened in ('"""', "'''") and value.count(opened) == 1 else ""
    return found


def _parts(key: str) -> tuple[str, ...]:
    return tuple(part.strip(" \"'") for part in key.split("."))
