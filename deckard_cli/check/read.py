"""A clip read in one pass from its start to its end, as it plays: packets, sound, pictures. Nothing is kept."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.audio import AudioStream
from av.container import InputContainer
from av.video import VideoStream
from numpy.typing import NDArray

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.speech.media import opened
from deckard_cli.speech.pcm import Samples

__all__ = ["Broken", "Stream", "Streams", "pictures", "samples", "streams"]

_GAP: Final = 0.005
"""Seconds; times that are rounded to milliseconds leave smaller ones between two blocks of sound."""
_TIMEBASE: Final = Fraction(1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a file, as it plays: what an edit list hides is not counted."""

    codec: str
    """FFmpeg's name of the codec (``h264``, ``aac``)."""
    format: str
    """FFmpeg's name of the layout of its pixels (``yuv420p``) or samples."""
    start: float
    """Seconds at which it begins to play."""
    end: float
    """Seconds at which it has played."""
    rate: Fraction
    """Frames or samples per second, as the file says."""
    times: NDArray[np.float64]
    """Seconds at which each packet is shown, in that order; shape (packets,)."""
    promised: int
    """Packets that the file's index says there are; 0 where it has none."""


@dataclass(frozen=True, slots=True)
class Streams:
    """What stands in a file."""

    picture: Stream | None
    sound: Stream | None
    tags: dict[str, str]
    """Key, in small letters -> value."""
    container: str
    """FFmpeg's names of its form, with commas."""
    faststart: bool | None
    """Whether the index of an MP4 stands before its data; None for other forms."""

    @property
    def duration(self) -> float:
        """Seconds that it plays."""
        return max((stream.end for stream in (self.picture, self.sound) if stream), default=0.0)


@dataclass(slots=True)
class Broken:
    """Counts what cannot be decoded, for whoever reads a stream to its end."""

    packets: int = 0


def streams(path: Path) -> Streams:
    """Read every packet of `path`, decoding none. Raises `UsageError` for no file, `DeckardError` for no clip."""
    with _opened(path) as container:
        wanted = [stream for stream in _first(container) if stream.codec_context]
        if not wanted:
            raise _no_clip(path, "there is neither picture nor sound in it")
        spans: dict[int, list[tuple[int, int]]] = {stream.index: [] for stream in wanted}
        # A file that breaks off does so here; that it holds less than it promises is then told as a finding.
        with suppress(av.FFmpegError):
            for packet in container.demux(wanted):
                if packet.pts is not None:
                    spans[packet.stream.index].append((packet.pts, packet.duration or 0))
        found = [_stream(stream, spans[stream.index]) for stream in wanted]
        pictured = wanted[0].type == "video"
        tags = {key.lower(): value for key, value in container.metadata.items()}
        form = container.format.name
    picture, sound = (found[0] if pictured else None), (found[-1] if len(found) > pictured else None)
    return Streams(picture, sound, tags, form, _faststart(path) if "mp4" in form else None)


def samples(path: Path, broken: Broken) -> Iterator[tuple[Samples, int]]:
    """The sound of `path` as it plays, mono, in pieces, each with its samples per second; the first at second 0."""
    with _opened(path) as container:
        stream = container.streams.audio[0]
        rate, base = stream.rate, stream.time_base or _TIMEBASE
        ends = None if stream.duration is None else round(((stream.start_time or 0) + stream.duration) * base * rate)
        to_mono = av.AudioResampler(format="fltp", layout="mono")
        given = 0
        for frame in _decoded(container, stream, broken):
            # Players keep to the times: what is missing from the middle, or there twice, moves nothing after it.
            late = round((frame.time or 0.0) * rate) - given
            if late > (_GAP * rate if given else 0):
                yield np.zeros(late, np.float32), rate
                given += late
            twice = -late if given and late < -_GAP * rate else 0
            for each in to_mono.resample(frame):
                piece: Samples = each.to_ndarray()[0][twice:]
                # Decoders give the whole last block of AAC; players do not play what the edit list hides of it.
                piece = piece if ends is None else piece[: max(ends - given, 0)]
                given += len(piece)
                yield piece, rate


def pictures(path: Path, broken: Broken) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Every picture of `path`: the seconds at which it is shown, and its brightness, shape (height, width)."""
    with _opened(path) as container:
        for frame in _decoded(container, container.streams.video[0], broken):
            plane = (frame if _has_brightness(frame.format) else frame.reformat(format="gray")).planes[0]
            rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
            yield frame.time or 0.0, rows[: frame.height, : frame.width]


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    if path.is_dir():
        raise UsageError(f"'{path}' is a folder.", code="is_folder", hint=f"name the clips in it: {path / '*.mp4'}")
    if not path.exists():
        raise UsageError(f"There is no file '{path}'.", code="no_file", hint="check the path")
    if not path.is_file():  # a pipe would be waited for without end
        raise UsageError(f"'{path}' is a pipe or a device.", code="not_a_file", hint="name a clip")
    try:
        with opened(path) as container:
            yield container
    except av.FFmpegError as error:
        raise _no_clip(path, error.strerror or "it is damaged") from error


def _no_clip(path: Path, why: str) -> DeckardError:
    return DeckardError(
        f"'{path}' is not a clip that can be read: {why}.", code="not_a_clip", hint="make or fetch it again"
    )


def _first(container: InputContainer) -> list[VideoStream | AudioStream]:
    """The picture and the sound that are played."""
    return [*container.streams.video[:1], *container.streams.audio[:1]]


def _has_brightness(form: av.VideoFormat) -> bool:
    """Whether its first plane is that, a byte for each pixel."""
    return form.components[0].bits == 8 and not form.is_rgb and (form.is_planar or form.name == "gray")


def _decoded(container: InputContainer, stream: VideoStream | AudioStream, broken: Broken) -> Iterator[Any]:
    """The frames of `stream`; what is broken of it is left out, and counted."""
    # Without it decoders make up what they cannot read, and say nothing.
    stream.codec_context.options = {"err_detect": "explode"}
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            broken.packets += 1


def _stream(stream: VideoStream | AudioStream, spans: list[tuple[int, int]]) -> Stream:
    base = stream.time_base or _TIMEBASE
    pts = np.sort(np.array([at for at, _ in spans], np.int64))
    form = stream.codec_context.format
    return Stream(
        stream.codec_context.codec.canonical_name,
        form.name if form else "",
        float(max(0, pts[0] if len(pts) else 0) * base),
        float(max((at + length for at, length in spans), default=0) * base),
        Fraction(stream.rate if isinstance(stream, AudioStream) else stream.average_rate or 0),
        pts.astype(np.float64) * float(base),
        stream.frames,
    )


def _faststart(path: Path) -> bool:
    """Whether the box ``moov`` comes before ``mdat`` (ISO/IEC 14496-12), so that a browser plays while it loads."""
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, kind = struct.unpack(">I4s", head)
            if kind in (b"moov", b"mdat"):
                return bool(kind == b"moov")
            if size == 1:
                size = int.from_bytes(file.read(8)) - 8
            if size < 8:
                return False
            file.seek(size - 8, 1)
    return False
