"""What a layer is looked up by follows its pixels, at every edge and from odd and even places on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.face.rig.canvas import Box, Layer
from deckard_cli.face.rig.recent import Recent
from deckard_cli.face.rig.texture import Texture


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_a_part_that_changed_is_as_in_a_new_texture(width: int, height: int, data: st.DataObject) -> None:
    noise = np.random.default_rng(width * 10 + height)
    layer = Layer(noise.integers(0, 256, (height, width, 4), np.uint8), 0, 0, 1.0)
    texture = Texture(layer)
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right, bottom = data.draw(st.integers(left, width)), data.draw(st.integers(top, height))
    part = layer.pixels[top:bottom, left:right]
    part[:] = noise.integers(0, 256, part.shape, np.uint8)
    texture.renew(Box(left, top, right, bottom))
    new = Texture(layer)
    np.testing.assert_array_equal(texture.pairs, new.pairs)
    np.testing.assert_array_equal(texture.colour, new.colour)


@pytest.mark.parametrize("width", [4, 5])
def test_a_pair_is_two_neighbours_and_nothing_beyond_the_edges(width: int) -> None:
    pixels = np.arange(1, width * 4 + 1, dtype=np.uint8).reshape(1, width, 4)
    pairs = Texture(Layer(pixels, 0, 0, 1.0)).pairs[0]
    assert pairs[0].tolist() == [0, 0, 1, 4]
    assert pairs[2].tolist() == [5, 8, 9, 12]
    assert pairs[width].tolist() == [4 * width - 3, 4 * width, 0, 0]


@pytest.mark.parametrize("height", [4, 5])
def test_colour_goes_on_below_the_last_row(height: int) -> None:
    pixels = np.full((height, 4, 4), (90, 120, 170, 255), np.uint8)
    colour = Texture(Layer(pixels, 0, 0, 1.0)).colour
    assert len(colour) == (height + 1) // 2 + 1
    assert np.unique(colour.reshape(-1, 4), axis=0).tolist() == [[90, 120, 170, 255]]


def test_what_was_not_asked_for_longest_is_made_again() -> None:
    made: list[str] = []
    kept: Recent[str, str] = Recent(2)

    def ask(key: str) -> str:
        def make() -> str:
            made.append(key)
            return key.upper()

        return kept.get(key, make)

    assert [ask(key) for key in "abacab"] == list("ABACAB")
    assert made == ["a", "b", "c", "b"]
