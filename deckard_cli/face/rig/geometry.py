"""How a drawing moves, read from `rig.toml` beside it: where the parts lie and how far they go."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

Number = Annotated[float, Field(ge=-8192, le=8192, allow_inf_nan=False)]
Length = Annotated[float, Field(gt=0, le=8192, allow_inf_nan=False)]
Degrees = Annotated[float, Field(ge=-45, le=45, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Point = tuple[Number, Number]
Reach = tuple[Number, Number]
"""Where something begins and where it is complete."""
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
"""As in a drawing: #rrggbb."""
Curve = Annotated[list[Point], Field(min_length=2)]
Points = NDArray[np.floating]
"""Shape (n, 2): x and y."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(_Table):
    """The sheet that the drawing is on, in its own units."""

    width: Length
    height: Length


class Head(_Table):
    """The head as a solid: an ellipsoid on a pivot, with a jaw."""

    origin: Point
    """Where the midline crosses the line of the eyes, in units of the page."""
    scale: Annotated[float, Field(gt=0, le=16, allow_inf_nan=False)]
    """Units of the page for each unit of the face."""
    drawn_yaw: Degrees = 0
    """Degrees that the drawing is turned, + towards the viewer's right."""
    roll: Degrees = 0
    """Degrees that the head is tilted at rest."""
    ellipsoid: tuple[Length, Length, Length]
    """Half width, half height and depth, in units of the face."""
    pivot: Point
    """Where it turns on the neck, in units of the page."""
    chin: Length
    """Units of the face from the line of the eyes down to the chin."""
    drop: Number
    """Units of the face that the chin travels at jawOpen 1."""
    front_relief: Number = 22
    """Units of the face that what the layer `front` shows, such as glasses, stands out of it."""
    merged: bool = False
    """The head is one picture with what is around it, as in a photograph: its movement fades out around it."""

    @property
    def height(self) -> float:
        """Units of the page from the crown, about, to the chin: what `headX` and `headY` count in."""
        return 2 * self.scale * self.chin

    def depth(self, x: Points, y: Points) -> Points:
        """How far towards the viewer the skin lies at (x, y), in units of the face."""
        rx, ry, rz = self.ellipsoid
        depth: Points = rz * np.sqrt(np.maximum(0, 1 - (x / rx) ** 2 - (y / ry) ** 2))
        return depth

    def to_page(self, points: Points, relief: float = 0) -> Points:
        """Points of a face seen from the front -> where they stand on the drawing, which is turned by `drawn_yaw`.
        `relief` is how far they stand out of the ellipsoid.
        """
        turn = math.radians(self.drawn_yaw)
        x, y = points[:, 0], points[:, 1]
        turned = x * math.cos(turn) + (self.depth(x, y) + relief) * math.sin(turn)
        return np.stack([self.origin[0] + self.scale * turned, self.origin[1] + self.scale * y], 1)


class TexturePose(_Table):
    """The pose in which the lips are drawn."""

    jaw: Share = 0
    part: Share = 0
    smile: Share = 0


class OwnLips(_Table):
    """The edges of lips as a photograph shows them, in units of the page, each from the viewer's left corner to the
    right one.
    """

    top: Curve
    """Outer edge of the upper lip."""
    upper: Curve
    """Inner edge of the upper lip."""
    lower: Curve
    """Inner edge of the lower lip: away from `upper` where the mouth is open."""
    bottom: Curve
    """Outer edge of the lower lip."""


class Mouth(_Table):
    """The mouth of a face seen from the front; all in units of the face."""

    half_width: Length
    line: Number
    """Where closed lips meet."""
    upper: Length
    """Thickness of the upper lip."""
    lower: Length
    smile: Share = 0
    """Of the face at rest, -1..1."""
    teeth: Number
    """Lower edge of the upper teeth."""
    box: tuple[Number, Number, Number, Number]
    """The part of the face that the mouth may cover: left, top, right, bottom."""
    texture: TexturePose = TexturePose()
    seam: Colour = "#3d0f2a"
    """The dark line where closed lips meet."""
    shade: Colour = "#4a1a34"
    """What the upper lip casts on the teeth."""
    own: OwnLips | None = None
    """None: the lips have the shape of the rig's model; else the model only says how far they go from this one."""

    @model_validator(mode="after")
    def _box_is_one(self) -> Mouth:
        left, top, right, bottom = self.box
        if not (left < right and top < bottom and right - left <= 1024 and bottom - top <= 1024):
            raise ValueError("box has to be left, top, right, bottom, and at most 1024 wide and high")
        return self


class Eye(_Table):
    """One eye, in units of the page. Lid curves run from the inner to the outer corner."""

    upper: Curve
    """Edge of the open upper lid."""
    lower: Curve
    """Edge of the lower lid."""
    shut: Curve
    """Edge of the closed upper lid."""
    crease: Curve
    """Fold above the open lid."""
    crease_shut: Curve
    iris: Point
    iris_radius: Length


class Sides(_Table):
    """What a face has two of."""

    left: Curve
    right: Curve


class Eyes(_Table):
    """Both eyes; left and right are the viewer's."""

    left: Eye
    right: Eye


class Neck(_Table):
    """What carries the head, of the drawing's `body`; all in units of the face."""

    width: Reach = (150, 221)
    """From the pivot to the side: within the first it goes with the head, beyond the second it is the body's."""
    foot: Reach = (-18, 110)
    """Below the chin: from the first on it goes less with the head, at the second it rests on the body."""


class Hair(_Table):
    """How hair swings; all in units of the face, below the line of the eyes."""

    relief: Number = 26
    """How far `hair-front` stands out of the head."""
    loose: Reach = (55, 385)
    """Where it begins to swing, and where it swings freely."""
    swing: Annotated[float, Field(ge=0, le=4, allow_inf_nan=False)] = 1.6
    """How far its ends lag, of what the head has gone: 0 is hair that goes with the head."""
    held: Reach = (238, 404)
    """Where it begins to rest on the shoulders, and where it lies on them."""
    back: Reach = (119, 367)
    """The same of `hair-back`, which rests on them altogether."""


class Hanging(_Table):
    """What hangs from the head by a hook and swings, such as an earring; in units of the page."""

    hook: Point
    end: Point
    """Its lowest point, straight below the hook."""

    @model_validator(mode="after")
    def _end_is_below(self) -> Hanging:
        if self.end[1] - self.hook[1] < 1:
            raise ValueError("end has to lie below hook")
        return self


class Brows(Sides):
    """Each brow's middle line, from its inner to its outer end."""

    lift: Annotated[float, Field(ge=0, le=4, allow_inf_nan=False)] = 1
    """How far they go, of what brows usually do."""


class Geometry(_Table):
    """A whole `rig.toml`."""

    page: Page
    head: Head
    mouth: Mouth
    eye: Eyes
    brow: Brows
    neck: Neck = Neck()
    hair: Hair = Hair()
    hanging: list[Hanging] = []
