"""In time, measured on the decoded clip: what the pixels of the mouth show while each sound is heard. Nobody's curves
are asked: the inside of each mouth is dyed, and what is seen of it in the clip is counted.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mouths import PERSONAS, Opening, dyed, film, opening, photographed, surroundings, timeline

from deckard_cli.script import Line
from deckard_cli.speech import Speech
from deckard_cli.speech.espeak import Espeak

TEXT = "Maybe Bob will promise Pam five more very fine movies. My, what a warm home! Father got calm at last."
EDGE = 0.002
"""Seconds at which a frame and a closure may overlap unseen."""

Mouths = list[np.ndarray]
Reel = Callable[..., Mouths]


def spoken() -> list[Speech]:
    said = list(Espeak(variant="f3").speak(Line(TEXT)))
    return [*said, Speech(np.zeros(round(0.3 * said[0].rate), np.float32), said[0].rate)]


def openings(mouths: Mouths) -> list[Opening]:
    return [opening(mouth) for mouth in mouths]


def shown_during(start: float, end: float, fps: int) -> range:
    """Indices of the frames that are on the screen at any time from `start` to `end`."""
    return range(int((start + EDGE) * fps), int(np.ceil((end - EDGE) * fps)))


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Reel:
    folder = tmp_path_factory.mktemp("reel")
    made: dict[tuple[str, int, int, float], Mouths] = {}
    people: dict[str, Path] = {}

    def person(name: str) -> Path:
        if name not in people:
            source = photographed(folder / "source") if name == "photograph" else PERSONAS / name
            people[name] = dyed(source, folder / name)
        return people[name]

    def shot(name: str, fps: int, size: int = 512, life: float = 1.0) -> Mouths:
        key = (name, fps, size, life)
        if key not in made:
            clip = film(person(name), folder / f"{name}-{fps}-{size}-{life}.mp4", spoken(), fps, size, life=life)
            made[key] = list(surroundings(person(name), clip))
        return made[key]

    return shot


CASES = [("joi", fps, 512) for fps in (24, 25, 30, 50, 60)] + [("joi", 25, 384), ("joi", 30, 1024)]
CASES += [("officer_k", 25, 512), ("officer_j", 25, 512), ("photograph", 25, 512), ("photograph", 60, 512)]
EVERYONE = pytest.mark.parametrize(("name", "fps", "size"), CASES)


@EVERYONE
def test_lips_meet_in_every_p_b_and_m(reel: Reel, name: str, fps: int, size: int) -> None:
    seen = openings(reel(name, fps, size))
    sealed = [phone for phone in timeline(spoken())[0] if phone.ipa[0] in "pbm"]
    assert len(sealed) >= 13
    for phone in sealed:
        for index in shown_during(phone.start, phone.burst or phone.end, fps):
            assert seen[index].seen < 0.05, f"{phone} at frame {index}: {seen[index]}"


@EVERYONE
def test_the_lower_lip_meets_the_teeth_in_f_and_v(reel: Reel, name: str, fps: int, size: int) -> None:
    seen = openings(reel(name, fps, size))
    phones = timeline(spoken())[0]
    sealed = {
        i for phone in phones if phone.ipa[0] in "pbm" for i in shown_during(phone.start, phone.burst or phone.end, fps)
    }
    bitten = [phone for phone in phones if phone.ipa[0] in "fv"]
    assert len(bitten) >= 6
    for phone in bitten:
        for index in set(shown_during(phone.start, phone.end, fps)) - sealed:
            assert seen[index].dark < 0.3, f"{phone} at frame {index}: it is dark between lip and teeth"
            assert seen[index].teeth > 1, f"{phone} at frame {index}: no teeth"


@EVERYONE
def test_the_mouth_is_at_rest_in_silence(reel: Reel, name: str, fps: int, size: int) -> None:
    mouths = reel(name, fps, size, 0.0)
    phones, length = timeline(spoken())
    gaps = [(one.end, two.start - 0.2) for one, two in itertools.pairwise(phones)]
    gaps.append((phones[-1].end, length))
    still = [index for start, end in gaps for index in shown_during(start + 0.16, end, fps) if end - start > 0.25]
    assert len(still) > 0.3 * fps
    rest = mouths[-1]
    for index in still:
        assert np.abs(mouths[index] - rest).mean() < 1.5, f"a mouth that moves while nothing is heard, at frame {index}"
        assert opening(mouths[index]).dark < 0.05


@EVERYONE
def test_a_shape_is_reached_20_ms_after_its_sound_begins(reel: Reel, name: str, fps: int, size: int) -> None:
    """An open vowel's mouth is as good as open in the first frame that comes 20 ms or more after its start, and has
    not been so for long: the lips' way there is the natural lead, and begins after what was sealed before it.
    """
    seen = [mouth.seen for mouth in openings(reel(name, fps, size, 0.0))]
    vowels = [p for p in timeline(spoken())[0] if p.ipa[0] in "aæɑ" and p.stress == 1 and p.end - p.start > 0.1]
    assert len(vowels) >= 7
    for phone in vowels:
        most = max(seen[index] for index in shown_during(phone.start, phone.end, fps))
        first = int(np.ceil((phone.start + 0.02) * fps))
        assert most > 10, phone
        assert max(seen[int(phone.start * fps) : first + 1]) > 0.75 * most, f"{phone} is not reached at frame {first}"
        if name == "photograph":
            continue  # who smiles with bared teeth shows them in the "s" before it too
        before = int((phone.start - 0.13) * fps)
        assert seen[before] < 0.5 * most, f"{phone} is there long before, at frame {before}"


def test_the_lead_is_the_same_at_every_rate(reel: Reel) -> None:
    """How far the mouth is open, as a curve of time, is one curve; 24 to 60 frames a second only sample it."""
    curves = {}
    times = np.arange(0.1, timeline(spoken())[1] - 0.1, 0.005)
    for fps in (24, 25, 30, 50, 60):
        opened = np.array([mouth.seen for mouth in openings(reel("joi", fps, 512, 0.0))])
        curves[fps] = np.interp(times, (np.arange(len(opened)) + 0.5) / fps, opened)
    finest = curves[60]
    for fps, curve in curves.items():
        errors = [np.abs(np.roll(curve, by) - finest)[20:-20].mean() for by in range(-12, 13)]
        assert abs(int(np.argmin(errors)) - 12) * 5 <= 10, f"{fps} fps is {(int(np.argmin(errors)) - 12) * 5} ms off"
