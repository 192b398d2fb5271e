"""What is compiled paints what a few lines of NumPy say: to the last bit, at every edge, folded or turned, and whatever
the compiler.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from deckard_cli.face.rig.canvas import Box, Ground, Layer, over
from deckard_cli.face.rig.patches import Drawn, Patches
from deckard_cli.face.rig.texture import Held, Places, Texture, paint

Numbers = NDArray[np.int64]
TILE = 8


def noise(height: int, width: int, seed: int, solid: float = 0.3) -> NDArray[np.uint8]:
    """A premultiplied picture with parts that are empty and parts that are opaque."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (height, width, 4), np.uint8)
    coarse = random.random((height // TILE + 1, width // TILE + 1)).repeat(TILE, 0).repeat(TILE, 1)[:height, :width]
    pixels[..., 3] = np.where(coarse < solid, 255, np.where(coarse > 1 - solid, 0, pixels[..., 3]))
    pixels[..., :3] = (pixels[..., :3].astype(int) * pixels[..., 3:] / 255).round()
    return pixels


def by_255(product: Numbers) -> Numbers:
    return (product + 128 + ((product + 128) >> 8)) >> 8


def laid(under: Numbers, over: Numbers, opacity: Numbers) -> Numbers:
    return np.minimum(by_255(under * (255 - opacity)) + over, 255)


def halved(pixels: NDArray[np.uint8]) -> Numbers:
    """At half the size, the last row twice."""
    whole = np.pad(pixels.astype(int), ((0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), (0, 0)), "edge")
    half = (whole[::2, ::2] + whole[1::2, ::2] + whole[::2, 1::2] + whole[1::2, 1::2] + 2) >> 2
    return np.concatenate([half, half[-1:]])


def shown(pixels: Numbers, x: Numbers, y: Numbers) -> Numbers:
    """All channels at places in 2048ths of a pixel; nothing is beyond the edges."""
    high, wide, _ = pixels.shape
    column, row, right, below = x >> 11, y >> 11, (x >> 5 & 63)[..., None], (y >> 5 & 63)[..., None]

    def at(i: Numbers, j: Numbers) -> Numbers:
        there = (i >= 0) & (j >= 0) & (i < wide) & (j < high)
        return np.where(there[..., None], pixels[np.clip(j, 0, high - 1), np.clip(i, 0, wide - 1)], 0)

    upper = at(column, row) * (64 - right) + at(column + 1, row) * right
    lower = at(column, row + 1) * (64 - right) + at(column + 1, row + 1) * right
    found: Numbers = (((upper * (64 - below) + 64) >> 7) + ((lower * below + 64) >> 7) + 16) >> 5
    return found


def ways(corners: NDArray[np.float32], side: int, column: int, row: int) -> tuple[int, int, int, int]:
    """As `way_of`: the place of a tile's first pixel, and how it goes on, in 2048ths."""
    one = np.float32(1)
    share = one / np.float32(side)
    right, down, unit = (
        (np.float32(column) + np.float32(0.5)) * share,
        (np.float32(row) + np.float32(0.5)) * share,
        np.float32(2048) * share,
    )
    across, below = corners[1] - corners[0], corners[2] - corners[0]
    twist = corners[3] - corners[2] - across
    values = (
        np.float32(2048) * (corners[0] + across * right + (below + twist * right) * down),
        unit * (across + twist * down),
        unit * (below + twist * right),
        unit * twist * share,
    )
    first, to_right, to_below, more = (int(np.rint(value)) for value in values)
    return first, to_right, to_below, more


def half(way: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    first, right, down, more = way
    middle = first + math.trunc((2 * (right + down) + more) / 4)
    return (middle - 1024) >> 1, right + math.trunc(more / 2), down + math.trunc(more / 2), 2 * more


def raster(way: tuple[int, int, int, int], width: int, height: int) -> Numbers:
    first, right, down, more = way
    i, j = np.meshgrid(np.arange(width), np.arange(height))
    return first + i * (right + j * more) + j * down


def expected(
    layer: Layer,
    places: tuple[NDArray[np.float32], NDArray[np.float32]],
    side: int,
    first: tuple[int, int],
    canvas: list[Numbers],
) -> None:
    """Put `layer` over the planes of `canvas`."""
    whole, small = layer.pixels.astype(int), halved(layer.pixels)
    height, width = canvas[0].shape
    scale, left, top = np.float32(layer.scale), np.float32(layer.left + 0.5), np.float32(layer.top + 0.5)
    x, y = places[0] * scale - left, places[1] * scale - top
    for j, i in np.ndindex(x.shape[0] - 1, x.shape[1] - 1):
        corners = [np.array([way[j, i], way[j, i + 1], way[j + 1, i], way[j + 1, i + 1]]) for way in (x, y)]
        for down, across in np.ndindex(-(-side // TILE), -(-side // TILE)):
            column, row = across * TILE, down * TILE
            at_x, at_y = first[0] + i * side + column, first[1] + j * side + row
            count, rows = min(TILE, side - column), min(TILE, side - row)
            way = [ways(corner, side, column, row) for corner in corners]
            full = shown(whole, *(raster(each, count, rows) for each in way))
            tiny = shown(small, *(raster(half(each), count // 2, rows // 2) for each in way))
            for plane, channel, source, step in ((0, 0, full, 1), (1, 1, tiny, 2), (2, 2, tiny, 2), (3, 3, full, 1)):
                if plane < len(canvas):
                    put(canvas[plane], source[..., channel], source[..., 3], at_x // step, at_y // step)
    assert (height, width) == canvas[0].shape


def put(plane: Numbers, pixels: Numbers, opacity: Numbers, left: int, top: int) -> None:
    high, wide = plane.shape
    rows = slice(max(top, 0), max(min(top + len(pixels), high), 0))
    columns = slice(max(left, 0), max(min(left + pixels.shape[1], wide), 0))
    here = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    if rows.start < rows.stop and columns.start < columns.stop:
        plane[rows, columns] = laid(plane[rows, columns], pixels[here], opacity[here])


def canvas_of(width: int, height: int, *, clear: bool, seed: int) -> Ground:
    random = np.random.default_rng(seed)
    shapes = [(height, width), *[(height // 2, width // 2)] * 2, *([(height, width)] if clear else [])]
    return Ground(tuple(random.integers(0, 256, shape, np.uint8) for shape in shapes))


@settings(max_examples=60, deadline=None)
@given(
    side=st.sampled_from([4, 8, 12, 16, 18]),
    clear=st.booleans(),
    turn=st.floats(-0.6, 0.6),
    size=st.floats(0.2, 2.5),
    bend=st.floats(0, 3),
    first=st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
    shape=st.tuples(st.integers(1, 61), st.integers(1, 61)),
    seed=st.integers(0, 99),
)
def test_a_layer_is_painted_as_the_numbers_say(
    side: int,
    clear: bool,
    turn: float,
    size: float,
    bend: float,
    first: tuple[int, int],
    shape: tuple[int, int],
    seed: int,
) -> None:
    random = np.random.default_rng(seed)
    layer = Layer(noise(*shape, seed), random.integers(-5, 5), random.integers(-5, 5), 1.0)
    ground = canvas_of(44, 38, clear=clear, seed=seed)
    across, down = -(-60 // side), -(-54 // side)
    grid_x, grid_y = np.meshgrid(np.arange(across + 1) * side, np.arange(down + 1) * side)
    x = size * (math.cos(turn) * grid_x - math.sin(turn) * grid_y) + bend * random.standard_normal(grid_x.shape)
    y = size * (math.sin(turn) * grid_x + math.cos(turn) * grid_y) + bend * random.standard_normal(grid_x.shape)
    xs, ys = (way.astype(np.float32)[None] for way in (x, y))
    corner = (2 * first[0], 2 * first[1])
    wanted = [plane.astype(int) for plane in ground.canvas.planes]
    expected(layer, (xs[0], ys[0]), side, corner, wanted)
    canvas = ground.copy()
    paint(Texture(layer), Places(xs, ys, [corner], side), 0, canvas)
    for plane, want in zip(canvas.planes, wanted, strict=True):
        np.testing.assert_array_equal(plane, want)


def still(count: int, side: int, *offs: float) -> Places:
    """A layer that has gone `offs` to the right in each frame."""
    x, y = np.meshgrid(np.arange(count + 1) * float(side), np.arange(count + 1) * float(side))
    xs = np.stack([x - off for off in offs]).astype(np.float32)
    return Places(xs, np.stack([y] * len(offs)).astype(np.float32), [(0, 0)] * len(offs), side)


def test_what_is_held_is_painted_again_when_it_has_gone_far_enough() -> None:
    layer, ground = Layer(noise(40, 40, 7), 0, 0, 1.0), canvas_of(40, 40, clear=False, seed=3)
    places, held = still(5, 8, 0, 0.25, 0.5, 3), Held(Texture(layer), ground, 0.3)

    def painted(frame: int) -> NDArray[np.uint8]:
        canvas = ground.copy()
        paint(Texture(layer), places, frame, canvas)
        return np.concatenate([plane.ravel() for plane in canvas.planes])

    def kept() -> NDArray[np.uint8]:
        return np.concatenate([plane.ravel() for plane in held.picture.canvas.planes])

    for frame, shows in ((0, 0), (1, 0), (2, 2), (3, 3), (0, 0)):
        held.follow(places, frame)
        np.testing.assert_array_equal(kept(), painted(shows))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 37), st.integers(1, 29), st.data())
def test_a_part_that_changed_is_as_in_a_new_texture(width: int, height: int, data: st.DataObject) -> None:
    layer = Layer(noise(height, width, width), 0, 0, 1.0)
    texture, ground = Texture(layer), canvas_of(40, 40, clear=False, seed=1)
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Box(left, top, data.draw(st.integers(left, width)), data.draw(st.integers(top, height)))
    layer.pixels[box.top : box.bottom, box.left : box.right] = noise(height, width, 99)[
        box.top : box.bottom, box.left : box.right
    ]
    texture.renew(box)
    pictures = []
    for each in (texture, Texture(layer)):
        canvas = ground.copy()
        paint(each, still(5, 8, -0.4), 0, canvas)
        pictures.append(np.concatenate([plane.ravel() for plane in canvas.planes]))
    np.testing.assert_array_equal(*pictures)


@pytest.mark.parametrize("width", [1, 2, 7, 8])
def test_packed_pixels_are_laid_over_others(width: int) -> None:
    under, pixels = noise(5, width, 1, 0.1), noise(5, width, 2, 0.1)
    wanted = laid(under.astype(int), pixels.astype(int), pixels[..., 3:].astype(int))
    over(under, pixels)
    np.testing.assert_array_equal(under, wanted)


def drawn_slowly(
    pixels: NDArray[np.uint8], columns: NDArray[np.float32], rows: NDArray[np.float32], share: int
) -> Numbers:
    """A patch whose pixels show `pixels` at those places, `share` / 255 of them."""
    places = (32 * np.rint(way * np.float32(64)).astype(int) for way in (columns, rows))
    return by_255(shown(pixels.astype(int), *places) * share)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 20), st.integers(2, 20), st.floats(-6, 26), st.floats(0.5, 9), st.floats(0.3, 3), st.floats(0, 1))
def test_a_band_is_shifted_and_drawn_out(
    width: int, height: int, top: float, inside: float, ratio: float, weight: float
) -> None:
    pixels = noise(height, width, width + height)
    patches = Patches(2, 24, 30)
    columns = np.linspace(-2, width + 1, 24, dtype=np.float32)
    now = np.full(24, top, np.float32)
    was = np.full(24, 0.4 * height, np.float32)
    ends = (now + np.float32(inside), was + np.float32(inside * ratio))
    patches.stretch(Drawn(pixels), columns, (was, ends[1]), (now, ends[0]), weight=weight)
    depth = np.arange(30, dtype=np.float32)[:, None] - now
    tall = np.maximum(ends[0] - now, np.float32(0.5))
    more = np.maximum(ends[1] - was, np.float32(0.5)) / tall - 1
    rows = was + depth + more * np.clip(depth, 0, tall)
    wanted = drawn_slowly(pixels, np.broadcast_to(columns, rows.shape), rows, int(np.float32(weight) * 255 + 0.5))
    for patch in patches.pixels:
        np.testing.assert_array_equal(patch, wanted)


def test_lashes_are_turned_over() -> None:
    pixels, patches = noise(9, 6, 4), Patches(1, 6, 20)
    columns = np.arange(6, dtype=np.float32)
    patches.shift(Drawn(pixels), columns, np.full(6, 8.0), np.full(6, 9.0), times=-0.5)
    rows = 8 - 2 * (np.arange(20, dtype=np.float32)[:, None] - 9) + np.zeros_like(columns)
    np.testing.assert_array_equal(patches.pixels[0], drawn_slowly(pixels, columns + 0 * rows, rows, 255))


def test_a_patch_is_seen_between_two_curves_and_tinted_along_a_line() -> None:
    patches, others = Patches(1, 3, 12), Patches(1, 3, 12)
    others.pixels[:] = (100, 120, 140, 255)
    patches.between(others, np.array([3.0, 3.25, 3.0]), np.array([8.0, 8.0, 2.0]), np.array([1.0, 1.0, 1.0]))
    assert patches.pixels[0, :, 0, 3].tolist() == [0, 0, 0, 128, 255, 255, 255, 255, 128, 0, 0, 0]
    assert patches.pixels[0, 3, 1, 3] == 64
    assert not patches.pixels[0, :, 2].any()
    tinted = Patches(2, 1, 9)
    tinted.tint((60.0, 128.0, 128.0), np.array([[4.0], [4.0]]), 2.0, 0.5, floor=np.array([0.0, 0.25]))
    assert tinted.pixels[0, 4, 0].tolist() == [30, 64, 64, 128]
    assert tinted.pixels[0, 6, 0, 3] == round(255 * 0.5 * math.exp(-1))
    assert tinted.pixels[1, 8, 0, 3] == round(255 * 0.5 * 0.25)
