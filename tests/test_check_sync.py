"""Where sound lies beside picture: on mouths that are made of numbers, and on whole clips without a face."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from deckard_cli.check.change import Changes, cadence, doubled
from deckard_cli.check.listen import HOP, Hearing
from deckard_cli.check.mouth import Shot
from deckard_cli.check.sync import match


def spoken(seconds: float, seed: int) -> Hearing:
    """A voice whose mouth opens about four times a second, as far and as long as it happens to."""
    chance = np.random.default_rng(seed)
    count = round(seconds / HOP)
    knots = np.cumsum(chance.uniform(0.05, 0.2, round(seconds * 20)))
    heights = chance.uniform(0.2, 1, len(knots)) * (np.arange(len(knots)) % 2)
    opening = np.interp(np.arange(count) * HOP, knots, heights).astype(np.float32)
    level = np.full(count, -20.0, np.float32)
    return Hearing(level, np.full(count, 0.3, np.float32), -16.0, opening, 0)


def seen(hearing: Hearing, offset: float, fps: float, seed: int, noise: float = 0.05) -> Shot:
    """A mouth that says what is heard so many seconds later, in a mixture of movements of its own."""
    chance = np.random.default_rng(seed)
    times = np.arange(round(hearing.duration * fps)) / fps
    middles = (np.arange(len(hearing.opening)) + 0.5) * HOP
    opened = np.interp(times + 0.5 / fps + offset, middles, hearing.opening, left=0, right=0)
    own = np.cumsum(chance.standard_normal((len(times), 7)), axis=0) * 0.01
    parts = np.column_stack([opened, own]) @ np.linalg.qr(chance.standard_normal((8, 8)))[0]
    return Shot(times, (10 * (parts + noise * chance.standard_normal(parts.shape))).astype(np.float32), 10.0)


@settings(max_examples=30, deadline=None)
@given(
    st.floats(-0.25, 0.25),
    st.sampled_from([24.0, 25.0, 30000 / 1001, 50.0]),
    st.floats(4, 12),
    st.integers(0, 10_000),
)
def test_any_offset_is_found_whatever_the_mouth_looks_like(
    offset: float, fps: float, seconds: float, seed: int
) -> None:
    hearing = spoken(seconds, seed)
    found = match([seen(hearing, offset, fps, seed)], hearing, 1 / fps)
    assert found is not None
    assert found.offset == pytest.approx(offset, abs=0.012)
    assert found.confidence > 0.3


def test_a_clip_in_two_shots_has_one_offset() -> None:
    hearing = spoken(8, 1)
    whole = seen(hearing, 0.1, 25, 1)
    other = seen(hearing, 0.1, 25, 2)
    halves = [Shot(whole.times[:90], whole.parts[:90], 9.0), Shot(other.times[100:], other.parts[100:], 9.0)]
    found = match(halves, hearing, 0.04)
    assert found is not None and found.offset == pytest.approx(0.1, abs=0.01)


def test_what_says_something_else_fits_nowhere() -> None:
    sure = []
    for seed in range(20):
        hearing = spoken(6, seed)
        found = match([seen(spoken(6, seed + 100), 0.0, 25, seed)], hearing, 0.04)
        sure.append(found is not None and found.confidence > 0.3 and found.margin > 0.12)
    assert sum(sure) <= 1


def test_nothing_is_said_of_what_does_not_move() -> None:
    hearing = spoken(5, 3)
    times = np.arange(125) / 25
    assert match([], hearing, 0.04) is None
    still = match([Shot(times, np.zeros((125, 8), np.float32), 1.0)], hearing, 0.04)
    assert still is not None and still.confidence == 0
    silent = Hearing(hearing.level, hearing.peak, -16.0, np.zeros(500, np.float32), 0)
    assert match([seen(hearing, 0, 25, 3)], silent, 0.04) is None


def moving(count: int, seed: int) -> list[NDArray[np.uint8]]:
    """Pictures of a bright spot that wanders about."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:128, :128]
    path = 64 + 30 * np.sin(np.cumsum(chance.uniform(0.05, 0.35, (count, 2)), axis=0))
    return [
        (200 * np.exp(-((x - left) ** 2 + (y - top) ** 2) / 200) + chance.uniform(0, 4, (128, 128))).astype(np.uint8)
        for left, top in path
    ]


def changes(pictures: list[NDArray[np.uint8]], fps: float) -> Changes:
    made = Changes()
    for index, picture in enumerate(pictures):
        made.add(picture, index / fps)
    return made


@pytest.mark.parametrize("every", [5, 6, 12])
def test_pictures_shown_twice_have_a_beat(every: int) -> None:
    pictures = moving(200, 5)
    assert cadence(changes(pictures, 25).change())[0] < 5
    assert len(doubled(changes(pictures, 25).change())) <= 3
    twice = [pictures[index - index // every - (index % every == every - 1)] for index in range(200)]
    errors, beat = cadence(changes(twice, 25).change())
    assert errors > 6
    assert beat == pytest.approx(every, rel=0.02)


def test_pictures_shown_twice_without_a_beat_are_counted() -> None:
    pictures = moving(200, 6)
    chosen = sorted(np.random.default_rng(1).choice(np.arange(10, 190), 15, replace=False).tolist())
    for index in chosen:
        pictures[index] = pictures[index - 1]
    found = set(doubled(changes(pictures, 25).change()).tolist())
    assert len(found & set(chosen)) >= 5, "where a face is about to turn anyway, nobody can tell"
    assert len(found - set(chosen)) <= 2


def test_a_picture_is_compared_with_one_a_while_ago() -> None:
    pictures = moving(50, 7)
    held = changes([*pictures[:20], *[pictures[20]] * 30], 25).change().held
    assert np.isinf(held[:10]).all()
    assert held[11:20].min() > 30
    assert held[31:].max() < 1
