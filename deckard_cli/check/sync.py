"""Sound against picture: what the mouth does against what a mouth does that says this.

What is heard becomes the opening of a mouth (`listen`), with the lead that a mouth naturally has; what is seen are the
principal components of the mouth (`mouth`). At each lag the one is fitted by the others (least squares), and the lag
at which most of it is explained is the offset. No direction or size of any movement is presumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.check.listen import HOP, Hearing
from deckard_cli.check.mouth import Shot

__all__ = ["Match", "match"]

Array = NDArray[np.float64]

_STEP: Final = 0.01
_FURTHEST: Final = 0.45
"""Seconds that are tried to both sides."""
_REACH: Final = 0.31
"""Seconds within which the offset lies; what fits best beyond is chance."""
_APART: Final = 0.15
"""Seconds from the best lag at which another one begins: speech is like itself a little later."""
_FREE: Final = 10.0
"""Independent pictures of a mouth in a second of speech, about."""
_PARTS: Final = (2, 8)
"""Components that are fitted, one for each second of the clip."""
_GAP: Final = (0.05, 0.3)
"""How far the best lag explains more than any other: not at all, and surely."""

_NEAR: Final = 4
"""Steps from the best lag within which each track's own is, and to both sides of it what a parabola is laid through."""
_SHARP: Final = 0.015
"""Seconds of error of an offset that is surely known: the limits are three to four times as far away."""

_RIDGE: Final = 1e-3
"""Of the length of a basis: a movement that is made in silence alone has no weight."""

LAGS: Final = np.arange(-round(_FURTHEST / _STEP), round(_FURTHEST / _STEP) + 1) * _STEP


@dataclass(frozen=True, slots=True)
class Match:
    """How a mouth goes with a sound."""

    offset: float
    """Seconds by which the sound comes late, beyond the natural lead of the mouth; negative where it comes early."""
    error: float
    """Seconds, the standard error of the offset."""
    fit: float
    """0..1: how much of the mouth's opening, as it sounds, is seen in its movements at that offset."""
    second: float
    """The same of the best lag that is another."""
    opening: tuple[Array, ...]
    """For each shot, how far the mouth is seen to be open in each picture, in the measure of `Hearing.opening`."""

    @property
    def margin(self) -> float:
        """How much more is seen at that offset than at the best of the others."""
        return self.fit - self.second

    @property
    def confidence(self) -> float:
        """0..1: how surely this offset is meant, and no other."""
        low, high = _GAP
        alone = min(max((self.margin - low) / (high - low), 0.0), 1.0)
        return alone * min(_SHARP / self.error, 1.0)


def match(shots: Sequence[Shot], hearing: Hearing, frame: float) -> Match | None:
    """How the mouth in `shots`, of pictures `frame` seconds long, goes with `hearing`; None where nothing moves."""
    wanted = [track for track in (hearing.opening, hearing.said) if track is not None and track.std() > 0.01]
    seconds = sum(float(shot.times[-1] - shot.times[0]) for shot in shots)
    if not wanted or seconds < 0.5:
        return None
    count = int(np.clip(round(seconds), *_PARTS))
    curves = np.array([_explained(shots, track, frame, count, seconds) for track in wanted])
    # Which lag is meant, all tell together, the better ones more; where exactly it lies, each for itself.
    whole = np.average(curves, axis=0, weights=np.maximum(curves.max(axis=1), 0.01))
    best = int(np.argmax(np.where(np.abs(LAGS) <= _REACH, whole, -1.0)))
    spoken = max(float(hearing.voice.sum()) * HOP, 0.1)
    peaks = [_peak(curve, best, spoken) for curve in curves]
    sure = np.array([1 / error**2 for _, error in peaks])
    offset = float(np.average([at for at, _ in peaks], weights=sure))
    other = np.abs(LAGS - LAGS[best]) > _APART
    opened = tuple(_opened(shot, hearing, offset, frame, count) for shot in shots)
    fit, second = (max(float(value), 0.0) for value in (curves[:, best].max(), whole[other].max()))
    return Match(offset, float(1 / np.sqrt(sure.sum())), fit, second, opened)


