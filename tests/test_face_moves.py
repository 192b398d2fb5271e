"""How the built-in face feels and turns: what a mood changes can be seen, and a head that moves far stays whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest

from deckard_cli.face import Frame
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig import Rig
from deckard_cli.motion import COLUMN, COLUMNS, Motion
from deckard_cli.motion.moods import MOODS
from deckard_cli.speech import Speech

PERSONAS = Path(__file__).parent.parent / "personas"
JOI = PERSONAS / "joi"
NOTHING = Speech(np.zeros(0, np.float32), 22050)
SETTLED = 60
"""Frames after which hair and earrings hang still."""
INNER_BROW = (slice(180, 222), slice(218, 240))
"""Where, in a clip of 512, the inner end of the brow on the viewer's left may go."""


def drawn(rows: Iterable[Mapping[str, float]], folder: Path = JOI, *, cut_out: bool = False) -> list[Frame]:
    rows = list(rows)
    curves = np.zeros((len(rows), len(COLUMNS)), np.float32)
    for index, row in enumerate(rows):
        for name, value in row.items():
            for column in (name, f"{name}Left", f"{name}Right"):
                if column in COLUMN:
                    curves[index, COLUMN[column]] = value
    rig = Rig(Portrait.load(folder), size=(512, 512), transparent=cut_out)
    return list(rig.draw(NOTHING, Motion(curves, 25)))


def luma(rows: Iterable[Mapping[str, float]]) -> np.ndarray:
    return np.stack([frame.planes[0] for frame in drawn(rows)]).astype(np.int16)


def height_of_what_is_dark(picture: np.ndarray, window: tuple[slice, slice]) -> float:
    """The row, from the top of `window`, around which its dark pixels lie."""
    dark = np.maximum(110 - picture[window], 0).astype(float)
    return float((dark.sum(1) @ np.arange(len(dark))) / dark.sum())


def test_brows_tell_grief_from_anger_and_surprise() -> None:
    rest, sad, angry, surprised = luma([{}, *(MOODS[name].pose for name in ("sad", "angry", "surprised"))])
    heights = [height_of_what_is_dark(picture, INNER_BROW) for picture in (surprised, sad, rest, angry)]
    assert np.diff(heights).min() > 2, "inner ends: highest in surprise, then in grief, lowest in anger"


@pytest.mark.parametrize("mood", sorted(set(MOODS) - {"neutral"}))
def test_every_mood_reads_at_the_size_of_a_thumb(mood: str) -> None:
    rest, felt = (
        cv2.resize(picture[150:400, 150:360].astype(np.float32), (42, 50), interpolation=cv2.INTER_AREA)
        for picture in luma([{}, MOODS[mood].pose])
    )
    assert (np.abs(felt - rest) > 12).sum() >= 40


def test_a_cheek_that_is_raised_leaves_mouth_and_brows_alone() -> None:
    rest, raised = luma([{}, {"cheekSquint": 1}])
    change = np.abs(raised - rest)
    assert change[260:290, 175:225].mean() > 2 and change[260:290, 270:320].mean() > 2
    assert change[305:345, 215:290].max() <= 4 and change[170:210].max() <= 4


def test_nostrils_do_not_come_down_with_the_jaw() -> None:
    rest, spoken = luma([{}, {"jawOpen": 0.7}])
    assert np.abs(spoken - rest)[278:290, 225:265].mean() < 1
    assert np.abs(spoken - rest)[330:380, 225:265].mean() > 10


@pytest.mark.parametrize("who", ["joi", "officer_j", "officer_k"])
@pytest.mark.parametrize(
    "move", [{"headRoll": 12}, {"headRoll": -12}, {"headYaw": 12}, {"headYaw": -12, "headPitch": -8}]
)
def test_a_head_that_moves_far_is_not_cut_off(who: str, move: dict[str, float]) -> None:
    """Everything above the chin is as large as at rest, and in one piece."""
    rest, moved = (drawn([row] * SETTLED, PERSONAS / who, cut_out=True)[-1].planes[3][:300] > 200 for row in ({}, move))
    assert moved.sum() == pytest.approx(rest.sum(), rel=0.06)
    count, _, boxes, _ = cv2.connectedComponentsWithStats((~moved).astype(np.uint8))
    holes = [box[cv2.CC_STAT_AREA] for box in boxes[1:count] if box[0] > 0 and box[0] + box[2] < 512]
    assert sum(area for area in holes if area < 2000) < 60, "holes in the head"


@pytest.mark.parametrize("roll", [-8, 0, 8])
def test_an_earring_hangs_plumb(roll: float) -> None:
    frame = drawn([{"headRoll": roll}] * (2 * SETTLED))[-1]
    window = (slice(255, 320), slice(320, 385))
    y, red = frame.planes[0][window].astype(int), cv2.resize(frame.planes[2], (512, 512))[window].astype(int)
    rows, columns = np.nonzero((y > 130) & (red < 110))
    assert len(rows) > 60
    slope = np.polyfit(rows, columns, 1)[0]
    assert abs(np.degrees(np.arctan(slope))) < 4


def test_an_earring_swings_after_the_head_has_stopped() -> None:
    rows = [{"headRoll": 0.0}] * 3 + [{"headRoll": 4.0}] * SETTLED
    ears = luma(rows)[:, 275:305, 325:370]
    assert np.abs(ears[8] - ears[5]).mean() > 3 * np.abs(ears[-1] - ears[-4]).mean() + 0.5


def test_a_drawing_may_do_without_what_is_optional(tmp_path: Path) -> None:
    folder = tmp_path / "joi"
    shutil.copytree(JOI, folder)
    index = json.loads((folder / "layers" / "index.json").read_text(encoding="utf-8"))
    for name in ("hair-back", "fold-left", "fold-right", "furrow", "forehead", "cheek-left", "cheek-right"):
        del index["layers"][name]
    (folder / "layers" / "index.json").write_text(json.dumps(index), encoding="utf-8")
    rest, happy, angry = (
        frame.planes[0].astype(int) for frame in drawn([{}, *(MOODS[name].pose for name in ("happy", "angry"))], folder)
    )
    assert np.abs(happy - rest)[295:340, 215:285].mean() > 2
    assert np.abs(angry - rest)[180:222, 200:300].mean() > 2
