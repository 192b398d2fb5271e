"""In time, measured on the decoded clip: what the pixels of the mouth show while each sound is heard.

A pixel of the mouth's inside is one that is dark, or as pale as teeth, where lips and skin are neither. Nobody's curves
are asked.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from deckard_cli.clip.encode import Encoder
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig import Rig
from deckard_cli.motion.animate import Animator
from deckard_cli.script import Line
from deckard_cli.speech import Phone, Speech
from deckard_cli.speech.espeak import Espeak

PERSONA = Path(__file__).parent.parent / "personas" / "joi"
TEXT = "Maybe Bob will promise Pam five more very fine movies. My, what a warm home! Father got calm at last."
EDGE = 0.002
"""Seconds at which a frame and a closure may overlap unseen."""


def spoken() -> list[Speech]:
    said = list(Espeak(variant="f3").speak(Line(TEXT)))
    return [*said, Speech(np.zeros(round(0.3 * said[0].rate), np.float32), said[0].rate)]


def timeline(speeches: list[Speech]) -> tuple[list[Phone], float]:
    """All phones on the clip's clock, and its length in seconds."""
    phones, start = [], 0.0
    for speech in speeches:
        for phone in speech.phones:
            burst = None if phone.burst is None else phone.burst + start
            phones.append(Phone(phone.ipa, phone.start + start, phone.end + start, phone.stress, burst))
        start += speech.duration
    return phones, start


def filmed(folder: Path, fps: int, size: int, *, life: float) -> list[np.ndarray]:
    """The mouth's surroundings in every frame of a clip that was written and read again: Y and V, float."""
    speeches = spoken()
    path = folder / f"{fps}-{size}-{life}.mp4"
    animator = Animator(fps, seed="test", life=life)
    rig = Rig(Portrait.load(PERSONA), size=(size, size))
    with Encoder(path, fps=Fraction(fps), size=(size, size), rate=speeches[0].rate) as encoder:
        for speech in speeches:
            encoder.sound(speech.samples)
            motions = [animator.extend(speech), *([animator.finish()] if speech is speeches[-1] else [])]
            for motion in motions:
                for frame in rig.draw(speech, motion):
                    encoder.picture(frame)
    return list(mouths(path))


