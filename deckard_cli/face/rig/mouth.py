"""The mouth: teeth and tongue in the dark, seen between two lips."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from deckard_cli.face.rig.canvas import Grid, Layer, Layers, Packed, eight_bit, faded, over, solid
from deckard_cli.face.rig.geometry import Geometry, Points
from deckard_cli.face.rig.lips import Lips, lips
from deckard_cli.face.rig.pose import MouthPose
from deckard_cli.face.rig.ribbon import between, shift, stretch

_MARGIN = 14
"""Units of the face around the lips that their soft edges reach."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of the patch, in its pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def columns(self) -> Grid:
        return np.arange(self.left, self.right, dtype=np.float32)

    @property
    def rows(self) -> Grid:
        return np.arange(self.top, self.bottom, dtype=np.float32)[:, None]

    def part(self, top: float, bottom: float) -> _Window:
        """Its rows from `top` to `bottom`."""
        first = min(max(int(top), self.top), self.bottom - 1)
        return _Window(self.left, first, self.right, min(max(int(bottom) + 2, first + 1), self.bottom))

    def cut(self, pixels: Packed, part: _Window) -> Packed:
        """The `part` of `pixels`, which has the size of the window."""
        return pixels[part.top - self.top : part.bottom - self.top]

    def of(self, pixels: Packed, down: float) -> Packed:
        """What is seen in the window of a patch's `pixels` moved `down`."""
        matrix = np.array([[1, 0, -self.left], [0, 1, down - self.top]], np.float32)
        size = (self.right - self.left, self.bottom - self.top)
        return eight_bit(cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR))


