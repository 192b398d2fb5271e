"""Blendshapes -> what the drawing's parts do. Left and right here are the viewer's; ARKit's are the face's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deckard_cli.motion import COLUMN, Motion

_SPREAD = 0.25
"""A mouthSmile up to this is that of an "ee", which is the mouth's alone: eyes and cheeks stay as they are."""


@dataclass(frozen=True, slots=True)
class MouthPose:
    """Lips, jaw and tongue; each 0..1 unless said otherwise."""

    jaw: float = 0
    close: float = 0
    """1: the lips meet, however far the jaw is open."""
    round: float = 0
    width: float = 0
    """-1 narrow .. 1 wide."""
    smile_left: float = 0
    """-1 corners down .. 1 corners up."""
    smile_right: float = 0
    part_upper: float = 0
    """Upper lip raised off the line."""
    part_lower: float = 0
    press: float = 0
    tuck: float = 0
    """Lower lip under the upper teeth."""
    tongue: float = 0
    shift: float = 0
    """-1 to the viewer's left .. 1 to the right."""
    relaxed: float = 0
    """1: nothing is said, and lips that rest open, as in a smile that was photographed, may do so."""


@dataclass(frozen=True, slots=True)
class EyePose:
    """One eye and its brow; each 0..1 unless said otherwise."""

    blink: float = 0
    wide: float = 0
    squint: float = 0
    gaze_x: float = 0
    """-1 to the viewer's left .. 1 to the right."""
    gaze_y: float = 0
    """-1 up .. 1 down."""
    brow_inner: float = 0
    """-1 lowered .. 1 raised."""
    brow_outer: float = 0
    brow_frown: float = 0


@dataclass(frozen=True, slots=True)
class SkinPose:
    """Cheeks, nose and chin; each 0..1."""

    cheek_left: float = 0
    """Raised, as in a smile that reaches the eyes."""
    cheek_right: float = 0
    sneer_left: float = 0
    """The wing of the nose drawn up."""
    sneer_right: float = 0
    puff: float = 0
    chin: float = 0
    """Pushed up under the lower lip."""


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Where the head is, at rest all 0."""

    yaw: float = 0
    """Degrees, + towards the viewer's right."""
    pitch: float = 0
    """Degrees, + up."""
    roll: float = 0
    """Degrees, + clockwise as the viewer sees it."""
    x: float = 0
    """Heights of the face, + to the viewer's right."""
    y: float = 0
    """Heights of the face, + down."""
    breath: float = 0


class Heads(NamedTuple):
    """Where the head is in each frame of a run: as `HeadPose`."""

    yaw: NDArray[np.float64]
    pitch: NDArray[np.float64]
    roll: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    breath: NDArray[np.float64]

    @classmethod
    def of(cls, poses: Sequence[HeadPose]) -> Heads:
        """Those of `poses`."""
        return cls(*(np.array([getattr(pose, way) for pose in poses]) for way in cls._fields))


@dataclass(frozen=True, slots=True)
class Pose:
    """A whole face."""

    mouth: MouthPose
    left: EyePose
    right: EyePose
    head: HeadPose
    skin: SkinPose = SkinPose()


def poses(motion: Motion, rest_smile: float) -> list[Pose]:
    """The pose of each row of `motion`, for a face whose corners of the mouth rest at `rest_smile`."""
    return [_pose(row, rest_smile) for row in motion.curves.tolist()]


def _pose(row: list[float], rest_smile: float) -> Pose:
    c = {name: row[column] for name, column in COLUMN.items()}
    # The face looks at us: its left is the viewer's right, so what moves sideways changes sign.
    head = HeadPose(c["headYaw"], c["headPitch"], c["headRoll"], c["headX"], -c["headY"], c["breath"])
    return Pose(_mouth(c, rest_smile), _eye(c, "Right", -1), _eye(c, "Left", 1), head, _skin(c))


