"""The built-in face: the promises of a `Face`, and that what it draws moves without a jolt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest

from deckard_cli.errors import DeckardError
from deckard_cli.face import Frame
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig import Rig
from deckard_cli.motion import COLUMN, COLUMNS, Motion
from deckard_cli.speech import Speech

JOI = Portrait.load(Path(__file__).parent.parent / "personas" / "joi")
NOTHING = Speech(np.zeros(0, np.float32), 22050)


def motion(rows: Iterable[Mapping[str, float]], first: int = 0) -> Motion:
    rows = list(rows)
    curves = np.zeros((len(rows), len(COLUMNS)), np.float32)
    for index, row in enumerate(rows):
        for name, value in row.items():
            for column in (name, f"{name}Left", f"{name}Right"):
                if column in COLUMN:
                    curves[index, COLUMN[column]] = value
    return Motion(curves, 25, first)


def drawn(rows: Iterable[Mapping[str, float]], size: tuple[int, int] = (256, 256), *, first: int = 0) -> list[Frame]:
    return list(Rig(JOI, size=size).draw(NOTHING, motion(rows, first)))


def swaying(count: int) -> list[dict[str, float]]:
    return [
        {"headYaw": 5 * np.sin(i / 9), "headPitch": 3 * np.sin(i / 7), "jawOpen": 0.3 + 0.3 * np.sin(i / 3)}
        for i in range(count)
    ]


@pytest.mark.parametrize("size", [(64, 64), (256, 256), (90, 160), (160, 90), (512, 300), (1024, 1024)])
def test_frames_are_of_the_size_asked_for_and_counted_on(size: tuple[int, int]) -> None:
    frames = drawn(swaying(4), size, first=7)
    assert [frame.index for frame in frames] == [7, 8, 9, 10]
    width, height = size
    for frame in frames:
        assert frame.size == size and frame.format == "yuv420p"
        assert [plane.shape for plane in frame.planes] == [(height, width), *[(height // 2, width // 2)] * 2]
        assert frame.planes[0].std() > 15, "an empty picture"


def test_no_frame_is_drawn_over_while_somebody_holds_it() -> None:
    held = drawn(swaying(12))
    copies = [
        [plane.copy() for plane in frame.planes]
        for frame in Rig(JOI, size=(256, 256)).draw(NOTHING, motion(swaying(12)))
    ]
    for frame, copy in zip(held, copies, strict=True):
        for plane, kept in zip(frame.planes, copy, strict=True):
            np.testing.assert_array_equal(plane, kept)


def test_frames_that_are_let_go_are_drawn_in_the_same_memory() -> None:
    places = set()
    for frame in Rig(JOI, size=(128, 128)).draw(NOTHING, motion(swaying(60))):
        places.add(frame.planes[0].ctypes.data)
    assert len(places) <= 4


def test_a_stream_in_pieces_draws_what_the_whole_does() -> None:
    rows = swaying(10)
    whole = drawn(rows)
    rig = Rig(JOI, size=(256, 256))
    pieces = [*rig.draw(NOTHING, motion(rows[:4])), *rig.draw(NOTHING, motion(rows[4:], 4))]
    for one, other in zip(whole, pieces, strict=True):
        assert one.index == other.index
        np.testing.assert_array_equal(one.planes[0], other.planes[0])


@pytest.mark.parametrize("transparent", [False, True])
def test_a_clip_is_drawn_alike_whatever_was_drawn_before_it(transparent: bool) -> None:
    one, other = motion(swaying(30)), motion([*SLOW["smile"], {"headRoll": 9, "breath": 1, "eyeBlink": 1}])
    opened = Rig(JOI, size=(256, 256), transparent=transparent)
    alone = list(Rig(JOI, size=(256, 256), transparent=transparent).draw(NOTHING, one))
    list(opened.draw(NOTHING, other))
    after = list(opened.again().draw(NOTHING, one))
    between = zip(opened.again().draw(NOTHING, one), opened.again().draw(NOTHING, other), strict=False)
    for first, second, third in zip(alone, after, (frame for frame, _ in between), strict=True):
        for plane, again, once_more in zip(first.planes, second.planes, third.planes, strict=True):
            np.testing.assert_array_equal(plane, again)
            np.testing.assert_array_equal(plane, once_more)


def test_no_rows_are_no_frames() -> None:
    assert drawn([]) == []


def luma(rows: Iterable[Mapping[str, float]], size: int = 512) -> np.ndarray:
    return np.stack([frame.planes[0] for frame in drawn(rows, (size, size))]).astype(np.int16)


SLOW = {
    "jaw": [{"jawOpen": i / 60} for i in range(41)],
    "pucker": [{"mouthPucker": i / 40, "jawOpen": 0.15} for i in range(41)],
    "seal": [{"jawOpen": 0.2, "mouthClose": 0.2 * i / 40} for i in range(41)],
    "smile": [{"mouthSmile": i / 40, "cheekSquint": i / 40} for i in range(41)],
    "blink": [{"eyeBlink": i / 40} for i in range(41)],
    "gaze": [{"eyeLookOutLeft": i / 40, "eyeLookInRight": i / 40} for i in range(41)],
    "brows": [{"browInnerUp": i / 40, "browDown": 1 - i / 40} for i in range(41)],
    "yaw": [{"headYaw": i / 10 - 2} for i in range(41)],
    "roll": [{"headRoll": i / 10 - 2} for i in range(41)],
    "breath": [{"breath": i / 40} for i in range(41)],
    "tongue": [{"tongueOut": i / 40, "jawOpen": 0.2} for i in range(41)],
}


@pytest.mark.parametrize("name", SLOW)
def test_nothing_pops(name: str) -> None:
    """A curve that goes slowly changes the picture slowly: no step stands out against the others of its kind."""
    steps = np.abs(np.diff(luma(SLOW[name]), axis=0)).astype(float).mean((1, 2))
    assert steps.max() < 3.5 * np.median(steps) + 0.03, f"step {steps.argmax()} of {name}"
    assert np.abs(luma(SLOW[name])[-1] - luma(SLOW[name])[0]).max() > 8, f"{name} does nothing"


def test_only_what_moves_changes() -> None:
    rest, blink, jaw = luma([{}, {"eyeBlink": 1}, {"jawOpen": 0.6}])
    eyes, mouth = (slice(220, 265), slice(170, 340)), (slice(290, 345), slice(210, 300))
    for moved, here, there in ((blink, eyes, mouth), (jaw, mouth, eyes)):
        change = np.abs(moved - rest)
        assert change[here].mean() > 5
        assert change[there].max() <= 2
        assert change[:100].max() <= 2, "hair and sky stay where they are"


def test_a_blink_covers_the_iris() -> None:
    frames = drawn([{}, {"eyeBlink": 1}], (512, 512))
    open_, shut = (frame.planes[2][110:130, 90:115].astype(int) for frame in frames)
    dark_open, dark_shut = (frame.planes[0][225:250, 190:225] < 45 for frame in frames)
    assert dark_open.mean() > 2 * dark_shut.mean(), "pupil and lashes against lashes alone"
    assert abs(int(open_.mean()) - int(shut.mean())) > 2


def test_near_parts_go_further_than_far_ones() -> None:
    """Parallax: when the head turns, the nose passes over the face and the face over the hair behind."""
    rest, turned = luma([{}, {"headYaw": 6}])

    def shift(rows: slice, columns: slice) -> int:
        row = rest[rows, columns].astype(float).mean(0)
        errors = [
            np.abs(turned[rows, columns.start + by : columns.stop + by].astype(float).mean(0) - row).mean()
            for by in range(-4, 16)
        ]
        return int(np.argmin(errors)) - 4

    nose, body = shift(slice(250, 290), slice(230, 275)), shift(slice(470, 505), slice(170, 350))
    assert nose >= 6
    assert body == 0


def test_hair_comes_after_the_head() -> None:
    """The ends of the hair are still on their way when the head has stopped, and come to rest."""
    rows = [{"headRoll": 0.0}] * 3 + [{"headRoll": 4.0}] * 60
    ends = luma(rows)[:, 380:440, 105:190]
    just_stopped = np.abs(ends[4] - ends[3]).mean()
    later = np.abs(ends[10] - ends[4]).mean()
    at_rest = np.abs(ends[-1] - ends[-2]).mean()
    assert later > 0.5 and just_stopped > 0
    assert at_rest < 0.05 * later


def test_transparent_frames_are_opaque_where_she_is() -> None:
    plain = drawn([{"headYaw": 3}], (256, 256))[0]
    cut_out = next(iter(Rig(JOI, size=(256, 256), transparent=True).draw(NOTHING, motion([{"headYaw": 3}]))))
    assert cut_out.format == "yuva420p"
    alpha = cut_out.planes[3]
    assert alpha[:20].max() == 0 and alpha[110:170, 100:150].min() == 255
    solid = alpha == 255
    difference = np.abs(cut_out.planes[0].astype(int) - plain.planes[0])[solid]
    assert difference.max() <= 3, "the same face, with or without what is behind it"
    assert 0.3 < solid.mean() < 0.6


def test_a_folder_without_a_picture_is_said(tmp_path: Path) -> None:
    with pytest.raises(DeckardError, match=r"rig\.toml"):
        Portrait.load(tmp_path)


def test_missing_layers_are_said_with_what_makes_them(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_bytes((JOI.folder / "rig.toml").read_bytes())
    with pytest.raises(DeckardError) as caught:
        Rig(Portrait.load(tmp_path), size=(64, 64))
    assert "deckard persona build" in caught.value.hint
