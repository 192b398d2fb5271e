"""One row, as it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deckard_cli.tomlfile import Mistake

__all__ = ["Row", "field_name"]


@dataclass(frozen=True, slots=True)
class Row:
    """What one clip is to be, as far as it is said."""

    file: Path
    """Where it was written."""
    line: int
    """The line in which it begins, counted from 1."""
    fields: Mapping[str, object]
    """Name -> what was written: a text, or what JSON makes of it. What is empty is not in it."""
    cue: tuple[float, float] | None = None
    """Seconds from and to which it was shown, for a row that was a subtitle."""

    @property
    def where(self) -> str:
        """``lines.csv:7``."""
        return f"{self.file}:{self.line}"

    def mistake(self, field: str, message: str) -> Mistake:
        """What is wrong with a `field` of it; an empty one is the row itself."""
        return Mistake(self.file, self.line, field, message)


def field_name(written: str) -> str:
    """The name of a field, however a person writes it: ``Captions-Style`` is ``captions_style``."""
    head, dot, option = written.strip().partition(".")
    return head.strip().casefold().replace("-", "_").replace(" ", "_") + dot + option.strip()


def is_empty(value: object) -> bool:
    """Whether a cell says nothing."""
    return value is None or (isinstance(value, str) and not value.strip())
