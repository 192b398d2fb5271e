"""A voice and faces that need nothing: a package of somebody else's, as far as Deckard can tell."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from deckard_cli.errors import BackendError
from deckard_cli.face import Frame
from deckard_cli.face.portrait import Portrait
from deckard_cli.motion import Motion
from deckard_cli.script import Line, sentences
from deckard_cli.speech import Phone, Speech, Word

RATE = 16_000


class Tone:
    """A `Voice` that hums each word for `seconds`, every one of them an ``ɑ``."""

    def __init__(self, *, seconds: float = 0.25, hertz: float = 220.0) -> None:
        self.seconds = seconds
        self.hertz = hertz

    def speak(self, line: Line) -> Iterator[Speech]:
        for sentence in sentences(line.text):
            words = sentence.split()
            starts = [index * self.seconds for index in range(len(words))]
            times = np.arange(round(len(words) * self.seconds * RATE)) / RATE
            yield Speech(
                samples=(0.3 * np.sin(2 * np.pi * self.hertz * times)).astype(np.float32),
                rate=RATE,
                words=tuple(Word(word, t, t + self.seconds) for word, t in zip(words, starts, strict=True)),
                phones=tuple(Phone("ɑ", t, t + self.seconds) for t in starts),
                text=sentence,
                notes=("It is only a hum.",),
            )


class Mute:
    """A `Voice` that never says anything."""

    def speak(self, line: Line) -> Iterator[Speech]:
        return iter(())


class Broken:
    """A `Voice` with a mistake in its code."""

    def speak(self, line: Line) -> Iterator[Speech]:
        yield Speech(np.zeros(RATE // 0, np.float32), RATE)


class Flat:
    """A `Face` of one colour, the lighter the wider the jaw is open."""

    def __init__(self, portrait: Portrait, *, size: tuple[int, int], transparent: bool = False) -> None:
        self.size = size
        self.transparent = transparent

    def draw(self, speech: Speech, motion: Motion) -> Iterator[Frame]:
        width, height = self.size
        for index, jaw in enumerate(motion["jawOpen"], start=motion.first):
            luma = np.full((height, width), 40 + 150 * jaw, np.uint8)
            chroma = [np.full((height // 2, width // 2), 128, np.uint8) for _ in "uv"]
            if self.transparent:
                yield Frame(index, (luma, *chroma, np.full((height, width), 200, np.uint8)), "yuva420p")
            else:
                yield Frame(index, (luma, *chroma))


class Failing(Flat):
    """A `Face` that gives up on its twentieth picture, slowly enough to be interrupted before."""

    def draw(self, speech: Speech, motion: Motion) -> Iterator[Frame]:
        for frame in super().draw(speech, motion):
            if frame.index == 20:
                raise BackendError("The face gave up.", code="gave_up", hint="deckard render --face rig")
            time.sleep(0.01)
            yield frame
