"""A file becomes frames and sound again: what a clip really holds, for checks, measurements and tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio import AudioStream
from av.codec import CodecContext
from av.container import InputContainer
from av.video import VideoFrame, VideoStream
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import Colorspace
from numpy.typing import NDArray

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.speech.media import opened

__all__ = ["Pixels", "Probe", "Track", "frames", "pictures", "pixels", "probe", "sound"]

Pixels = NDArray[np.uint8]
"""Shape (height, width, 3), RGB; (height, width, 4) where it can be seen through: RGB and how much it covers."""

_WITH_ALPHA: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Codec -> decoder that gives its alpha plane. FFmpeg's own leaves it out: clear pixels are seen as dark green."""


@dataclass(frozen=True, slots=True)
class Track:
    """One stream of a file, as it plays: what an edit list hides is not counted."""

    codec: str
    """FFmpeg's name of the codec (``h264``, ``aac``)."""
    start: float
    """Seconds at which it begins to play."""
    end: float
    """Seconds at which it has played."""
    packets: int
    """Encoded units; for a picture, its frames."""
    rate: Fraction
    """Frames per second, or samples per second."""
    size: tuple[int, int] = (0, 0)
    """Width and height in pixels; zero for sound."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What stands in a file."""

    picture: Track | None
    sound: Track | None
    tags: dict[str, str] = field(default_factory=dict)
    """Key -> value, as written; Matroska writes keys in capitals, so they are given in small letters."""


def probe(path: Path) -> Probe:
    """Read every packet of `path`, decoding none. Raises `UsageError` for no file, `DeckardError` for no clip."""
    with _opened(path) as container:
        spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for packet in container.demux():
            if packet.pts is not None:
                spans[packet.stream.index].append((packet.pts, packet.duration or 0))
        picture = [_track(stream, spans[stream.index]) for stream in container.streams.video[:1]]
        sound = [_track(stream, spans[stream.index]) for stream in container.streams.audio[:1]]
        tags = {key.lower(): value for key, value in container.metadata.items()}
    return Probe(picture[0] if picture else None, sound[0] if sound else None, tags)


def pictures(path: Path) -> Iterator[tuple[float, Pixels]]:
    """Every picture of `path`: the seconds at which it is shown, and its pixels.

    Raises `UsageError` for no file, `DeckardError` for one that is not a clip or is broken.
    """
    with _opened(path) as container:
        if not container.streams.video:
            raise DeckardError(f"'{path}' has no picture.", code="no_picture")
        for frame in frames(container, container.streams.video[0]):
            yield frame.time or 0.0, pixels(frame)


def frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """The frames of `stream` from where `container` stands, with their alpha. Raises `av.FFmpegError`."""
    name = _WITH_ALPHA.get(stream.codec_context.codec.canonical_name)
    if not name or stream.metadata.get("alpha_mode") != "1":
        yield from container.decode(stream)
        return
    decoder = CodecContext.create(name, "r")
    assert isinstance(decoder, VideoCodecContext)
    for packet in container.demux(stream):
        yield from decoder.decode(packet)


def pixels(frame: VideoFrame) -> Pixels:
    """What `frame` shows."""
    space = Colorspace.ITU709 if frame.colorspace == Colorspace.ITU709 else None
    clear = any(component.is_alpha for component in frame.format.components)
    return np.asarray(frame.to_ndarray(format="rgba" if clear else "rgb24", src_colorspace=space), np.uint8)


def sound(path: Path) -> tuple[NDArray[np.float32], int]:
    """The sound of `path` as it plays: mono samples, shape (n,), the first at second 0, and samples per second.

    What the edit list of an mp4 hides is left out: decoders give the whole last block of AAC, players do not play it.
    Raises `UsageError` for no file, `DeckardError` for one that has no sound or is broken.
    """
    with _opened(path) as container:
        if not container.streams.audio:
            raise DeckardError(f"'{path}' has no sound.", code="no_sound")
        stream = container.streams.audio[0]
        rate = stream.rate
        to_mono = av.AudioResampler(format="fltp", layout="mono")
        blocks = [np.zeros(0, np.float32)]
        for frame in container.decode(stream):
            if len(blocks) == 1:
                blocks.append(np.zeros(max(0, round((frame.time or 0.0) * rate)), np.float32))
            blocks += [each.to_ndarray()[0] for each in to_mono.resample(frame)]
        samples = np.concatenate(blocks)
        if stream.duration is not None and stream.time_base is not None:
            samples = samples[: round(((stream.start_time or 0) + stream.duration) * stream.time_base * rate)]
    return samples, rate


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    if not path.is_file():
        raise UsageError(f"There is no file '{path}'.", code="no_file")
    try:
        with opened(path) as container:
            yield container
    except av.FFmpegError as error:
        raise DeckardError(f"'{path}' is not a clip that can be read: {error.strerror}.", code="not_a_clip") from error


def _track(stream: VideoStream | AudioStream, spans: list[tuple[int, int]]) -> Track:
    base = stream.time_base or Fraction(1)
    start = float(max(0, min((pts for pts, _ in spans), default=0)) * base)
    end = float(max((pts + length for pts, length in spans), default=0) * base)
    codec = stream.codec_context.codec.canonical_name
    if isinstance(stream, AudioStream):
        return Track(codec, start, end, len(spans), Fraction(stream.rate))
    return Track(codec, start, end, len(spans), stream.average_rate or Fraction(0), (stream.width, stream.height))
