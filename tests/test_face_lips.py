"""The shape of a mouth: four curves that never cross, that meet when they must and open with the jaw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.lips import lips
from deckard_cli.face.rig.pose import MouthPose, poses
from deckard_cli.face.rig.sense import load
from deckard_cli.motion import COLUMN, COLUMNS, Motion

JOI = Path(__file__).parent.parent / "personas" / "joi"
GEOMETRY = load(JOI / "rig.toml")
PART = st.floats(0, 1, width=32)
POSES = st.builds(
    MouthPose,
    jaw=PART,
    close=PART,
    round=PART,
    width=PART,
    smile_left=st.floats(-0.75, 1, width=32),
    smile_right=st.floats(-0.75, 1, width=32),
    part_upper=PART,
    part_lower=PART,
    press=PART,
    tuck=PART,
    tongue=PART,
    shift=st.floats(-1, 1, width=32),
)


def row(**values: float) -> MouthPose:
    """The mouth that a row of blendshapes makes; a name without Left or Right stands for both."""
    curves = np.zeros((1, len(COLUMNS)), np.float32)
    for name, value in values.items():
        for column in (name, f"{name}Left", f"{name}Right"):
            if column in COLUMN:
                curves[0, COLUMN[column]] = value
    return poses(Motion(curves, 25), GEOMETRY.mouth.smile)[0].mouth


@given(POSES)
def test_lips_are_above_one_another(pose: MouthPose) -> None:
    shape = lips(pose, GEOMETRY)
    middle = [curve[len(curve) // 2, 1] for curve in (shape.top, shape.upper, shape.lower, shape.bottom)]
    assert middle == sorted(middle)
    for curve in (shape.top, shape.upper, shape.lower, shape.bottom):
        assert (np.diff(curve[:, 0]) > 0).all(), "a curve that turns back has two heights in one column"


@given(POSES)
def test_the_mouth_stays_on_its_patch(pose: MouthPose) -> None:
    left, top, right, bottom = GEOMETRY.mouth.box
    origin, scale = GEOMETRY.head.origin, GEOMETRY.head.scale
    shape = lips(pose, GEOMETRY)
    for curve in (shape.top, shape.bottom):
        x, y = (curve - origin).T / scale
        assert left < x.min() and x.max() < right
        assert top < y.min() and y.max() < bottom


@given(POSES)
def test_closed_lips_meet_however_far_the_jaw_is_open(pose: MouthPose) -> None:
    shape = lips(replace(pose, close=1.0), GEOMETRY)
    assert shape.gap == pytest.approx(0, abs=0.01)
    assert np.abs(shape.lower[:, 1] - shape.upper[:, 1]).max() < 0.6


@given(PART, PART)
def test_a_wider_jaw_is_a_wider_gap(one: float, other: float) -> None:
    gaps = [lips(row(jawOpen=jaw), GEOMETRY).gap for jaw in sorted((one, other))]
    assert gaps[0] <= gaps[1] + 1e-4


def test_rest_is_closed_and_smiles_as_the_drawing_does() -> None:
    shape = lips(row(), GEOMETRY)
    assert shape.gap < 1
    assert shape.upper[0, 1] < shape.upper[len(shape.upper) // 2, 1], (
        "the corners of a smile are higher than its middle"
    )


def test_a_jaw_that_is_sealed_parts_no_lips() -> None:
    assert lips(row(jawOpen=0.4, mouthClose=0.4, mouthPress=0.5), GEOMETRY).gap < 0.05
    assert lips(row(jawOpen=0.4), GEOMETRY).gap > 10


def test_f_brings_the_lower_lip_to_the_upper_teeth() -> None:
    shape = lips(row(jawOpen=0.07, mouthRollLower=0.55, mouthShrugLower=0.3, mouthUpperUp=0.25), GEOMETRY)
    teeth = GEOMETRY.head.to_page(np.array([[0, GEOMETRY.mouth.teeth]]), relief=8)[0, 1]
    middle = len(shape.lower) // 2
    assert shape.upper[middle, 1] < shape.lower[middle, 1] <= teeth


def test_rounding_narrows_and_spreading_widens() -> None:
    def width(pose: MouthPose) -> float:
        shape = lips(pose, GEOMETRY)
        return float(shape.top[-1, 0] - shape.top[0, 0])

    assert width(row(mouthPucker=0.75, mouthFunnel=0.3, jawOpen=0.14)) < 0.7 * width(row(jawOpen=0.14))
    assert width(row(mouthStretch=0.35, jawOpen=0.14)) > 1.02 * width(row(jawOpen=0.14))


def test_left_is_the_faces_own_left() -> None:
    shape = lips(row(**{"mouthSmileLeft": 0.8}), GEOMETRY)
    assert shape.top[-1, 1] < shape.top[0, 1], "the face's left corner is on the viewer's right"


def test_a_mistake_in_the_rig_names_its_field(tmp_path: Path) -> None:
    text = (JOI / "rig.toml").read_text(encoding="utf-8").replace("drop = 47", 'drop = "far"')
    (tmp_path / "rig.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DeckardError, match=r"head\.drop"):
        load(tmp_path / "rig.toml")


def test_geometry_is_what_the_file_says() -> None:
    assert isinstance(GEOMETRY, Geometry)
    assert GEOMETRY.page.width == 1024


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        ("scale = 1.09", "scale = 0", "head.scale"),
        ("scale = 1.09", "scale = nan", "head.scale"),
        ("drawn_yaw = -5", "drawn_yaw = 90", "head.drawn_yaw"),
        ("line = 141", "line = inf", "mouth.line"),
        ("half_width = 49", "half_width = 0", "mouth.half_width"),
        ("box = [-94, 96, 74, 252]", "box = [96, -94, 252, -100]", "mouth"),
        ("pivot = [516, 752]", "pivot = [516]", "head.pivot"),
        ("[mouth] ", "[mooth] ", "mooth"),
    ],
)
def test_what_no_face_can_be_is_named_with_its_line(tmp_path: Path, right: str, wrong: str, field: str) -> None:
    text = (JOI / "rig.toml").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "rig.toml").write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(UsageError, match=rf"rig\.toml:\d+: {field}") as caught:
        load(tmp_path / "rig.toml")
    assert caught.value.hint
