"""Where one phone ends and the next begins, finer than the 10 ms on which an acoustic model counts.

The boundaries of a recording are found together: each where the sound changes as its two phones say (`changes`), and
with lengths between them as such phones have them at the speaker's speed. Over all the ways to place them, each
boundary gets the median of its places (the forward-backward algorithm: Rabiner, Proc. IEEE 77, 1989).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.speech.align.arpabet import USUAL
from deckard_cli.speech.align.bursts import STOPS, burst
from deckard_cli.speech.align.changes import PAUSE, REACH, Changes, numbers, parameters
from deckard_cli.speech.align.spectrum import HOP, RATE, spectrum
from deckard_cli.speech.pcm import Samples

__all__ = ["RATE", "Segment", "refined"]

_SHORTEST: Final = 0.01
"""Seconds that a phone lasts at least."""
_NEVER: Final = -30.0
"""Log likelihood of a phone that is shorter, and of the most unusual length."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A phone in a recording."""

    name: str
    """ARPAbet."""
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    word: int
    """The number of its word."""
    burst: float | None = None
    """Seconds at which a stop opens, where that is heard."""


@dataclass(frozen=True, slots=True)
class _Boundaries:
    """All boundaries of a recording, in order."""

    ending: NDArray[np.intp]
    """Numbers of the phones that end."""
    starting: NDArray[np.intp]
    """Numbers of the phones that begin."""
    near: NDArray[np.float64]
    """About when, in seconds."""


def refined(samples: Samples, segments: Sequence[Segment]) -> list[Segment]:
    """`segments`, in order of time, with their ends where the sound changes; `samples` are at `RATE`.

    A gap between two words stays where it is a pause; any other is closed. None is lost and none overlaps the next.
    """
    if not segments:
        return []
    rows = spectrum(samples)
    changes = Changes(rows)
    names = np.array([parameters().names.index(segment.name) for segment in segments])
    pauses = _pauses(changes, segments, names)
    times = _placed(changes, _boundaries(segments, names, pauses), _speed(segments)).tolist()
    starts = np.cumsum([0, *(1 + pauses)])
    placed = _in_order(
        segments,
        [times[place] for place in starts],
        [times[place] for place in (*(starts[1:] - pauses), -1)],
        len(samples) / RATE,
    )
    return [
        replace(segment, burst=burst(rows, segment.start, segment.end)) if segment.name in STOPS else segment
        for segment in placed
    ]


def _pauses(changes: Changes, segments: Sequence[Segment], names: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether a pause stands after each segment but the last."""
    ends = numbers(np.array([segment.end for segment in segments[:-1]]))
    starts = numbers(np.array([segment.start for segment in segments[1:]]))
    between = np.array([before.word != here.word for before, here in itertools.pairwise(segments)], dtype=bool)
    found = np.zeros(len(segments) - 1, dtype=bool)
    found[between] = changes.pauses(names[:-1][between], names[1:][between], ends[between], starts[between])
    return found


def _boundaries(segments: Sequence[Segment], names: NDArray[np.intp], pauses: NDArray[np.bool_]) -> _Boundaries:
    pause = parameters().names.index(PAUSE)
    rows = [(pause, int(names[0]), segments[0].start)]
    for (before, here), (left, right), silent in zip(
        itertools.pairwise(segments), itertools.pairwise(names.tolist()), pauses, strict=True
    ):
        if silent:
            rows += [(left, pause, before.end), (pause, right, here.start)]
        else:
            rows.append((left, right, (before.end + here.start) / 2))
    rows.append((int(names[-1]), pause, segments[-1].end))
    ending, starting, near = zip(*rows, strict=True)
    return _Boundaries(np.array(ending), np.array(starting), np.array(near))


def _speed(segments: Sequence[Segment]) -> float:
    """The log of how much longer the speaker's phones are than is usual for them."""
    lengths = np.array([max(segment.end - segment.start, _SHORTEST) for segment in segments])
    return float(np.median(np.log(1000 * lengths / [USUAL[segment.name] for segment in segments])))


def _placed(changes: Changes, boundaries: _Boundaries, speed: float) -> NDArray[np.float64]:
    """The median of the places of each boundary, in seconds."""
    places = numbers(boundaries.near)
    likelihoods = changes.likelihoods(boundaries.ending, boundaries.starting, places)
    here = np.exp(likelihoods - likelihoods.max(axis=1, keepdims=True))
    lengths = np.exp(_lengths(boundaries.starting[:-1], np.diff(places), speed))
    forward, backward = [here[0]], [np.ones(2 * REACH + 1)]
    for row, length in zip(here[1:], lengths, strict=True):
        forward.append(_scaled(np.convolve(length, forward[-1], "valid") * row))
    for row, length in zip(here[:0:-1], lengths[::-1], strict=True):
        backward.append(_scaled(np.correlate(length, backward[-1] * row, "valid")[::-1]))
    chances = np.array(forward) * np.array(backward[::-1])
    return (places - REACH + _medians(chances)) * HOP


def _lengths(phones: NDArray[np.intp], apart: NDArray[np.intp], speed: float) -> NDArray[np.float64]:
    """Log likelihoods of the lengths between boundaries whose places are `apart` rows, shape (phones, 4 * REACH + 1);
    of a pause any length is as likely.
    """
    learned = parameters()
    rows = apart[:, None] + np.arange(-2 * REACH, 2 * REACH + 1)
    unusual = np.log(np.maximum(rows, 1) * HOP) - speed - learned.lengths[phones][:, None]
    found: NDArray[np.float64] = np.maximum(-np.square(unusual / learned.spreads[phones][:, None]) / 2, _NEVER)
    found[phones == learned.names.index(PAUSE)] = 0
    found[rows * HOP < _SHORTEST] = _NEVER
    return found


def _scaled(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = chances / chances.sum()
    return scaled


def _medians(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """The column, with a fraction, that parts each row in halves."""
    sums = np.cumsum(chances / chances.sum(axis=1, keepdims=True), axis=1)
    columns = (sums > 0.5).argmax(axis=1)
    above = np.take_along_axis(sums, columns[:, None], axis=1)[:, 0] - 0.5
    whole = np.take_along_axis(chances, columns[:, None], axis=1)[:, 0] / chances.sum(axis=1)
    found: NDArray[np.float64] = columns + 0.5 - above / whole
    return found


def _in_order(
    segments: Sequence[Segment], starts: Sequence[float], ends: Sequence[float], whole: float
) -> list[Segment]:
    """The segments with `starts` and `ends`, each pushed on where it would be shorter than a phone is."""
    placed: list[Segment] = []
    clock = 0.0
    for left, (segment, start, end) in enumerate(zip(segments, starts, ends, strict=True), 1 - len(segments)):
        latest = whole + (left - 1) * _SHORTEST
        start = min(max(start, clock), max(latest, clock))
        clock = min(max(end, start + _SHORTEST), max(latest + _SHORTEST, start))
        placed.append(replace(segment, start=start, end=clock))
    joined = [
        replace(here, end=after.start) if after.start - here.end < _SHORTEST else here
        for here, after in itertools.pairwise(placed)
    ]
    return [*joined, placed[-1]]
