"""What a check is remembered by: all that decides what it says of a clip."""

from __future__ import annotations

from typing import Final

from deckard_cli.cache import digest, sources
from deckard_cli.settings import Thresholds
from deckard_cli.studio import versions

__all__ = ["trial"]

_CODE: Final = ("check", "clip", "motion", "script", "speech")
_LIBRARIES: Final = ("av", "cv2", "espeakng_loader", "numpy", "pocketsphinx", "soxr")


def trial(limits: Thresholds) -> str:
    """The name of a check within `limits`, in hexadecimal digits: another one for other limits, code or libraries."""
    return digest([limits.model_dump(), sources(*_CODE), versions(*_LIBRARIES)])
