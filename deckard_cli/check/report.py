"""What a check found: one `Finding` for each thing that was looked at, gathered in a `Report`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from deckard_cli.errors import DeckardError

__all__ = ["Document", "Finding", "Report", "document"]

_HINT: Final = (
    "make it without --check, look at it, and ask deckard check; what is let pass is the table [check] of deckard.toml"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was measured on a clip, and whether it is right."""

    name: str
    """A slug that programs can match on; it never changes."""
    ok: bool | None
    """Whether it is right; None where it could not be told, which is no fault."""
    sentence: str
    """What was found, for people."""
    value: float | None = None
    """What was measured; None where there is no number in it."""
    limit: tuple[float | None, float | None] = (None, None)
    """The least and the most that `value` may be; None where nothing bounds it."""
    unit: str = ""
    """Of both: ``s``, ``ms``, ``LUFS``, ``share`` (0..1), or empty for a plain number."""
    confidence: float | None = None
    """0..1, how surely it was measured; None for what is counted."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found on one clip."""

    path: Path
    """The clip."""
    duration: float
    """Seconds that it plays."""
    findings: tuple[Finding, ...]
    """In the order of the route: file, sound, picture, mouth, words."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with the clip."""
        return not self.failed

    @property
    def failed(self) -> tuple[Finding, ...]:
        """What is wrong with it."""
        return tuple(finding for finding in self.findings if finding.ok is False)

    def __getitem__(self, name: str) -> Finding:
        """The finding of that name. Raises KeyError where nobody looked."""
        for finding in self.findings:
            if finding.name == name:
                return finding
        raise KeyError(name)

    def verdict(self) -> None:
        """Raise a `DeckardError` that tells what is wrong, where anything is."""
        if self.failed:
            said = " ".join([f"'{self.path}' is not right.", *(finding.sentence for finding in self.failed)])
            raise DeckardError(said, code="clip_not_right", hint=_HINT)


def judged(
    name: str,
    value: float,
    limit: tuple[float | None, float | None],
    unit: str,
    sentence: str,
    *,
    confidence: float | None = None,
) -> Finding:
    """A finding that is right where `value` lies within `limit`."""
    low, high = (-math.inf if limit[0] is None else limit[0]), (math.inf if limit[1] is None else limit[1])
    return Finding(name, low <= value <= high, sentence, value, limit, unit, confidence)


class FindingDocument(TypedDict):
    """A `Finding` for programs."""

    name: str
    ok: bool | None
    sentence: str
    value: float | None
    least: float | None
    most: float | None
    unit: str
    confidence: float | None


class ReportDocument(TypedDict):
    """A `Report` for programs."""

    path: str
    ok: bool
    duration: float
    findings: list[FindingDocument]


class Document(TypedDict):
    """What `deckard check --json` prints. It only ever grows."""

    version: int
    ok: bool
    clips: list[ReportDocument]


def document(reports: Sequence[Report]) -> Document:
    """`reports` for programs."""
    return Document(version=1, ok=all(report.ok for report in reports), clips=[_report(report) for report in reports])


def _report(report: Report) -> ReportDocument:
    return ReportDocument(
        path=str(report.path.absolute()),
        ok=report.ok,
        duration=round(report.duration, 3),
        findings=[_finding(finding) for finding in report.findings],
    )


def _finding(finding: Finding) -> FindingDocument:
    low, high = finding.limit
    return FindingDocument(
        name=finding.name,
        ok=finding.ok,
        sentence=finding.sentence,
        value=_number(finding.value),
        least=_number(low),
        most=_number(high),
        unit=finding.unit,
        confidence=_number(finding.confidence),
    )


def _number(value: float | None) -> float | None:
    """JSON knows no infinity: what is silent has no loudness."""
    return None if value is None or not math.isfinite(value) else round(value, 4)
