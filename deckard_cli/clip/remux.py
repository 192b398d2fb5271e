"""A finished film and our sound in one file: the pictures are copied as they came, none is encoded again."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video import VideoStream
from numpy.typing import NDArray

from deckard_cli.clip import Form, Quality
from deckard_cli.clip.encode import container
from deckard_cli.clip.part import Part, failure
from deckard_cli.clip.sound import SoundTrack
from deckard_cli.errors import BackendError
from deckard_cli.face import Film, Frame
from deckard_cli.speech import media

__all__ = ["Length", "Remux", "copyable", "length", "opened"]

_PLAYED: Final = ("h264",)
"""Pictures that every browser plays in an mp4."""


@dataclass(frozen=True, slots=True)
class Length:
    """How much there is to see in a film."""

    frames: int
    """Pictures."""
    seconds: Fraction
    """From the first picture to the end of the last."""
    rate: Fraction
    """Pictures a second."""
    size: tuple[int, int]
    """Width and height in pixels."""
    codec: str
    """FFmpeg's name of it."""


def length(film: Film) -> Length:
    """What a film says of itself, counted packet by packet. Raises `BackendError` for what is no film."""
    with opened(film) as source:
        stream = source.streams.video[0]
        packets = list(_packets(source, stream))
        base = stream.time_base or Fraction(1)
        ends = [(packet.pts or 0) + _duration(packet, stream) for packet in packets]
        start = min((packet.pts or 0 for packet in packets), default=0)
        seconds = Fraction(max(ends, default=0) - start) * base
        rate = Fraction(stream.average_rate or 0)
        return Length(len(packets), seconds, rate, (stream.width, stream.height), stream.codec_context.name)


def copyable(film: Film) -> bool:
    """Whether the pictures of `film` can stand in an mp4 as they are."""
    return length(film).codec in _PLAYED


class Remux:
    """Writes one file, as `deckard_cli.clip.encode.Encoder` does, but the pictures are those of a film."""

    def __init__(
        self,
        path: Path,
        film: Film,
        *,
        rate: int,
        quality: Quality,
        tags: Mapping[str, str],
        seal: Callable[[Path], None] | None = None,
    ) -> None:
        """`path` ends in .mp4; `rate` is in samples per second, `seal` as for an `Encoder`.

        Raises `BackendError` for what is no film, `DeckardError` where nothing can be written.
        """
        said = length(film)
        self.frames, self.fps, self.size = said.frames, said.rate, said.size
        self._film, self._rate, self._quality, self._tags, self._seal = film, rate, quality, tags, seal
        self._path, self._part = path, Part(path)
        self._blocks: list[NDArray[np.float32]] = []

    def sound(self, samples: NDArray[np.float32]) -> None:
        """Add the next samples, shape (n,), -1..1. They are never cut: a film that is shorter holds its last picture,
        of one that is longer only what is heard with it is kept.
        """
        self._blocks.append(samples)

    def picture(self, frame: Frame) -> None:
        """Nothing: the pictures are there."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._write()
                if self._seal:
                    self._seal(self._part.path)
                self._part.keep()
        except OSError as failed:
            raise failure(failed, self._path) from failed
        finally:
            self._part.drop()

    def _write(self) -> None:
        seconds = Fraction(sum(map(len, self._blocks)), self._rate)
        with opened(self._film) as source:
            stream = source.streams.video[0]
            packets = _fitted(list(_packets(source, stream)), stream, seconds)
            self.frames = len(packets)
            with container(self._part.path, Form.of(self._path), self._tags, self.fps, self._rate) as made:
                sound = SoundTrack(made, "aac", rate=self._rate, bit_rate=self._quality.bit_rate)
                for block in self._blocks:
                    sound.add(block)
                _interleave(made, stream, packets, sound)


def _interleave(
    made: OutputContainer, stream: VideoStream, packets: list[Packet[VideoStream]], sound: SoundTrack
) -> None:
    copied = made.add_stream_from_template(stream)
    base = stream.time_base or Fraction(1)
    for packet in packets:
        packet.stream = copied
        made.mux(packet)
        made.mux(list(sound.until(max(packet.dts or 0, 0) * base)))
    made.mux(list(sound.rest()))


def _fitted(packets: list[Packet[VideoStream]], stream: VideoStream, seconds: Fraction) -> list[Packet[VideoStream]]:
    """The packets, from time 0, of the pictures up to `seconds`, the last of which is shown to the end."""
    start = min(packet.pts or 0 for packet in packets)
    end = round(seconds / (stream.time_base or Fraction(1)))
    for packet in packets:
        packet.pts = (packet.pts or 0) - start
        packet.dts = (packet.dts or 0) - start
        packet.duration = _duration(packet, stream)
    # In the order of decoding: what comes after the first picture too many may need it.
    kept = list(_before(packets, end)) or packets[:1]
    last, usual = max(kept, key=lambda packet: packet.pts or 0), _duration(packets[0], stream)
    held = max(end - (last.pts or 0) - usual, 0)
    # The one is what players go by, the other what the container counts; they differ where pictures are reordered.
    last.duration = usual + held
    kept[-1].duration = usual + held
    return kept


def _before(packets: list[Packet[VideoStream]], end: int) -> Iterator[Packet[VideoStream]]:
    for packet in packets:
        if (packet.pts or 0) >= end:
            return
        yield packet


def _duration(packet: Packet[VideoStream], stream: VideoStream) -> int:
    """How long the picture of `packet` is shown, in the time base of `stream`."""
    if packet.duration:
        return packet.duration
    return round(1 / Fraction(stream.average_rate or 25) / (stream.time_base or Fraction(1)))


def _packets(source: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    try:
        yield from (packet for packet in source.demux(stream) if packet.pts is not None and packet.size)
    except av.FFmpegError as error:
        raise BackendError("The film that came back breaks off.", code="film_broken", hint="try again") from error


def opened(film: Film) -> InputContainer:
    """The film, to be read. Raises `BackendError` for what is none."""
    try:
        source = media.opened(io.BytesIO(film.data))
    except (av.FFmpegError, ValueError) as error:
        raise BackendError("What came back is not a film.", code="film_unreadable", hint="try again") from error
    if not source.streams.video or source.streams.video[0].codec_context is None:
        source.close()
        raise BackendError("What came back has no picture.", code="film_without_picture", hint="try again")
    return source
