"""Whether a film that another machine sent can be what was asked for, looked at before anybody else does; and what it
says of itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from deckard_cli.clip.provenance.claim import NEWSCODES, SYNTHETIC, SourceType
from deckard_cli.clip.remux import length, opened
from deckard_cli.errors import BackendError
from deckard_cli.face import Film

__all__ = ["Told", "believe", "told"]

_SHORTEST: Final = 0.5
"""Of what was asked for: a film that is shorter broke off, and its last picture would stand longer than it moves."""
_BLACK: Final = 33.0
"""Mean luma, 16..235, up to which a picture shows nothing."""
_STILL: Final = 0.05
"""Mean difference of two pictures, in levels of luma, under which nothing moved: noise of an encoder alone."""
_RATES: Final = (1, 1000)
"""Frames a second that a film can have. Of a damaged one the times may say anything."""
_SMALL: Final = 64
"""Pixels across in which a film is looked at."""
_SOURCES: Final = {NEWSCODES + source: source for source in SYNTHETIC}
"""What a film may say of how it was made. That nothing but a recording is in it is not believed: somebody was moved."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a film says of itself in its tags, in words that we know: whoever made it may write anything there."""

    source: SourceType | None = None
    """How its pictures came to be; None where it does not say."""
    commercial: bool = True
    """Whether it does not forbid commercial use."""


def told(film: Film) -> Told:
    """What `film` says of itself, as films of `deckard serve` and `deckard worker` do. Raises `BackendError` for what
    is no film.
    """
    with opened(film) as source:
        tags = {name.lower(): value for name, value in source.metadata.items()}
    return Told(_SOURCES.get(tags.get("digital_source_type", "")), tags.get("commercial_use") != "forbidden")


def believe(film: Film, seconds: float, fps: int, size: tuple[int, int], *, strict: bool) -> tuple[str, ...]:
    """What a person should know of `film`, which was asked for `seconds` at `fps` pictures a second, of `size` pixels.

    Raises `BackendError` for one that cannot be read to its end, is black, does not move, or is not half as long; and
    where `strict`, for one of another rate or size, or longer or shorter by more than a picture and a half.
    """
    said, seen = length(film), _seen(film)
    if not _RATES[0] <= said.rate <= _RATES[1]:
        raise _refused(f"has {float(said.rate):.3g} frames a second", "film_unreadable")
    if said.frames > 1 and seen.frames < said.frames - 1:
        raise _refused("breaks off", "film_broken")
    if seen.brightest <= _BLACK:
        raise _refused("is black", "film_black")
    if seen.most_moved < _STILL:
        raise _refused("does not move", "film_still")
    if said.seconds < _SHORTEST * seconds:
        raise _refused(f"lasts {float(said.seconds):.2f} seconds of {seconds:.2f}", "film_short")
    notes = [*_differences(float(said.seconds), said.rate, seconds, fps)]
    if said.size != size:
        notes.append("The film has {}x{} pixels, and not {}x{}.".format(*said.size, *size))
    if strict and notes:
        message = f"{' '.join(notes)} That is refused with --strict."
        raise BackendError(message, code="film_differs", hint="leave out --strict, or another face: --face rig")
    return tuple(notes)


def _differences(lasts: float, rate: Fraction, seconds: float, fps: int) -> list[str]:
    notes = []
    if abs(lasts - seconds) > 1.5 / fps:
        done = "its last picture is held" if lasts < seconds else "its end is left out"
        notes.append(f"The film lasts {lasts:.2f} seconds, and the sound {seconds:.2f}: {done}.")
    if abs(float(rate) - fps) > 0.01:
        notes.append(f"The film has {float(rate):.5g} frames a second, and not {fps}.")
    return notes


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was found by decoding all of it."""

    frames: int
    brightest: float
    most_moved: float


def _seen(film: Film) -> _Seen:
    brightest = moved = 0.0
    frames, last = 0, None
    with opened(film) as source:
        try:
            for frame in source.decode(source.streams.video[0]):
                luma = _luma(frame)
                brightest = max(brightest, float(luma.mean()))
                moved = moved if last is None else max(moved, float(np.abs(luma - last).mean()))
                frames, last = frames + 1, luma
        except av.FFmpegError:
            pass  # it is counted how far it came
    return _Seen(frames, brightest, moved)


def _luma(frame: av.VideoFrame) -> NDArray[np.float32]:
    """A small grey picture."""
    import cv2  # at the top it would be loaded for clips that only sound

    first = frame.format.components[0]
    if not (first.is_luma and first.bits == 8 and frame.format.is_planar):
        frame = frame.reformat(format="gray")
    # FFmpeg's scaler takes three times as long as decoding the film.
    plane = np.frombuffer(memoryview(frame.planes[0]), np.uint8).reshape(frame.height, -1)[:, : frame.width]
    return np.asarray(cv2.resize(plane, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA), np.float32)


def _refused(what: str, code: str) -> BackendError:
    return BackendError(f"The film that came back {what}.", code=code, hint="try again, or another face: --face rig")
