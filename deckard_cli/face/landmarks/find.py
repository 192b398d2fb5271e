"""The face on a photograph, by the best finder that is installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.errors import DeckardError, MissingError, UsageError, unknown
from deckard_cli.face.landmarks import Landmarks, cascade
from deckard_cli.face.landmarks.visible import FRONTAL, check

__all__ = ["FINDERS", "find"]

FINDERS: Final = ("mesh", "cascade")
"""Best first: a trained mesh, where MediaPipe is installed, and a classical detector that needs nothing more."""

_INSTALL: Final = (
    "with Python 3.11 or 3.12: uv pip install 'deckard-cli[mesh]' && uv pip install --no-deps mediapipe==0.10.21"
)
"""Without --no-deps a second OpenCV comes along and is written over ours; on a bare machine it fails to load."""

Faces = Callable[[NDArray[np.uint8]], list[Landmarks]]
"""All faces on a picture, in no order."""

_TURNS: Final = {
    cv2.ROTATE_90_CLOCKWISE: "clockwise by 90 degrees",
    cv2.ROTATE_90_COUNTERCLOCKWISE: "anticlockwise by 90 degrees",
    cv2.ROTATE_180: "by 180 degrees",
}


def find(pixels: NDArray[np.uint8], *, face_index: int | None = None, finder: str | None = None) -> Landmarks:
    """The landmarks of a face on `pixels`: RGB, shape (h, w, 3).

    `face_index` chooses among several faces, counted from the left from 1; `finder` is one of `FINDERS`, the best that
    is installed where it is not given. Raises `DeckardError` where there is no face that can speak, saying why,
    `UsageError` for a face or a finder that there is not, and `MissingError` for a finder that is not installed.
    """
    faces, threads = _faces(finder), cv2.getNumThreads()
    # OpenCV's own threads wait by spinning: beside anything else that works, all of it takes several times as long.
    cv2.setNumThreads(1)
    try:
        found = sorted(faces(pixels), key=lambda face: face.nose[0])
        if not found:
            raise _nobody(pixels, faces)
        face = _one(found, face_index)
        check(pixels, face)
        return face
    finally:
        cv2.setNumThreads(threads)


def _faces(finder: str | None) -> Faces:
    """What finds faces: the finder of that name, or the best that can be loaded."""
    if finder is not None and finder not in FINDERS:
        raise unknown("finder", finder, FINDERS)
    if finder == "cascade":
        return cascade.faces
    try:
        mesh = importlib.import_module("deckard_cli.face.landmarks.mesh")
    except ImportError as error:
        if finder is None:
            return cascade.faces
        message = f"The finder '{finder}' is not installed: {error}."
        raise MissingError(message, code="not_installed", hint=_INSTALL) from error
    faces: Faces = mesh.faces
    return faces


def _one(found: list[Landmarks], index: int | None) -> Landmarks:
    if index is None and len(found) == 1:
        return found[0]
    hint = f"choose one, counted from the left: --face-index 1 to {len(found)}"
    if index is None:
        raise DeckardError(f"There are {len(found)} faces on the picture.", code="several_faces", hint=hint)
    if not 1 <= index <= len(found):
        there = f"there are {len(found)} faces" if len(found) > 1 else "there is one face"
        raise UsageError(f"There is no face {index}: {there} on the picture.", code="no_such_face", hint=hint)
    return found[index - 1]


def _nobody(pixels: NDArray[np.uint8], faces: Faces) -> DeckardError:
    turned = [(face, words) for turn, words in _TURNS.items() for face in _upright(_turned(pixels, turn), faces)]
    if turned:
        _, words = min(turned, key=lambda each: abs(each[0].roll))
        return DeckardError("The face lies on its side.", code="sideways", hint=f"turn the picture {words}")
    if cascade.in_profile(pixels):
        return DeckardError("The face is in profile.", code="profile", hint=FRONTAL)
    return DeckardError(
        "There is no face on the picture.",
        code="no_face",
        hint="take one that shows a face from the front, or say where its mouth is: --mouth x,y,w,h",
    )


def _upright(pixels: NDArray[np.uint8], faces: Faces) -> Iterator[Landmarks]:
    """Faces that could be made to speak; a pattern that looks like one, in some turn, cannot."""
    for face in faces(pixels):
        with suppress(DeckardError):
            check(pixels, face)
            yield face


def _turned(pixels: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.rotate(pixels, turn), np.uint8)
