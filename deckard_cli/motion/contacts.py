"""What the mouth must touch, whatever it does before and after: the hard constraints of JALI.

P. Edwards and others, "JALI: an animator-centric viseme model for expressive lip synchronization", ACM Transactions on
Graphics 35, 2016: p b m seal the lips, f v put the lower lip to the upper teeth, sibilants narrow the jaw. They hold in
the frames as they are shown, not only at the instants that are sampled, or 20 ms of closure would be missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.motion.rhythm import eased
from deckard_cli.motion.visemes import POSES, Target

__all__ = ["Contacts", "constrain", "contacts"]

Array = NDArray[np.float64]

_EDGE: Final = 0.001
"""Seconds by which a frame may overlap a closure and not show it."""
_OPENING: Final = 0.02
"""Seconds in which sealed lips part."""
_SEALED_JAW: Final = 0.16
"""As far as the jaw opens behind sealed lips."""
_NARROW_JAW: Final = 0.15
"""As far as it opens in a sibilant."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """What must touch, frame by frame: 0 not at all .. 1 fully; each of shape (frames,)."""

    seal: Array
    """The lips each other."""
    bite: Array
    """The lower lip the upper teeth."""
    narrow: Array
    """The teeth, almost, each other."""


def contacts(targets: Sequence[Target], leads: Sequence[float], times: Array, frame: float) -> Contacts:
    """The contacts of `targets`, each come to in its lead, in frames `frame` seconds long whose middles are `times`."""
    seal, bite, narrow = (np.zeros(len(times)) for _ in range(3))
    for target, lead in zip(targets, leads, strict=True):
        start, end = target.start, target.end
        if target.burst is not None:
            opening = max(_OPENING, min(end - target.burst + _OPENING, 0.05))
            _hold(seal, times, frame, start, target.burst, lead, opening)
        elif target.viseme == "FF" and target.strength >= 1.0:
            _hold(bite, times, frame, start, end, lead, _OPENING)
        elif target.viseme in ("SS", "CH"):
            early = min(0.03, 0.3 * (end - start))
            _hold(narrow, times, 0.0, start, end - early, lead, early + _OPENING)
    # Lips on their way to an m may not leave the teeth while a v is still heard: "five more".
    seal[(bite == 1.0) & (seal < 1.0)] = 0.0
    return Contacts(seal, bite, narrow)


def constrain(column: Mapping[str, Array], touching: Contacts) -> None:
    """Lay the contacts over the curves of a mouth, by the name of the shape, in place."""
    seal, bite = touching.seal, touching.bite
    column["jawOpen"][:] -= touching.narrow * np.maximum(column["jawOpen"] - _NARROW_JAW, 0.0)
    _towards(column, "FF", bite, ("jawOpen", "mouthRollLower", "mouthUpperUp", "mouthShrugLower", "mouthLowerDown"))
    column["jawOpen"][:] -= seal * np.maximum(column["jawOpen"] - _SEALED_JAW, 0.0)
    # A lip that is also at the teeth (the p of pf) would be pulled off them.
    rolled = np.maximum(column["mouthRollLower"], POSES["PP"]["mouthRollLower"])
    _towards(column, "PP", seal, ("mouthPress", "mouthRollUpper", "mouthUpperUp", "mouthLowerDown"))
    column["mouthRollLower"][:] += seal * (rolled - column["mouthRollLower"])


def _hold(contact: Array, times: Array, frame: float, start: float, end: float, lead: float, opening: float) -> None:
    """Enter a contact from `start` to `end`, eased in over `lead` before and out over `opening` after.

    It is full in every frame that is shown at any instant in between, and the lead is counted from what is shown.
    """
    first, last = np.searchsorted(times, (start - lead - frame, end + opening + frame))
    near = times[first:last]
    coming = np.clip(1.0 - (start - near - frame / 2) / lead, 0.0, 1.0)
    going = np.clip(1.0 - (near - end) / opening, 0.0, 1.0)
    held = eased(coming) * eased(going)
    edge = min(_EDGE, (end - start) / 4)
    held[(near - frame / 2 < end - edge) & (near + frame / 2 > start + edge)] = 1.0
    np.maximum(contact[first:last], held, out=contact[first:last])


def _towards(column: Mapping[str, Array], viseme: str, amount: Array, names: Iterable[str]) -> None:
    for name in names:
        column[name][:] += amount * (POSES[viseme].get(name, 0.0) - column[name])
