"""The door through which every file of sound or pictures is opened, whoever made it."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Final

import av
import av.error
from av.container import InputContainer

__all__ = ["opened"]

_SOUND: Final = (
    *("aac", "ac3", "aiff", "amr", "amrnb", "amrwb", "ape", "au", "caf", "dts", "eac3", "flac", "mp3", "ogg"),
    *("qoa", "tta", "voc", "w64", "wav", "wv"),
)
_CLIPS: Final = ("asf", "avi", "flv", "gif", "matroska", "mov", "mpeg", "mpegts")
_PICTURES: Final = ("apng", "bmp_pipe", "jpeg_pipe", "png_pipe", "tiff_pipe", "webp_pipe")
"""FFmpeg's names of what holds all that it shows. It knows playlists and scripts as well, by their content whatever
they are called, and would fetch what they name from this machine's disk and its network."""


def opened(source: Path | BinaryIO) -> InputContainer:
    """What `source` holds, to be read. Raises `av.FFmpegError` and `ValueError` for what is no sound and no picture,
    or points at others.
    """
    # Absolute, so that FFmpeg takes no name for a protocol (`concat:a.mp4`).
    name = str(source.absolute()) if isinstance(source, Path) else source
    options = {"format_whitelist": ",".join((*_SOUND, *_CLIPS, *_PICTURES))}
    try:
        # A title in Latin-1, as old recorders write it, would keep the whole recording from being read.
        return av.open(name, mode="r", options=options, metadata_errors="replace")
    except av.error.ArgumentError as error:
        why = "it is a playlist, or of a kind that is not read here"
        raise av.error.InvalidDataError(error.errno or 0, why, str(source)) from error
