"""The mouth: teeth and tongue in the dark, seen between two lips."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from deckard_cli.face.rig.canvas import Grid, Layer, Layers, Packed, eight_bit, faded, over, solid
from deckard_cli.face.rig.fit import Fitted, Patch, Window
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.lips import Lips, lips
from deckard_cli.face.rig.pose import MouthPose
from deckard_cli.face.rig.ribbon import between, each_row, shift, stretch
from deckard_cli.face.rig.texture import Texture

_MARGIN = 14
"""Units of the face around the lips that their soft edges reach."""


class Mouth:
    """Draws the mouth of one drawing on a patch of the page."""

    def __init__(self, layers: Layers, geometry: Geometry) -> None:
        head, scale, drawn = geometry.head, layers.scale, geometry.mouth.texture
        pose = MouthPose(
            *(drawn.jaw, 0, 0, 0, drawn.smile, drawn.smile),
            part_upper=drawn.part,
            part_lower=drawn.part,
            relaxed=1,
        )
        self._patch = patch = Patch(geometry, scale, lips(pose, geometry))
        self._unit = scale * head.scale

        def read(name: str) -> Packed:
            return layers.get(name).window(patch.left, patch.top, patch.width, patch.height)

        self._part = {name: read(name) for name in ("lip-upper", "lip-lower", "lip-shadow", "lip-corners")}
        self._teeth_lower, self._tongue = read("teeth-lower"), read("tongue")
        edge = head.origin[1] + head.scale * geometry.mouth.teeth
        tip = float(np.flatnonzero((self._tongue[..., 3] > 128).any(1))[0]) if self._tongue.any() else 0.0
        self._tongue_free = edge * scale - patch.top - tip
        """Pixels that the drawn tongue has to come down to be clear of the upper teeth."""
        self._photographed = geometry.mouth.own is not None
        self._inside, self._teeth_upper = read("mouth-inside"), read("teeth-upper")
        if not self._photographed:
            over(self._inside, self._teeth_upper)
        self._seam_colour, self._shade = solid(geometry.mouth.seam), solid(geometry.mouth.shade)
        bands = {"lip-upper": (0, 1), "lip-lower": (2, 3)}
        self._reach = {name: self._reaches(name, *bands.get(name, (3, 3))) for name in self._part}
        above, below = (max(ways) for ways in zip(*self._reach.values(), strict=True))
        self._room = (_MARGIN * self._unit, above, below)
        self._last: tuple[MouthPose, Texture] | None = None
        self.room = Layer(np.zeros_like(self._inside), patch.left, patch.top, scale)
        """An empty layer as large as the mouth can become."""

    def fit(self, poses: Sequence[MouthPose], shapes: Sequence[Lips]) -> list[Fitted]:
        """What `draw` takes, of mouths in `poses` whose lips are `shapes`: together in a tenth of the time."""
        return self._patch.fit(poses, shapes, self._room)

    def draw(self, fitted: Fitted) -> Texture:
        """The mouth, transparent around the lips."""
        if self._last is None or self._last[0] != fitted.pose:
            at = fitted.at
            layer = Layer(self._paint(fitted), self._patch.left + at.left, self._patch.top + at.top, self._patch.scale)
            self._last = (fitted.pose, Texture(layer))
        return self._last[1]

    def _paint(self, fitted: Fitted) -> Packed:
        pose, now, at = fitted.pose, fitted.lips, fitted.at
        top, upper, lower, bottom = fitted.now
        was_top, was_upper, was_lower, was_bottom = fitted.was
        patch = np.zeros((at.bottom - at.top, at.right - at.left, 4), np.uint8)
        columns, within = each_row(fitted.columns, len(patch)), self._within(fitted)
        # Each part is painted on the rows that it reaches: on all of them it would take three times as long.
        here = self._around(at, "lip-shadow", bottom, bottom)
        at.cut(patch, here)[:] = shift(self._part["lip-shadow"], columns, was_bottom, bottom, here.rows)
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
                lip = faded(lip, self._tapered(fitted, here))
            over(at.cut(patch, here), lip)
        closed = max(0.0, 1 - now.gap / 5) * self._added(pose)
        if closed > 0:
            here = at.part(float(upper.min()) - 4 * self._unit, float(upper.max()) + 4 * self._unit)
            # Photographed lips bring some shadow along: with all of this, a smile that closes is a black line.
            strength = 0.45 if self._photographed else 0.85
            over(at.cut(patch, here), self._seam(fitted, here, strength * closed))
        return patch

    def _around(self, at: Window, name: str, top: Grid, bottom: Grid) -> Window:
        """The rows of the window that the layer `name` reaches, if its band lies between `top` and `bottom`."""
        above, below = self._reach[name]
        return at.part(float(top.min()) - above, float(bottom.max()) + below)

    def _reaches(self, name: str, top: int, bottom: int) -> tuple[float, float]:
        """How far the layer `name` goes above and below its band, which lies between two of the drawn edges, in
        pixels.
        """
        drawn = self._part[name][..., 3] > 0
        columns = np.flatnonzero(drawn.any(0)).astype(np.float32)
        if not len(columns):
            return 0.0, 0.0
        drawn = drawn[:, drawn.any(0)]
        first, last = drawn.argmax(0), len(drawn) - 1 - drawn[::-1].argmax(0)
        edges = self._patch.heights(columns)
        above, below = edges[top] - first, last - edges[bottom]
        return float(max(above.max(), 0)) + 2, float(max(below.max(), 0)) + 2

    def _opening(self, pose: MouthPose, now: Lips, upper: Grid, at: Window) -> Packed:
        """What is behind the lips, not yet cut to their shape."""
        inside = self._inside[at.top : at.bottom, at.left : at.right].copy()
        unit, was = self._unit, self._patch.drawn
        down = 0.86 * (now.jaw_drop - was.jaw_drop) * unit
        lower = self._teeth_lower
        if self._photographed:
            # A smile bares its teeth as far as they go. Round lips hide them: without it they fill the mouth with grey.
            over(inside, _moved(self._teeth_upper, -14 * pose.round * unit, at))
            lower = faded(lower, float(1 - min(1.3 * pose.round, 1)))
        over(inside, _moved(lower, down, at))
        if pose.jaw > 0.14 or pose.tongue > 0:
            settle = (0.80 * (now.jaw_drop - was.jaw_drop) - 12 * (pose.jaw - 0.12) - 13 * pose.tongue) * unit
            # It touches the edge of the upper teeth and goes no higher: over them, it would leave two fangs.
            over(inside, _moved(self._tongue, max(settle, self._tongue_free - 4 * pose.tongue * unit), at))
        lip = 0.55 * np.exp(-(((at.rows - upper) / (8 * unit)) ** 2))
        shade = np.maximum(lip, 0.55 * pose.round)
        over(inside, _tint(self._shade, self._added(pose) * shade))
        return inside

    def _added(self, pose: MouthPose) -> float:
        """How much shade is painted on: lips of a photograph at rest have their own."""
        return 1 - pose.relaxed if self._photographed else 1.0

    def _seam(self, fitted: Fitted, at: Window, strength: float) -> Packed:
        thick = 1.15 * self._unit
        line = np.exp(-(((at.rows - fitted.now[1]) / thick) ** 2))
        return _tint(self._seam_colour, strength * self._within(fitted, taper=6 * self._unit) * line)

    def _tapered(self, fitted: Fitted, at: Window) -> Grid:
        """1 between the outer corners and softly 0 beyond: photographed lips made round end in the middle of a lip."""
        share = _between(fitted.outer, at, 4 * self._unit, 0.5)
        return np.broadcast_to(share, (at.bottom - at.top, len(share)))

    def _within(self, fitted: Fitted, taper: float = 1.0) -> Grid:
        """1 in the columns between the inner corners, 0 outside, over `taper` pixels: without it a hair line runs on
        across the cheeks, where both inner edges lie on one another.
        """
        return _between(fitted.inner, fitted.at, taper, 0.0)


def _between(ends: tuple[float, float], at: Window, taper: float, more: float) -> Grid:
    """1 in the columns of `at` between `ends`, 0 outside, over `taper` pixels, `more` of which lie outside."""
    columns = np.arange(at.left, at.right, dtype=np.float32)
    left, right = (columns - ends[0]) / taper + more, (ends[1] - columns) / taper + more
    inside: Grid = np.minimum(np.maximum(left, 0), 1) * np.minimum(np.maximum(right, 0), 1)
    return inside


def _moved(pixels: Packed, down: float, at: Window) -> Packed:
    """What is seen in the window `at` of a patch's `pixels` moved `down`."""
    matrix = np.array([[1, 0, -at.left], [0, 1, down - at.top]], np.float32)
    return eight_bit(cv2.warpAffine(pixels, matrix, (at.right - at.left, at.bottom - at.top), flags=cv2.INTER_LINEAR))


def _tint(colour: tuple[float, float, float], opacity: Grid) -> Packed:
    """One colour, as opaque as said at each pixel."""
    return eight_bit(cv2.merge([cv2.convertScaleAbs(opacity, alpha=value) for value in (*colour, 255)]))