def _peak(curve: Array, near: int, seconds: float) -> tuple[float, float]:
    """Where `curve` is highest near one of `LAGS`, and the standard error of that in so many seconds of speech."""
    top = int(np.clip(near, 2 * _NEAR, len(curve) - 1 - 2 * _NEAR))
    top += int(np.argmax(curve[top - _NEAR : top + _NEAR + 1])) - _NEAR
    bend, slope, _ = np.polyfit(
        LAGS[top - _NEAR : top + _NEAR + 1] - LAGS[top], curve[top - _NEAR : top + _NEAR + 1], 2
    )
    if bend >= 0:
        return float(LAGS[near]), 1.0
    at = float(LAGS[top] + np.clip(-slope / (2 * bend), -2 * _STEP, 2 * _STEP))
    return at, float(np.sqrt(max(1 - curve[top], 0.02) / (_FREE * seconds * -2 * bend)))


def _explained(shots: Sequence[Shot], track: NDArray[np.float32], frame: float, count: int, seconds: float) -> Array:
    """The share of `track` that the mouth explains at each of `LAGS`, less what chance would."""
    found, whole = np.zeros(len(LAGS)), np.full(len(LAGS), 1e-9)
    for shot in shots:
        basis = _basis(shot, count)
        times = shot.times + frame / 2
        for lag in range(len(LAGS)):
            heard = _heard(track, times + LAGS[lag])
            heard -= heard.mean()
            found[lag] += np.square(np.einsum("nk,n->k", basis, heard)).sum()
            whole[lag] += np.square(heard).sum()
    # Any few curves explain something of a short one.
    free = max(_FREE * seconds, count + 2.0)
    return np.asarray(1 - (1 - found / whole) * (free - 1) / (free - count - 1))


def _heard(track: NDArray[np.float32], times: Array) -> Array:
    """`track` at `times`, which rise; before and after it the mouth is shut."""
    first = max(int(times[0] / HOP) - 1, 0)
    # A film has a hundred shots: for each of them all of it would be gone through.
    near = track[first : max(int(times[-1] / HOP) + 3, 0)]
    if not len(near):
        return np.zeros(len(times))
    return np.interp(times, (np.arange(first, first + len(near)) + 0.5) * HOP, near, left=0.0, right=0.0)


def _basis(shot: Shot, count: int) -> Array:
    """An orthonormal basis of the mouth's movements, shape (pictures, parts)."""
    parts = shot.parts[:, : min(count, len(shot.times) // 6 + 1)].astype(np.float64)
    parts -= parts.mean(axis=0)
    parts = parts[:, parts.std(axis=0) > 0.02]
    # Written out (Gram and Schmidt, twice): LAPACK wakes its threads for it, which spin.
    for column in (*range(parts.shape[1]), *range(parts.shape[1])):
        others = parts[:, :column]
        parts[:, column] -= np.einsum("nk,k->n", others, np.einsum("nk,n->k", others, parts[:, column]))
        parts[:, column] /= max(float(np.sqrt(np.square(parts[:, column]).sum())), 1e-12)
    return parts


def _opened(shot: Shot, hearing: Hearing, offset: float, frame: float, count: int) -> Array:
    """How far the mouth is seen to be open. What that looks like is learned where somebody speaks: learned in silence
    as well, a mouth that moves there would be taken for a shut one.
    """
    times = shot.times + frame / 2 + offset
    basis = np.column_stack([_basis(shot, count), np.full(len(times), 1 / np.sqrt(len(times)))])
    spoken = np.ones(len(times), bool)
    for start, end in hearing.silences:
        spoken &= (times < start) | (times > end)
    heard = _heard(hearing.opening if hearing.said is None else hearing.said, times)
    if spoken.sum() <= 2 * basis.shape[1]:
        spoken[:] = True
    # In a short clip lips that rest may look as they never do in speech, and would seem open to what only knows that.
    far = np.einsum("nk,kl,nl->n", basis, np.linalg.inv(_square(basis[spoken])), basis)
    spoken |= far > far[spoken].max()
    weights = np.linalg.solve(_square(basis[spoken]), np.einsum("nk,n->k", basis[spoken], heard[spoken]))
    return np.asarray(np.einsum("nk,k->n", basis, weights))


def _square(basis: Array) -> Array:
    """Its columns with each other, firm enough to be solved for."""
    return np.asarray(np.einsum("nk,nl->kl", basis, basis) + _RIDGE * np.eye(basis.shape[1]))
