"""The face on a photograph: both finders, on one real picture and on what becomes of pictures."""

from __future__ import annotations

import platform
import subprocess
import sys

import numpy as np
import photographs
import pytest
import skimage

from deckard_cli.errors import DeckardError, MissingError, UsageError
from deckard_cli.face.landmarks import Landmarks
from deckard_cli.face.landmarks.find import find
from deckard_cli.face.landmarks.visible import check

HAS_WHEEL = sys.version_info < (3, 13) and (sys.platform == "darwin" or platform.machine() in ("x86_64", "AMD64"))
FINDERS = [
    pytest.param("mesh", marks=pytest.mark.skipif(not HAS_WHEEL, reason="MediaPipe 0.10.21 has no wheel for it")),
    "cascade",
]
both = pytest.mark.parametrize("finder", FINDERS)

PICTURES = {
    "as it is": lambda: (photographs.astronaut(), photographs.MARKS),
    "cropped": photographs.cropped,
    "mirrored": photographs.mirrored,
    "tilted by 15": lambda: photographs.turned(15),
    "tilted by -30": lambda: photographs.turned(-30),
    "dark": lambda: photographs.recoloured(lambda colours: colours**2.5),
    "grey": lambda: photographs.recoloured(photographs.grey),
    "large": lambda: photographs.scaled(1400),
    "small": lambda: photographs.scaled(160),
    "long": lambda: photographs.moved(np.array([[1.0, 0, 0], [0, 1.15, 0]]), 512, 512),
    "short": lambda: photographs.moved(np.array([[1.0, 0, 0], [0, 0.88, 0]]), 512, 440),
}


@both
@pytest.mark.parametrize("name", PICTURES)
def test_the_face_is_found_where_it_is(name: str, finder: str) -> None:
    pixels, true = PICTURES[name]()
    face = find(pixels, finder=finder)
    allowed = {"mesh": 0.06, "cascade": 0.11}[finder]
    assert photographs.error(face, true) < allowed
    assert face.source == finder and face.size == (pixels.shape[1], pixels.shape[0])


@both
def test_a_face_far_away_is_found(finder: str) -> None:
    room = np.full((1100, 1800, 3), 120, np.uint8)
    room[500:1012, 900:1412] = photographs.astronaut()
    assert photographs.error(find(room, finder=finder), photographs.MARKS + np.array([900, 500])) < 0.11


@both
def test_a_tilted_head_is_said_to_be_tilted(finder: str) -> None:
    rolls = [find(photographs.turned(degrees)[0], finder=finder).roll for degrees in (0, 20)]
    assert rolls[1] - rolls[0] == pytest.approx(20, abs=1.5)


