"""How likely it is at each moment that one phone turns into another there.

A small network, trained on voices that tell their times (`tests/training/boundaries.py`), hears 160 ms of the spectrum
and answers for every phone how much it sounds like its end and like its beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.speech.align.spectrum import HOP, product

__all__ = ["PAUSE", "REACH", "Changes", "Parameters", "numbers", "parameters"]

Floats = NDArray[np.float32]
Numbers = NDArray[np.intp]

REACH: Final = 26
"""Rows by which a boundary moves at most."""
PAUSE: Final = "PAU"
"""What is between two words where nobody speaks."""
_NEVER: Final = -30.0
"""Log likelihood of what cannot be."""
_SHORTEST: Final = 8
"""Rows of a pause; what is shorter is not told from a closure."""
_LONG: Final = 30
"""Rows of a silence that the acoustic model hears from which on it is a pause, whatever the voice sounds like."""
_QUIET: Final = -1.0
"""Mean of the rows of a silence, 9 dB below what is loud."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the network has learned; rows of phones are in the order of `names`."""

    names: tuple[str, ...]
    """ARPAbet, and `PAUSE`."""
    taps: Numbers
    """Rows of the spectrum that are heard, from the one in question."""
    first: Floats
    """Shape (taps * bands + 1, units); the last row is the bias."""
    second: Floats
    """Shape (units + 1, units)."""
    ending: Floats
    """Shape (phones, units): of one that ends."""
    starting: Floats
    """Shape (phones, units): of one that begins."""
    moved: Floats
    """Log likelihood of a move by each number of rows, shape (2 * REACH + 1,)."""
    pausing: Floats
    """Log odds of a pause before each phone, shape (phones,)."""
    lengths: Floats
    """Mean of the log of the seconds that each phone lasts, said at the usual speed, shape (phones,)."""
    spreads: Floats
    """Its standard deviation, shape (phones,)."""


class Changes:
    """A recording, in which any phone can be asked for."""

    def __init__(self, rows: Floats) -> None:
        """`rows` are of `spectrum`."""
        self._rows = rows
        self._learned = parameters()
        self._heard = _heard(rows, self._learned)

    def likelihoods(self, ending: Numbers, starting: Numbers, places: Numbers) -> NDArray[np.float64]:
        """Of a change at each of the rows around `places`, logarithms of shape (len(places), 2 * REACH + 1)."""
        learned = self._learned
        rows = places[:, None] + np.arange(-REACH, REACH + 1)
        near = self._heard[np.clip(rows, 0, len(self._heard) - 1)]
        wanted = learned.ending[ending] + learned.starting[starting]
        found = (near @ wanted[:, :, None])[:, :, 0].astype(np.float64) + learned.moved
        return np.where((rows >= 0) & (rows < len(self._heard)), found, _NEVER)

    def pauses(self, ending: Numbers, starting: Numbers, ends: Numbers, starts: Numbers) -> NDArray[np.bool_]:
        """Whether a pause lies between the phones that end near `ends` and those that begin near `starts`."""
        pause = np.full_like(ending, self._learned.names.index(PAUSE))
        without = np.exp(self.likelihoods(ending, starting, (ends + starts) // 2)).sum(axis=1)
        into = np.exp(self.likelihoods(ending, pause, ends))
        out = np.exp(self.likelihoods(pause, starting, starts))
        count = np.arange(2 * REACH + 1)
        long = (starts - ends)[:, None, None] + count - count[:, None] >= _SHORTEST
        within = (into[:, None, :] @ long @ out[:, :, None])[:, 0, 0]
        likely = np.log(within + 1e-30) + self._learned.pausing[starting] > np.log(without)
        answer: NDArray[np.bool_] = likely | ((starts - ends >= _LONG) & self._quiet(ends, starts))
        return answer

    def _quiet(self, ends: Numbers, starts: Numbers) -> NDArray[np.bool_]:
        """Whether what lies between is faint: the acoustic model takes loud words that it does not know for silence."""
        levels = [
            self._rows[min(end, len(self._rows) - 1) : max(start, end + 1)].mean()
            for end, start in zip(ends, starts, strict=True)
        ]
        return np.array(levels, dtype=np.float32) < _QUIET


def numbers(seconds: NDArray[np.float64]) -> Numbers:
    """The rows nearest to times."""
    found: Numbers = np.round(seconds / HOP).astype(np.intp)
    return found


def _heard(rows: Floats, learned: Parameters) -> Floats:
    """The network's inner answer at each row, shape (rows, units)."""
    most = int(np.abs(learned.taps).max())
    padded = np.pad(rows, ((most, most), (0, 0)), mode="edge")
    around = padded[np.arange(len(rows))[:, None] + learned.taps + most].reshape(len(rows), -1)
    inner = np.maximum(product(around, learned.first[:-1]) + learned.first[-1], 0)
    found: Floats = np.maximum(product(inner, learned.second[:-1]) + learned.second[-1], 0)
    return found


@cache
def parameters() -> Parameters:
    """What came with the package."""
    with as_file(files(__package__) / "boundaries.npz") as path, np.load(path) as file:
        learned = {name: file[name] for name in file.files}
    floats = {name: values.astype(np.float32) for name, values in learned.items() if name not in ("names", "taps")}
    return Parameters(tuple(learned["names"].tolist()), learned["taps"].astype(np.intp), **floats)
