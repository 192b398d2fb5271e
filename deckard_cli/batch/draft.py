"""A row becomes a job: what it sets itself comes before what is set for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from deckard_cli.batch.fields import options
from deckard_cli.batch.names import name_fault
from deckard_cli.batch.rows import STDIN, Row
from deckard_cli.job import Job

__all__ = ["JOB", "Draft", "drafted"]

_SOUND: Final = ("voice", "speed", "pitch")
"""What a recording is not changed by."""
_FILES: Final = ("audio", "words", "background", "persona")
"""Fields that may name a file or a folder, which is looked for beside the rows first."""
JOB: Final = frozenset(field.name for field in fields(Job))
"""What can be set for all clips."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a row says, each thing of the right kind; nothing is looked up yet."""

    row: Row
    id: str
    name: str | None
    """The row's own name for its clip, or pattern of one."""
    timings: tuple[str, ...]
    """Suffixes."""
    given: Mapping[str, Any]
    """What the row sets, under the names of `Job`."""

    faults: tuple[tuple[str, str], ...] = ()
    """Fields that cannot be meant, and why."""

    def job(self, usual: Mapping[str, Any], output: Path, leave: frozenset[str] = frozenset()) -> Job:
        """The job, over what is `usual` of the fields in `JOB`. What it sets under the names in `leave` is left out."""
        own = {name: value for name, value in self.given.items() if name not in leave}
        timings = () if "timings" in leave else tuple(output.with_name(output.stem + form) for form in self.timings)
        text = "a" if "text" in leave else own.get("text", "")
        return Job(**{**usual, **own, "text": text, "output": output, "timings": timings})


def drafted(row: Row, number: str | None) -> Draft:
    """What `row` says. `number` is its id where no row has one of its own."""
    set_, wrong = options(row.fields)
    texts, mistyped = _texts(row)
    faults = wrong + mistyped
    name = texts.pop("id", number or "")
    if fault := _id_fault(name, row):
        faults.append(("id", fault))
    if not texts.get("text") and not {"audio", "text"} & {*texts, *dict(faults)}:
        faults.append(("text", "it is empty"))
    if "audio" in texts:
        said = "a recording sounds as it was recorded, and this cannot change it"
        faults += [(field, said) for field in _SOUND if field in set_]
    output = texts.pop("output", None)
    given: dict[str, Any] = {**set_, **texts}
    for field in _FILES:
        if isinstance(given.get(field), str):
            given[field] = _beside(row, given[field])
    if "audio" in given:
        given["audio"] = Path(given["audio"])
        if not given["audio"].is_file():
            faults.append(("audio", f"there is no file '{given['audio']}'"))
    return Draft(row, name, output, tuple(_suffixes(row.fields.get("timings"))), given, tuple(faults))


def _id_fault(name: str, row: Row) -> str | None:
    if name:
        fault = name_fault(name)
        return f"{name!r} cannot be an id: {fault}" if fault else None
    return None if "id" in row.fields else "it is missing: each row needs one, or none of them"


def _texts(row: Row) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The fields that are no settings, as texts; and those that are none, with why."""
    found: dict[str, str] = {}
    faults = []
    for field in ("id", "text", "output", "audio"):
        value = row.fields.get(field)
        if isinstance(value, str):
            found[field] = value if field == "text" else value.strip()
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[field] = str(value)
        elif value is not None:
            faults.append((field, f"it has to be a text, not {value!r}"))
    if not isinstance(row.fields.get("timings"), str | list | None):
        faults.append(("timings", "it has to name suffixes, such as: .json .TextGrid"))
    return found, faults


def _suffixes(value: object) -> Iterator[str]:
    """``.json .TextGrid``, or a list of such."""
    said = value.replace(",", " ").split() if isinstance(value, str) else value if isinstance(value, list) else []
    yield from dict.fromkeys(f".{str(each).strip().removeprefix('.')}" for each in said)


def _beside(row: Row, name: str) -> str:
    """The file that `name` means: one beside the rows, else one in the current folder."""
    near = row.file.parent / name
    if row.file != STDIN and not Path(name).is_absolute() and near.exists() and ("/" in name or near.is_file()):
        return str(near)
    return name
