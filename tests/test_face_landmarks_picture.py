"""Photographs as they come: every kind of file is read as it looks, or it is said why not."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import photographs
import pytest
from PIL import Image, ImageCms

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.face.landmarks.picture import open_picture

SRGB = ImageCms.createProfile("sRGB")


@pytest.fixture
def photo() -> Image.Image:
    return Image.fromarray(photographs.astronaut())


def away(pixels: np.ndarray, photo: Image.Image) -> float:
    """Mean distance of colours, 0..255."""
    return float(np.abs(pixels.astype(int) - np.asarray(photo.convert("RGB"), int)).mean())


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif", "a.bmp", "a.avif", "a.jp2", "a.ppm", "a.tga"])
def test_usual_files_are_read(name: str, photo: Image.Image, tmp_path: Path) -> None:
    photo.save(tmp_path / name)
    picture = open_picture(tmp_path / name)
    assert picture.pixels.shape == (512, 512, 3) and picture.pixels.dtype == np.uint8
    assert away(picture.pixels, photo) < 4 and picture.notes == ()


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK", "YCbCr"])
def test_other_ways_to_hold_colours_are_read(mode: str, photo: Image.Image, tmp_path: Path) -> None:
    there = photo.convert(mode)
    there.save(tmp_path / "a.tif")
    assert away(open_picture(tmp_path / "a.tif").pixels, there) < 3


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_are_read_as_eight(name: str, photo: Image.Image, tmp_path: Path) -> None:
    grey = photo.convert("L")
    Image.fromarray(np.asarray(grey).astype(np.uint16) * 257).save(tmp_path / name)
    assert away(open_picture(tmp_path / name).pixels, grey) < 1
    cv2.imwrite(str(tmp_path / name), photographs.astronaut()[..., ::-1].astype(np.uint16) * 257)
    assert away(open_picture(tmp_path / name).pixels, photo) < 1


def test_floats_are_read_by_their_range(photo: Image.Image, tmp_path: Path) -> None:
    grey = np.asarray(photo.convert("L"))
    for scale in (1 / 255, 1.0, 257.0):
        Image.fromarray((grey * scale).astype(np.float32)).save(tmp_path / "a.tif")
        assert away(open_picture(tmp_path / "a.tif").pixels, photo.convert("L")) < 1


STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}
"""EXIF's orientations: how a camera held so stores what it sees."""


@pytest.mark.parametrize("orientation", STORED)
def test_the_camera_may_have_been_held_in_any_way(orientation: int, tmp_path: Path) -> None:
    upright = photographs.astronaut()[:256, :400]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(STORED[orientation](upright))).save(tmp_path / "a.png", exif=exif)
    assert (open_picture(tmp_path / "a.png").pixels == upright).all()


def test_a_colour_profile_is_followed_and_a_damaged_one_said(photo: Image.Image, tmp_path: Path) -> None:
    lab = ImageCms.createProfile("LAB")
    ImageCms.profileToProfile(photo, SRGB, lab, outputMode="LAB").save(tmp_path / "lab.tif")
    assert away(open_picture(tmp_path / "lab.tif").pixels, photo) < 2
    photo.save(tmp_path / "a.png", icc_profile=ImageCms.ImageCmsProfile(SRGB).tobytes()[:60])
    picture = open_picture(tmp_path / "a.png")
    assert away(picture.pixels, photo) == 0 and "profile cannot be read" in picture.notes[0]
    photo.save(tmp_path / "a.png", icc_profile=ImageCms.ImageCmsProfile(SRGB).tobytes())
    assert away(open_picture(tmp_path / "a.png").pixels, photo) < 1


def test_ink_without_a_profile_is_a_guess(photo: Image.Image, tmp_path: Path) -> None:
    photo.convert("CMYK").save(tmp_path / "a.jpg")
    assert "CMYK without a colour profile" in open_picture(tmp_path / "a.jpg").notes[0]


