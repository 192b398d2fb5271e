"""Pictures in page space, and putting them over one another.

Inside the rig a picture is *packed*: uint8, shape (height, width, 4), Y, U, V and opacity, the first three
premultiplied by the fourth. Four channels are what OpenCV resamples fastest, premultiplied ones can be interpolated
without a halo, and YUV is what the encoder takes: colours are converted once, when a layer is read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from deckard_cli.errors import DeckardError
from deckard_cli.face.rig.compiled import library

Packed = NDArray[np.uint8]
Plane = NDArray[np.uint8]
Planes = tuple[Plane, ...]
"""A frame: Y at full size, U and V at half, and A at full size where it keeps count of its own opacity."""
Grid = NDArray[np.floating]
"""Positions or amounts on a raster."""

_BGR_TO_YUV: Final = np.array(
    [
        [0.0722 * 219 / 255, 0.7152 * 219 / 255, 0.2126 * 219 / 255, 16],
        [0.5 * 224 / 255, -0.7152 / 1.8556 * 224 / 255, -0.2126 / 1.8556 * 224 / 255, 128],
        [-0.0722 / 1.5748 * 224 / 255, -0.7152 / 1.5748 * 224 / 255, 0.5 * 224 / 255, 128],
    ],
    np.float32,
)
"""ITU-R BT.709, limited range; columns B, G, R, offset."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: in cells of a coarse grid, in pixels of a layer, or in pixels of the clip, which are even then."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Layer:
    """A packed picture and where it lies. All layers of one rig share a lattice: pixel (i, j) is the page position
    ((left + i + 0.5) / scale, (top + j + 0.5) / scale), so that one may be laid on another without resampling.
    """

    pixels: Packed
    left: int
    """Lattice column of the first pixel."""
    top: int
    """Lattice row of the first pixel."""
    scale: float
    """Pixels for each unit of the page."""

    @property
    def box(self) -> Box:
        """All of it, in its own pixels."""
        height, width = self.pixels.shape[:2]
        return Box(0, 0, width, height)

    def window(self, left: int, top: int, width: int, height: int) -> Packed:
        """The pixels in another window of the lattice, transparent where this layer has none."""
        out = np.zeros((height, width, 4), np.uint8)
        lay(out, self.pixels, self.left - left, self.top - top)
        return out


def lay(onto: Packed, pixels: Packed, x: int, y: int) -> None:
    """Write `pixels` over what is in `onto`, their first one at column `x` and row `y`, cut to fit."""
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + pixels.shape[1], onto.shape[1]), min(y + pixels.shape[0], onto.shape[0])
    if x0 < x1 and y0 < y1:
        over(onto[y0:y1, x0:x1], pixels[y0 - y : y1 - y, x0 - x : x1 - x])


def over(under: Packed, pixels: Packed) -> None:
    """Put `pixels` over `under`, in place (Porter and Duff 1984, premultiplied). Pixels of a row lie side by side."""
    height, width = pixels.shape[:2]
    library().deckard_over(under.ctypes.data, under.strides[0], pixels.ctypes.data, pixels.strides[0], width, height)


def faded(pixels: Packed, amount: Grid | float) -> Packed:
    """`pixels` at `amount` (0..1) of their strength, one number or one a pixel."""
    if isinstance(amount, float):
        return eight_bit(cv2.convertScaleAbs(pixels, alpha=amount))
    weight = cv2.convertScaleAbs(amount, alpha=255)
    return eight_bit(cv2.multiply(pixels, cv2.merge([weight, weight, weight, weight]), scale=1 / 255))


