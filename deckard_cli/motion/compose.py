"""One face of what is said, felt and lived: the mouth is laid over the mood, and both over the life."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.motion import COLUMN, COLUMNS, SHAPES
from deckard_cli.motion.coarticulation import ARTICULATORS, Mouth
from deckard_cli.motion.feelings import Feeling

__all__ = ["both", "compose"]

Array = NDArray[np.float64]


def _sides(name: str) -> list[int]:
    """Columns of a shape named for one side, or for both."""
    return [COLUMN[full] for full in (name, f"{name}Left", f"{name}Right") if full in COLUMN]


_COLUMNS_OF: Final = [_sides(name) for name in ARTICULATORS]
_JAW, _FUNNEL, _PUCKER = (ARTICULATORS.index(name) for name in ("jawOpen", "mouthFunnel", "mouthPucker"))
_PARTING: Final = ("jawOpen", "mouthLowerDown", "mouthUpperUp", "mouthFunnel")
_PRESSING: Final = ("mouthPress", "mouthRoll", "mouthShrug")
_CURVING: Final = ("mouthSmile", "mouthFrown", "mouthDimple")


def compose(life: Array, feeling: Feeling, mouth: Mouth) -> Array:
    """Curves of `life`, shape (rows, len(COLUMNS)), with the pose of `feeling` and the `mouth` laid over them."""
    curves, spoken = life.copy(), _spoken(mouth)
    for column in np.flatnonzero(feeling.pose.any(axis=0)):
        weight = feeling.pose[:, column]
        curves[:, column] += weight * (1.0 - spoken[:, column]) * _kept(COLUMNS[column], mouth)
    curves += spoken
    curves[:, COLUMN["mouthClose"]] = mouth.seal * curves[:, COLUMN["jawOpen"]]
    for side in ("Left", "Right"):
        curves[:, COLUMN[f"eyeWide{side}"]] *= 1.0 - curves[:, COLUMN[f"eyeBlink{side}"]]
    np.clip(curves[:, : len(SHAPES)], 0.0, 1.0, out=curves[:, : len(SHAPES)])
    return curves


def both(known: Mouth, heard: Mouth) -> Mouth:
    """One mouth of two, of which one is at rest wherever the other is not."""
    return Mouth(known.shape + heard.shape, np.maximum(known.seal, heard.seal), known.bite)


def _spoken(mouth: Mouth) -> Array:
    """The mouth alone, as rows of all columns."""
    curves = np.zeros((len(mouth.seal), len(COLUMNS)))
    for index, columns in enumerate(_COLUMNS_OF):
        curves[:, columns] = mouth.shape[:, [index]]
    return curves


def _kept(name: str, mouth: Mouth) -> Array | float:
    """How much of a mood's weight on a shape the speech leaves: a smile survives a vowel, an open lip no seal."""
    if name.startswith(_PARTING):
        return 1.0 - np.maximum(mouth.seal, mouth.bite)
    if name.startswith(_PRESSING):
        return 1.0 - np.minimum(4.0 * mouth.shape[:, _JAW], 1.0) * (1.0 - mouth.seal)
    if name.startswith(_CURVING):
        return 1.0 - 0.6 * np.minimum(mouth.shape[:, _PUCKER] + mouth.shape[:, _FUNNEL], 1.0)
    return 1.0
