"""The sound of a file as a stream: an hour of it takes no more memory than a second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.speech.media import opened
from deckard_cli.speech.pcm import Samples, resampled, silence

__all__ = ["blocks", "sound_rate"]


def sound_rate(path: Path) -> int:
    """The samples a second of the first sound in `path`; 0 for a file without.

    Raises `UsageError` where there is no such file, `DeckardError` for one that holds neither sound nor picture.
    """
    if not path.is_file():
        raise UsageError(f"There is no file '{path}'.", code="no_file")
    try:
        with opened(path) as container:
            return container.streams.audio[0].rate if container.streams.audio else 0
    except av.FFmpegError as error:
        raise _unreadable(path, error) from error


def blocks(path: Path, to: int) -> Iterator[Samples]:
    """The sound of `path` as it plays, from second 0 on, mono, at `to` samples a second; nothing where there is none.

    What the edit list of an mp4 hides is left out, as players do. Raises what `sound_rate` raises.
    """
    rate = sound_rate(path)
    if rate:
        yield from _native(path) if rate == to else resampled(_native(path), rate, to)


def _native(path: Path) -> Iterator[Samples]:
    try:
        with opened(path) as container:
            stream = container.streams.audio[0]
            left = None
            if stream.duration is not None and stream.time_base is not None:
                left = round(((stream.start_time or 0) + stream.duration) * stream.time_base * stream.rate)
            mono = av.AudioResampler(format="fltp", layout="mono")
            begun = False
            for frame in container.decode(stream):
                made = [np.asarray(each.to_ndarray()[0], np.float32) for each in mono.resample(frame)]
                if not begun:
                    made.insert(0, silence(max(0.0, frame.time or 0.0), stream.rate))
                    begun = True
                for samples in made:
                    yield samples if left is None else samples[: max(left, 0)]
                    left = None if left is None else left - len(samples)
    except av.FFmpegError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: av.FFmpegError) -> DeckardError:
    return DeckardError(f"'{path}' is not a clip that can be read: {error.strerror}.", code="not_a_clip")
