"""Face curves as the app Live Link Face records them, for Unreal, Unity, Blender and Maya.

Columns and their order are the app's: the time code, the count of the curves, the 52 blendshapes of ARKit and nine
angles. The angles are those of ARKit's own axes (x to the face's left, y up, z out of the face), in radians: yaw turns
to the face's own left, pitch looks down, roll tilts towards its own right shoulder.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from deckard_cli.motion import SHAPES, Motion

__all__ = ["HEADER", "rows"]

_ANGLES: Final = tuple(
    f"{part}{angle}" for part in ("Head", "LeftEye", "RightEye") for angle in ("Yaw", "Pitch", "Roll")
)
_NAMES: Final = tuple(shape[0].upper() + shape[1:] for shape in SHAPES) + _ANGLES
HEADER: Final = ",".join(("Timecode", "BlendShapeCount", *_NAMES)) + "\n"
"""The first line."""
_SIDEWAYS, _UPWARDS = math.radians(30.0), math.radians(25.0)
"""Radians of gaze at which an eyeLook shape is 1, as `deckard_cli.motion.gestures` has them."""


def rows(motion: Motion) -> str:
    """A line for each row of `motion`; the time code is that at which its frame is first shown."""
    table = np.concatenate([motion.curves[:, : len(SHAPES)], _angles(motion)], axis=1)
    table = np.round(table, 6) + 0.0  # without the sum some zeros would be written as -0.000000
    return "".join(
        f"{_timecode(motion.first + index, motion.fps)},{len(_NAMES)},{','.join(f'{value:.6f}' for value in row)}\n"
        for index, row in enumerate(table.tolist())
    )


def _angles(motion: Motion) -> NDArray[np.float64]:
    """Shape (frames, 9): yaw, pitch and roll of the head and of both eyes, in radians."""
    head = np.radians([motion["headYaw"], -motion["headPitch"], -motion["headRoll"]])
    still = np.zeros(len(motion))
    left, right = ((_sideways(motion, side), _downwards(motion, side), still) for side in ("Left", "Right"))
    return np.stack([*head, *left, *right], axis=1)


def _sideways(motion: Motion, side: str) -> NDArray[np.float64]:
    outwards = _SIDEWAYS if side == "Left" else -_SIDEWAYS
    return np.asarray(outwards * (motion[f"eyeLookOut{side}"] - motion[f"eyeLookIn{side}"]), np.float64)


def _downwards(motion: Motion, side: str) -> NDArray[np.float64]:
    return np.asarray(_UPWARDS * (motion[f"eyeLookDown{side}"] - motion[f"eyeLookUp{side}"]), np.float64)


def _timecode(frame: int, fps: float) -> str:
    """HH:MM:SS:FF.000, without dropped frames."""
    seconds, frames = divmod(frame, round(fps))
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frames:02}.000"
