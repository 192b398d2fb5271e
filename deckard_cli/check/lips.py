"""Whether the mouth says what is heard: that it moves, with the sound, rests in silence, and closes for p, b and m."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.check.listen import HOP, Hearing
from deckard_cli.check.mouth import Shot
from deckard_cli.check.report import Finding, judged
from deckard_cli.check.sync import Match, match
from deckard_cli.settings import Thresholds
from deckard_cli.speech import Phone

__all__ = ["lips"]

_SURE: Final = 0.4
"""Confidence from which an offset is one."""
_SHORTEST: Final = 0.5
"""Seconds of voice with less of which nothing is told."""
_SILENCE: Final = 0.35
"""Seconds of a silence in which a mouth comes to rest; shorter ones are not looked at."""
_SETTLED: Final = (0.2, 0.15)
"""Seconds after a sound and before the next in which it is on its way."""
_CLOSED: Final = 0.3
"""Of the way from shut to wide open, up to which lips count as closed: between two pictures they part a little."""
_KNOWN: Final = 0.4
"""Confidence of a word whose phones are looked at."""


def lips(shots: Sequence[Shot], hearing: Hearing, frame: float, limits: Thresholds) -> Iterator[Finding]:
    """What is found on the mouth in `shots`, of pictures `frame` seconds long, against what is heard."""
    if not shots:
        return
    motion = max(shot.spread for shot in shots)
    least = limits.mouth_motion
    moves = "The mouth moves." if motion >= least else "The mouth does not move."
    yield judged("mouth_moves", motion, (least, None), "", moves)
    spoken = float(hearing.voice.sum()) * HOP
    found = match(shots, hearing, frame) if spoken >= _SHORTEST else None
    if found is None:
        yield Finding("sync", None, "There is too little speech to tell whether the mouth goes with it.")
        return
    yield judged("follows", found.fit, (limits.fit, None), "share", _follows(found, limits))
    yield _sync(found, limits)
    if found.fit >= limits.fit:
        yield from _rests(shots, found, hearing, frame, limits)
        yield from _closes(shots, found, hearing, frame, limits)


def _follows(found: Match, limits: Thresholds) -> str:
    if found.fit < limits.fit:
        return "The mouth does not say what is heard."
    return f"{found.fit:.0%} of what is heard is seen in the mouth."


def _sync(found: Match, limits: Thresholds) -> Finding:
    value = found.offset * 1000
    limit = (-limits.sound_early_ms, limits.sound_late_ms)
    if found.confidence < _SURE or found.fit < limits.fit:
        return Finding("sync", None, "No offset fits well enough to be told.", value, limit, "ms", found.confidence)
    where = "late" if value > 0 else "early"
    told = f"The sound is {abs(value):.0f} ms {where}."
    return judged("sync", value, limit, "ms", told, confidence=found.confidence)


def _rests(
    shots: Sequence[Shot], found: Match, hearing: Hearing, frame: float, limits: Thresholds
) -> Iterator[Finding]:
    """How far the mouth is open in silence, beside what it is in speech."""
    open_, silent = _tracks(shots, found, frame), []
    for start, end in _silences(hearing):
        times, opening = open_
        inside = (times - frame / 2 > start + _SETTLED[0]) & (times + frame / 2 < end - _SETTLED[1])
        silent.append(opening[inside])
    still = np.concatenate([np.zeros(0), *silent])
    if len(still) < 3:
        return
    shut, wide = np.percentile(open_[1], (5, 95))
    value = float(np.percentile(still, 90) - shut) / max(float(wide - shut), 1e-6)
    rests = value <= limits.rest
    told = "The mouth rests in silence." if rests else "The mouth is open while nothing is heard."
    yield judged("rest", value, (None, limits.rest), "share", told)


def _closes(
    shots: Sequence[Shot], found: Match, hearing: Hearing, frame: float, limits: Thresholds
) -> Iterator[Finding]:
    """The share of p, b and m in which the lips meet in some picture that is shown while they should."""
    times, opening = _tracks(shots, found, frame)
    shut, wide = np.percentile(opening, (5, 95))
    met = []
    for phone in _bilabials(hearing):
        end = phone.burst or phone.end
        shown = (times + frame / 2 > phone.start - HOP) & (times - frame / 2 < end + HOP)
        if shown.any():
            met.append(float(opening[shown].min() - shut) < _CLOSED * float(wide - shut))
    if len(met) < 3:
        return
    value = sum(met) / len(met)
    told = f"The lips meet in {sum(met)} of {len(met)} p, b and m."
    yield judged("closure", value, (limits.closure, None), "share", told)


def _tracks(shots: Sequence[Shot], found: Match, frame: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When each picture's middle is shown, on the clock of the sound as the mouth has it, and how far it is open."""
    times = np.concatenate([shot.times for shot in shots]) + frame / 2 + found.offset
    return times, np.concatenate(found.opening)


def _silences(hearing: Hearing) -> Iterator[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (~hearing.voice).astype(np.int8), [0]])))
    for first, last in edges.reshape(-1, 2):
        if (last - first) * HOP >= _SILENCE:
            yield first * HOP, last * HOP


def _bilabials(hearing: Hearing) -> Iterator[Phone]:
    """Those of words that are surely said then."""
    spans = [(word.start, word.end) for word in hearing.words if word.confidence >= _KNOWN]
    for phone in hearing.phones:
        if phone.ipa[:1] in "pbm" and any(start - HOP <= phone.start <= end for start, end in spans):
            yield phone
