"""Faces by MediaPipe's Face Mesh with refined irises: 478 points of each face, from models inside its wheel.

Which point is which: MediaPipe, canonical face model (mediapipe/modules/face_geometry/data), and Kartynnik et al.,
Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs, 2019. Runs offline.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from mediapipe.python.solutions.face_mesh import FaceMesh
from numpy.typing import NDArray

from deckard_cli.face.landmarks import Brow, Eye, Landmarks, Mouth
from deckard_cli.face.landmarks.shape import Points, curve, point

__all__ = ["faces"]

_MOST: Final = 16
"""Faces in one picture."""
_TILES: Final = (0.5, 0.25)
"""Side of a tile as a share of the picture's, the smaller ones where no face is found without: the detector sees a
picture as 128 pixels square, and misses a face that is less than about a tenth of it."""
_NEAR: Final = 512
"""Pixels of a side that a small face is enlarged to: positions come in steps of a part of a pixel."""
_SAME: Final = 0.3
"""Two finds whose noses, chins and eyes are all nearer than this many distances of the eyes are one face."""

_SURE: Final = 0.1
"""Within which they surely are: faces upside down, and patterns, differ by more from what is seen in their mirror."""

_OVAL: Final = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
_TOP: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
_UPPER: Final = (61, 78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 291)
_LOWER: Final = (61, 78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 291)
_BOTTOM: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
_LEFT_EYE: Final = (133, 173, 157, 158, 159, 160, 161, 246, 33), (133, 155, 154, 153, 145, 144, 163, 7, 33)
_RIGHT_EYE: Final = (362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263)
_LEFT_IRIS: Final = (468, 469, 470, 471, 472)
_RIGHT_IRIS: Final = (473, 474, 475, 476, 477)
_LEFT_BROW: Final = (107, 66, 105, 63, 70), (55, 65, 52, 53, 46)
_RIGHT_BROW: Final = (336, 296, 334, 293, 300), (285, 295, 282, 283, 276)
_CHIN: Final = 152
_NOSE: Final = 4
_SIDES: Final = 234, 454
"""Where the oval is widest, before the ears."""


def faces(pixels: NDArray[np.uint8]) -> list[Landmarks]:
    """The faces on `pixels`, RGB, shape (h, w, 3), in no order; none where none is upright or large enough."""
    height, width = pixels.shape[:2]
    with _quiet(), FaceMesh(static_image_mode=True, max_num_faces=_MOST, refine_landmarks=True) as mesh:
        for share in _TILES:
            seen = _seen(mesh, pixels, share)
            sure = [again for points in seen if (again := _again(mesh, pixels, points)) is not None]
            if sure:
                break
    return [_landmarks(points, (width, height)) for points in sure]


def _seen(mesh: Any, pixels: NDArray[np.uint8], share: float) -> list[Points]:
    """Points of each face, shape (478, 3), in the whole picture first and then in its tiles."""
    found: list[Points] = []
    for left, top, right, bottom in _windows(pixels.shape[1], pixels.shape[0], share):
        tile = np.ascontiguousarray(pixels[top:bottom, left:right])
        for points in _meshes(mesh, tile):
            whole = tile.shape == pixels.shape or _inside(points, tile.shape)
            points += (left, top, 0)
            if whole and not any(_apart(_marks(points), _marks(other)) < _SAME for other in found):
                found.append(points)
    return found


def _again(mesh: Any, pixels: NDArray[np.uint8], points: Points) -> Points | None:
    """The same face, looked at upright and from near: its points to a part of a pixel, or None where it was no face."""
    roll, _ = _turn(points)
    oval = points[list(_OVAL), :2]
    middle, reach = oval.mean(0), float(np.ptp(oval, axis=0).max())
    scale = max(1.0, _NEAR / (2 * reach))
    upright = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), roll, scale)
    upright[:, 2] += scale * reach - middle
    side = round(2 * scale * reach)
    warped = cv2.warpAffine(pixels, upright, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    back = cv2.invertAffineTransform(upright)
    near = np.asarray(warped, np.uint8)
    found, doubt = _twice(mesh, near)
    if found is None or doubt > _SAME or (doubt > _SURE and doubt > _twice(mesh, near[::-1, ::-1])[1]):
        return None
    # OpenCV counts from the middle of a pixel, a mesh from its corner.
    found[:, :2] = (found[:, :2] - 0.5) @ back[:, :2].T + back[:, 2] + 0.5
    found[:, 2] /= scale
    return found if _apart(_marks(found), _marks(points)) < _SAME else None


def _twice(mesh: Any, near: NDArray[np.uint8]) -> tuple[Points | None, float]:
    """The face on `near`, and how far from it the one in its mirror is.

    That is little for a face, more for one upside down, which is seen as another one in the mirror.
    """
    mirrored = [_marks(seen, near.shape[1]) for seen in _meshes(mesh, np.ascontiguousarray(near[:, ::-1]))]
    pairs = [
        (seen, _apart(_marks(seen), marks)) for seen in _meshes(mesh, np.ascontiguousarray(near)) for marks in mirrored
    ]
    return min(pairs, key=lambda pair: pair[1], default=(None, math.inf))


def _windows(width: int, height: int, share: float) -> Iterator[tuple[int, int, int, int]]:
    """The whole picture, then overlapping tiles of it: left, top, right, bottom."""
    yield 0, 0, width, height
    side = max(128, round(share * max(width, height)))
    across, down = (_starts(length, side) for length in (width, height))
    yield from ((x, y, min(width, x + side), min(height, y + side)) for y in down for x in across)


def _starts(length: int, side: int) -> list[int]:
    count = 1 if length <= side else math.ceil(2 * length / side) - 1
    return [round(i * (length - side) / max(1, count - 1)) for i in range(count)]


def _meshes(mesh: Any, tile: NDArray[np.uint8]) -> Iterator[Points]:
    """Points of each face, shape (478, 3), in pixels of the tile; z grows away from the viewer."""
    height, width = tile.shape[:2]
    for face in mesh.process(tile).multi_face_landmarks or ():
        yield np.array([(mark.x * width, mark.y * height, mark.z * width) for mark in face.landmark])


def _inside(points: Points, shape: tuple[int, ...]) -> bool:
    """Whether the whole oval is: what the edge of a tile cuts, the mesh invents."""
    x, y = points[list(_OVAL), 0], points[list(_OVAL), 1]
    return bool(x.min() > 0 and y.min() > 0 and x.max() < shape[1] and y.max() < shape[0])


def _marks(points: Points, mirror: int = 0) -> Points:
    """Left eye, right eye, nose and chin, shape (4, 2); of a face in a mirror `mirror` pixels wide, as it is."""
    marks = points[[_LEFT_IRIS[0], _RIGHT_IRIS[0], _NOSE, _CHIN], :2]
    return marks[[1, 0, 2, 3]] * [-1, 1] + [mirror, 0] if mirror else marks


def _apart(one: Points, other: Points) -> float:
    """The largest distance between marks, in distances of the eyes."""
    return float(np.linalg.norm(one - other, axis=1).max() / np.linalg.norm(one[1] - one[0]))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps MediaPipe's C++ log off the terminal: it has no other switch for all of its lines."""
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _landmarks(points: Points, size: tuple[int, int]) -> Landmarks:
    flat = points[:, :2]
    roll, yaw = _turn(points)
    return Landmarks(
        size=size,
        source="mesh",
        oval=curve(flat[list(_OVAL)]),
        chin=point(flat[_CHIN]),
        nose=point(flat[_NOSE]),
        mouth=Mouth(
            top=curve(flat[list(_TOP)]),
            upper=curve(flat[list(_UPPER)]),
            lower=curve(flat[list(_LOWER)]),
            bottom=curve(flat[list(_BOTTOM)]),
        ),
        left_eye=_eye(flat, *_LEFT_EYE, _LEFT_IRIS),
        right_eye=_eye(flat, *_RIGHT_EYE, _RIGHT_IRIS),
        left_brow=_brow(flat, *_LEFT_BROW),
        right_brow=_brow(flat, *_RIGHT_BROW),
        roll=roll,
        yaw=yaw,
    )


