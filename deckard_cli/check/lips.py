"""Whether the mouth says what is heard: that it moves, with the sound, rests in silence, and closes for p, b and m."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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

_SURE: Final = 0.3
"""Confidence from which an offset is one."""
_SHORTEST, _ENOUGH = 0.65, 1.5
"""Seconds of voice: with less of it nothing is told, and with enough of it also that no offset fits."""
_SETTLED: Final = (0.2, 0.15)
"""Seconds after a sound and before the next in which it is on its way."""
_LABIAL: Final = "pbm"
_LIPPED: Final = "fvwʋβɸuʊyɥɔoɹʃʒ"
"""Phones, by their first letters: those that shut the lips, and others that bring them near to each other."""
_SOUNDS: Final = 4
"""Of each kind, with fewer of which nothing is told."""


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
    early, late = -limits.sound_early_ms / 1000, limits.sound_late_ms / 1000
    # What is said by chance seems to be so at any offset, and at none surely.
    follows = found.margin >= limits.fit and (found.confidence >= _SURE or early <= found.offset <= late)
    told = f"{found.fit:.0%} of what is heard is seen in the mouth."
    if not follows:
        told = "The mouth does not say what is heard." if spoken >= _ENOUGH else "There is too little speech to tell."
    ok = follows if follows or spoken >= _ENOUGH else None
    yield Finding("follows", ok, told, found.margin, (limits.fit, None), "share", found.confidence)
    yield _sync(found, limits)
    if follows:
        yield from _rests(shots, found, hearing, frame, limits)
        yield from _closes(shots, found, hearing, frame, limits)


def _sync(found: Match, limits: Thresholds) -> Finding:
    value = found.offset * 1000
    limit = (-limits.sound_early_ms, limits.sound_late_ms)
    if found.confidence < _SURE:
        return Finding("sync", None, "No offset fits well enough to be told.", value, limit, "ms", found.confidence)
    where = "late" if value > 0 else "early"
    told = f"The sound is {abs(value):.0f} ms {where}."
    return judged("sync", value, limit, "ms", told, confidence=found.confidence)


def _rests(
    shots: Sequence[Shot], found: Match, hearing: Hearing, frame: float, limits: Thresholds
) -> Iterator[Finding]:
    """How far the mouth is open in silence, beside what it is in speech."""
    open_, silent = _tracks(shots, found, frame), []
    for start, end in hearing.silences:
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
    """How often the lips are nearer to each other in a p, b or m than in another sound that leaves them free."""
    times, opening = _tracks(shots, found, frame)

    def nearest(phones: Iterable[Phone]) -> NDArray[np.float64]:
        shown = [_shown(phone, times, frame) for phone in phones]
        return np.array([opening[pictures].min() for pictures in shown if pictures.any()])

    met = nearest(phone for phone in hearing.phones if phone.ipa[:1] in _LABIAL)
    free = nearest(phone for phone in hearing.phones if phone.ipa[:1] not in _LABIAL + _LIPPED)
    if min(len(met), len(free)) < _SOUNDS:
        return
    value = float((met[:, None] < free).mean())
    told = f"The lips are closer in p, b and m than in {value:.0%} of other sounds."
    yield judged("closure", value, (limits.closure, None), "share", told)


def _shown(phone: Phone, times: NDArray[np.float64], frame: float) -> NDArray[np.bool_]:
    """The pictures that are seen while `phone` is to be."""
    end = phone.burst or phone.end
    seen: NDArray[np.bool_] = (times + frame / 2 > phone.start - HOP / 2) & (times - frame / 2 < end + HOP / 2)
    return seen


def _tracks(shots: Sequence[Shot], found: Match, frame: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When each picture's middle is shown, on the clock of the sound as the mouth has it, and how far it is open."""
    times = np.concatenate([shot.times for shot in shots]) + frame / 2 + found.offset
    return times, np.concatenate(found.opening)
