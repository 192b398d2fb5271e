"""Warping one sound's time onto another's."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from deckard_cli.speech.align.warp import warp
from deckard_cli.speech.mel import HOP, cepstra
from deckard_cli.speech.pauses import pauses
from deckard_cli.speech.pcm import silence


def cheapest(unlike: np.ndarray) -> float:
    """The cost of the best way, by the recurrence as Sakoe and Chiba write it."""
    total = np.full(np.add(unlike.shape, 1), np.inf)
    total[1, 1] = 1.5 * unlike[0, 0]
    for row in range(1, len(total)):
        for column in range(1, total.shape[1]):
            here = unlike[row - 1, column - 1]
            ways = (
                total[row - 1, column - 1] + 2 * here,
                total[row - 1, column] + 1.5 * here,
                total[row, column - 1] + 1.5 * here,
            )
            total[row, column] = min(total[row, column], *ways)
    return float(total[-1, -1])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 10**6))
def test_the_way_is_the_cheapest_there_is(rows: int, columns: int, seed: int) -> None:
    unlike = np.random.default_rng(seed).random((rows, columns)).astype(np.float32)
    path = warp(unlike, open_end=False)
    steps = np.diff(path, axis=0)
    assert path[0].tolist() == [0, 0]
    assert path[-1].tolist() == [rows - 1, columns - 1]
    assert ((steps >= 0) & (steps <= 1)).all()
    assert (steps.sum(axis=1) > 0).all()
    weights = np.where(steps.sum(axis=1) == 2, 2.0, 1.5)
    cost = 1.5 * unlike[0, 0] + (weights * unlike[path[1:, 0], path[1:, 1]]).sum()
    assert abs(cost - cheapest(unlike)) < 1e-4


def test_an_open_end_stops_where_the_likeness_does() -> None:
    features = np.random.default_rng(0).standard_normal((40, 5))
    unlike = np.linalg.norm(features[:25, None] - features[None], axis=2).astype(np.float32)
    path = warp(unlike, open_end=True)
    assert path.tolist() == [[index, index] for index in range(25)]


def test_cepstra_do_not_hear_the_volume_and_come_every_hop() -> None:
    noise = np.random.default_rng(0).standard_normal(22050).astype(np.float32) / 4
    shaped = noise * np.hanning(22050).astype(np.float32)
    rows = cepstra(shaped, 22050)
    assert len(rows) == 1 / HOP
    assert np.abs(cepstra(shaped / 2, 22050) - rows).mean() < 0.05


def test_pauses_are_where_nothing_sounds() -> None:
    rate = 16000
    noise = np.random.default_rng(0).standard_normal(rate).astype(np.float32) / 5
    sound = np.concatenate([silence(0.3, rate), noise, silence(0.5, rate), noise, silence(0.1, rate), noise])
    assert np.allclose(pauses(sound + np.float32(1e-4), rate), [(0, 0.3), (1.3, 1.8)], atol=0.02)
    assert pauses(silence(0, rate), rate) == []