def _turn(points: Points) -> tuple[float, float]:
    """Roll and yaw in degrees, from the line between the sides of the face."""
    left, right = points[_LEFT_IRIS[0]], points[_RIGHT_IRIS[0]]
    roll = math.degrees(math.atan2(right[1] - left[1], right[0] - left[0]))
    across = points[_SIDES[1]] - points[_SIDES[0]]
    yaw = math.degrees(math.atan2(across[2], math.hypot(across[0], across[1])))
    return max(-90.0, min(90.0, roll)), yaw


def _eye(flat: Points, upper: tuple[int, ...], lower: tuple[int, ...], iris: tuple[int, ...]) -> Eye:
    middle, rim = flat[iris[0]], flat[list(iris[1:])]
    radius = float(np.linalg.norm(rim - middle, axis=1).mean())
    return Eye(
        upper=curve(flat[list(upper)]), lower=curve(flat[list(lower)]), iris=point(middle), iris_radius=round(radius, 2)
    )


def _brow(flat: Points, upper: tuple[int, ...], lower: tuple[int, ...]) -> Brow:
    above, below = flat[list(upper)], flat[list(lower)]
    thickness = float(np.linalg.norm(above - below, axis=1)[1:4].mean())
    return Brow(line=curve((above + below) / 2), thickness=round(max(thickness, 0.5), 2))
