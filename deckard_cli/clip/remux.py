"""A finished film and our sound in one file: the pictures are copied as they came, none is encoded again."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video import VideoStream
from numpy.typing import NDArray

from deckard_cli.clip import Form, Quality
from deckard_cli.clip.encode import container
from deckard_cli.clip.sound import SoundTrack
from deckard_cli.errors import BackendError
from deckard_cli.face import Film

__all__ = ["Length", "copyable", "length", "remux"]

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
    with _opened(film) as source:
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


def remux(
    film: Film,
    path: Path,
    sound: Iterable[NDArray[np.float32]],
    *,
    rate: int,
    quality: Quality,
    tags: Mapping[str, str],
) -> None:
    """Write the pictures of `film` and `sound` to `path`, an .mp4 that nobody reads yet.

    `sound` is mono, shape (n,), -1..1, of `rate` samples a second; it is never cut. A film that is shorter holds its
    last picture, of one that is longer only what is heard with it is kept. Raises `BackendError` for what is no film.
    """
    blocks = list(sound)
    seconds = Fraction(sum(map(len, blocks)), rate)
    with _opened(film) as source:
        stream = source.streams.video[0]
        packets = _fitted(list(_packets(source, stream)), stream, seconds)
        fps = Fraction(stream.average_rate or 25)
        with container(path, Form.of(path), tags, fps, rate) as made:
            _write(made, stream, packets, SoundTrack(made, "aac", rate=rate, bit_rate=quality.bit_rate), blocks)


def _write(
    made: OutputContainer,
    stream: VideoStream,
    packets: list[Packet[VideoStream]],
    sound: SoundTrack,
    blocks: list[NDArray[np.float32]],
) -> None:
    copied = made.add_stream_from_template(stream)
    for block in blocks:
        sound.add(block)
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
    return (packet for packet in source.demux(stream) if packet.pts is not None and packet.size)


def _opened(film: Film) -> InputContainer:
    try:
        source = av.open(io.BytesIO(film.data), "r")
    except (av.FFmpegError, ValueError) as error:
        raise BackendError("What came back is not a film.", code="film_unreadable", hint="try again") from error
    if not source.streams.video:
        source.close()
        raise BackendError("What came back has no picture.", code="film_without_picture", hint="try again")
    return source
