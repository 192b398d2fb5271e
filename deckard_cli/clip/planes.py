"""A frame as FFmpeg holds it."""

from __future__ import annotations

from typing import cast

import av
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from deckard_cli.face import Frame, PixelFormat


def as_video_frame(frame: Frame, pixel_format: PixelFormat) -> av.VideoFrame:
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
