"""When the marks of a line come, and what it emphasises, in the speech of whichever voice says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from deckard_cli.script import Hint, Line, Mark
from deckard_cli.speech import Speech

__all__ = ["Cues", "Found"]

_HEAD: Final = 24
"""Characters of a piece's text by which its place in the line is found."""
_REACH: Final = 400
"""Characters in which the next word is looked for: one that the voice respelled would be found pages later."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Characters of a line, and the seconds in which they are said."""

    first: int
    last: int
    start: float
    end: float

    def time(self, place: int) -> float:
        """When the character at `place` is said; the start for what stands before the span."""
        share = max(place - self.first, 0) / max(self.last - self.first, 1)
        return self.start + share * (self.end - self.start)


class Found(NamedTuple):
    """What comes in a piece of speech; all times are seconds from its start."""

    marks: list[tuple[float, Mark]]
    """Each with the start of the word that follows it."""
    emphases: list[tuple[float, float]]
    """Start and end of what is emphasised, word or words."""


class Cues:
    """Follows the speech of a line, piece by piece, by its words or, where nobody knows their times, by its letters."""

    def __init__(self, line: Line) -> None:
        self._text = line.text
        self._coming = list(line.marks)
        self._stressed = [hint for hint in line.hints if hint.stressed]
        self._place = 0

    def within(self, speech: Speech) -> Found:
        """What comes in the next piece."""
        spans = list(self._spans(speech)) if self._coming or self._stressed else []
        said = ([span for span in spans if _overlap(span, hint)] for hint in self._stressed)
        return Found(self._marks(spans), [(words[0].start, words[-1].end) for words in said if words])

    def _marks(self, spans: list[_Span]) -> list[tuple[float, Mark]]:
        found = []
        for mark in self._coming:
            span = next((span for span in spans if mark.at < span.last), None)
            if span is None:
                break
            found.append((span.time(mark.at), mark))
        del self._coming[: len(found)]
        return found

    def rest(self) -> list[Mark]:
        """The marks that no piece had: those after the last word."""
        rest, self._coming = self._coming, []
        return rest

    def _spans(self, speech: Speech) -> Iterator[_Span]:
        text = speech.text.strip()
        self._place = max(self._text.find(text[:_HEAD], self._place), self._place)
        if not speech.words and text:
            first = self._place
            self._place = min(first + len(text), len(self._text))
            yield _Span(first, self._place, 0.0, speech.duration)
        for word in speech.words:
            first = self._text.find(word.text, self._place, self._place + _REACH)
            if first >= 0:
                self._place = first + len(word.text)
                yield _Span(first, self._place, word.start, word.end)


def _overlap(span: _Span, hint: Hint) -> bool:
    return span.first < hint.end and hint.start < span.last
