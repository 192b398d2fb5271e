"""What `paint.c` was compiled to, when Deckard was installed."""

from __future__ import annotations

import ctypes
import sys
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any, Final

from deckard_cli.errors import MissingError

__all__ = ["library"]

_ENDINGS: Final = {"win32": ".dll", "darwin": ".dylib"}
LIBRARY: Final = Path(__file__).parent / f"_paint-{sysconfig.get_platform()}{_ENDINGS.get(sys.platform, '.so')}"
_AT, _INT, _REAL = ctypes.c_void_p, ctypes.c_int, ctypes.c_float
_ARGUMENTS: Final[dict[str, list[Any]]] = {
    "deckard_texture_bytes": [_INT, _INT],
    "deckard_texture_renew": [_AT, _INT, _INT, _AT, ctypes.c_int64, *[_INT] * 5],
    "deckard_paint": [_AT, _INT, _INT, *[_REAL] * 3, _AT, _AT, *[_INT] * 5, _AT, *[_INT] * 3, _AT, _AT, _REAL],
    "deckard_move": [
        *([_AT] * 2 + [_INT] * 2 + [_AT] * 4),
        *(_INT, _INT, _REAL, _REAL),
        *(_AT, _AT, _INT, _INT, _AT, _INT),
    ],
    "deckard_over": [_AT, ctypes.c_int64, _AT, ctypes.c_int64, _INT, _INT],
    "deckard_bands": [_AT, *[_INT] * 3, _AT, _AT, _INT, _INT, _AT, _AT, _INT, _REAL],
    "deckard_between": [_AT, *[_INT] * 3, *[_AT] * 3],
    "deckard_tint": [_AT, *[_INT] * 3, *[_AT] * 3, _REAL, _AT, _INT, _AT],
}
"""As in `paint.c`."""


@cache
def library() -> ctypes.CDLL:
    """What was compiled. Raises `MissingError` where it was not."""
    try:
        found = ctypes.CDLL(str(LIBRARY))
    except OSError as error:
        raise MissingError(
            f"The part of Deckard that draws was not compiled: {error}.",
            code="not_compiled",
            hint="uv sync --reinstall-package deckard-cli, or pip install --force-reinstall deckard-cli",
        ) from error
    found.deckard_texture_bytes.restype = ctypes.c_int64
    for name, arguments in _ARGUMENTS.items():
        getattr(found, name).argtypes = arguments
    return found