def _mouth(c: dict[str, float], rest_smile: float) -> MouthPose:
    jaw = min(1.2 * c["jawOpen"], 1.25)
    close = min(c["mouthClose"] / c["jawOpen"], 1.0) if c["jawOpen"] > 0.02 else 1.0 if c["mouthClose"] > 0.01 else 0.0
    rounded = min(1.0, 0.95 * c["mouthPucker"] + 0.62 * c["mouthFunnel"])
    press = min(1.0, c["mouthPressLeft"] + c["mouthPressRight"] + 1.4 * c["mouthRollUpper"])
    tuck = min(1.0, max(0.0, 1.9 * (c["mouthRollLower"] - 1.2 * c["mouthRollUpper"])))
    # A mouth that works smiles less: without this every vowel is said through a grin.
    busy = min(1.0, max(1.5 * jaw * (1 - close), rounded, press, tuck))
    resting = rest_smile * (1 - 0.75 * busy)
    frown = 0.5 * (c["mouthFrownLeft"] + c["mouthFrownRight"])
    relaxed = max(0.0, 1 - 2.5 * max(busy, close, jaw, press, frown))
    stretch = 0.5 * (c["mouthStretchLeft"] + c["mouthStretchRight"])
    dimple = 0.5 * (c["mouthDimpleLeft"] + c["mouthDimpleRight"])
    smiles = 0.5 * (c["mouthSmileLeft"] + c["mouthSmileRight"])
    return MouthPose(
        jaw=jaw,
        close=close,
        round=rounded,
        width=min(1.0, 0.9 * stretch + 0.5 * dimple + 0.35 * smiles),
        smile_left=resting + _lifted(c["mouthSmileRight"]) - 1.25 * c["mouthFrownRight"] - 0.25 * stretch,
        smile_right=resting + _lifted(c["mouthSmileLeft"]) - 1.25 * c["mouthFrownLeft"] - 0.25 * stretch,
        part_upper=min(1.2, 1.5 * 0.5 * (c["mouthUpperUpLeft"] + c["mouthUpperUpRight"]) + 0.5 * c["mouthFunnel"]),
        part_lower=min(1.4, 2.0 * 0.5 * (c["mouthLowerDownLeft"] + c["mouthLowerDownRight"]) + 0.6 * c["mouthFunnel"]),
        press=press,
        tuck=tuck,
        tongue=c["tongueOut"],
        shift=c["mouthLeft"] - c["mouthRight"] + 0.6 * (c["jawLeft"] - c["jawRight"]),
        relaxed=relaxed,
    )


def _lifted(smile: float) -> float:
    """How far a mouthSmile lifts a corner. One of a feeling goes further than that of an "ee": said through a vowel,
    it would look bored.
    """
    return 0.62 * smile + 0.5 * max(0.0, smile - 0.5)


def _skin(c: dict[str, float]) -> SkinPose:
    return SkinPose(
        cheek_left=_cheek(c, "Right"),
        cheek_right=_cheek(c, "Left"),
        sneer_left=c["noseSneerRight"],
        sneer_right=c["noseSneerLeft"],
        puff=c["cheekPuff"],
        chin=c["mouthShrugLower"],
    )


def _cheek(c: dict[str, float], side: str) -> float:
    return min(1.0, 0.75 * c[f"cheekSquint{side}"] + 0.6 * max(0.0, c[f"mouthSmile{side}"] - _SPREAD))


def _eye(c: dict[str, float], side: str, outwards: int) -> EyePose:
    frown = c[f"browDown{side}"]
    smile = max(0.0, c[f"mouthSmile{side}"] - _SPREAD)
    squint = c[f"eyeSquint{side}"] + 0.6 * c[f"cheekSquint{side}"] + 0.3 * smile
    return EyePose(
        blink=_step(min(1.0, max(0.0, c[f"eyeBlink{side}"]))),
        wide=_step(c[f"eyeWide{side}"]),
        squint=_step(min(1.0, squint)),
        gaze_x=_step(outwards * (c[f"eyeLookOut{side}"] - c[f"eyeLookIn{side}"]), 40),
        gaze_y=_step(c[f"eyeLookDown{side}"] - c[f"eyeLookUp{side}"], 24),
        # Raised and drawn together at once (grief: FACS units 1 and 4) they stay up, or sorrow would look like doubt.
        brow_inner=_step(c["browInnerUp"] - 0.8 * frown * (1 - 0.75 * c["browInnerUp"])),
        brow_outer=_step(c[f"browOuterUp{side}"] - 0.25 * frown),
        brow_frown=_step(frown),
    )


def _step(value: float, steps: int = 32) -> float:
    """`value` in steps of about a quarter of a pixel at 512: eyes that only tremble need not be painted again."""
    return round(value * steps) / steps
