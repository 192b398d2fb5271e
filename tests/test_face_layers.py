"""The layers that ship are the drawing's own, and put together again they look as the drawing does."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deckard_cli.errors import DeckardError
from deckard_cli.face.rig.build import build, digest, layers

PERSONAS = sorted(drawing.parent for drawing in (Path(__file__).parent.parent / "personas").glob("*/drawing.svg"))
JOI = Path(__file__).parent.parent / "personas" / "joi"
INDEX = json.loads((JOI / "layers" / "index.json").read_text(encoding="utf-8"))

resvg = pytest.importorskip("resvg_py", reason="rasterising a drawing needs the extra 'draw'")


@pytest.mark.parametrize("folder", PERSONAS, ids=lambda folder: str(folder.name))
def test_the_index_names_this_very_drawing(folder: Path) -> None:
    index = json.loads((folder / "layers" / "index.json").read_text(encoding="utf-8"))
    assert index["drawing_sha256"] == digest(folder / "drawing.svg"), f"run: deckard persona build {folder.name}"


def shipped(name: str, scale: int) -> np.ndarray:
    with Image.open(JOI / "layers" / f"{scale}x" / f"{name}.webp") as image:
        pixels = np.asarray(image.convert("RGBA"), np.float32) / 255
    return pixels * np.concatenate([pixels[..., 3:]] * 3 + [np.ones_like(pixels[..., 3:])], 2)


def halved(pixels: np.ndarray) -> np.ndarray:
    height, width = (side // 2 * 2 for side in pixels.shape[:2])
    return pixels[:height, :width].reshape(height // 2, 2, width // 2, 2, 4).mean((1, 3))


def on_page(pixels: np.ndarray, left: int, top: int) -> np.ndarray:
    """Pixels at half a pixel a unit, where they lie on a page with its wide background."""
    page = np.zeros((512, 944, 4), np.float32)
    y, x = top // 2, (left + 420) // 2
    window = page[y : y + pixels.shape[0], x : x + pixels.shape[1]]
    window += pixels[: window.shape[0], : window.shape[1]]
    return page


def test_layers_are_what_the_drawing_says() -> None:
    """Drawn again at half the size: every layer is there, where the index says, and looks the same."""
    found = {}
    for name, (x, y), pixels in layers(JOI / "drawing.svg", 0.5):
        found[name] = (x, y)
        pixels[..., :3] *= pixels[..., 3:]
        stored = halved(shipped(name, 1))
        left, top, *_ = INDEX["layers"][name]
        assert abs(left - x) <= 4 and abs(top - y) <= 4, name
        again, stored = on_page(pixels, x, y), on_page(stored, left, top)
        here = np.maximum(again[..., 3], stored[..., 3]) > 0
        assert np.abs(again - stored)[here].mean() < 0.03, name
    assert list(found) == list(INDEX["layers"])


def test_both_sizes_show_the_same() -> None:
    for name in INDEX["layers"]:
        small, large = shipped(name, 1), halved(shipped(name, 2))
        assert small.shape == large.shape, name
        assert np.abs(small - large).mean() < 0.012, name


def test_layers_put_together_are_the_drawing() -> None:
    """The light that the drawing lays over everything is in each layer: painted over one another they are the page."""
    whole = bytes(
        resvg.svg_to_bytes(svg_string=(JOI / "drawing.svg").read_text(encoding="utf-8"), width=512, height=512)
    )
    with Image.open(io.BytesIO(whole)) as image:
        page = np.asarray(image.convert("RGB"), np.float32) / 255
    canvas = np.zeros((1024, 1024, 3), np.float32)
    for name in ("background", "hair-back", "body", "head", "hair-front"):
        left, top, width, height = INDEX["layers"][name]
        layer = shipped(name, 1)
        x0, x1 = max(left, 0), min(left + width, 1024)
        window = layer[: min(height, 1024 - top), x0 - left : x1 - left]
        under = canvas[top : top + window.shape[0], x0:x1]
        under *= 1 - window[..., 3:]
        under += window[..., :3]
    small = canvas.reshape(512, 2, 512, 2, 3).mean((1, 3))
    difference = np.abs(small - page).mean(2)
    face = np.zeros((512, 512), bool)
    face[180:360, 160:340] = True  # eyes, brows and mouth are layers that are left out here
    assert difference[~face].mean() < 0.01
    assert np.percentile(difference[~face], 99.5) < 0.08


def test_a_drawing_is_built_into_its_folder(tmp_path: Path) -> None:
    (tmp_path / "drawing.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><g transform="translate(8 8)">'
        '<g id="dot"><rect width="16" height="16" fill="#f00"/></g><g id="hidden" display="none">'
        '<rect x="20" width="8" height="8" fill="#0f0"/></g></g>'
        '<g id="light"><rect width="64" height="64" fill="#fff" opacity=".5"/></g></svg>',
        encoding="utf-8",
    )
    assert build(tmp_path) == ["dot", "hidden"]
    index = json.loads((tmp_path / "layers" / "index.json").read_text(encoding="utf-8"))
    assert index["layers"] == {"dot": [8, 8, 16, 16], "hidden": [28, 8, 8, 8]}
    with Image.open(tmp_path / "layers" / "2x" / "dot.webp") as image:
        red, green, _ = np.asarray(image.convert("RGB"), int)[16, 16]
    assert red > 240 and abs(green - 128) < 8, "half white light on red"


@pytest.mark.parametrize("text", ["", "not a drawing", "<svg xmlns='http://www.w3.org/2000/svg'/>", "<svg><g id="])
def test_what_is_no_drawing_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "drawing.svg").write_text(text, encoding="utf-8")
    with pytest.raises(DeckardError):
        build(tmp_path)


def test_no_drawing_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(DeckardError, match="drawing"):
        build(tmp_path)
