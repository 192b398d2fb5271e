"""What the network of boundaries learns from: sentences said by voices that tell when they say each sound.

Flite and Festival, with the voices festvox-kallpc16k, festvox-kdlpc16k and festvox-us-slt-hts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import truth
from sentences import sentences

from deckard_cli.speech.align.boundaries import Segment
from deckard_cli.speech.align.lexicon import entries
from deckard_cli.speech.align.model import heard
from deckard_cli.speech.align.spectrum import RATE, spectrum
from deckard_cli.speech.pcm import Samples, resample

__all__ = ["SPEAKERS", "Said", "said"]

SPEAKERS: Final = {
    "kal": (("flite", "kal"), ("flite", "kal16"), ("festival", "kal_diphone")),
    "awb": (("flite", "awb"),),
    "rms": (("flite", "rms"),),
    "slt": (("flite", "slt"), ("festival", "cmu_us_slt_arctic_hts")),
    "ked": (("festival", "ked_diphone"),),
}
"""The people, and the programs and voices in which each of them speaks."""
_STRETCHES: Final = (0.75, 0.85, 0.95, 1.05, 1.15, 1.25, 1.35)
_TOGETHER: Final = 20
"""Sentences that are said at one speed."""
_NOISE: Final = (8.0, 32.0)
"""Decibels below the speech."""
_CUT: Final = 0.35
"""The share of recordings without most of the silence before and after."""


@dataclass(frozen=True)
class Said:
    """A recording, and what is known of it."""

    rows: np.ndarray
    """Its spectrum."""
    phones: truth.Times
    """The phones as the voice tells them."""
    segments: tuple[Segment, ...]
    """The phones as the acoustic model guesses them."""


def said(program: str, voice: str, count: int, seed: int, folder: Path) -> Iterator[Said]:
    """`count` sentences of a voice, each clean and with noise; those of which the acoustic model lost words are not
    among them.
    """
    draw = random.Random(f"{voice} {seed}")
    texts = sentences(count, draw.randrange(2**31))
    for first in range(0, count, _TOGETHER):
        some = texts[first : first + _TOGETHER]
        stretch = 1.0 if voice.endswith("hts") else draw.choice(_STRETCHES)
        told = getattr(truth, f"{program}_phones")(voice, stretch, folder, some)
        for text, (speech, phones) in zip(some, told, strict=True):
            samples, phones = _cut(resample(speech.samples, speech.rate, RATE), phones, draw)
            for recording in (samples, _noisy(samples, draw)):
                segments = _guessed(recording, text)
                if segments:
                    yield Said(spectrum(recording), phones, segments)


def _cut(samples: Samples, phones: truth.Times, draw: random.Random) -> tuple[Samples, truth.Times]:
    """Some recordings without most of the silence around them: not every one begins with any."""
    if draw.random() >= _CUT:
        return samples, phones
    first = max(round((phones[0][1] - draw.uniform(0, 0.1)) * RATE), 0)
    last = round((phones[-1][2] + draw.uniform(0, 0.1)) * RATE)
    moved = tuple((name, start - first / RATE, end - first / RATE) for name, start, end in phones)
    return samples[first:last], moved


def _noisy(samples: Samples, draw: random.Random) -> Samples:
    """With noise that is white, or less in the high."""
    noise = np.random.default_rng(draw.randrange(2**31)).standard_normal(len(samples))
    smooth = draw.choice((1, 1, 2, 4, 8))
    noise = np.convolve(noise, np.ones(smooth), "same")
    level = np.sqrt(np.mean(np.square(samples)) / np.mean(np.square(noise))) * 10 ** (-draw.uniform(*_NOISE) / 20)
    return (samples + level * noise).astype(np.float32)


def _guessed(samples: Samples, text: str) -> tuple[Segment, ...]:
    coming = list(entries(text, "en-us"))
    found = heard(samples, coming, last=True)
    return tuple(segment for word in found for segment in word.segments) if len(found) == len(coming) else ()
