"""How one mouth shape becomes the next: dominance functions after Cohen and Massaro.

M. M. Cohen and D. W. Massaro, "Modeling coarticulation in synthetic visual speech", in Models and Techniques in
Computer Animation (Springer, 1993). Each target has, for each group of articulators, a dominance that is its weight
while its sound lasts and decays exponentially before and after; a curve is the mean of the targets by dominance.
Groups are those of the lips' and the jaw's own muscles, so that a t between two vowels leaves the lips to the vowels.

Over that lie the hard contacts of `contacts`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.motion.contacts import constrain, contacts
from deckard_cli.motion.visemes import POSES, VOWELS, Target

__all__ = ["ARTICULATORS", "HORIZON", "MEMORY", "Mouth", "articulate"]

Array = NDArray[np.float64]

HORIZON: Final = 0.25
"""Seconds: nothing moves for a sound that is further ahead than this."""
MEMORY: Final = 0.6
"""Seconds: a sound that ended longer ago than this moves nothing."""

_GROUPS: Final = {
    "jaw": ("jawOpen",),
    "lips": (
        "mouthPress", "mouthRollLower", "mouthRollUpper", "mouthLowerDown", "mouthUpperUp", "mouthShrugLower",
    ),
    "rounding": ("mouthFunnel", "mouthPucker"),
    "spreading": ("mouthStretch", "mouthSmile"),
    "tongue": ("tongueOut",),
}  # fmt: skip
ARTICULATORS: Final = tuple(name for members in _GROUPS.values() for name in members)
"""The columns of `Mouth.shape`."""
_GROUP_OF: Final = np.repeat(np.arange(len(_GROUPS)), [len(members) for members in _GROUPS.values()])

_WEIGHT: Final = {
    #       jaw  lips  rounding spreading tongue
    "sil": (1.0, 1.0, 1.0, 1.0, 1.0),
    "PP": (0.35, 8.0, 0.05, 0.1, 0.5),
    "FF": (1.0, 6.0, 0.08, 0.1, 0.5),
    "TH": (0.8, 0.6, 0.05, 0.1, 3.0),
    "DD": (0.5, 0.1, 0.02, 0.05, 0.5),
    "kk": (0.4, 0.1, 0.02, 0.05, 0.5),
    "CH": (3.0, 1.0, 3.0, 1.0, 0.5),
    "SS": (3.0, 1.0, 0.08, 1.0, 0.5),
    "nn": (0.5, 0.1, 0.02, 0.05, 0.5),
    "RR": (0.8, 0.7, 1.5, 0.7, 0.5),
    "aa": (1.0, 1.0, 1.0, 1.0, 0.5),
    "E": (1.0, 1.0, 1.0, 1.0, 0.5),
    "ih": (1.0, 1.0, 1.0, 1.0, 0.5),
    "oh": (1.0, 1.0, 3.0, 1.0, 0.5),
    "ou": (1.0, 1.0, 3.0, 1.0, 0.5),
}
_TONGUE_ONLY: Final = frozenset({"DD", "kk", "nn", "TH"})
_PROTRUDED: Final = frozenset({"CH", "ou", "oh"})

_STEEPNESS: Final = 3.0
"""Dominance at the end of its lead is exp(-3), 5 % of its height."""
_LEAD: Final = 0.06
"""Seconds from the start of a movement to that of its sound in running speech (Schwartz and Savariaux, 2014)."""
_LEAD_AFTER_PAUSE: Final = 0.12
"""The same after silence, when nothing else keeps the mouth (JALI's onset)."""
_PROTRUSION: Final = 1.3
"""Rounding starts earlier than the rest."""
_REST: Final = 0.25
"""Seconds of silence that bring the mouth to rest."""
_GLIDE: Final = 0.03
"""Seconds by which the second shape of a diphthong is later than its start: a vowel that glides does not jump."""
_RELAX: Final = 0.12
"""Seconds from the end of the last sound until the mouth is at rest."""


@dataclass(frozen=True, slots=True)
class Mouth:
    """What the mouth does in a run of frames."""

    shape: Array
    """Shape (frames, len(ARTICULATORS)), 0..1."""
    seal: Array
    """Shape (frames,): 1 where the lips are to be sealed, 0 where they are free."""
    bite: Array
    """Shape (frames,): 1 where the lower lip is to touch the upper teeth."""


@dataclass(frozen=True, slots=True)
class _Gesture:
    """A target with its dominance: five numbers are one for each group of articulators."""

    pose: Array
    start: float
    """Seconds: dominance is full from here ..."""
    hold: float
    """... to here."""
    weight: Array
    rise: Array
    """Seconds in which dominance comes."""
    fall: Array
    """Seconds in which dominance goes."""
    reach: float
    """Seconds before `start` from which it has any."""


def articulate(targets: Sequence[Target], times: Array, frame: float) -> Mouth:
    """The mouth at `times`, the middles of frames `frame` seconds long.

    The mouth at a time is the same whatever begins more than `HORIZON` later or ended more than `MEMORY` before.
    """
    leads = _leads(targets)
    shape = _blend([_gesture(target, lead) for target, lead in zip(targets, leads, strict=True)], times)
    touching = contacts(targets, leads, times, frame)
    constrain({name: shape[:, index] for index, name in enumerate(ARTICULATORS)}, touching)
    return Mouth(shape, touching.seal, touching.bite)


def _leads(targets: Sequence[Target]) -> list[float]:
    """Seconds that each target moves ahead of its sound: more after a pause, less in fast speech."""
    leads = []
    previous = -math.inf
    for target in targets:
        if target.start - previous == math.inf:
            leads.append(_LEAD_AFTER_PAUSE)
        else:
            rate = min(max(math.sqrt((target.end - target.start) / 0.09), 0.6), 1.3)
            leads.append(max(min(_LEAD * rate, target.start - previous), 0.01))
        previous = -math.inf if target.viseme == "sil" else target.start
    return leads


def _gesture(target: Target, lead: float) -> _Gesture:
    if target.viseme == "sil":
        return _silence(target.start, target.end)
    start, length = target.start, target.end - target.start
    reach = HORIZON if lead < _LEAD_AFTER_PAUSE else 0.2
    if target.glide:
        start += min(0.4 * length, _GLIDE)
        lead += min(0.4 * length, _GLIDE)
    if target.known is not None:
        start = max(start, target.known - 0.15)
        reach = min(reach, HORIZON - (target.known - start))
    weight: Array = np.array(_WEIGHT[target.viseme])
    if target.viseme in _TONGUE_ONLY:
        weight[0] *= min(max((length - 0.02) / 0.08, 0.2), 1.0)
    if target.rounded:
        weight[2] = 1.5
    rise = np.full(len(_GROUPS), lead)
    if target.viseme in _PROTRUDED:
        rise[2] *= _PROTRUSION
    hold = max(start, (target.burst or target.end) - _LEAD * min(max(length / 0.09, 0.4), 1.0))
    fall = np.full(len(_GROUPS), max(target.end - hold, 0.015))
    return _Gesture(_pose(target), start, hold, weight, rise, fall, reach)


def _silence(start: float, end: float) -> _Gesture:
    """The mouth in a silence: at rest if it is long, on the way there if it is short."""
    length = end - start
    same = np.ones(len(_GROUPS))
    rest = np.zeros(len(ARTICULATORS))
    if length < _REST:
        third = length / 3
        return _Gesture(rest, start + third, end - third, 0.4 * same, third * same, third * same, third)
    fall = _LEAD_AFTER_PAUSE * same
    return _Gesture(rest, start + _RELAX, end - _LEAD_AFTER_PAUSE, same, _RELAX * same, fall, _RELAX)


def _pose(target: Target) -> Array:
    pose = np.array([POSES[target.viseme].get(name, 0.0) for name in ARTICULATORS])
    size = target.strength
    if target.viseme in VOWELS:
        length = target.end - target.start
        size *= (0.88, 1.08, 1.0)[target.stress] * min(0.6 + 0.4 * length / 0.08, 1.0)
    openings = [ARTICULATORS.index(name) for name in ("jawOpen", "mouthLowerDown", "mouthUpperUp")]
    others = 0.4 + 0.6 * min(size, 1.0)
    factor = np.full(len(ARTICULATORS), others)
    factor[openings] = size
    pose *= factor
    if target.rounded:
        for name in ("mouthFunnel", "mouthPucker"):
            pose[ARTICULATORS.index(name)] = max(pose[ARTICULATORS.index(name)], 0.35)
        pose[ARTICULATORS.index("mouthStretch")] = 0.0
    clipped: Array = np.clip(pose, 0.0, 1.0)
    return clipped


def _blend(gestures: Iterable[_Gesture], times: Array) -> Array:
    """The mean of the poses, each weighted by its dominance, at every time: shape (times, articulators)."""
    total = np.zeros((len(times), len(ARTICULATORS)))
    weights = np.full((len(times), len(_GROUPS)), 1e-12)
    for gesture in gestures:
        first, last = np.searchsorted(times, (gesture.start - gesture.reach, gesture.hold + MEMORY))
        if first == last:
            continue
        dominance = _dominance(gesture, times[first:last])
        weights[first:last] += dominance
        total[first:last] += dominance[:, _GROUP_OF] * gesture.pose
    shape: Array = total / weights[:, _GROUP_OF]
    return shape


def _dominance(gesture: _Gesture, times: Array) -> Array:
    early = np.maximum(gesture.start - times, 0.0)[:, None]
    late = np.maximum(times - gesture.hold, 0.0)[:, None]
    window = (1.0 - (early / gesture.reach) ** 2) ** 2 * (1.0 - (late / MEMORY) ** 2) ** 2
    flank: Array = np.exp(-_STEEPNESS * (early / gesture.rise + late / gesture.fall))
    return gesture.weight * flank * window
