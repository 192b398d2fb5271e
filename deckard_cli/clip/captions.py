"""What is said, to be read: cues with their times, and the files that players read.

The measures are those that subtitlers keep to (BBC Subtitle Guidelines; Netflix Timed Text Style Guide): two lines of
at most 42 columns, one to seven seconds, and between two cues either nothing or two frames at least.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Final

from deckard_cli.clip import wrap
from deckard_cli.speech import Speech

__all__ = ["Captions", "Cue", "srt", "vtt"]

COLUMNS: Final = 42
LINES: Final = 2
SHORTEST: Final = 1.0
LONGEST: Final = 7.0
"""Seconds that a cue may stand."""
LINGER: Final = 0.3
"""Seconds that a cue stays after its last word."""
GAP: Final = 2 / 24
"""Seconds; two frames, below which two cues would flicker."""
PAUSE: Final = 0.1
"""Seconds of silence that tell the end of a sentence from an abbreviation's full stop."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Some words on the screen."""

    start: float
    """Seconds from the start of the clip."""
    end: float
    """Seconds from the start of the clip."""
    lines: tuple[str, ...]
    """One or two."""


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    start: float
    end: float


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
            for span in _spans(speech)
            for piece in _cut(span, self._columns)
        ]
        self._duration += speech.duration
        found = [self._cue(group) for group in _groups(pieces, self._columns)]
        self._cues += found
        return _spread(found, self._duration)

    def cues(self) -> list[Cue]:
        """All cues so far, in order, none over another."""
        return _spread(self._cues, self._duration)

    def _cue(self, group: Sequence[_Piece]) -> Cue:
        start = group[0].start
        end = min(group[-1].end, start + LONGEST)
        return Cue(start, end, wrap.lines([piece.text for piece in group], self._columns))


def srt(cues: Iterable[Cue]) -> str:
    """The cues as a SubRip file."""
    blocks = (
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{_plain(cue)}\n"
        for number, cue in enumerate(cues, 1)
    )
    return "\n".join(blocks)


def vtt(cues: Iterable[Cue]) -> str:
    """The cues as a WebVTT file (W3C)."""
    escapes = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
    blocks = (
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{_plain(cue).translate(escapes)}\n" for cue in cues
    )
    return "\n".join(["WEBVTT\n", *blocks])


def _plain(cue: Cue) -> str:
    return "\n".join(cue.lines).replace("-->", "→")


def _clock(seconds: float, point: str) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


def _spans(speech: Speech) -> list[_Piece]:
    """The text of `speech` in stretches whose times are known: its words, or all of it at once."""
    if not speech.text.strip():
        return [_Piece(f"{word.text} ", word.start, word.end) for word in speech.words]
    timed = speech.words or speech.phones
    first, last = (timed[0].start, timed[-1].end) if timed else (0.0, speech.duration)
    marks: list[tuple[int, float, float]] = []
    cursor = 0
    for word in speech.words:
        at = speech.text.find(word.text, cursor)
        if at >= 0:
            marks.append((at, word.start, word.end))
            cursor = at + len(word.text)
    if not marks:
        return [_Piece(speech.text, first, last)]
    cuts = [0, *(_line_start(speech.text, at) for at, _, _ in marks[1:]), len(speech.text)]
    return [_Piece(speech.text[a:b], start, end) for (a, b), (_, start, end) in zip(pairwise(cuts), marks, strict=True)]


def _line_start(text: str, at: int) -> int:
    """Where what belongs to the word at `at` begins: an opening quote or bracket before it goes with it."""
    while at > 0 and not text[at - 1].isspace() and wrap.opens(text[at - 1]):
        at -= 1
    return at


def _cut(span: _Piece, widest: int) -> list[_Piece]:
    """The span cut wherever a line may end, each part with time in proportion to its width."""
    texts = wrap.pieces(span.text, widest)
    ends = list(accumulate(max(1, wrap.columns(text)) for text in texts))
    if not ends:
        return []
    step = (span.end - span.start) / ends[-1]
    starts = [0, *ends]
    return [
        _Piece(text, span.start + step * a, span.start + step * b)
        for text, (a, b) in zip(texts, pairwise(starts), strict=True)
    ]


def _groups(pieces: Sequence[_Piece], widest: int) -> list[Sequence[_Piece]]:
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
    groups: list[Sequence[_Piece]] = []
    end = len(pieces)
    while end:
        start = best[end][1]
        groups.append(pieces[start:end])
        end = start
    return groups[::-1]


def _may_share(group: Sequence[_Piece], widths: Sequence[int], widest: int) -> bool:
    return group[-1].end - group[0].start <= LONGEST and wrap.fits(widths, widest, LINES)


def _cost(pieces: Sequence[_Piece], start: int, end: int) -> float:
    """One for the cue, more for a bad place to end, for less than a second, and for each sentence that ends inside."""
    group = pieces[start:end]
    inside = sum(_ends_sentence(a, b) for a, b in pairwise(group))
    last = pieces[end] if end < len(pieces) else None
    cost = 1.0 + 3.0 * inside + 8.0 * max(0.0, SHORTEST - (group[-1].end - group[0].start))
    if last and not _ends_sentence(group[-1], last):
        cost += wrap.break_cost(group[-1].text) + (0.0 if last.start - group[-1].end >= PAUSE else 0.5)
    return cost


def _ends_sentence(piece: _Piece, after: _Piece) -> bool:
    gap = after.start - piece.end
    return wrap.ends_sentence(piece.text) and (gap >= PAUSE or gap == 0.0)


def _spread(cues: Sequence[Cue], until: float) -> list[Cue]:
    """Each cue held long enough to be read, as far as the next one or the end of the speech, `until`, allows."""
    found: list[Cue] = []
    limits = [cue.start for cue in cues[1:]] + [until, until]
    for cue, limit, later in zip(cues, limits, limits[1:], strict=False):
        start = max(cue.start, found[-1].end) if found else cue.start
        end = min(max(cue.end + LINGER, start + SHORTEST), start + LONGEST)
        if limit - end < GAP:
            # a quick "Yes." takes from the time of the next cue what that can spare
            end = max(limit, min(start + SHORTEST, later - SHORTEST))
        found.append(Cue(start, end, cue.lines))
    return found
