"""A contact sheet: every viseme in every mood, and what eyes and head do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deckard_cli.face import Frame
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig import Rig
from deckard_cli.face.rig.field import View
from deckard_cli.face.rig.sense import load
from deckard_cli.motion import COLUMN, COLUMNS, Motion
from deckard_cli.motion.moods import Mood
from deckard_cli.motion.visemes import POSES
from deckard_cli.speech import Speech

_CELL: Final = 256
_LABEL: Final = 22
_SHOWN: Final = (272.0, 279.0, 545.0)
"""What is in each cell, in units of the face: how far to the left and above the eyes it begins, and its side."""
_SIZE: Final = 512
"""Pixels of the clips that cells are cut from."""
_STILL: Final = 1024
_LIFE: Final[Mapping[str, Mapping[str, float]]] = {
    "half a blink": {"eyeBlink": 0.5},
    "blink": {"eyeBlink": 1},
    "look left": {"eyeLookOutRight": 0.7, "eyeLookInLeft": 0.7},
    "look right": {"eyeLookOutLeft": 0.7, "eyeLookInRight": 0.7},
    "look up": {"eyeLookUp": 0.7},
    "look down": {"eyeLookDown": 0.7},
    "turn left": {"headYaw": -10},
    "turn right": {"headYaw": 10},
    "raise": {"headPitch": 8},
    "bow": {"headPitch": -8},
    "tilt left": {"headRoll": -8},
    "tilt right": {"headRoll": 8},
    "brows up": {"browInnerUp": 0.8, "browOuterUp": 0.8},
    "brows down": {"browDown": 0.9},
    "wide": {"eyeWide": 0.9},
}


def sheet(portrait: Portrait, moods: Sequence[Mood]) -> Image.Image:
    """One row for each mood with a column for each viseme, and a last row of eyes and head."""
    rig, box = Rig(portrait, size=(_SIZE, _SIZE)), _shown(portrait)
    rows: list[tuple[str, Mapping[str, Mapping[str, float]]]] = [
        (mood.name, {viseme: _over(mood.pose, pose, viseme) for viseme, pose in POSES.items()}) for mood in moods
    ]
    rows.append(("", _LIFE))
    width = max(len(cells) for _, cells in rows)
    out = Image.new("RGB", (width * _CELL, len(rows) * (_CELL + _LABEL)), "#0c0718")
    pen, font = ImageDraw.Draw(out), ImageFont.load_default(15)
    for row, (mood, cells) in enumerate(rows):
        frames = rig.draw(Speech(np.zeros(0, np.float32), 1), _motion(cells.values()))
        for column, (name, frame) in enumerate(zip(cells, frames, strict=True)):
            x, y = column * _CELL, row * (_CELL + _LABEL)
            out.paste(_picture(frame, box), (x, y + _LABEL))
            pen.text((x + 6, y + 2), f"{mood} {name}".strip(), fill="#f2dcff", font=font)
    return out


def _over(mood: Mapping[str, float], pose: Mapping[str, float], viseme: str) -> dict[str, float]:
    """A viseme in a mood; what closes the lips outweighs what a mood opens."""
    row = dict.fromkeys(COLUMNS, 0.0)
    busy = 0.5 if viseme in ("PP", "ou", "oh") else 1.0
    felt = {name: value * (busy if name.startswith(("mouth", "jaw")) else 1.0) for name, value in mood.items()}
    for source in (felt, pose):
        for name, value in source.items():
            for side in ("", "Left", "Right"):
                if name + side in row:
                    row[name + side] = min(1.0, row[name + side] + value)
    if viseme == "PP":
        row["mouthClose"] = row["jawOpen"]
    return row


def _motion(cells: Iterable[Mapping[str, float]]) -> Motion:
    rows = list(cells)
    curves = np.zeros((len(rows), len(COLUMNS)), np.float32)
    for index, cell in enumerate(rows):
        for name, value in cell.items():
            for side in ("", "Left", "Right"):
                if name + side in COLUMN:
                    curves[index, COLUMN[name + side]] = value
    return Motion(curves, 25)


def still(portrait: Portrait, mood: Mood) -> Image.Image:
    """The face at rest in `mood`, a square picture."""
    rig = Rig(portrait, size=(_STILL, _STILL))
    (frame,) = rig.draw(Speech(np.zeros(0, np.float32), 1), _motion([mood.pose]))
    return Image.fromarray(rgb(frame))


def _shown(portrait: Portrait) -> tuple[int, int, int, int]:
    """The part of a frame that is in a cell: left, top, right, bottom, in pixels."""
    geometry = load(portrait.folder / "rig.toml")
    view, head = View.of(geometry, _SIZE, _SIZE), geometry.head
    unit = head.scale * view.scale
    left = (head.origin[0] - view.left) * view.scale - _SHOWN[0] * unit
    top = (head.origin[1] - view.top) * view.scale - _SHOWN[1] * unit
    return round(left), round(top), round(left + _SHOWN[2] * unit), round(top + _SHOWN[2] * unit)


def _picture(frame: Frame, box: tuple[int, int, int, int]) -> Image.Image:
    return Image.fromarray(rgb(frame)).crop(box).resize((_CELL, _CELL), Image.Resampling.LANCZOS)


def rgb(frame: Frame) -> NDArray[np.uint8]:
    """A yuv420p frame as RGB, shape (height, width, 3)."""
    size = frame.size
    y, u, v = (np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR)) for plane in frame.planes[:3])
    luma = (y.astype(np.float32) - 16) / 219
    blue, red = ((plane.astype(np.float32) - 128) / 224 for plane in (u, v))
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152
    return (np.clip(np.dstack([r, g, b]), 0, 1) * 255 + 0.5).astype(np.uint8)
