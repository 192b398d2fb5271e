"""Landmarks -> the geometry by which the rig moves a photograph."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.face import landmarks
from deckard_cli.face.landmarks import Landmarks
from deckard_cli.face.rig.geometry import Brows, Eye, Eyes, Geometry, Head, Mouth, OwnLips, Points, TexturePose
from deckard_cli.face.rig.geometry import Page as Sheet
from deckard_cli.face.rig.lips import CLOSES_DOWN
from deckard_cli.face.rig.photo.inside import FLESH
from deckard_cli.face.rig.photo.page import SIDE, Page

_CHIN: Final = 236
"""Units of the face from the line of the eyes to the chin: what the rig's amounts are written for."""
_DROP: Final = 36
"""Units of the face that a chin travels. More, and the neck below it is pressed together like a bellows."""
_LIFT: Final = 0.6
"""How far brows go, of what drawn ones do: the forehead above them is skin and hair that does not move."""
_TEETH: Final = 6
"""Units of the face that upper teeth reach below the line of closed lips."""


def measure(marks: Landmarks, page: Page, lips: NDArray[np.floating]) -> Geometry:
    """The geometry of the face at `marks` on `page`, whose lips have the colour `lips` (RGB, 0..1); curves are on the
    upright page.
    """
    eyes = page.upright([marks.left_eye.iris, marks.right_eye.iris]).mean(0)
    chin = page.upright([marks.chin])[0]
    oval = page.upright(marks.oval)
    middle = 0.5 * (eyes[0] + chin[0])
    scale = float(chin[1] - eyes[1]) / _CHIN
    near = oval[np.abs(oval[:, 1] - eyes[1]) < 60 * scale]
    wide = float(np.ptp(near[:, 0] if len(near) > 1 else oval[:, 0])) / 2 / scale
    head = Head(
        origin=(_round(middle), _round(eyes[1])),
        scale=round(scale, 4),
        drawn_yaw=_round(marks.yaw),
        roll=_round(page.roll),
        ellipsoid=(_round(1.06 * wide), 330, _round(0.85 * wide)),
        pivot=(_round(page.pivot[0]), _round(page.pivot[1])),
        chin=_CHIN,
        drop=_DROP,
        merged=True,
    )
    left, right = (_curve(page.upright(brow.line)) for brow in (marks.left_brow, marks.right_brow))
    return Geometry(
        page=Sheet(width=SIDE, height=SIDE),
        head=head,
        mouth=_mouth(marks, page, head, lips),
        eye=Eyes(left=_eye(marks.left_eye, page), right=_eye(marks.right_eye, page)),
        brow=Brows(left=left, right=right, lift=_LIFT),
    )


def _round(value: float) -> float:
    return round(float(value), 2)


def _hex(rgb: NDArray[np.floating]) -> str:
    return "#" + "".join(f"{round(255 * float(value)):02x}" for value in np.clip(rgb, 0, 1))


def _curve(points: Points) -> list[tuple[float, float]]:
    return [(_round(x), _round(y)) for x, y in points]


def _mouth(marks: Landmarks, page: Page, head: Head, lips: NDArray[np.floating]) -> Mouth:
    top, upper, lower, bottom = (
        page.upright(curve) for curve in (marks.mouth.top, marks.mouth.upper, marks.mouth.lower, marks.mouth.bottom)
    )
    origin, scale = np.array(head.origin), head.scale
    left, right = (top[0] + bottom[0]) / 2, (top[-1] + bottom[-1]) / 2
    centre = (left[0] + right[0]) / 2
    heights = [float(np.interp(centre, *curve.T)) - origin[1] for curve in (top, upper, lower, bottom)]
    t, u, w, b = (height / scale for height in heights)
    gap = max(w - u, 0)
    line = u + CLOSES_DOWN * gap
    half = float(right[0] - left[0]) / 2 / scale
    # Corners 12 units above the line are a whole smile in the rig's terms.
    raised = line - (float(left[1] + right[1]) / 2 - origin[1]) / scale + 2
    smile = min(max(raised / 12, -0.3), 0.9)
    warm = lips * FLESH
    return Mouth(
        half_width=_round(half - 8 * max(smile, 0)),
        line=_round(line),
        upper=_round(max(line - CLOSES_DOWN * gap - t, 4)),
        lower=_round(max(b - w, 5)),
        smile=round(smile, 3),
        teeth=_round(max(line + _TEETH, w - 1) if gap > 3 else line + _TEETH),
        box=(_round(-half - 40), _round(t - 34), _round(half + 40), _round(min(b + 84, _CHIN + 40))),
        texture=TexturePose(smile=round(smile, 3)),
        seam=_hex(0.34 * warm),
        shade=_hex(0.13 * warm),
        own=OwnLips(top=_curve(top), upper=_curve(upper), lower=_curve(lower), bottom=_curve(bottom)),
    )


def _eye(eye: landmarks.Eye, page: Page) -> Eye:
    upper, lower = page.upright(eye.upper), page.upright(eye.lower)
    iris = page.upright([eye.iris])[0]
    low = np.interp(upper[:, 0], *_ascending(lower))
    tall = float(np.max(low - upper[:, 1]))
    shut = upper + np.stack([0 * low, 0.86 * np.maximum(low - upper[:, 1], 0)], 1)
    bump = np.sin(np.linspace(0, np.pi, len(upper)))
    crease = upper - np.stack([0 * bump, tall * (0.12 + 0.2 * bump)], 1)
    crease_shut = upper - np.stack([0 * bump, tall * (0.12 + 0.12 * bump)], 1)
    return Eye(
        upper=_curve(upper),
        lower=_curve(lower),
        shut=_curve(shut),
        crease=_curve(crease),
        crease_shut=_curve(crease_shut),
        iris=(_round(iris[0]), _round(iris[1])),
        iris_radius=_round(eye.iris_radius * page.scale),
    )


def _ascending(curve: Points) -> Points:
    """Columns and rows of `curve`, its columns rising."""
    ordered: Points = curve[np.argsort(curve[:, 0])].T
    return ordered
