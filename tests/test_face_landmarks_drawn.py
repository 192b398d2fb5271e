"""Landmarks shown over their picture: large enough, in the right place, seen on light and on dark."""

from __future__ import annotations

import numpy as np
import photographs
import pytest
from PIL import Image

from deckard_cli.face.landmarks.drawn import drawn
from deckard_cli.face.landmarks.find import find


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_lines_are_seen_on_any_ground_and_only_where_the_face_is(grey: int) -> None:
    face = find(photographs.astronaut(), finder="cascade")
    page = drawn(np.full((512, 512, 3), grey, np.uint8), face)
    marked = np.abs(np.asarray(page, int) - grey).max(axis=2)
    scale = page.width / 512
    for x, y in (*face.mouth.top, *face.oval, *face.left_eye.upper, face.nose):
        column, row = round(x * scale), round(y * scale)
        assert marked[row - 3 : row + 4, column - 3 : column + 4].max() > 90
    rows, columns = np.nonzero(marked)
    (left, top), (right, bottom) = np.min(face.oval, axis=0), np.max(face.oval, axis=0)
    assert columns.min() / scale > left - 3 and columns.max() / scale < right + 3
    assert rows.min() / scale > top - 3 and rows.max() / scale < bottom + 3


def test_small_faces_are_enlarged_and_large_pictures_made_smaller() -> None:
    small, large = photographs.cropped()[0], photographs.scaled(1800)[0]
    page = drawn(small, find(small, finder="cascade"))
    assert page.width == pytest.approx(160 * 160 / 43.1, rel=0.05), "160 pixels between the eyes"
    page = drawn(large, find(large, finder="cascade"))
    assert isinstance(page, Image.Image) and page.size == (1600, 1600)
