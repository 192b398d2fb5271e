"""A photograph that moves: a real one, of which every pixel is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from mouths import ASTRONAUT, dyed, opening, photographed
from skimage.data import astronaut

from deckard_cli import render
from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.face import Frame
from deckard_cli.face.landmarks.store import load as landmarks
from deckard_cli.face.landmarks.store import save
from deckard_cli.face.portrait import Portrait
from deckard_cli.face.rig import Rig
from deckard_cli.face.rig.geometry import Geometry
from deckard_cli.face.rig.photo import develop, keep, kept
from deckard_cli.face.rig.photo.page import SIDE, Page
from deckard_cli.face.rig.sense import load
from deckard_cli.face.rig.sheet import rgb
from deckard_cli.motion import COLUMN, COLUMNS, Motion
from deckard_cli.motion.visemes import POSES
from deckard_cli.speech import Speech

SIZE = 720
NOTHING = Speech(np.zeros(0, np.float32), 1)


@pytest.fixture(scope="module")
def ada(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photographed(tmp_path_factory.mktemp("photo") / "ada")


def frames(persona: Path, *faces: Mapping[str, float], size: int = SIZE) -> list[Frame]:
    curves = np.zeros((len(faces), len(COLUMNS)), np.float32)
    for row, face in zip(curves, faces, strict=True):
        for name, weight in face.items():
            for full in (name, f"{name}Left", f"{name}Right"):
                if full in COLUMN:
                    row[COLUMN[full]] = weight
    # Far apart in time: hair and what hangs has come to rest.
    return list(Rig(Portrait.load(persona), size=(size, size)).draw(NOTHING, Motion(curves, 0.2)))


def pictures(persona: Path, *faces: Mapping[str, float]) -> list[np.ndarray]:
    return [rgb(frame).astype(np.float32) for frame in frames(persona, *faces)]


def shown(persona: Path) -> np.ndarray:
    """The photograph as a clip of SIZE shows it."""
    pixels, marks = kept(persona)
    page = Page.around(marks)
    times = SIZE / SIDE * page.scale
    matrix = np.array([[times, 0, -page.left * times], [0, times, -page.top * times]])
    matrix[:, 2] += 0.5 * times - 0.5
    return cv2.warpAffine(pixels, matrix, (SIZE, SIZE), flags=cv2.INTER_CUBIC).astype(np.float32)


def on_face(persona: Path) -> tuple[np.ndarray, Geometry]:
    """How far each pixel of a frame is from the middle of the face, 1 at its edge."""
    geometry = load(persona / "rig.toml")
    head, unit = geometry.head, geometry.head.scale * SIZE / SIDE
    y, x = np.mgrid[:SIZE, :SIZE]
    x, y = (x - head.origin[0] * SIZE / SIDE) / unit, (y - head.origin[1] * SIZE / SIDE) / unit
    return np.hypot(x / head.ellipsoid[0], (y - 30) / 235), geometry


def in_frame(geometry: Geometry, point: tuple[float, float]) -> tuple[float, float]:
    """Where a point of the upright page is in a frame whose head is at rest."""
    head, turn = geometry.head, np.radians(geometry.head.roll)
    x, y = point[0] - head.pivot[0], point[1] - head.pivot[1]
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    return (head.pivot[0] + x) * SIZE / SIDE, (head.pivot[1] + y) * SIZE / SIDE


def sharpness(picture: np.ndarray, where: np.ndarray) -> float:
    """Mean gradient of the luma, in grey levels a pixel."""
    luma = picture.mean(2)
    dx, dy = cv2.Sobel(luma, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(luma, cv2.CV_32F, 0, 1) / 8
    return float(np.hypot(dx, dy)[where].mean())


def test_at_rest_it_is_the_photograph(ada: Path) -> None:
    (still,) = pictures(ada, {})
    error = np.abs(still - shown(ada)).mean(2)
    away, _ = on_face(ada)
    assert error.mean() < 2
    assert error[away < 1].mean() < 2.5
    assert np.percentile(error[away < 1], 99) < 14


def test_what_is_not_the_face_moves_only_with_the_head(ada: Path) -> None:
    still, speaking, blinking = frames(ada, {}, POSES["aa"], {"eyeBlink": 1.0})
    away, _ = on_face(ada)
    for moved in (speaking, blinking):
        changed = moved.planes[0] != still.planes[0]
        assert changed[away < 1].mean() > 0.02
        assert not changed[away > 1.45].any()


@pytest.mark.parametrize("face", [{"headYaw": 6.0}, {"headRoll": 4.0, "headX": 0.01}, {"headPitch": -5.0}])
def test_there_is_no_seam_where_the_moving_head_ends(ada: Path, face: Mapping[str, float]) -> None:
    photo = shown(ada)
    (moved,) = pictures(ada, face)
    assert np.abs(moved - photo).mean() > 1.5, "the head moves"
    away, _ = on_face(ada)
    for inner, outer in ((1.3, 1.6), (1.6, 2.0), (2.0, 2.4)):
        band = (away > inner) & (away < outer)
        assert 0.85 < sharpness(moved, band) / sharpness(photo, band) < 1.15


def test_nothing_far_from_the_head_moves_at_all(ada: Path) -> None:
    still, moved = frames(ada, {}, {"headYaw": 6.0, "headRoll": 4.0})
    away, _ = on_face(ada)
    assert np.array_equal(still.planes[0][away > 3], moved.planes[0][away > 3])


def test_grain_is_kept_where_the_picture_is_moved_and_where_it_is_mended(tmp_path: Path) -> None:
    marks = landmarks(ASTRONAUT)
    noisy = astronaut().astype(np.float32) + np.random.default_rng(1).normal(0, 9, (512, 512, 1))
    keep(tmp_path, np.clip(noisy, 0, 255).astype(np.uint8), marks)
    photo = shown(tmp_path)
    turned, closed = pictures(tmp_path, {"headYaw": 3.0, "headRoll": 1.0}, {"eyeBlink": 1.0})

    def grain(picture: np.ndarray, at: tuple[float, float], reach: int) -> float:
        x, y = (round(value) for value in at)
        luma = picture[y - reach : y + reach, x - reach : x + reach].mean(2)
        return float((luma - cv2.GaussianBlur(luma, (0, 0), 2)).std())

    geometry = load(tmp_path / "rig.toml")
    origin, unit = geometry.head.origin, geometry.head.scale
    cheek, lid = in_frame(geometry, (origin[0] + 95 * unit, origin[1] + 75 * unit)), geometry.eye.left.iris
    assert grain(turned, cheek, 14) > 0.7 * grain(photo, cheek, 14)
    assert 0.4 * grain(photo, cheek, 14) < grain(closed, in_frame(geometry, (lid[0], lid[1] - 2)), 3)


def test_lids_close_over_the_whole_eye(ada: Path) -> None:
    opened, half, closed = pictures(ada, {}, {"eyeBlink": 0.5}, {"eyeBlink": 1.0})
    _, geometry = on_face(ada)
    for eye in (geometry.eye.left, geometry.eye.right):
        x, y = (round(at) for at in in_frame(geometry, eye.iris))
        reach = round(0.7 * eye.iris_radius * SIZE / SIDE)
        pupils = [picture[y - reach : y + reach, x - reach : x + reach].mean() for picture in (opened, half, closed)]
        assert pupils[2] > 1.6 * pupils[0], "skin where the pupil was"
        assert pupils[0] < pupils[1] < pupils[2]


def test_a_smile_that_shows_teeth_closes_over_them(ada: Path, tmp_path: Path) -> None:
    persona = dyed(ada, tmp_path / "dyed")
    sealed = {**POSES["PP"], "jawOpen": 0.1, "mouthClose": 0.1}
    still, closed, wide = frames(persona, {}, sealed, POSES["aa"])
    geometry = load(persona / "rig.toml")

    def seen(frame: Frame) -> float:
        unit, (x, y) = SIZE / SIDE, geometry.head.origin
        top = y + geometry.head.scale * (geometry.mouth.line - 40)
        box = [round(at * unit) for at in (x - 100, x + 100, top, top + 140)]
        u, v = (np.asarray(plane).repeat(2, 0).repeat(2, 1) for plane in frame.planes[1:])
        planes = [plane[box[2] : box[3], box[0] : box[1]].astype(np.float32) for plane in (frame.planes[0], u, v)]
        return opening(np.stack(planes)).seen

    assert seen(still) > 3
    assert seen(closed) == 0
    assert seen(wide) > 5


def test_a_new_point_in_the_landmarks_is_built_in(ada: Path, tmp_path: Path) -> None:
    _, marks = kept(ada)
    (tmp_path / "photo.png").write_bytes((ada / "photo.png").read_bytes())
    moved = marks.model_copy(update={"chin": (marks.chin[0], marks.chin[1] + 8)})
    save(moved, tmp_path / "landmarks.toml")
    develop(tmp_path)
    before, after = (load(folder / "rig.toml").head for folder in (ada, tmp_path))
    assert after.scale > before.scale
    assert kept(tmp_path)[1].chin == pytest.approx(moved.chin, abs=0.06)


def test_landmarks_of_another_picture_are_refused(ada: Path, tmp_path: Path) -> None:
    marks = landmarks(ASTRONAUT)
    keep(tmp_path, astronaut(), marks)
    save(marks.model_copy(update={"size": (300, 200)}), tmp_path / "landmarks.toml")
    with pytest.raises(DeckardError, match=r"512x512.*300x200"):
        develop(tmp_path)
    (tmp_path / "photo.png").write_bytes((ada / "photo.png").read_bytes()[:5000])
    with pytest.raises(DeckardError, match="cannot be read"):
        develop(tmp_path)


def test_a_clip_larger_than_the_photograph_is_said(ada: Path) -> None:
    small, large = (Rig(Portrait.load(ada), size=(side, side)) for side in (256, 1024))
    assert small.notes == ()
    assert len(large.notes) == 1
    assert "smaller than the clip" in large.notes[0]
    assert "--size 354" in large.notes[0]


def test_a_clip_says_that_it_was_made_of_a_photograph(ada: Path, tmp_path: Path) -> None:
    render("Hi.", persona=str(ada), output=tmp_path / "hi.mp4", size=64)
    with av.open(str(tmp_path / "hi.mp4")) as clip:
        assert "a photograph that Deckard moved" in clip.metadata["comment"]
        assert clip.metadata["digital_source_type"].endswith("/compositeSynthetic")


def test_a_photograph_keeps_its_background(ada: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="keeps its own background"):
        render("Hi.", persona=str(ada), output=tmp_path / "hi.mp4", size=64, background="green")
    render("Hi.", persona=str(ada), output=tmp_path / "hi.webm", size=64)
    with av.open(str(tmp_path / "hi.webm")) as clip:
        corner = next(clip.decode(video=0)).to_ndarray(format="rgb24")[:8, :8]
        assert corner.mean() > 60, "not cut out, and nothing black where it ended"


def test_beyond_the_photograph_nothing_is_seen_twice(ada: Path) -> None:
    (wide,) = Rig(Portrait.load(ada), size=(1280, 720)).draw(
        NOTHING, Motion(np.zeros((1, len(COLUMNS)), np.float32), 25)
    )
    # The photograph's own edge is at column 183 of 1280.
    beyond, own = (np.dstack([wide.planes[0][:, part].astype(np.float32)] * 3) for part in (slice(90), slice(200, 290)))
    everywhere = np.ones((720, 90), bool)
    assert sharpness(beyond, everywhere) < 0.4 * sharpness(own, everywhere)
