"""Everything that was said and when, from the start of the clip, gathered as it is spoken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.clip.captions import COLUMNS, Captions, Cue, Style, fitting
from deckard_cli.motion import Motion
from deckard_cli.motion.visemes import Target, viseme_track
from deckard_cli.speech import Phone, Speech, Word

__all__ = ["MOUTH", "Shape", "Timeline"]

MOUTH: Final = ("jawOpen", "mouthFunnel", "mouthPucker", "mouthClose")
"""The curves that tell a mouth's shape apart from far away."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of the mouth and how long it stands."""

    name: str
    """A viseme of `deckard_cli.motion.visemes.VISEMES`."""
    start: float
    """Seconds from the start of the clip."""
    end: float
    """Seconds from the start of the clip."""
    target: Target
    """What asked for it."""


class Timeline:
    """Words, phones, cues and mouths of the speech so far; its sound is not kept."""

    def __init__(self, sound: str = "", *, style: Style = "lines", size: tuple[int, int] = (1920, 1080)) -> None:
        """`sound` is the name of the file that the times belong to, for the forms that name it; `style` that of
        captions, `size` width and height in pixels of the picture under them.
        """
        self.sound = sound
        self.style: Style = style
        self.size = size
        self.words: list[Word] = []
        self.phones: list[Phone] = []
        self.mouths: list[NDArray[np.float32]] = []
        """Frames of the mouth, one array a run, each of shape (frames, len(MOUTH)), 0..1."""
        self.fps = 1.0
        """Frames per second of them."""
        self.spans: list[tuple[float, float, bool]] = []
        """Start and end in seconds, and whether there is sound in it that nobody knows the phones of."""
        self._texts: list[str] = []
        self._captions = Captions()
        self._fitted = self._captions if fitting(size) >= COLUMNS else Captions(fitting(size))
        self._samples = 0
        self._rate = 1

    def add(self, speech: Speech) -> None:
        """Take the times of `speech`, which follows what was added before."""
        start = self.duration
        self.words += [replace(word, start=start + word.start, end=start + word.end) for word in speech.words]
        self.phones += [_shifted(phone, start) for phone in speech.phones]
        if text := speech.text.strip() or " ".join(word.text for word in speech.words):
            self._texts.append(text)
        self._captions.add(speech)
        self._span(start, start + speech.duration, not speech.phones and bool(speech.samples.any()))
        if self._fitted is not self._captions:
            self._fitted.add(speech)
        self._rate = speech.rate
        self._samples += len(speech.samples)

    def _span(self, start: float, end: float, wordless: bool) -> None:
        if self.spans and self.spans[-1][2] == wordless:
            start = self.spans.pop()[0]
        self.spans.append((start, end, wordless))

    def see(self, motion: Motion) -> None:
        """Take the mouth of `motion`, which follows what was seen before."""
        self.mouths.append(np.stack([motion[name] for name in MOUTH], axis=1))
        self.fps = motion.fps

    @property
    def duration(self) -> float:
        """Seconds of sound so far."""
        return self._samples / self._rate

    @property
    def text(self) -> str:
        """What was said so far."""
        return " ".join(self._texts)

    def cues(self, *, fitted: bool = False) -> list[Cue]:
        """The captions so far; `fitted` ones have lines that go into a picture of `size`."""
        return (self._fitted if fitted else self._captions).cues()

    def visemes(self) -> list[Shape]:
        """The shapes that the mouth takes, one after the other from 0 to `duration`, without a gap.

        A shape stands until the next one begins: a pause that is too short to be seen belongs to the sound before it.
        """
        return list(_standing(viseme_track(self.phones), self.duration))


def _shifted(phone: Phone, start: float) -> Phone:
    burst = None if phone.burst is None else start + phone.burst
    return replace(phone, start=start + phone.start, end=start + phone.end, burst=burst)


def _standing(targets: list[Target], duration: float) -> Iterator[Shape]:
    if targets[0].start > 0:
        targets = [replace(targets[0], viseme="sil", start=0.0, end=targets[0].start), *targets]
    starts = [min(max(target.start, 0.0), duration) for target in targets]
    for target, (start, end) in zip(targets, pairwise([*starts, duration]), strict=True):
        if end > start:
            yield Shape(target.viseme, start, end, target)
