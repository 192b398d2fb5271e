"""The picture of a file: frames become packets."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, cast

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video import VideoStream
from av.video.reformatter import ColorRange, Colorspace

from deckard_cli.clip import Quality
from deckard_cli.face import PixelFormat


class PictureTrack:
    """The picture stream of a container."""

    def __init__(
        self,
        container: OutputContainer,
        codec: str,
        *,
        fps: Fraction,
        size: tuple[int, int],
        quality: Quality,
        alpha: bool,
    ) -> None:
        self.format: PixelFormat = "yuva420p" if alpha else "yuv420p"
        """What `add` takes."""
        options = OPTIONS[codec](quality, alpha) | {"g": str(round(2 * fps)), "threads": str(quality.threads)}
        self._stream = cast(VideoStream, container.add_stream(codec, rate=fps, options=options))
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = self.format
        context = self._stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = Colorspace.ITU709
        context.color_range = ColorRange.MPEG
        self._time_base = 1 / fps
        self._count = 0

    def add(self, picture: av.VideoFrame) -> list[Packet[VideoStream]]:
        """The packets that `picture` brings out of the encoder: none at first, it looks ahead."""
        picture.time_base = self._time_base
        picture.pts = self._count
        self._count += 1
        return self._stream.encode(picture)

    def rest(self) -> list[Packet[VideoStream]]:
        """The packets that the encoder still holds."""
        return self._stream.encode(None) if self._count else []


def _x264(quality: Quality, alpha: bool) -> dict[str, str]:
    return {"preset": quality.preset, "crf": str(quality.crf), "profile": "high"}


def _vp9(quality: Quality, alpha: bool) -> dict[str, str]:
    options = {"crf": str(min(63, round(quality.crf * 1.25) + 6)), "b": "0", "deadline": "good", "cpu-used": "5"}
    return options | {"row-mt": "1", "auto-alt-ref": "0" if alpha else "1"}


OPTIONS: Final = {"libx264": _x264, "libvpx-vp9": _vp9}