@both
def test_parts_lie_as_they_do_in_a_face(finder: str) -> None:
    face = find(photographs.astronaut(), finder=finder)
    middle = (face.left_eye.iris[0] + face.right_eye.iris[0]) / 2
    for eye, brow, side in ((face.left_eye, face.left_brow, -1), (face.right_eye, face.right_brow, 1)):
        inner, outer = eye.upper[0], eye.upper[-1]
        assert eye.lower[0] == inner and eye.lower[-1] == outer
        assert side * (inner[0] - middle) > 0 and side * (outer[0] - inner[0]) > 0
        assert side * (brow.line[-1][0] - brow.line[0][0]) > 0
        assert max(y for _, y in brow.line) < min(y for _, y in eye.upper)
        assert min(y for _, y in eye.upper) < eye.iris[1] < max(y for _, y in eye.lower)
        assert 2.5 < eye.iris_radius < 5.5
    mouth = face.mouth
    heights = [edge[len(edge) // 2][1] for edge in (mouth.top, mouth.upper, mouth.lower, mouth.bottom)]
    assert heights == sorted(heights) and heights[2] - heights[1] > 3, "her teeth are shown"
    for edge in (mouth.upper, mouth.lower, mouth.bottom):
        assert edge[0] == mouth.top[0] and edge[-1] == mouth.top[-1]
    assert face.oval[0][1] < min(y for _, y in face.left_brow.line) and face.oval[len(face.oval) // 4][0] > middle
    assert face.nose[1] < heights[0] and heights[3] < face.chin[1]


@both
def test_the_same_picture_gives_the_same_landmarks(finder: str) -> None:
    pixels, _ = photographs.cropped()
    assert find(pixels, finder=finder) == find(pixels, finder=finder)


@both
def test_of_several_faces_one_is_chosen_from_the_left(finder: str) -> None:
    pixels = np.concatenate([photographs.astronaut()[:256]] * 2, axis=1)
    with pytest.raises(DeckardError, match="2 faces") as caught:
        find(pixels, finder=finder)
    assert caught.value.code == "several_faces" and "--face-index 1 to 2" in caught.value.hint
    right = find(pixels, face_index=2, finder=finder)
    assert photographs.error(right, photographs.MARKS + np.array([512, 0])) < 0.13
    with pytest.raises(UsageError, match="no face 0: there are 2 faces") as refused:
        find(pixels, face_index=0, finder=finder)
    assert refused.value.code == "no_such_face"


def cameraman() -> np.ndarray:
    return np.repeat(skimage.data.camera()[..., None], 3, axis=2)


BAD = {
    "no_face": skimage.data.coffee,
    "profile": cameraman,
    "sideways": lambda: np.rot90(photographs.astronaut()).copy(),
    "mouth_hidden": lambda: photographs.painted((188, 130, 72, 42)),
    "eyes_closed": lambda: photographs.painted((192, 93, 24, 15), (234, 95, 26, 15)),
    "face_too_small": lambda: photographs.scaled(76)[0],
}


@both
@pytest.mark.parametrize("code", BAD)
def test_what_cannot_be_made_to_speak_is_said(code: str, finder: str) -> None:
    with pytest.raises(DeckardError) as caught:
        find(BAD[code](), finder=finder)
    assert (caught.value.code, caught.value.exit_code) == (code, 1)
    assert caught.value.hint


HAND, HAIR, COLLAR = (228, 112, 22, 18), (200, 40, 60, 30), (200, 180, 50, 20)
"""What of the picture looks like a hand, a beard, a scarf."""


@both
@pytest.mark.parametrize("cover", [HAIR, COLLAR])
def test_what_lies_over_a_mouth_is_no_mouth(cover: tuple[int, int, int, int], finder: str) -> None:
    with pytest.raises(DeckardError) as caught:
        find(photographs.covered(cover, (186, 128, 76, 46)), finder=finder)
    assert caught.value.code == "mouth_hidden"


@pytest.mark.parametrize("name", ["joi", "officer_k", "officer_j"])
def test_drawn_faces_are_found_and_a_beard_hides_no_mouth(name: str) -> None:
    face = find(photographs.drawing(name))
    lips = face.mouth.top[0], face.mouth.top[-1]
    assert all(200 < x < 312 and 285 < y < 335 for x, y in lips)


@both
def test_half_a_mouth_is_hidden_too(finder: str) -> None:
    with pytest.raises(DeckardError) as caught:
        find(photographs.covered(HAND, (186, 128, 38, 46)), finder=finder)
    assert caught.value.code == "mouth_hidden"


@pytest.mark.skipif(not HAS_WHEEL, reason="MediaPipe 0.10.21 has no wheel for it")
def test_lips_that_the_mesh_imagines_on_skin_are_none() -> None:
    with pytest.raises(DeckardError) as caught:
        find(photographs.covered(HAND, (186, 128, 76, 46)), finder="mesh")
    assert caught.value.code == "mouth_hidden"


@both
@pytest.mark.parametrize(("turns", "hint"), [(1, " clockwise"), (2, "180")])
def test_a_picture_on_its_side_is_said_to_be_turned(turns: int, hint: str, finder: str) -> None:
    with pytest.raises(DeckardError, match="on its side") as caught:
        find(np.rot90(photographs.astronaut(), turns).copy(), finder=finder)
    assert hint in caught.value.hint


@both
def test_a_cat_is_nobody(finder: str) -> None:
    with pytest.raises(DeckardError) as caught:
        find(skimage.data.chelsea(), finder=finder)
    assert caught.value.code == "no_face" and "--mouth" in caught.value.hint


def seen(change: dict[str, object]) -> Landmarks:
    return find(photographs.astronaut(), finder="cascade").model_copy(update=change)


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [({"yaw": 55.0}, "profile", "55 degrees"), ({"yaw": -48.0}, "profile", "48"), ({"roll": 70.0}, "sideways", "70")],
)
def test_a_face_that_looks_away_is_said_so(change: dict[str, object], code: str, said: str) -> None:
    with pytest.raises(DeckardError, match=said) as caught:
        check(photographs.astronaut(), seen(change))
    assert caught.value.code == code


def test_a_finder_that_nobody_has_is_refused() -> None:
    with pytest.raises(UsageError, match="no finder called 'msh'") as caught:
        find(photographs.astronaut(), finder="msh")
    assert "'mesh'" in caught.value.hint


def test_without_mediapipe_the_cascade_finds_and_the_mesh_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    for name in [name for name in sys.modules if name.startswith(("mediapipe.", "deckard_cli.face.landmarks.mesh"))]:
        monkeypatch.delitem(sys.modules, name)
    assert find(photographs.astronaut()).source == "cascade"
    with pytest.raises(MissingError, match="mediapipe") as caught:
        find(photographs.astronaut(), finder="mesh")
    assert caught.value.exit_code == 3 and "--no-deps mediapipe==0.10.21" in caught.value.hint


@pytest.mark.skipif(not HAS_WHEEL, reason="MediaPipe 0.10.21 has no wheel for it")
def test_the_mesh_is_preferred_and_says_nothing_on_the_terminal() -> None:
    program = (
        "import skimage; from deckard_cli.face.landmarks.find import find; print(find(skimage.data.astronaut()).source)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "mesh\n", "")
