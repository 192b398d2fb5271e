"""A talking photograph as somebody else's landmark detector sees it: MediaPipe, on the decoded clip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from mouths import film, photographed, timeline

from deckard_cli.script import Line
from deckard_cli.speech import Speech
from deckard_cli.speech.espeak import Espeak

pytest.importorskip("mediapipe", reason="MediaPipe is not installed: nobody else looks at the clip")

FPS = 25
CLOSED, OPEN = 0.02, 0.3
"""Between the inner edges of the lips, in distances between the eyes."""


@pytest.fixture(scope="module")
def said() -> list[Speech]:
    spoken = list(Espeak(variant="f3").speak(Line("Maybe Bob will promise Pam more. Father got calm.")))
    return [*spoken, Speech(np.zeros(round(0.3 * spoken[0].rate), np.float32), spoken[0].rate)]


@pytest.fixture(scope="module")
def gap(said: list[Speech], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], float]]:
    from deckard_cli.face.landmarks.mesh import faces

    folder: Path = tmp_path_factory.mktemp("seen")
    clip = film(photographed(folder / "ada"), folder / "ada.mp4", said, FPS, 512, life=1.0)
    with av.open(str(clip)) as opened:
        pictures = [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]

    def measured(index: int) -> float:
        (face,) = faces(pictures[index])
        upper, lower = (np.array(edge)[len(edge) // 2] for edge in (face.mouth.upper, face.mouth.lower))
        apart = np.linalg.norm(np.array(face.left_eye.iris) - face.right_eye.iris)
        return float((lower - upper)[1] / apart)

    yield measured


def test_it_sees_closed_lips_in_p_b_and_m(said: list[Speech], gap: Callable[[int], float]) -> None:
    sealed = [phone for phone in timeline(said)[0] if phone.ipa[0] in "pbm"]
    assert len(sealed) >= 8
    for phone in sealed:
        for index in range(int((phone.start + 0.002) * FPS), int(np.ceil(((phone.burst or phone.end) - 0.002) * FPS))):
            assert gap(index) < CLOSED, f"{phone} at frame {index}"


def test_it_sees_an_open_vowel_20_ms_after_it_begins(said: list[Speech], gap: Callable[[int], float]) -> None:
    vowels = [p for p in timeline(said)[0] if p.ipa[0] in "aæɑ" and p.stress == 1 and p.end - p.start > 0.1]
    assert len(vowels) >= 4
    for phone in vowels:
        first = int(np.ceil((phone.start + 0.02) * FPS))
        assert max(gap(index) for index in range(int(phone.start * FPS), first + 1)) > OPEN, phone
