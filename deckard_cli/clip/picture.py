"""The picture of a file: frames become packets."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.video import VideoStream
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from deckard_cli.clip import Form, Quality
from deckard_cli.face import Frame

THREADS = "2"


class PictureTrack:
    """The picture stream of a container."""

    def __init__(
        self,
        container: OutputContainer,
        form: Form,
        *,
        fps: Fraction,
        size: tuple[int, int],
        quality: Quality,
        alpha: bool,
    ) -> None:
        self._format = "yuva420p" if alpha else "yuv420p"
        options = OPTIONS[form.picture](quality, alpha) | {"g": str(round(2 * fps)), "threads": THREADS}
        self._stream = cast(VideoStream, container.add_stream(form.picture, rate=fps, options=options))
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = self._format
        context = self._stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = Colorspace.ITU709
        context.color_range = ColorRange.MPEG
        self._time_base = 1 / fps
        self._count = 0

    def add(self, frame: Frame) -> list[Packet[VideoStream]]:
        """The packets that `frame` brings out of the encoder: none at first, it looks ahead."""
        picture = as_video_frame(frame, self._format)
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


OPTIONS = {"libx264": _x264, "libvpx-vp9": _vp9}


def as_video_frame(frame: Frame, pixel_format: str) -> av.VideoFrame:
    """`frame` as FFmpeg holds it, in `pixel_format`, BT.709 limited range."""
    width, height = frame.size
    if frame.format == "rgb24":
        rgb = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(frame.planes[0]), "rgb24")
        return rgb.reformat(
            format=pixel_format,
            src_color_range=ColorRange.JPEG,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
    picture = av.VideoFrame(width, height, pixel_format)
    for plane, source in zip(picture.planes, frame.planes, strict=False):
        _rows(plane)[: source.shape[0], : source.shape[1]] = source
    if pixel_format == "yuva420p" and frame.format == "yuv420p":
        _rows(picture.planes[3])[:] = 255
    return picture


def _rows(plane: VideoPlane) -> NDArray[np.uint8]:
    """The plane's own memory, shape (rows, bytes from one row to the next)."""
    memory = np.frombuffer(cast(memoryview, plane), np.uint8)
    return memory.reshape(-1, plane.line_size)
