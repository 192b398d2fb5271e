"""All parts of a face traced on a picture, when it is known where its eyes are."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face.landmarks import Brow, Eye, Landmarks, Mouth
from deckard_cli.face.landmarks.eyes import brow, lids
from deckard_cli.face.landmarks.lips import Lips, lips
from deckard_cli.face.landmarks.outline import outline
from deckard_cli.face.landmarks.shape import curve, point
from deckard_cli.face.landmarks.template import IRIS, NOSE, Placement

__all__ = ["trace"]


def trace(
    pixels: NDArray[np.uint8],
    placed: Placement,
    source: Literal["cascade", "hand"],
    mouth: Lips | None = None,
) -> Landmarks:
    """The landmarks of the face at `placed` on `pixels` (RGB, shape (h, w, 3)); its lips are `mouth`, where given."""
    patch = placed.patch(pixels)
    mouth = mouth or lips(patch)
    oval = outline(patch, float(mouth.bottom[len(mouth.bottom) // 2, 1]))
    left, right = (_eye(patch, placed, side) for side in (-1, 1))
    left_brow, right_brow = (_brow(patch, placed, side) for side in (-1, 1))
    line = float(mouth.upper[len(mouth.upper) // 2, 1])
    return Landmarks(
        size=(pixels.shape[1], pixels.shape[0]),
        source=source,
        oval=curve(placed.to_picture(oval)),
        chin=point(placed.to_picture(oval[18])),
        nose=point(placed.to_picture(NOSE * [1, np.clip(line, 0.85, 1.2)])),
        mouth=Mouth(
            top=curve(placed.to_picture(mouth.top)),
            upper=curve(placed.to_picture(mouth.upper)),
            lower=curve(placed.to_picture(mouth.lower)),
            bottom=curve(placed.to_picture(mouth.bottom)),
        ),
        left_eye=left,
        right_eye=right,
        left_brow=left_brow,
        right_brow=right_brow,
        roll=round(placed.roll, 2),
    )


def _eye(patch: NDArray[np.uint8], placed: Placement, side: int) -> Eye:
    upper, lower = lids(patch, side)
    return Eye(
        upper=curve(placed.to_picture(upper)),
        lower=curve(placed.to_picture(lower)),
        iris=point(placed.to_picture(np.array([side * 0.5, 0.0]))),
        iris_radius=round(IRIS * placed.apart, 2),
    )


def _brow(patch: NDArray[np.uint8], placed: Placement, side: int) -> Brow:
    line, thickness = brow(patch, side)
    return Brow(line=curve(placed.to_picture(line)), thickness=round(thickness * placed.apart, 2))
