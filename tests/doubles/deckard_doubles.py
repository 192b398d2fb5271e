"""A voice and faces that need nothing: a package of somebody else's, as far as Deckard can tell."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Iterator

import av
import numpy as np

from deckard_cli.errors import BackendError
from deckard_cli.face import Film, Frame
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


class Studio:
    """A `RemoteFace` whose films are those of `Flat`: as long as the speech, or as its options say."""

    def __init__(
        self,
        portrait: Portrait,
        *,
        size: tuple[int, int],
        fps: int,
        persona: str,
        does: str = "works",
        longer: float = 0.0,
        rate: int = 0,
    ) -> None:
        self._portrait, self._size, self._fps = portrait, size, rate or fps
        self._does, self._longer = does, longer

    async def film(self, speech: Speech) -> Film:
        match self._does:
            case "fails":
                raise BackendError("The studio is closed.", code="closed", hint="come back tomorrow")
            case "nonsense":
                return Film(b"<html>not a film</html>")
            case "waits":
                await asyncio.sleep(60)
        data = self._made(speech)
        return Film(data[: len(data) // 2] if self._does == "breaks off" else data)

    def _made(self, speech: Speech) -> bytes:
        frames = max(round((speech.duration + self._longer) * self._fps), 1)
        out = io.BytesIO()
        with av.open(out, "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=self._fps, options={"crf": "30", "preset": "ultrafast"})
            stream.width, stream.height = self._size
            for index in range(frames):
                level = 16 if self._does == "black" else 128 if self._does == "still" else 60 + 20 * (index % 8)
                picture = np.full((self._size[1], self._size[0], 3), level, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
            container.mux(stream.encode(None))
        return out.getvalue()
