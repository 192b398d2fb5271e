"""A film that was damaged is refused in words, or makes a clip: it never ends a command with a traceback."""

from __future__ import annotations

from pathlib import Path

import av
import film_server as server
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deckard_cli.clip import Quality
from deckard_cli.clip.belief import believe
from deckard_cli.clip.remux import Remux, copyable
from deckard_cli.clip.screening import Screening
from deckard_cli.errors import BackendError
from deckard_cli.face import Film
from deckard_cli.motion import COLUMNS, Motion
from deckard_cli.speech import Speech

GOOD = server.film_of(25, (64, 64), 25)
SOUND = np.zeros(16_000, np.float32)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    av.logging.set_level(None)  # FFmpeg would say on stderr what it thinks of each


def used(film: Film, path: Path) -> None:
    """As the route does."""
    believe(film, 1.0, 25, (64, 64), strict=False)
    if copyable(film):
        with Remux(path, film, rate=16_000, quality=Quality.parse("draft"), tags={}) as clip:
            clip.sound(SOUND)
    else:
        motion = Motion(np.zeros((25, len(COLUMNS)), np.float32), 25)
        list(Screening(film, size=(64, 64)).draw(Speech(SOUND, 16_000), motion))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, len(GOOD)),
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=40),
)
def test_a_damaged_film_is_used_or_refused(tmp_path: Path, end: int, changes: list[tuple[int, int]]) -> None:
    data = bytearray(GOOD)
    for at, value in changes:
        data[at] = value
    try:
        used(Film(bytes(data[:end] if end % 3 == 0 else data)), tmp_path / "a.mp4")
    except BackendError as refused:
        assert refused.message.endswith(".") and refused.hint
    assert not list(tmp_path.glob("*.part.*"))


def test_a_single_picture_is_no_film() -> None:
    with pytest.raises(BackendError, match="does not move"):
        believe(Film(server.film_of(1, (64, 64), 1)), 1.0, 25, (64, 64), strict=False)


def test_another_size_is_told_and_refused_where_strict() -> None:
    film = Film(GOOD)
    assert believe(film, 1.0, 25, (64, 64), strict=True) == ()
    assert believe(film, 1.0, 25, (128, 64), strict=False) == ("The film has 64x64 pixels, and not 128x64.",)
    with pytest.raises(BackendError, match="64x64 pixels, and not 128x64"):
        believe(film, 1.0, 25, (128, 64), strict=True)