def test_what_is_transparent_is_shown_over_grey(photo: Image.Image, tmp_path: Path) -> None:
    mask = Image.new("L", photo.size, 0)
    mask.paste(255, (100, 0, 300, 512))
    photo.putalpha(mask)
    photo.save(tmp_path / "a.png")
    picture = open_picture(tmp_path / "a.png")
    assert picture.pixels[5, 5].tolist() == [128, 128, 128]
    assert (picture.pixels[:, 150] == photographs.astronaut()[:, 150]).all()
    assert "middle grey" in picture.notes[0]


def test_of_a_moving_picture_the_first_is_taken(photo: Image.Image, tmp_path: Path) -> None:
    photo.save(tmp_path / "a.gif", save_all=True, append_images=[photo.rotate(90), photo.rotate(180)])
    picture = open_picture(tmp_path / "a.gif")
    assert away(picture.pixels, photo) < 6 and picture.notes == ("It has 3 pictures in it: the first one is used.",)


@pytest.mark.parametrize(("name", "size"), [("a.jpg", (8000, 5000)), ("a.png", (3200, 2000))])
def test_forty_megapixels_are_made_smaller_and_said(
    name: str, size: tuple[int, int], photo: Image.Image, tmp_path: Path
) -> None:
    photo.resize(size).save(tmp_path / name)
    picture = open_picture(tmp_path / name)
    assert picture.pixels.shape == (1350, 2160, 3)
    assert f"{size[0]} x {size[1]}" in picture.notes[0] and "2160 x 1350" in picture.notes[0]
    assert away(picture.pixels, photo.resize((2160, 1350))) < 3


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def claiming(width: int, height: int) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


BAD: dict[str, tuple[str, Callable[[bytes, bytes], bytes]]] = {
    "empty": ("picture_empty", lambda jpeg, png: b""),
    "cut jpeg": ("picture_damaged", lambda jpeg, png: half(jpeg)),
    "cut png": ("picture_damaged", lambda jpeg, png: half(png)),
    "overwritten png": ("picture_damaged", lambda jpeg, png: png[:3000] + bytes(2000) + png[5000:]),
    "head alone": ("not_a_picture", lambda jpeg, png: png[:6]),
    "text": ("not_a_picture", lambda jpeg, png: b"hello"),
    "heic": ("picture_format", lambda jpeg, png: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)),
    "svg": ("picture_format", lambda jpeg, png: b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    "postscript": ("not_a_picture", lambda jpeg, png: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
    "bomb": ("picture_too_large", lambda jpeg, png: claiming(60_000, 60_000)),
    "small bomb": ("picture_too_large", lambda jpeg, png: claiming(12_000, 12_000)),
    "speck": ("picture_too_small", lambda jpeg, png: claiming(8, 300)),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_read_is_said(what: str, photo: Image.Image, tmp_path: Path) -> None:
    photo.save(tmp_path / "a.jpg")
    photo.save(tmp_path / "a.png")
    code, spoil = BAD[what]
    path = tmp_path / "spoilt.jpg"
    path.write_bytes(spoil((tmp_path / "a.jpg").read_bytes(), (tmp_path / "a.png").read_bytes()))
    with pytest.raises(DeckardError) as caught:
        open_picture(path)
    assert (caught.value.code, caught.value.exit_code) == (code, 1)
    assert str(path) in caught.value.message and caught.value.hint


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file") as missing:
        open_picture(tmp_path / "none.jpg")
    with pytest.raises(UsageError, match="is a folder") as folder:
        open_picture(tmp_path)
    assert (missing.value.code, folder.value.code) == ("picture_missing", "is_folder")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="pipe or a device"):
        open_picture(tmp_path / "pipe")


def test_damaged_notes_of_the_camera_do_not_matter(photo: Image.Image, tmp_path: Path) -> None:
    photo.save(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(30))
    assert away(open_picture(tmp_path / "a.jpg").pixels, photo) < 4