def mouths(path: Path) -> Iterator[np.ndarray]:
    with av.open(str(path)) as clip:
        for frame in clip.decode(video=0):
            pixels, height, width = frame.to_ndarray(format="yuv420p"), frame.height, frame.width
            y = pixels[:height].astype(np.float32)
            v = pixels[height + height // 4 :].reshape(height // 2, width // 2).astype(np.float32)
            v = v.repeat(2, 0).repeat(2, 1)
            here = (
                slice(round(0.59 * height), round(0.685 * height)),
                slice(round(0.43 * width), round(0.565 * width)),
            )
            yield np.stack([y[here], v[here]])


def inside(mouth: np.ndarray) -> tuple[float, float]:
    """Shares of the mouth's surroundings that are dark, and that are teeth."""
    y, v = mouth
    return float((y < 52).mean()), float(((v < 143) & (y > 75)).mean())


def shown_during(start: float, end: float, fps: int) -> range:
    """Indices of the frames that are on the screen at any time from `start` to `end`."""
    return range(int((start + EDGE) * fps), int(np.ceil((end - EDGE) * fps)))


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("reel")
    made: dict[tuple[int, int, float], list[np.ndarray]] = {}

    def film(fps: int, size: int = 512, life: float = 1.0) -> list[np.ndarray]:
        key = (fps, size, life)
        if key not in made:
            made[key] = filmed(folder, *key[:2], life=life)
        return made[key]

    return film


RATES = pytest.mark.parametrize(
    ("fps", "size"), [(24, 512), (25, 512), (30, 512), (50, 512), (60, 512), (25, 384), (30, 1024)]
)


@RATES
def test_lips_meet_in_every_p_b_and_m(reel, fps: int, size: int) -> None:  # type: ignore[no-untyped-def]
    mouth = reel(fps, size)
    sealed = [phone for phone in timeline(spoken())[0] if phone.ipa[0] in "pbm"]
    assert len(sealed) >= 13
    for phone in sealed:
        for index in shown_during(phone.start, phone.burst or phone.end, fps):
            dark, teeth = inside(mouth[index])
            assert dark + teeth < 0.006, f"{phone} at frame {index}: {dark:.4f} dark, {teeth:.4f} teeth"


@RATES
def test_the_lower_lip_meets_the_teeth_in_f_and_v(reel, fps: int, size: int) -> None:  # type: ignore[no-untyped-def]
    mouth = reel(fps, size)
    phones = timeline(spoken())[0]
    sealed = {
        i for phone in phones if phone.ipa[0] in "pbm" for i in shown_during(phone.start, phone.burst or phone.end, fps)
    }
    bitten = [phone for phone in phones if phone.ipa[0] in "fv"]
    assert len(bitten) >= 6
    for phone in bitten:
        for index in set(shown_during(phone.start, phone.end, fps)) - sealed:
            dark, teeth = inside(mouth[index])
            assert dark < 0.012, f"{phone} at frame {index}: {dark:.4f} is dark between lip and teeth"
            assert dark + teeth > 0.0004, f"{phone} at frame {index}: no teeth"


@RATES
def test_the_mouth_is_at_rest_in_silence(reel, fps: int, size: int) -> None:  # type: ignore[no-untyped-def]
    mouth = reel(fps, size, 0.0)
    phones, length = timeline(spoken())
    gaps = [(one.end, two.start - 0.2) for one, two in itertools.pairwise(phones)]
    gaps.append((phones[-1].end, length))
    still = [index for start, end in gaps for index in shown_during(start + 0.16, end, fps) if end - start > 0.25]
    assert len(still) > 0.3 * fps
    rest = mouth[len(mouth) - 1]
    for index in still:
        assert sum(inside(mouth[index])) < 0.004
        assert np.abs(mouth[index] - rest).mean() < 1.5, "a mouth that moves while nothing is heard"


@RATES
def test_a_shape_is_reached_20_ms_after_its_sound_begins(reel, fps: int, size: int) -> None:  # type: ignore[no-untyped-def]
    """An open vowel's mouth is as good as open in the first frame that comes 20 ms or more after its start, and has
    not been so for long: the lips' way there is the natural lead, and begins after what was sealed before it.
    """
    mouth = reel(fps, size, 0.0)
    vowels = [p for p in timeline(spoken())[0] if p.ipa[0] in "aæɑ" and p.stress == 1 and p.end - p.start > 0.1]
    assert len(vowels) >= 7
    for phone in vowels:
        opened = [sum(inside(mouth[index])) for index in shown_during(phone.start, phone.end, fps)]
        first = int(np.ceil((phone.start + 0.02) * fps))
        assert max(opened) > 0.1, phone
        reached = max(sum(inside(mouth[index])) for index in range(int(phone.start * fps), first + 1))
        assert reached > 0.75 * max(opened), f"{phone} is not reached at frame {first}"
        before = int((phone.start - 0.13) * fps)
        assert sum(inside(mouth[before])) < 0.5 * max(opened), f"{phone} is there long before, at frame {before}"


def test_the_lead_is_the_same_at_every_rate(reel) -> None:  # type: ignore[no-untyped-def]
    """How far the mouth is open, as a curve of time, is one curve; 24 to 60 frames a second only sample it."""
    curves = {}
    times = np.arange(0.1, timeline(spoken())[1] - 0.1, 0.005)
    for fps in (24, 25, 30, 50, 60):
        opened = np.array([sum(inside(picture)) for picture in reel(fps, 512, 0.0)])
        curves[fps] = np.interp(times, (np.arange(len(opened)) + 0.5) / fps, opened)
    finest = curves[60]
    for fps, curve in curves.items():
        errors = [np.abs(np.roll(curve, by) - finest)[20:-20].mean() for by in range(-12, 13)]
        assert abs(int(np.argmin(errors)) - 12) * 5 <= 10, f"{fps} fps is {(int(np.argmin(errors)) - 12) * 5} ms off"
