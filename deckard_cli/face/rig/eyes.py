"""Eyes and brows: a ball behind two lids, and a brow above."""

from __future__ import annotations

from typing import Final

import numpy as np

from deckard_cli.face.rig.canvas import Grid, Layer, Layers, Packed, over
from deckard_cli.face.rig.geometry import Curve, Eye, Geometry
from deckard_cli.face.rig.patches import Boxes, Drawn, Patches
from deckard_cli.face.rig.pose import EyePose
from deckard_cli.face.rig.recent import Recent
from deckard_cli.face.rig.skin import smooth

_SHUT = 0.98
"""From this much of a blink on nothing is seen of the ball."""
_MARGIN = 31
"""Units of the face around an eye and its brow that lashes and lids may reach."""
_RAISED = 44
"""Units of the face that a brow and its hairs may go up or down."""
_ROUND = 1.3
"""A lid goes round the ball: at first towards the viewer, then down. Straight down, half a blink would be sleep."""
_TALL, _WIDE = 38.6, 88.5
"""Units of the face that an eye is open and wide, in which lids and gaze are given below: those of an eye that is less
open move less.
"""
_KEPT: Final = 64
"""Lids, eyes between them and brows that are kept: five of six times the next lids are among them."""

_Lids = tuple[Packed, Grid, Grid]
"""Lids and lashes, and the edges of the upper and the lower lid between which the ball is seen."""
_Look = tuple[float, float]


