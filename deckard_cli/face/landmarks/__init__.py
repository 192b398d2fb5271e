"""Where the parts of a face lie on a picture: found once, kept in `landmarks.toml` beside it, mended there by hand.

All positions are pixels of the picture, x to the right and y down, (0, 0) the corner of its first pixel; left and right
are the viewer's.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Brow", "Curve", "Eye", "Landmarks", "Mouth", "Point"]

Number = Annotated[float, Field(ge=-16384, le=32768, allow_inf_nan=False)]
Length = Annotated[float, Field(gt=0, le=32768, allow_inf_nan=False)]
Degrees = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Point = tuple[Number, Number]
Curve = Annotated[list[Point], Field(min_length=3, max_length=256)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mouth(_Table):
    """Four edges of the lips, each from the viewer's left corner of the mouth to the right one."""

    top: Curve
    """Outer edge of the upper lip."""
    upper: Curve
    """Inner edge of the upper lip."""
    lower: Curve
    """Inner edge of the lower lip: that of the upper one where the mouth is closed."""
    bottom: Curve
    """Outer edge of the lower lip."""


class Eye(_Table):
    """One eye; the edges of its lids run from the inner to the outer corner."""

    upper: Curve
    lower: Curve
    iris: Point
    iris_radius: Length


class Brow(_Table):
    """One brow."""

    line: Curve
    """Its middle, from the inner to the outer end."""
    thickness: Length
    """In its middle third."""


class Landmarks(_Table):
    """One face on one picture."""

    size: tuple[int, int]
    """Width and height of the picture."""
    source: Literal["mesh", "cascade", "hand"]
    """Who found them: a trained mesh, a classical detector, or a person."""
    oval: Annotated[list[Point], Field(min_length=8, max_length=256)]
    """Outline of the face from the middle of the forehead, where the hair begins, clockwise as the viewer sees it."""
    chin: Point
    nose: Point
    """Its tip."""
    mouth: Mouth
    left_eye: Eye
    right_eye: Eye
    left_brow: Brow
    right_brow: Brow
    roll: Degrees
    """How far the head is tilted, + clockwise as the viewer sees it."""
    yaw: Degrees = 0
    """How far it is turned, + towards the viewer's right."""
