"""Frames and sound become a file, as they come: the encoder can work in a thread of its own while the next is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from fractions import Fraction
from math import lcm
from pathlib import Path
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.container import OutputContainer
from numpy.typing import NDArray

from deckard_cli.clip import QUALITIES, Form, Quality
from deckard_cli.clip.gif import GifTrack, write_comment
from deckard_cli.clip.part import Part, failure
from deckard_cli.clip.picture import PictureTrack
from deckard_cli.clip.planes import as_video_frame
from deckard_cli.clip.sound import SoundTrack
from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.face import Frame

__all__ = ["Encoder"]

AHEAD = 6
"""Frames that may wait for the encoder: enough to even out a slow one, too few to fill the memory."""


class Encoder:
    """Writes one file. Leaving it without an exception finishes the file, with one leaves nothing behind.

    The same frames, sound and tags give the same bytes.
    """

    def __init__(
        self,
        path: Path,
        *,
        fps: Fraction,
        size: tuple[int, int],
        rate: int,
        quality: Quality = QUALITIES["good"],
        tags: Mapping[str, str] | None = None,
        alpha: bool = False,
        seal: Callable[[Path], None] | None = None,
        aside: bool = True,
    ) -> None:
        """`size` is width and height in pixels, `rate` samples per second; `alpha` keeps transparency
        where the form can (.webm, .gif). `seal` is called with the whole file before it takes its name; what it raises
        leaves nothing behind. `aside` encodes in a thread of its own: where every processor has a clip to make already,
        the two would only take each other's turn.

        Raises `UsageError` for a suffix, size or rate that cannot be, `DeckardError` where nothing can be written.
        """
        form = Form.of(path)
        _check(form, size, fps, rate)
        self._path = path
        self._seal = seal
        self.fps, self.size = fps, size
        self._rate = rate
        self.frames = self._samples = 0
        self._part = Part(path)
        tags = tags or {}
        self._comment = _in_words(tags) if form.picture == "gif" else ""
        self._container = container(self._part.path, form, tags, fps, rate)
        self._sound = (
            SoundTrack(self._container, form.sound, rate=rate, bit_rate=quality.bit_rate) if form.sound else None
        )
        self._picture: PictureTrack | GifTrack | None = None
        if form.picture == "gif":
            self._picture = GifTrack(self._container, fps=fps, size=size, alpha=alpha)
        elif form.picture:
            self._picture = PictureTrack(
                self._container, form.picture, fps=fps, size=size, quality=quality, alpha=alpha and form.clear
            )
        self._error: Exception | None = None
        self._leaving = False
        self._jobs: Queue[Callable[[], None] | None] = Queue(AHEAD)
        self._thread = Thread(target=self._work, name="deckard-encoder", daemon=True) if aside else None
        if self._thread:
            self._thread.start()

    def picture(self, frame: Frame) -> None:
        """Add the next picture. It is copied: this costs the encoder nothing, which has a thread of its own."""
        if self._picture:
            if frame.size != self.size:
                # FFmpeg would scale it, each time
                raise ValueError("a frame of {} x {} pixels in a clip of {} x {}".format(*frame.size, *self.size))
            picture = as_video_frame(frame, self._picture.format)
            self._give(lambda: self._write_picture(picture))

    def sound(self, samples: NDArray[np.float32]) -> None:
        """Add the next samples, shape (n,), -1..1. Give them before the pictures that they sound in."""
        if self._sound:
            self._give(lambda: self._write_sound(samples))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        whole = False
        try:
            if kind is None:
                self._give(self._finish)
                self._jobs.join()
                self._raise()
                self._complete()
                whole = True
        finally:
            self._leaving = True
            if self._thread:
                self._jobs.put(None)
                self._thread.join()
            else:
                self._close()
            if whole:
                self._part.keep()
            else:
                self._part.drop()

    def _complete(self) -> None:
        """Write what comes after the encoder has closed the file."""
        if self._comment:
            write_comment(self._part.path, self._comment)
        if self._seal:
            self._seal(self._part.path)

    def _give(self, job: Callable[[], None]) -> None:
        self._raise()
        if self._thread:
            self._jobs.put(job)
        else:
            self._do(job)

    def _raise(self) -> None:
        if isinstance(self._error, OSError):
            raise failure(self._error, self._path) from self._error
        if isinstance(self._error, av.FFmpegError):
            raise DeckardError(
                f"'{self._path}' could not be encoded: {self._error.strerror}.", code="not_encoded"
            ) from self._error
        if self._error:
            raise self._error

    def _work(self) -> None:
        while job := self._jobs.get():
            self._do(job)
            self._jobs.task_done()
        self._close()

    def _do(self, job: Callable[[], None]) -> None:
        # after an error the rest is taken and dropped: a caller waiting for room in the queue would wait forever
        if self._error is None and not self._leaving:
            try:
                job()
            except Exception as error:
                self._error = error

    def _close(self) -> None:
        with suppress(OSError, av.FFmpegError):  # closed already when the file is whole; otherwise it is thrown away
            self._container.close()

    def _write_picture(self, picture: av.VideoFrame) -> None:
        assert self._picture
        self._container.mux(self._picture.add(picture))
        self.frames += 1
        if self._sound:
            self._container.mux(list(self._sound.until(self.frames / self.fps)))

    def _write_sound(self, samples: NDArray[np.float32]) -> None:
        assert self._sound
        self._sound.add(samples)
        self._samples += len(samples)
        if not self._picture:
            self._container.mux(list(self._sound.until(Fraction(self._samples, self._rate))))

    def _finish(self) -> None:
        if not (self.frames if self._picture else self._samples):
            raise DeckardError(f"There is nothing to write to '{self._path}'.", code="empty_clip")
        if self._picture:
            self._container.mux(self._picture.rest())
        if self._sound:
            self._container.mux(list(self._sound.rest()))
        self._container.close()


def _check(form: Form, size: tuple[int, int], fps: Fraction, rate: int) -> None:
    if form.picture and (min(size) < 2 or any(side % 2 for side in size)):
        raise UsageError(
            f"A picture of {size[0]} x {size[1]} pixels cannot be encoded.", code="size", hint="give two even numbers"
        )
    if fps <= 0:
        raise UsageError(f"{fps} frames per second is no rate.", code="fps", hint="24, 25, 30, 50 or 60")
    if rate <= 0:
        raise UsageError(f"{rate} samples per second is no rate.", code="rate", hint="8000 to 96000")


def container(path: Path, form: Form, tags: Mapping[str, str], fps: Fraction, rate: int) -> OutputContainer:
    options = {"fflags": "bitexact"}
    if form.container == "mp4":
        options["movflags"] = "faststart+use_metadata_tags"
        # in milliseconds, the default, an edit list cuts the end of the sound at the wrong sample
        options["movie_timescale"] = str(lcm(fps.numerator, rate))
    container = av.open(str(path), "w", format=form.container, container_options=options)
    container.metadata.update(tags)
    if form.container == "wav" and tags:  # it keeps a comment and drops what it has no field for
        container.metadata["comment"] = _in_words(tags)
    return container


def _in_words(tags: Mapping[str, str]) -> str:
    """All of `tags` in one comment, for a file that has room for no more."""
    rest = "; ".join(f"{name}: {value}" for name, value in tags.items() if name != "comment")
    return f"{tags.get('comment', '')} {rest}".strip()