class Layers:
    """A drawing's rasterised layers, read from its folder when they are asked for."""

    def __init__(self, folder: Path, scale: float) -> None:
        """`scale` is the pixels a unit of the page that the layers are wanted at.

        Raises `DeckardError` where the layers have not been built.
        """
        self._folder = folder
        self.scale = scale
        self._from = 1 if scale <= 0.8 else 2
        self._got: dict[str, Layer] = {}

    @cached_property
    def _said(self) -> Mapping[str, Any]:
        """What the index says, its boxes as tuples."""
        try:
            said = json.loads((self._folder / "index.json").read_text(encoding="utf-8"))
            return {**said, "layers": {name: tuple(box) for name, box in said["layers"].items()}}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise _missing(f"The layers of {self._folder.parent} are missing or damaged.", self._folder) from error

    @property
    def _index(self) -> Mapping[str, tuple[int, int, int, int]]:
        index: Mapping[str, tuple[int, int, int, int]] = self._said["layers"]
        return index

    @property
    def detail(self) -> float | None:
        """Pixels that a photograph had for each unit of the page; None for a drawing, which has as many as wanted."""
        detail: float | None = self._said.get("pixels_per_unit")
        return detail

    def preload(self) -> None:
        """Read every layer but the background, two at a time: this is most of what a short clip waits for."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.get, [name for name in self._index if name != "background"]))

    def get(self, name: str) -> Layer:
        """The layer `name` on the lattice of `scale`, not to be written in; an empty one where nothing is drawn."""
        if name not in self._got:
            self._got[name] = self._read(name) if name in self._index else self._nothing()
        return self._got[name]

    def _nothing(self) -> Layer:
        return Layer(np.zeros((2, 2, 4), np.uint8), 0, 0, self.scale)

    def _read(self, name: str) -> Layer:
        x, y, width, height = self._index[name]
        left, top = int(np.floor(x * self.scale)), int(np.floor(y * self.scale))
        size = (int(np.ceil((x + width) * self.scale)) - left, int(np.ceil((y + height) * self.scale)) - top)
        return Layer(pack(self._resampled(name, x, y, left, top, size)), left, top, self.scale)

    def has(self, name: str) -> bool:
        """Whether anything is drawn in the layer `name`."""
        return name in self._index

    def view(self, name: str, left: float, top: float, size: tuple[int, int]) -> Packed:
        """The part of the layer `name` that a clip of `size` pixels shows from the page position (`left`, `top`) on,
        mirrored where the layer ends.
        """
        if not self.has(name):
            raise _missing(f"The layers of {self._folder.parent} have no {name}.", self._folder)
        x, y, *_ = self._index[name]
        return pack(self._resampled(name, x, y, left * self.scale, top * self.scale, size))

    def flat(self, names: Iterable[str]) -> Layer:
        """Several layers painted in order into one."""
        parts = [self.get(name) for name in names if self.has(name)] or [self._nothing()]
        left, top = min(part.left for part in parts), min(part.top for part in parts)
        right = max(part.left + part.pixels.shape[1] for part in parts)
        bottom = max(part.top + part.pixels.shape[0] for part in parts)
        pixels = np.zeros((bottom - top, right - left, 4), np.uint8)
        for part in parts:
            lay(pixels, part.pixels, part.left - left, part.top - top)
        return Layer(pixels, left, top, self.scale)

    def _resampled(self, name: str, x: float, y: float, left: float, top: float, size: tuple[int, int]) -> Packed:
        """Stored pixels of a layer at page position (`x`, `y`) resampled to `size` from (`left`, `top`), in pixels."""
        path = self._folder / f"{self._from}x" / f"{name}.webp"
        try:
            stored = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
        except (OSError, cv2.error):
            stored = None
        if stored is None:
            raise _missing(f"The layer {path} is missing or damaged.", self._folder)
        times = self._from / self.scale
        shift_x, shift_y = (left + 0.5) * times - x * self._from - 0.5, (top + 0.5) * times - y * self._from - 0.5
        matrix = np.array([[times, 0, shift_x], [0, times, shift_y]], np.float32)
        border = cv2.BORDER_REFLECT_101 if stored.shape[2] == 3 else cv2.BORDER_CONSTANT
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return eight_bit(cv2.warpAffine(stored, matrix, size, flags=flags, borderMode=border))


def _missing(said: str, folder: Path) -> DeckardError:
    return DeckardError(said, code="layers_missing", hint=f"deckard persona build {folder.parent.name}")


def pack(bgra: NDArray[np.uint8]) -> Packed:
    """BGR or BGRA pixels as packed ones."""
    yuv = cv2.transform(bgra[..., :3], _BGR_TO_YUV)
    if bgra.shape[2] == 3:
        return eight_bit(cv2.merge([*cv2.split(yuv), np.full(bgra.shape[:2], 255, np.uint8)]))
    alpha = np.ascontiguousarray(bgra[..., 3])
    return eight_bit(cv2.merge([*cv2.split(cv2.multiply(yuv, cv2.merge([alpha] * 3), scale=1 / 255)), alpha]))


def solid(colour: str) -> tuple[float, float, float]:
    """Y, U and V of a `colour` written #rrggbb."""
    bgr = bytes.fromhex(colour[1:])[::-1]
    y, u, v = (float(value) for value in _BGR_TO_YUV @ np.array([*bgr, 1], np.float32))
    return y, u, v