class Mouth:
    """Draws the mouth of one drawing on a patch of the page."""

    def __init__(self, layers: Layers, geometry: Geometry) -> None:
        self._geometry = geometry
        head, scale = geometry.head, layers.scale
        left, top, right, bottom = geometry.mouth.box
        self._left = round((head.origin[0] + head.scale * left) * scale)
        self._top = round((head.origin[1] + head.scale * top) * scale)
        self._width = round(head.scale * (right - left) * scale)
        self._height = round(head.scale * (bottom - top) * scale)
        self._scale = scale
        self._unit = scale * head.scale

        def read(name: str) -> Packed:
            return layers.get(name).window(self._left, self._top, self._width, self._height)

        self._part = {name: read(name) for name in ("lip-upper", "lip-lower", "lip-shadow", "lip-corners")}
        self._teeth_lower, self._tongue = read("teeth-lower"), read("tongue")
        edge = head.origin[1] + head.scale * geometry.mouth.teeth
        tip = float(np.flatnonzero((self._tongue[..., 3] > 128).any(1))[0]) if self._tongue.any() else 0.0
        self._tongue_free = edge * scale - self._top - tip
        """Pixels that the drawn tongue has to come down to be clear of the upper teeth."""
        self._photographed = geometry.mouth.own is not None
        self._inside, self._teeth_upper = read("mouth-inside"), read("teeth-upper")
        if not self._photographed:
            over(self._inside, self._teeth_upper)
        self._seam_colour, self._shade = solid(geometry.mouth.seam), solid(geometry.mouth.shade)
        drawn = geometry.mouth.texture
        pose = MouthPose(
            *(drawn.jaw, 0, 0, 0, drawn.smile, drawn.smile),
            part_upper=drawn.part,
            part_lower=drawn.part,
            relaxed=1,
        )
        self._drawn = was = lips(pose, geometry)
        bands = {"lip-upper": (was.top, was.upper), "lip-lower": (was.lower, was.bottom)}
        self._reach = {name: self._reaches(name, *bands.get(name, (was.bottom, was.bottom))) for name in self._part}
        self._last: tuple[MouthPose, Layer] | None = None
        self.room = Layer(np.zeros_like(self._inside), self._left, self._top, self._scale)
        """An empty layer as large as the mouth can become."""

    def draw(self, pose: MouthPose, now: Lips) -> Layer:
        """The mouth in `pose`, whose lips are `now`, transparent around them."""
        if self._last is None or self._last[0] != pose:
            at = self._window(now)
            patch = self._paint(pose, now, at)
            self._last = (pose, Layer(patch, self._left + at.left, self._top + at.top, self._scale))
        return self._last[1]

    def _window(self, now: Lips) -> _Window:
        """The part of the patch that this mouth covers with its shadow: a closed one is half as tall as an open one."""
        margin = _MARGIN * self._unit
        left, right = self._column(now.top[[0, -1], 0])
        top, bottom = self._row(np.array([now.top[:, 1].min(), now.bottom[:, 1].max()]))
        above, below = (max(ways) for ways in zip(*self._reach.values(), strict=True))
        return _Window(
            max(0, int(left - margin)),
            max(0, int(top - above)),
            min(self._width, int(right + margin) + 1),
            min(self._height, int(bottom + below) + 2),
        )

    def _paint(self, pose: MouthPose, now: Lips, at: _Window) -> Packed:
        columns, was = self._matching(pose, now, at), self._drawn
        top, upper, lower, bottom = (
            self._heights(curve, at.columns) for curve in (now.top, now.upper, now.lower, now.bottom)
        )
        was_top, was_upper, was_lower, was_bottom = (
            self._heights(curve, columns) for curve in (was.top, was.upper, was.lower, was.bottom)
        )
        patch = np.zeros((at.bottom - at.top, at.right - at.left, 4), np.uint8)
        within = self._within(now, at)
        # Each part is painted on the rows that it reaches: on all of them it would take three times as long.
        here = self._around(at, "lip-shadow", bottom, bottom)
        over(at.cut(patch, here), shift(self._part["lip-shadow"], columns, was_bottom, bottom, here.rows))
        if now.gap > 0.3:
            here = at.part(float(upper.min()) - 3, float(lower.max()) + 3)
            inside = self._opening(pose, now, upper, here)
            # A pixel and a half under either lip, or skin would shine through along their soft edges.
            over(at.cut(patch, here), faded(inside, between(upper - 1.5, lower + 1.5, here.rows) * within))
        if pose.round < 0.75:
            here = self._around(at, "lip-corners", bottom, bottom)
            corners = shift(self._part["lip-corners"], columns, was_bottom, bottom, here.rows)
            over(at.cut(patch, here), faded(corners, float(1 - pose.round / 0.75)))
        # Beside the opening the lower lip reaches under the upper one, or skin would shine through the seam.
        tucked = lower - 2.5 * (1 - within)
        for name, drawn, shown in (
            ("lip-lower", (was_lower, was_bottom), (tucked, bottom)),
            ("lip-upper", (was_top, was_upper), (top, upper)),
        ):
            here = self._around(at, name, *shown)
            lip = stretch(self._part[name], columns, drawn, shown, here.rows)
            if self._photographed and pose.round > 0:
                lip = faded(lip, self._tapered(now, here))
            over(at.cut(patch, here), lip)
        closed = max(0.0, 1 - now.gap / 5) * self._added(pose)
        if closed > 0:
            here = at.part(float(upper.min()) - 4 * self._unit, float(upper.max()) + 4 * self._unit)
            over(at.cut(patch, here), self._seam(now, upper, here, 0.85 * closed))
        return patch

    def _around(self, at: _Window, name: str, top: Grid, bottom: Grid) -> _Window:
        """The rows of the window that the layer `name` reaches, if its band lies between `top` and `bottom`."""
        above, below = self._reach[name]
        return at.part(float(top.min()) - above, float(bottom.max()) + below)

    def _reaches(self, name: str, top: Points, bottom: Points) -> tuple[float, float]:
        """How far the layer `name` goes above and below its band, in pixels."""
        drawn = self._part[name][..., 3] > 0
        columns = np.flatnonzero(drawn.any(0)).astype(np.float32)
        if not len(columns):
            return 0.0, 0.0
        drawn = drawn[:, drawn.any(0)]
        first, last = drawn.argmax(0), self._height - 1 - drawn[::-1].argmax(0)
        above, below = self._heights(top, columns) - first, last - self._heights(bottom, columns)
        return float(max(above.max(), 0)) + 2, float(max(below.max(), 0)) + 2

    def _matching(self, pose: MouthPose, now: Lips, at: _Window) -> Grid:
        """Which column of the drawn lips each column shows: both halves are stretched from the middle to the corner."""
        x = np.array([now.top[0, 0], now.top[len(now.top) // 2, 0], now.top[-1, 0]])
        drawn = self._drawn.top
        was = np.array([drawn[0, 0], drawn[len(drawn) // 2, 0], drawn[-1, 0]])
        x, was = (self._column(positions) for positions in (x, was))
        # The corners of a photographed smile are dark: in a small round mouth they would be two black bars.
        shown = 1 - 0.3 * pose.round if self._photographed else 1.0
        left = was[1] + shown * (at.columns - x[1]) * (was[1] - was[0]) / (x[1] - x[0])
        right = was[1] + shown * (at.columns - x[1]) * (was[2] - was[1]) / (x[2] - x[1])
        matched: Grid = np.where(at.columns < x[1], left, right).astype(np.float32)
        if shown < 1:
            ends = at.columns - np.clip(at.columns, x[0], x[2])
            matched = np.where(ends < 0, was[0] + ends, np.where(ends > 0, was[2] + ends, matched)).astype(np.float32)
        return matched

    def _column(self, x: Grid) -> Grid:
        return x * self._scale - self._left - 0.5

    def _row(self, y: Grid) -> Grid:
        return y * self._scale - self._top - 0.5

    def _heights(self, curve: Points, columns: Grid) -> Grid:
        """The rows of `curve` at `columns`."""
        heights: Grid = np.interp(columns, self._column(curve[:, 0]), self._row(curve[:, 1])).astype(np.float32)
        return heights

    def _opening(self, pose: MouthPose, now: Lips, upper: Grid, at: _Window) -> Packed:
        """What is behind the lips, not yet cut to their shape."""
        inside = self._inside[at.top : at.bottom, at.left : at.right].copy()
        unit, was = self._unit, self._drawn
        down = 0.86 * (now.jaw_drop - was.jaw_drop) * unit
        lower = self._teeth_lower
        if self._photographed:
            # A smile bares its teeth as far as they go. Round lips hide them: without it they fill the mouth with grey.
            over(inside, at.of(self._teeth_upper, -14 * pose.round * unit))
            lower = faded(lower, float(1 - min(1.3 * pose.round, 1)))
        over(inside, at.of(lower, down))
        if pose.jaw > 0.14 or pose.tongue > 0:
            settle = (0.80 * (now.jaw_drop - was.jaw_drop) - 12 * (pose.jaw - 0.12) - 13 * pose.tongue) * unit
            # It touches the edge of the upper teeth and goes no higher: over them, it would leave two fangs.
            over(inside, at.of(self._tongue, max(settle, self._tongue_free - 4 * pose.tongue * unit)))
        lip = 0.55 * np.exp(-(((at.rows - upper) / (8 * unit)) ** 2))
        shade = np.maximum(lip, 0.55 * pose.round)
        over(inside, _tint(self._shade, self._added(pose) * shade))
        return inside

    def _added(self, pose: MouthPose) -> float:
        """How much shade is painted on: lips of a photograph at rest have their own."""
        return 1 - pose.relaxed if self._photographed else 1.0

    def _seam(self, now: Lips, upper: Grid, at: _Window, strength: float) -> Packed:
        thick = 1.15 * self._unit
        line = np.exp(-(((at.rows - upper) / thick) ** 2))
        return _tint(self._seam_colour, strength * self._within(now, at, taper=6 * self._unit) * line)

    def _tapered(self, now: Lips, at: _Window) -> Grid:
        """1 between the outer corners and softly 0 beyond: photographed lips made round end in the middle of a lip."""
        left, right = self._column(now.top[[0, -1], 0])
        soft = 4 * self._unit
        share = np.clip((at.columns - left) / soft + 0.5, 0, 1) * np.clip((right - at.columns) / soft + 0.5, 0, 1)
        return np.broadcast_to(share.astype(np.float32), (len(at.rows), len(share)))

    def _within(self, now: Lips, at: _Window, taper: float = 1.0) -> Grid:
        """1 in the columns between the inner corners, 0 outside, over `taper` pixels: without it a hair line runs on
        across the cheeks, where both inner edges lie on one another.
        """
        left, right = self._column(now.upper[[0, -1], 0])
        inside: Grid = np.clip((at.columns - left) / taper, 0, 1) * np.clip((right - at.columns) / taper, 0, 1)
        return inside


def _tint(colour: tuple[float, float, float], opacity: Grid) -> Packed:
    """One colour, as opaque as said at each pixel."""
    return eight_bit(cv2.merge([cv2.convertScaleAbs(opacity, alpha=value) for value in (*colour, 255)]))
