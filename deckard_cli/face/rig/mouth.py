"""The mouth: teeth and tongue in the dark, seen between two lips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from deckard_cli.face.rig.canvas import Grid, Layer, Layers, Packed, over, solid
from deckard_cli.face.rig.fit import Fitted, Patch
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.lips import Lips, lips
from deckard_cli.face.rig.patches import Boxes, Drawn, Patches
from deckard_cli.face.rig.pose import MouthPose
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

        self._part = {name: Drawn(read(name)) for name in ("lip-upper", "lip-lower", "lip-shadow", "lip-corners")}
        inside, teeth, tongue = read("mouth-inside"), read("teeth-upper"), read("tongue")
        edge = head.origin[1] + head.scale * geometry.mouth.teeth
        tip = float(np.flatnonzero((tongue[..., 3] > 128).any(1))[0]) if tongue.any() else 0.0
        self._tongue_free = edge * scale - patch.top - tip
        """Pixels that the drawn tongue has to come down to be clear of the upper teeth."""
        self._photographed = geometry.mouth.own is not None
        if not self._photographed:
            over(inside, teeth)
        self._inside, self._teeth_upper, self._tongue = Drawn(inside), Drawn(teeth), Drawn(tongue)
        self._teeth_lower = Drawn(read("teeth-lower"))
        self._seam_colour, self._shade = solid(geometry.mouth.seam), solid(geometry.mouth.shade)
        bands = {"lip-upper": (0, 1), "lip-lower": (2, 3)}
        reaches = [self._reaches(name, *bands.get(name, (3, 3))) for name in self._part]
        above, below = (max(ways) for ways in zip(*reaches, strict=True))
        self._room = (_MARGIN * self._unit, above, below)
        self.room = Layer(np.zeros_like(inside), patch.left, patch.top, scale)
        """An empty layer as large as the mouth can become."""

    def draw(self, poses: Sequence[MouthPose], shapes: Sequence[Lips]) -> list[Texture]:
        """Mouths in `poses` whose lips are `shapes`, transparent around them: together in a fifth of the time."""
        changes = [index for index, pose in enumerate(poses) if not index or pose != poses[index - 1]]
        fitted = self._patch.fit([poses[at] for at in changes], [shapes[at] for at in changes], self._room)
        drawn = iter(self._textures(self._painted(fitted), fitted.boxes))
        textures: list[Texture] = []
        for index in range(len(poses)):
            textures.append(next(drawn) if index in changes else textures[-1])
        return textures

    def _textures(self, painted: Patches, boxes: Boxes) -> Iterator[Texture]:
        patch = self._patch
        for pixels, (left, top, right, bottom) in zip(painted.pixels, boxes.tolist(), strict=True):
            yield Texture(Layer(pixels[top:bottom, left:right], patch.left + left, patch.top + top, patch.scale))

    def _painted(self, fitted: Fitted) -> Patches:
        poses, columns = fitted.poses, fitted.columns
        top, upper, lower, bottom = fitted.now
        was_top, was_upper, was_lower, was_bottom = fitted.was
        rounding, gap = _each(pose.round for pose in poses), fitted.gap[:, None]
        patches, within = self._patches(fitted), _between(fitted.inner, self._patch.width, 1.0, 0.0)
        patches.shift(self._part["lip-shadow"], columns, was_bottom, bottom)
        # A pixel and a half under either lip, or skin would shine through along their soft edges.
        here = fitted.opened(3)
        patches.between(self._opening(fitted, here), upper - 1.5, lower + 1.5, within, here)
        beside = np.maximum(0, 1 - rounding / 0.75)
        patches.shift(self._part["lip-corners"], columns, was_bottom, bottom, weight=beside)
        # Beside the opening the lower lip reaches under the upper one, or skin would shine through the seam.
        tucked = lower - 2.5 * (1 - within)
        tapered = self._tapered(fitted, rounding)
        for name, drawn, shown in (
            ("lip-lower", (was_lower, was_bottom), (tucked, bottom)),
            ("lip-upper", (was_top, was_upper), (top, upper)),
        ):
            patches.stretch(self._part[name], columns, drawn, shown, weight=tapered)
        closed = np.maximum(0, 1 - gap / 5) * self._added(poses)
        # Photographed lips bring some shadow along: with all of this, a smile that closes is a black line.
        strength = (0.45 if self._photographed else 0.85) * closed
        seam = strength * _between(fitted.inner, self._patch.width, 6 * self._unit, 0.0)
        patches.tint(self._seam_colour, upper, 1.15 * self._unit, seam)
        return patches

    def _patches(self, fitted: Fitted) -> Patches:
        return Patches(len(fitted.poses), self._patch.width, self._patch.height)

    def _reaches(self, name: str, top: int, bottom: int) -> tuple[float, float]:
        """How far the layer `name` goes above and below its band, which lies between two of the drawn edges, in
        pixels.
        """
        reach = self._part[name].reach
        columns = np.flatnonzero(reach[:, 0] < reach[:, 1])
        if not len(columns):
            return 0.0, 0.0
        edges = self._patch.heights(columns.astype(np.float32))
        above, below = edges[top] - reach[columns, 0], reach[columns, 1] - 1 - edges[bottom]
        return float(max(above.max(), 0)) + 2, float(max(below.max(), 0)) + 2

    def _opening(self, fitted: Fitted, here: Boxes) -> Patches:
        """What is behind the lips, not yet cut to their shape."""
        poses, unit, was = fitted.poses, self._unit, self._patch.drawn
        rounding, jaw, tongue = (_each(getattr(pose, way) for pose in poses) for way in ("round", "jaw", "tongue"))
        dropped = fitted.jaw_drop[:, None] - was.jaw_drop
        inside, columns, nowhere = (
            self._patches(fitted),
            np.arange(self._patch.width, dtype=np.float32),
            np.zeros((1, 1)),
        )

        def put(drawn: Drawn, down: Grid, weight: Grid | float = 1.0, boxes: Boxes = here) -> None:
            inside.shift(drawn, columns, nowhere, down, weight=weight, boxes=boxes)

        put(self._inside, nowhere)
        if self._photographed:
            # A smile bares its teeth as far as they go. Round lips hide them: without it they fill the mouth with grey.
            put(self._teeth_upper, -14 * rounding * unit)
        put(self._teeth_lower, 0.86 * dropped * unit, 1 - np.minimum(1.3 * rounding, 1) if self._photographed else 1.0)
        settle = (0.80 * dropped - 12 * (jaw - 0.12) - 13 * tongue) * unit
        # It touches the edge of the upper teeth and goes no higher: over them, it would leave two fangs.
        seen = here.copy()
        seen[((jaw <= 0.14) & (tongue <= 0))[:, 0], 3] = 0
        put(self._tongue, np.maximum(settle, self._tongue_free - 4 * tongue * unit), boxes=seen)
        shade = 0.55 * self._added(poses)
        inside.tint(self._shade, fitted.now[1], 8 * unit, shade, floor=rounding[:, 0], boxes=here)
        return inside

    def _added(self, poses: Sequence[MouthPose]) -> Grid:
        """How much shade is painted on, shape (frames, 1): lips of a photograph at rest have their own."""
        relaxed = _each(pose.relaxed for pose in poses)
        return 1 - relaxed if self._photographed else np.ones_like(relaxed)

    def _tapered(self, fitted: Fitted, rounding: Grid) -> Grid:
        """1 between the outer corners and softly 0 beyond: photographed lips made round end in the middle of a lip."""
        if not self._photographed:
            return np.ones_like(rounding)
        share = _between(fitted.outer, self._patch.width, 4 * self._unit, 0.5)
        return np.where(rounding > 0, share, 1)


def _each(values: Iterable[float]) -> Grid:
    """One value for each frame, shape (frames, 1)."""
    return np.array(list(values), np.float32)[:, None]


def _between(ends: Grid, width: int, taper: float, more: float) -> Grid:
    """1 in the columns between two `ends`, (frames, 2), 0 outside, over `taper` pixels, `more` of which lie outside: of
    `width` columns. With the inner corners: without it a hair line runs on across the cheeks, where both inner edges
    lie on one another.
    """
    columns = np.arange(width, dtype=np.float32)
    left, right = (columns - ends[:, :1]) / taper + more, (ends[:, 1:] - columns) / taper + more
    inside: Grid = np.clip(left, 0, 1) * np.clip(right, 0, 1)
    return inside
