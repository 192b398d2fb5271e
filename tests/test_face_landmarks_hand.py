"""Faces framed by hand: what no finder knows, paintings and animals, and what cannot be meant."""

from __future__ import annotations

import math

import numpy as np
import photographs
import pytest
import skimage
from hypothesis import given, settings
from hypothesis import strategies as st

from deckard_cli.errors import UsageError
from deckard_cli.face.landmarks.find import find
from deckard_cli.face.landmarks.hand import Box, by_hand

MOUTH = (202, 138, 44, 18)
EYES = ((194, 96, 19, 9), (236, 98, 20, 10))
CAT_MOUTH, CAT_EYES = (235, 238, 70, 25), ((147, 85, 52, 50), (300, 112, 44, 50))
EMPTY = np.full((300, 400, 3), 200, np.uint8)


def test_a_framed_mouth_is_parted_where_the_picture_parts_it() -> None:
    for eyes in (None, EYES):
        face = by_hand(photographs.astronaut(), mouth=MOUTH, eyes=eyes)
        assert face.source == "hand"
        assert photographs.error(face, photographs.MARKS) < 0.12


def test_the_eyes_that_go_with_a_drawn_mouth_are_found() -> None:
    pixels = photographs.drawing("joi")
    eyes = (by_hand(pixels, mouth=(222, 305, 56, 26)), find(pixels, finder="cascade"))
    for one, other in zip(*((face.left_eye.iris, face.right_eye.iris) for face in eyes), strict=True):
        assert math.dist(one, other) < 4


def test_eyes_are_where_they_are_framed() -> None:
    face = by_hand(skimage.data.chelsea(), mouth=CAT_MOUTH, eyes=CAT_EYES)
    for eye, (x, y, width, height) in zip((face.left_eye, face.right_eye), CAT_EYES, strict=True):
        assert eye.iris == pytest.approx((x + width / 2, y + height / 2))
        lids = np.array(eye.upper + eye.lower)
        assert np.ptp(lids, axis=0) == pytest.approx((width, height), rel=0.35)
        assert eye.iris_radius <= width / 2
    assert face.roll == pytest.approx(math.degrees(math.atan2(27, 149)), abs=1)
    assert face.left_eye.upper[0][0] > face.left_eye.upper[-1][0] and face.right_eye.upper[0][0] < 322


def test_either_eye_may_be_named_first() -> None:
    ordered, other = (by_hand(photographs.astronaut(), mouth=MOUTH, eyes=eyes) for eyes in (EYES, EYES[::-1]))
    assert ordered == other


def test_where_nothing_is_to_be_seen_an_ordinary_mouth_fills_the_frame() -> None:
    face = by_hand(EMPTY, mouth=(160, 200, 80, 30))
    lips = np.array(face.mouth.top + face.mouth.bottom)
    assert lips.min(axis=0) == pytest.approx((160, 200), abs=4) and lips.max(axis=0) == pytest.approx((240, 230), abs=4)
    assert face.mouth.upper == face.mouth.lower, "a mouth that is not seen to be open is shut"
    middle = (face.left_eye.iris[0] + face.right_eye.iris[0]) / 2
    assert (middle, face.chin[0]) == pytest.approx((200, 200), abs=1)


NONSENSE: dict[str, tuple[Box, tuple[Box, Box] | None, str]] = {
    "outside": ((380, 200, 40, 20), None, "not on the picture"),
    "above the picture": ((100, -5, 40, 20), None, "not on the picture"),
    "no width": ((100, 200, 0, 20), None, "no box"),
    "inside out": ((100, 200, 40, -20), None, "no box"),
    "no number": ((100, 200, math.nan, 20), None, "no box"),
    "endless": ((100, 200, math.inf, 20), None, "no box"),
    "eyes below": ((160, 50, 80, 30), ((140, 200, 30, 12), (220, 200, 30, 12)), "above the eyes"),
    "eyes beside": ((160, 195, 80, 30), ((140, 200, 30, 12), (220, 200, 30, 12)), "not below the eyes"),
    "one eye twice": ((160, 200, 80, 30), ((140, 100, 30, 12), (145, 100, 30, 12)), "on one another"),
    "an eye outside": ((160, 200, 80, 30), ((140, 100, 30, 12), (390, 100, 30, 12)), "The eye 390,100,30,12"),
    "no room for eyes": ((160, 20, 80, 30), None, "eyes that go with this mouth"),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_boxes_that_cannot_be_meant_are_refused(what: str) -> None:
    mouth, eyes, said = NONSENSE[what]
    with pytest.raises(UsageError, match=said) as caught:
        by_hand(EMPTY, mouth=mouth, eyes=eyes)
    assert caught.value.code == "bad_box" and caught.value.hint


boxes = st.tuples(st.floats(-5, 350), st.floats(-5, 280), st.floats(-1, 80), st.floats(-1, 40))


@settings(deadline=None, max_examples=40)
@given(mouth=boxes, eyes=st.none() | st.tuples(boxes, boxes))
def test_any_boxes_give_landmarks_or_are_refused(mouth: Box, eyes: tuple[Box, Box] | None) -> None:
    try:
        face = by_hand(EMPTY, mouth=mouth, eyes=eyes)
    except UsageError as refused:
        assert refused.code == "bad_box"
    else:
        assert face.left_eye.iris[0] <= face.right_eye.iris[0]
