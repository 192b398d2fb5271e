"""What is said, to be read: cues with their times. `timings.subtitles` writes them for players, `burn` into pictures.

The measures are those that subtitlers keep to (BBC Subtitle Guidelines; Netflix Timed Text Style Guide): two lines of
at most 42 columns, one to seven seconds, 17 columns a second where the speech leaves the time, and between two cues
either nothing or two frames at least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Final, Literal

from deckard_cli.clip import wrap
from deckard_cli.script import sentences
from deckard_cli.speech import Speech

__all__ = ["COLUMNS", "LETTER", "SAFE", "Captions", "Cue", "Piece", "Style", "fitting"]

Style = Literal["lines", "words"]
"""Whole lines at once, or each word as it is said."""

COLUMNS: Final = 42
LINES: Final = 2
SHORTEST: Final = 1.0
LONGEST: Final = 7.0
"""Seconds that a cue may stand."""
LINGER: Final = 0.3
"""Seconds that a cue stays after its last word."""
SPEED: Final = 17.0
"""Columns a second that everybody can read."""
GAP: Final = 2 / 24
"""Seconds; two frames, below which two cues would flicker."""
SAFE: Final = 0.05
"""Of the picture's width and height, kept free at each edge (the title safe area of EBU R 95)."""
LETTER: Final = 0.052
"""The font's size over the shorter side of the picture."""
LETTER_WIDTH: Final = 0.64
"""Of a bold letter, over the font's size: the mean over English text."""
PAUSE: Final = 0.1
"""Seconds of silence in which a cue ends well."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two places where a line may end: about a word, with the space after it."""

    text: str
    start: float
    """Seconds from the start of the clip."""
    end: float
    """Seconds from the start of the clip."""
    closing: bool = False
    """Whether a sentence ends with it."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Some words on the screen."""

    start: float
    """Seconds from the start of the clip."""
    end: float
    """Seconds from the start of the clip."""
    rows: tuple[tuple[Piece, ...], ...]
    """One line or two, each with the times of what is in it; these may lie a little outside of the cue's own."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines as they are read."""
        return tuple("".join(piece.text for piece in row) for row in self.rows)


def fitting(size: tuple[int, int]) -> int:
    """How many columns go into a picture of `size` (width, height) pixels, at least 4."""
    letter = max(8, round(min(size) * LETTER))
    return max(4, int((int(size[0] * (1 - 2 * SAFE)) - 2 * letter) / (letter * LETTER_WIDTH)))


class Captions:
    """Cues from speech, as it comes."""

    def __init__(self, columns: int = COLUMNS) -> None:
        """`columns` is the width of a line: one for a letter, two for an East Asian wide one."""
        self._columns = columns
        self._cues: list[Cue] = []
        self._duration = 0.0

    def add(self, speech: Speech) -> list[Cue]:
        """The cues of `speech`, which follows what was added before. They end within it."""
        pieces = [
            replace(piece, start=piece.start + self._duration, end=piece.end + self._duration)
            for piece in _closed([piece for span in _spans(speech) for piece in _cut(span, self._columns)])
        ]
        self._duration += speech.duration
        found = [self._cue(group) for group in _groups(pieces, self._columns)]
        self._cues += found
        return _spread(found, self._duration)

    def cues(self) -> list[Cue]:
        """All cues so far, in order, none over another."""
        return _spread(self._cues, self._duration)

    def _cue(self, group: Sequence[Piece]) -> Cue:
        end = min(group[-1].end, group[0].start + LONGEST)
        return Cue(group[0].start, end, tuple(_rows(group, self._columns)))


def _rows(group: Sequence[Piece], widest: int) -> Iterator[tuple[Piece, ...]]:
    """The pieces of each line. A line neither begins nor ends with a space, and has no line break of its own."""
    first = 0
    for count in wrap.rows([piece.text for piece in group], widest):
        row = [replace(piece, text=_spaced(piece.text)) for piece in group[first : first + count]]
        row[-1] = replace(row[-1], text=row[-1].text.rstrip())
        first += count
        if any(piece.text for piece in row):
            yield tuple(row)


def _spaced(text: str) -> str:
    words = " ".join(text.split())
    return f"{words} " if text[-1:].isspace() else words


