"""What a mouth does, as a few numbers a picture that are learned from the clip itself.

The pictures of a mouth whose head stands still differ by what the mouth does and by little else, so that their
principal components are its movements (as the "eigenlips" of C. Bregler and Y. Konig, ICASSP 1994): the first is
nearly always that it opens. Whether the skin is drawn or photographed, bearded or transparent, makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Mouth", "Shot"]

_LEARNED: Final = 300
"""Pictures from which the components are learned: about ten seconds."""
_SAMPLED: Final = 100
"""Those of them that are taken: of 300, it would take 20 times as long, and find the same."""
_LEAST: Final = 12
"""Pictures with fewer of which nothing is learned."""
_COMPONENTS: Final = 8


@dataclass(frozen=True, slots=True)
class Shot:
    """One face, followed without a gap."""

    times: NDArray[np.float64]
    """Seconds at which each picture is shown, shape (n,)."""
    parts: NDArray[np.float32]
    """What the mouth does: its principal components, the largest first, in steps of brightness; shape (n, 8)."""
    spread: float
    """How much the mouth changes beside how much the rest of its surroundings does; about 1 where nothing moves."""


class Mouth:
    """Takes the pictures of one mouth as they come, and keeps a few numbers of each."""

    def __init__(self, size: tuple[int, int]) -> None:
        """`size`: width and height of a picture in pixels."""
        self._size = size
        self._first: list[NDArray[np.uint8]] = []
        self._times: list[float] = []
        self._parts: list[NDArray[np.float32]] = []
        self._mean = self._basis = np.zeros((0, 0), np.float32)
        self._spread = 1.0

    def add(self, patch: NDArray[np.uint8], time: float) -> None:
        """The mouth at `time` seconds."""
        self._times.append(time)
        if len(self._basis):
            self._parts.append(self._projected(patch[None]))
            return
        self._first.append(patch)
        if len(self._first) == _LEARNED:
            self._learn()

    def shot(self) -> Shot | None:
        """All of it; None where it was too short to learn anything."""
        if not len(self._basis):
            if len(self._first) < _LEAST:
                return None
            self._learn()
        return Shot(np.array(self._times), np.concatenate(self._parts), self._spread)

    def _learn(self) -> None:
        pictures = np.stack(self._first)
        flat = pictures[:: -(-len(pictures) // _SAMPLED)].reshape(-1, pictures[0].size).astype(np.float32)
        mean, basis = cv2.PCACompute(flat, np.zeros(0, np.float32), maxComponents=_COMPONENTS)
        self._mean, self._basis = np.asarray(mean, np.float32), np.asarray(basis, np.float32)
        self._parts.append(self._projected(pictures))
        self._spread = _spread(flat.std(axis=0).reshape(self._size[::-1]))
        self._first = []

    def _projected(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        flat = pictures.reshape(len(pictures), -1).astype(np.float32)
        parts = cv2.PCAProject(flat, self._mean, self._basis) / np.float32(np.sqrt(flat.shape[1]))
        return np.pad(np.asarray(parts, np.float32), ((0, 0), (0, _COMPONENTS - parts.shape[1])))


def _spread(deviation: NDArray[np.float32]) -> float:
    height, width = deviation.shape
    middle = deviation[height // 5 : 3 * height // 4, width // 5 : -width // 5]
    return float(np.percentile(middle, 90) + 0.5) / float(np.median(deviation[: height // 6]) + 0.5)
