"""Files that people write: TOML as a pydantic model, with every mistake named by file, line and field."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from deckard_cli.errors import UsageError

__all__ = ["FileError", "Mistake", "line_of", "read_toml", "told", "why", "write_toml"]

Model = TypeVar("Model", bound=BaseModel)
Check = Callable[[Model], Iterable[tuple[Sequence[str], str]]]
"""What else is wrong with a file whose fields are all well-formed: fields such as ``("mouth", "box")``, and why."""

_DEEP: Final = re.compile(
    r"""(?<![\w"'\\-])(?:(?:"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'|[A-Za-z0-9_-]++)[ \t]*+\.[ \t]*+){256}""", re.ASCII
)
"""A key of more than 256 parts: `tomllib` keeps every beginning of a key, which fills the memory for a long one."""
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What moves a terminal's cursor, or turns the order of what it shows."""
_LONGEST: Final = 60
"""Characters of a value that are shown."""
_SHOWN: Final = 50
"""Mistakes that are told at once: a file of another kind has one in every line."""
_KINDS: Final = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "finite": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "dict": "a table",
    "model": "a table",
}
"""What each of Pydantic's errors begins with, where a value is of another kind -> what was wanted."""
_WORDS: Final = {
    "greater_than_equal": "it has to be at least {ge:g}, not {input}",
    "greater_than": "it has to be more than {gt:g}, not {input}",
    "less_than_equal": "it has to be at most {le:g}, not {input}",
    "less_than": "it has to be less than {lt:g}, not {input}",
    "literal_error": "it has to be {expected}, not {input}",
    "missing": "it has to be there",
    "string_pattern_mismatch": "it has to be like {pattern}, not {input}",
    "string_too_short": "it is too short",
    "string_too_long": "it is longer than {max_length} letters",
    "too_short": "it needs {min_length} parts or more, not {actual_length}",
    "too_long": "it needs {max_length} parts or fewer, not {actual_length}",
}
"""The other errors of Pydantic's that our models can meet; a validator's own says what it has to say."""


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
        return _CONTROLS.sub(lambda control: ascii(control[0])[1:-1], said)


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
        given = tomllib.loads(text)
        made = model.model_validate(given)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        mistake = Mistake(path, 1, "", f"cannot be read: {reason}")
        raise FileError(f"{path} cannot be read: {reason}.", [mistake], code=code, hint="check the path") from error
    except ValidationError as error:
        lines = _lines(text)
        found = [Mistake(path, _line(lines, at), ".".join(at), said) for at, said in told(error, model, given)]
        raise _mistaken(found, code) from error
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


def told(error: ValidationError, model: type[BaseModel], given: Mapping[str, Any]) -> Iterator[tuple[list[str], str]]:
    """Each field of `given` that `model` could not take, such as ``["voices", "espeak"]``, and why, in our words."""
    found = [(_field(each, given), each) for each in error.errors(include_url=False)]
    # What may be of several kinds is refused once for each of them.
    for field, each in groupby(found, key=lambda pair: pair[0]):
        yield field, _sentence([details for _, details in each], model, field)


def why(error: ValidationError) -> str:
    """Why one value, such as a flag's, could not be taken, in our words."""
    return _sentence(error.errors(include_url=False), BaseModel, [])


def _field(details: ErrorDetails, given: Any) -> list[str]:
    """Where in `given` the error is; the rest of its place tells which of several kinds was tried, or that it is a key
    and no value.
    """
    field: list[str] = []
    for part in details["loc"]:
        try:
            given = given[part]
        except (LookupError, TypeError):
            return [*field, str(part)] if details["type"] == "missing" else field
        field.append(str(part))
    return field


def _sentence(errors: Sequence[ErrorDetails], model: type[BaseModel], field: Sequence[str]) -> str:
    details = next((each for each in errors if not _wanted(each)), None)
    if details is None:
        wanted = dict.fromkeys(map(_wanted, errors))
        return f"it has to be {' or '.join(wanted)}, not {_shown(errors[0]['input'])}"
    if details["type"] == "extra_forbidden":
        near = difflib.get_close_matches(field[-1], _fields(model, field[:-1]), n=1)
        return "there is no such field" + (f"; did you mean '{near[0]}'?" if near else "")
    if words := _WORDS.get(details["type"]):
        return words.format(**{**details.get("ctx", {}), "input": _shown(details["input"])})
    return details["msg"].removeprefix("Value error, ")


def _wanted(details: ErrorDetails) -> str:
    """The kind of value that was wanted, where it is the kind that is wrong."""
    return "" if details["type"] in _WORDS else _KINDS.get(details["type"].partition("_")[0], "")


def _shown(value: object) -> str:
    if isinstance(value, (dict, list, bool)):
        return {dict: "a table", list: "a list", bool: str(value).lower()}[type(value)]
    text = f"{value:g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _fields(model: type[BaseModel], at: Sequence[str]) -> list[str]:
    """The names that the table at `at` in a `model` may hold."""
    models = list(_models(model))
    for part in at:
        steps = [each.model_fields[part].annotation for each in models if part in each.model_fields]
        if steps:  # a key of a person's own, such as a word, leads to no other kind of table
            models = [each for step in steps for each in _models(step)]
    return [name for each in models for name in each.model_fields]


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    """The tables in a `kind`, or that it is."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from _models(kind.model_fields["root"].annotation) if "root" in kind.model_fields else [kind]
    for part in get_args(kind):
        yield from _models(part)


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
