"""Dynamic time warping: the cheapest way to lay one sound's time onto another's.

Sakoe and Chiba, IEEE Trans. ASSP 26, 1978.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["distances", "warp"]

_ASIDE: Final = 1.5
"""Cost of a step in one sound alone; a step in both costs 2. At 1 a sound would rather wait than match."""


def distances(rows: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Euclidean, shape (len(rows), len(others))."""
    squares = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * rows @ others.T
    found: NDArray[np.float32] = np.sqrt(np.maximum(squares, 0))
    return found


def warp(unlike: NDArray[np.float32], *, open_end: bool) -> NDArray[np.intp]:
    """The cheapest way through a matrix of distances from its first corner, shape (steps, 2): row and column, rising.

    It ends in the last corner or, with an open end, in the column of the last row where it is cheapest for its length.
    """
    count, width = unlike.shape
    total = np.empty((count, width), dtype=np.float64)
    total[0] = np.cumsum(_ASIDE * unlike[0])
    for row in range(1, count):
        here = unlike[row].astype(np.float64)
        entered = total[row - 1] + _ASIDE * here
        entered[1:] = np.minimum(entered[1:], total[row - 1, :-1] + 2 * here[1:])
        # The cheapest of waiting in this row: a running minimum over sums, which spares a loop over columns.
        waited = np.cumsum(_ASIDE * here)
        total[row] = waited + np.minimum.accumulate(entered - waited)
    end = int(np.argmin(total[-1] / (count + np.arange(width)))) if open_end else width - 1
    return _traced(total, unlike, end)


def _traced(total: NDArray[np.float64], unlike: NDArray[np.float32], column: int) -> NDArray[np.intp]:
    row = len(total) - 1
    path = [(row, column)]
    while row or column:
        here = float(unlike[row, column])
        ways = [
            (float(total[r, c]) + cost * here, r, c)
            for r, c, cost in ((row - 1, column - 1, 2.0), (row - 1, column, _ASIDE), (row, column - 1, _ASIDE))
            if r >= 0 and c >= 0
        ]
        _, row, column = min(ways)
        path.append((row, column))
    return np.array(path[::-1])