def eight_bit(pixels: object) -> Packed:
    """What OpenCV returns for uint8 pictures, which its type hints say could be of any number."""
    return cast(Packed, pixels)


class Pool:
    """Memory for pictures of one size, used again when nobody holds it any more: fresh pages cost as much as drawing a
    tenth of a frame.
    """

    def __init__(self) -> None:
        self._spares: list[Packed] = []

    def copy(self, content: Packed) -> Packed:
        """A copy of `content` that nobody else has."""
        free = next((spare for spare in self._spares if sys.getrefcount(spare) == _HELD_BY_POOL), None)
        if free is None:
            free = np.empty_like(content)
            if len(self._spares) < _SPARES:  # somebody who keeps every frame keeps them himself
                self._spares.append(free)
        np.copyto(free, content)
        return free


def _refcount_of_spare() -> int:
    spares = [np.empty(1, np.uint8)]
    return next(sys.getrefcount(spare) for spare in spares)


_SPARES: Final = 64
_HELD_BY_POOL: Final = _refcount_of_spare()
"""What `sys.getrefcount` says of an array that only a list holds, asked the way `Pool.copy` asks."""


class Canvas(NamedTuple):
    """A picture in the form that leaves the rig, to be painted on."""

    planes: Planes
    """One after the other in memory."""
    address: int
    """Where they begin."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.planes[0].shape
        return width, height

    @property
    def clear(self) -> bool:
        """Whether it keeps count of its own opacity."""
        return len(self.planes) == 4


class Ground:
    """What frames begin with."""

    def __init__(self, planes: Planes, pool: Pool | None = None) -> None:
        """A copy of `planes`; `pool` is where copies of it come from."""
        self._content = np.concatenate([plane.ravel() for plane in planes])
        self._shapes = [plane.shape for plane in planes]
        self.pool = pool or Pool()
        self.canvas = self._cut(self._content)
        """What it shows."""

    @classmethod
    def of(cls, picture: Packed, *, opacity: bool) -> Ground:
        """A packed picture; `opacity` keeps count of a frame's own, which one with an opaque ground does without."""
        height, width = picture.shape[:2]
        y, _, _, a = cv2.split(picture)
        _, u, v, _ = cv2.split(cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA))
        return cls(tuple(eight_bit(plane) for plane in ((y, u, v, a) if opacity else (y, u, v))))

    def again(self) -> Ground:
        """Its equal, to be painted on by somebody else; their copies share memory that is free."""
        return Ground(self.canvas.planes, self.pool)

    def copy(self) -> Canvas:
        """A new frame, to be painted on."""
        return self._cut(self.pool.copy(self._content))

    def _cut(self, memory: Packed) -> Canvas:
        start, planes = 0, []
        for height, width in self._shapes:
            end = start + height * width
            planes.append(memory[start:end].reshape(height, width))
            start = end
        return Canvas(tuple(planes), memory.ctypes.data)