def _spans(speech: Speech) -> list[Piece]:
    """The text of `speech` in stretches whose times are known: its words, or all of it at once."""
    if not speech.text.strip():
        return [Piece(f"{word.text} ", word.start, word.end) for word in speech.words]
    timed = speech.words or speech.phones
    first, last = (timed[0].start, timed[-1].end) if timed else (0.0, speech.duration)
    marks: list[tuple[int, str, float, float]] = []
    cursor = 0
    for word in speech.words:
        at = speech.text.find(word.text, cursor)
        if at >= 0:
            marks.append((at, word.text, word.start, word.end))
            cursor = at + len(word.text)
    if not marks:
        return [Piece(speech.text, first, last)]
    ends = [at + len(word) for at, word, _, _ in marks]
    starts = [_line_start(speech.text, at, end) for (at, *_), end in zip(marks[1:], ends, strict=False)]
    cuts = pairwise([0, *starts, len(speech.text)])
    return [Piece(speech.text[a:b], start, end) for (a, b), (_, _, start, end) in zip(cuts, marks, strict=True)]


def _line_start(text: str, at: int, after: int) -> int:
    """Where what belongs to the word at `at` begins, when the word before it ends at `after`: what hangs on to it
    behind a space goes with it, else an opening quote or bracket alone.
    """
    first = at
    while first > after and not text[first - 1].isspace():
        first -= 1
    if text[first - 1 : first].isspace():
        return first
    while at > after and wrap.opens(text[at - 1]):
        at -= 1
    return at


def _cut(span: Piece, widest: int) -> list[Piece]:
    """The span cut wherever a line may end, each part with time in proportion to its width."""
    texts = wrap.pieces(span.text, widest)
    ends = list(accumulate(max(1, wrap.columns(text)) for text in texts))
    if not ends:
        return []
    step = (span.end - span.start) / ends[-1]
    starts = [0, *ends]
    return [
        Piece(text, span.start + step * a, span.start + step * b)
        for text, (a, b) in zip(texts, pairwise(starts), strict=True)
    ]


def _closed(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces, those that end a sentence marked."""
    ends = set(accumulate(map(len, sentences("".join(piece.text for piece in pieces)))))
    for piece, end in zip(pieces, accumulate(len(piece.text) for piece in pieces), strict=True):
        yield replace(piece, closing=end in ends and wrap.ends_sentence(piece.text))


def _groups(pieces: Sequence[Piece], widest: int) -> list[Sequence[Piece]]:
    """The pieces of each cue: the cheapest way to cut them all, found from the front (dynamic programming)."""
    widths = [wrap.columns(piece.text.rstrip()) + (piece.text[-1:].isspace()) for piece in pieces]
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(pieces) + 1):
        options = []
        for start in range(end - 1, -1, -1):
            alone = start == end - 1
            if not alone and not _may_share(pieces[start:end], widths[start:end], widest):
                break
            options.append((best[start][0] + _cost(pieces, start, end), start))
        best.append(min(options))
    groups: list[Sequence[Piece]] = []
    end = len(pieces)
    while end:
        start = best[end][1]
        groups.append(pieces[start:end])
        end = start
    return groups[::-1]


def _may_share(group: Sequence[Piece], widths: Sequence[int], widest: int) -> bool:
    return group[-1].end - group[0].start <= LONGEST and wrap.fits(widths, widest, LINES)


def _cost(pieces: Sequence[Piece], start: int, end: int) -> float:
    """One for the cue, more for a bad place to end, for less than a second, and for each sentence that ends inside."""
    group = pieces[start:end]
    inside = sum(piece.closing for piece in group[:-1])
    last = pieces[end] if end < len(pieces) else None
    cost = 1.0 + 3.0 * inside + 8.0 * max(0.0, SHORTEST - (group[-1].end - group[0].start))
    if last and not group[-1].closing:
        cost += wrap.break_cost(group[-1].text) + (0.0 if last.start - group[-1].end >= PAUSE else 0.5)
    return cost


def _spread(cues: Sequence[Cue], until: float) -> list[Cue]:
    """Each cue held long enough to be read, as far as the next one or the end of the speech, `until`, allows."""
    found: list[Cue] = []
    limits = [cue.start for cue in cues[1:]] + [until, until]
    for cue, limit, later in zip(cues, limits, limits[1:], strict=False):
        start = max(cue.start, found[-1].end) if found else cue.start
        reading = sum(map(wrap.columns, cue.lines)) / SPEED
        end = min(max(cue.end + LINGER, start + max(SHORTEST, reading)), start + LONGEST)
        if limit - end < GAP:
            # a quick "Yes." takes from the time of the next cue what that can spare
            end = max(limit, min(start + SHORTEST, later - SHORTEST))
        found.append(replace(cue, start=start, end=end))
    return found