class _Side:
    """One eye and its brow, on a patch of the page."""

    def __init__(self, layers: Layers, name: str, eye: Eye, brow: Curve, geometry: Geometry) -> None:
        scale, unit = layers.scale, geometry.head.scale
        points = np.array([*eye.upper, *eye.lower, *eye.crease, *brow])
        low, high = points.min(0) - _MARGIN * unit, points.max(0) + _MARGIN * unit
        raised = _RAISED * unit * max(1, geometry.brow.lift)
        low[1] = min(low[1], min(y for _, y in brow) - raised)
        self.left, self.top = (int(value * scale) for value in low)
        self.width, self.height = (int(value * scale) + 1 for value in high - low)
        self._scale, self._lift = scale, unit * scale * geometry.brow.lift
        self._columns = np.arange(self.width, dtype=np.float32)
        upper, lower, brows = np.array(eye.upper), np.array(eye.lower), np.array(brow)
        self._tall = float(lower[:, 1].max() - upper[:, 1].min()) * scale / _TALL
        self._wide = float(np.ptp(upper[:, 0])) * scale / _WIDE
        # Lids and brow have a window each: together they would be painted on twice the pixels.
        lids = np.array([*eye.upper, *eye.lower, *eye.crease])[:, 1]
        self._eye = self._window(lids.min() - 22 * unit, lids.max() + _MARGIN * unit)
        self._forehead = self._window(brows[:, 1].min() - raised, brows[:, 1].max() + raised)

        def read(part: str) -> Packed:
            return layers.get(part).window(self.left, self.top, self.width, self.height)

        parts = ("white", "iris", "shade", "lower", "lid", "lid-shut", "liner", "lashes")
        self._part = {part: Drawn(read(f"eye-{name}-{part}")) for part in parts}
        self._brow = Drawn(read(f"brow-{name}"))
        self._upper, self._lower, self._shut, self._crease, self._crease_shut = (
            self._heights(curve) for curve in (eye.upper, eye.lower, eye.shut, eye.crease, eye.crease_shut)
        )
        ends = self._column(np.array([eye.upper[0][0], eye.upper[-1][0]]))
        along = (self._columns - ends[0]) / (ends[1] - ends[0])
        self._bump = np.maximum(0, 1 - (2 * along - 1) ** 2).astype(np.float32)
        # Beyond its corners both lids lie on one another: a bright line would run on across the temple.
        self._open = np.clip(np.minimum(along, 1 - along) * abs(ends[1] - ends[0]) + 0.5, 0, 1).astype(np.float32)
        self._outside = np.maximum(0, along - 1).astype(np.float32)
        across = self._column(np.array([brow[0][0], brow[-1][0]]))
        self._brow_along = np.clip((self._columns - across[0]) / (across[1] - across[0]), 0, 1).astype(np.float32)
        self._lids: Recent[EyePose, _Lids] = Recent(_KEPT)
        self._eyes: Recent[tuple[EyePose, _Look], Packed] = Recent(_KEPT)
        self._brows: Recent[tuple[float, ...], Packed] = Recent(_KEPT)
        self._inwards = float(np.sign(ends[0] - ends[1]))

    def paint(self, pose: EyePose) -> Packed:
        """The eye and the brow in `pose`."""
        # A lid follows gaze and brow, in steps wide enough that it is not painted for every small look.
        down, outer, frown = (round(8 * value) / 8 for value in (pose.gaze_y, pose.brow_outer, pose.brow_frown))
        still = EyePose(pose.blink, pose.wide, pose.squint, gaze_y=down, brow_outer=outer, brow_frown=frown)
        look = (pose.gaze_x, pose.gaze_y) if pose.blink < _SHUT else (0.0, 0.0)
        raised = (pose.brow_inner, pose.brow_outer, pose.brow_frown)
        patch = np.zeros((self.height, self.width, 4), np.uint8)
        patch[self._eye] = self._eyes.get((still, look), lambda: self._paint_eye(still, look))
        over(patch[self._forehead], self._brows.get(raised, lambda: self._raised_brow(*raised)))
        return patch

    def _paint_eye(self, still: EyePose, look: _Look) -> Packed:
        """The eye behind the lids of `still`, which looks there."""
        lids, margin, lower = self._lids.get(still, lambda: self._paint_lids(still))
        if still.blink >= _SHUT:
            return lids
        eye = self._patch(self._eye)
        across = np.flatnonzero(self._open)
        ends = (across[0], max(margin.min() - 1, 0), across[-1] + 1, min(lower.max() + 2, len(lids)))
        box = np.array([ends], np.int32)
        eye.between(self._ball(look, margin, box), margin, lower, self._open, box)
        over(eye.pixels[0], lids)
        eyeball: Packed = eye.pixels[0]
        return eyeball

    def _patch(self, window: slice) -> Patches:
        """An empty one for the rows of `window`."""
        return Patches(1, self.width, window.stop - window.start)

    def _paint_lids(self, pose: EyePose) -> _Lids:
        unit, bump, columns = self._tall, self._bump, self._columns
        blink = pose.blink**_ROUND
        upper = self._upper - 9.5 * unit * pose.wide * bump + unit * (2.4 * pose.gaze_y + 1.5 * pose.squint) * bump
        lower = self._lower - 8.5 * unit * pose.squint * bump
        shut = np.minimum(self._shut, lower)
        lower = lower + blink * (shut + 0.4 * unit - lower)
        # Half way down a lid is still an arch, as the ball is round: a straight one glares, a flat one sleeps.
        margin = upper + blink * (shut - upper) - 26 * unit * blink * (1 - blink) ** 1.5 * bump
        margin = np.minimum(margin, lower)
        patch, start = self._patch(self._eye), self._eye.start
        patch.shift(self._part["lower"], columns, self._lower, lower - start)
        self._lid(patch, pose, margin)
        wing = margin + 30 * unit * blink * self._outside - start
        patch.shift(self._part["liner"], columns, self._upper, wing)
        # Lashes turn down with the lid; edge on they are short, never gone.
        turn = 1 - 1.7 * float(smooth(0.3, 0.95, np.array(blink)))
        turn = float(np.copysign(max(abs(turn), 0.22), turn))
        patch.shift(self._part["lashes"], columns, self._upper, wing, times=turn)
        return patch.pixels[0], margin - start, lower - start

    def _ball(self, look: _Look, margin: Grid, box: Boxes) -> Patches:
        ball, start = self._patch(self._eye), np.array(self._eye.start)
        right, down = 15 * self._wide * look[0], 8 * self._tall * look[1]
        ball.shift(self._part["white"], self._columns, start, start * 0, boxes=box)
        ball.shift(self._part["iris"], self._columns - right, start, start * 0 + down, boxes=box)
        ball.shift(self._part["shade"], self._columns, self._upper, margin, boxes=box)
        return ball

    def _lid(self, patch: Patches, pose: EyePose, margin: Grid) -> None:
        """The upper lid from its crease to its edge, the drawing of the open one fading into that of the shut one."""
        unit, shut, start = self._tall, pose.blink**_ROUND, self._eye.start
        lifted = (2.6 * max(pose.brow_outer, 0) + 3 * pose.wide - 2 * pose.brow_frown) * unit * self._bump
        crease = self._crease + shut * (self._crease_shut - self._crease) - lifted
        now = (np.minimum(crease, margin - 1.5 * self._bump * unit) - start, margin - start)
        if shut <= 0.75:
            patch.stretch(self._part["lid"], self._columns, (self._crease, self._upper), now)
        was = (self._crease_shut, self._shut)
        patch.stretch(self._part["lid-shut"], self._columns, was, now, weight=min(1.0, 1.4 * shut))

    def _raised_brow(self, inner: float, outer: float, frown: float) -> Packed:
        """The brow. Frowning takes its inner end down and towards the other, and bends it there."""
        unit, along = self._lift, self._brow_along
        inner, outer = 24 * inner, 22 * outer
        arch = 4 * along * (1 - along) * 0.12 * (inner + outer)
        bent = 3 * frown * (1 - along)
        lift = (inner * (1 - along) + outer * along + arch - 4 * frown - bent) * unit
        draw_in = self._columns - self._inwards * 8 / 3 * unit * bent
        brow = self._patch(self._forehead)
        brow.shift(self._brow, draw_in, lift * 0, -lift - self._forehead.start)
        pixels: Packed = brow.pixels[0]
        return pixels

    def _window(self, top: float, bottom: float) -> slice:
        """The rows of the patch from `top` to `bottom`, in units of the page."""
        first, last = (int(value * self._scale) - self.top for value in (top, bottom))
        return slice(max(first, 0), min(last + 1, self.height))

    def _column(self, x: Grid) -> Grid:
        return x * self._scale - self.left - 0.5

    def _heights(self, curve: Curve) -> Grid:
        points = np.array(sorted(curve))
        rows = points[:, 1] * self._scale - self.top - 0.5
        heights: Grid = np.interp(self._columns, self._column(points[:, 0]), rows).astype(np.float32)
        return heights


class Eyes:
    """Both eyes and brows. An eye that does what it did in the last frame is not painted again."""

    def __init__(self, layers: Layers, geometry: Geometry) -> None:
        self._sides = (
            _Side(layers, "left", geometry.eye.left, geometry.brow.left, geometry),
            _Side(layers, "right", geometry.eye.right, geometry.brow.right, geometry),
        )
        self._scale = layers.scale
        self._last: list[tuple[EyePose, Layer] | None] = [None, None]

    def draw(self, left: EyePose, right: EyePose) -> list[Layer]:
        """The viewer's left and right eye."""
        out = []
        for index, (side, pose) in enumerate(zip(self._sides, (left, right), strict=True)):
            last = self._last[index]
            if last is None or last[0] != pose:
                last = (pose, Layer(side.paint(pose), side.left, side.top, self._scale))
                self._last[index] = last
            out.append(last[1])
        return out
