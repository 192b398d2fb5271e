"""The picture of a GIF: 256 colours for the whole of it, chosen from its first seconds."""

from __future__ import annotations

from collections.abc import Iterator
from errno import EAGAIN
from fractions import Fraction
from os import SEEK_END
from pathlib import Path
from typing import Final, cast

import av
from av.container import OutputContainer
from av.filter import Graph
from av.filter.context import FilterContext
from av.packet import Packet
from av.video import VideoStream
from av.video.format import VideoFormat

from deckard_cli.face import PixelFormat

FASTEST: Final = 50
"""Frames per second: a GIF counts hundredths of a second, and browsers slow a delay of one down to ten."""
LOOKED_AT: Final = 24 << 20
"""Bytes of frames that are kept until the colours are chosen: two seconds at 512 x 512."""


class GifTrack:
    """The picture stream of a GIF. Of more than 50 frames per second, every other is shown.

    One palette serves all frames, so that what stands still costs nothing: with a palette for each,
    the file is many times the size and the background shimmers.
    """

    def __init__(self, container: OutputContainer, *, fps: Fraction, size: tuple[int, int], alpha: bool) -> None:
        """`alpha`: what is less than half there is not there at all; a GIF knows nothing between."""
        self.format: PixelFormat = "yuva420p" if alpha else "yuv420p"
        """What `add` takes."""
        self._every = 2 if fps > FASTEST else 1
        self._time_base = 1 / fps
        self._size = size
        self._count = 0
        self._first: list[av.VideoFrame] = []
        self._painter: _Painter | None = None
        self._stream = container.add_stream("gif", rate=fps / self._every)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "pal8"

    def add(self, picture: av.VideoFrame) -> list[Packet[VideoStream]]:
        """The packets that `picture` brings out of the encoder: none until the colours are chosen."""
        count, self._count = self._count, self._count + 1
        if count % self._every:
            return []
        picture.time_base = self._time_base
        picture.pts = count
        if self._painter:
            return self._encode(self._painter, [picture])
        self._first.append(picture)
        width, height = self._size
        return self._begin() if len(self._first) * width * height * 3 // 2 >= LOOKED_AT else []

    def rest(self) -> list[Packet[VideoStream]]:
        """The packets that are still held."""
        packets = self._begin() if self._first else []
        return packets + (self._stream.encode(None) if self._count else [])

    def _begin(self) -> list[Packet[VideoStream]]:
        first, self._first = self._first, []
        colours = _palette(first, self._size, self._time_base, self.format)
        self._painter = _Painter(colours, self._size, self._time_base, self.format)
        return self._encode(self._painter, first)

    def _encode(self, painter: _Painter, pictures: list[av.VideoFrame]) -> list[Packet[VideoStream]]:
        painted = [each for picture in pictures for each in painter.paint(picture)]
        return [packet for each in painted for packet in self._stream.encode(each)]


def write_comment(path: Path, text: str) -> None:
    """Add a comment extension (GIF89a, section 24) at the end of the whole GIF at `path`: FFmpeg writes none."""
    data = text.encode()
    blocks = b"".join(
        bytes([len(block)]) + block for block in (data[start : start + 255] for start in range(0, len(data), 255))
    )
    with path.open("r+b") as file:
        file.seek(-1, SEEK_END)
        file.write(b"\x21\xfe" + blocks + b"\x00\x3b")


class _Painter:
    """Paints with a palette. An ordered dither stands still where the picture does; others crawl."""

    def __init__(self, palette: av.VideoFrame, size: tuple[int, int], time_base: Fraction, form: PixelFormat) -> None:
        self._graph = Graph()
        self._source = _source(self._graph, size, time_base, form)
        colours = _source(self._graph, (palette.width, palette.height), time_base, palette.format.name)
        use = self._graph.add("paletteuse", "dither=bayer:bayer_scale=4:diff_mode=rectangle")
        self._source.link_to(use, 0, 0)
        colours.link_to(use, 0, 1)
        use.link_to(self._graph.add("buffersink"))
        self._graph.configure()
        colours.push(palette)
        colours.push(None)

    def paint(self, picture: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """The pictures that are ready after `picture` has come in."""
        self._source.push(picture)
        return _pulled(self._graph)


def _palette(
    pictures: list[av.VideoFrame], size: tuple[int, int], time_base: Fraction, form: PixelFormat
) -> av.VideoFrame:
    """The colours of `pictures`, as a picture of 16 by 16."""
    graph = Graph()
    source = _source(graph, size, time_base, form)
    choose = graph.add("palettegen", "stats_mode=full")
    source.link_to(choose)
    choose.link_to(graph.add("buffersink"))
    graph.configure()
    for picture in pictures:
        source.push(picture)
    source.push(None)
    palette = next(_pulled(graph))
    palette.pts = 0
    palette.time_base = time_base
    return palette


def _source(graph: Graph, size: tuple[int, int], time_base: Fraction, pixel_format: str) -> FilterContext:
    width, height = size
    return graph.add_buffer(width=width, height=height, format=VideoFormat(pixel_format), time_base=time_base)


def _pulled(graph: Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield cast(av.VideoFrame, graph.pull())
        except av.FFmpegError as error:
            if error.errno != EAGAIN:
                raise
            return
