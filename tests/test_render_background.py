"""What is behind somebody: the persona's own ground, a colour, a picture, or nothing."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from running import QUICK, Deckard

from deckard_cli import DeckardError, UsageError, render
from deckard_cli.face.backdrop import backdrop

CORNER = (slice(2, 12), slice(2, 12))


def corner(path: Path, form: str = "rgb24") -> np.ndarray:
    """The mean of the pixels in the first frame's upper left corner, where nobody is."""
    codec = av.codec.CodecContext.create("libvpx-vp9", "r") if form == "rgba" and path.suffix == ".webm" else None
    with av.open(str(path)) as clip:
        for packet in clip.demux(video=0):
            for frame in codec.decode(packet) if codec else packet.decode():
                return frame.to_ndarray(format=form)[CORNER].mean(axis=(0, 1))
    raise AssertionError("no frame")


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_a_colour_is_behind_her(suffix: str, here: Path) -> None:
    path = render("Hi.", output=f"clip{suffix}", size="128", background="#2040c0", voice="tone").path
    assert corner(path) == pytest.approx([0x20, 0x40, 0xC0], abs=10)  # a GIF has 256 colours


def test_a_picture_is_behind_her_and_she_before_it(here: Path) -> None:
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 100:200] = (250, 200, 20)
    Image.fromarray(pixels).save(here / "wall.png")
    path = render("Hi.", output="clip.mp4", size="128", background="wall.png", voice="tone").path
    assert corner(path) == pytest.approx([250, 200, 20], abs=8)
    with av.open(str(path)) as clip:
        frame = next(clip.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(frame[64, 64] - np.array([250, 200, 20])).max() > 40


@pytest.mark.parametrize(
    ("name", "background", "opacity"),
    [("clip.webm", None, 0), ("clip.webm", "transparent", 0), ("clip.gif", "transparent", 0), ("clip.gif", None, 255)],
)
def test_nothing_is_behind_her_where_the_form_can(name: str, background: str | None, opacity: int, here: Path) -> None:
    path = render("Hi.", output=name, size="128", voice="tone", background=background).path
    assert corner(path, "rgba")[3] == opacity


def test_every_frame_of_a_see_through_gif_is_of_its_own(here: Path) -> None:
    path = render("Hello you.", output="clip.gif", size="128", voice="tone", background="transparent").path
    with av.open(str(path)) as clip:
        seen = [frame.to_ndarray(format="rgba")[..., 3] for frame in clip.decode(video=0)]
    there = np.array([(alpha > 0).mean() for alpha in seen])
    # A frame laid over the last one would only ever add to what is there.
    assert np.ptp(there) < 0.03
    assert (np.diff(there) < 0).any()


def test_an_mp4_cannot_be_see_through(deckard: Deckard) -> None:
    done = deckard("render", "hi", *QUICK, "--background", "transparent")
    assert done.returncode == 2
    assert "cannot be see-through" in done.stderr and ".webm" in done.stderr


def test_a_sound_has_no_background_to_complain_of(deckard: Deckard) -> None:
    (deckard.folder / "deckard.toml").write_text('background = "transparent"\n')
    assert deckard("render", "hi", *QUICK, "-o", "hi.wav").returncode == 0


def test_a_face_that_keeps_its_own_background_is_said(deckard: Deckard) -> None:
    done = deckard("render", "hi", *QUICK, "--background", "navy", "-o", "hi.mp4")
    assert done.returncode == 2
    assert "'flat' keeps its own background" in done.stderr and "--face rig" in done.stderr
    assert not (deckard.folder / "hi.mp4").exists()


def test_it_may_be_set_as_everything_is(deckard: Deckard) -> None:
    (deckard.folder / "deckard.toml").write_text('background = "red"\n')
    done = Deckard(deckard.folder, {"DECKARD_BACKGROUND": "#00ff00"})("render", "hi", "--size", "128", "-o", "a.mp4")
    assert done.returncode == 0, done.stderr
    assert corner(deckard.folder / "a.mp4") == pytest.approx([0, 255, 0], abs=8)


def test_preflight_opens_it_as_a_render_would(deckard: Deckard) -> None:
    Image.new("RGB", (20, 20)).save(deckard.folder / "wall.png")
    for background, code in (("nvy", 2), ("navy", 0), ("wall.png", 0), ("nowhere.png", 2), ("transparent", 0)):
        done = Deckard(deckard.folder, {"DECKARD_BACKGROUND": background})("preflight")
        assert (done.returncode, background in done.stdout) == (code, True), done.stderr


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_a_colour_has_every_way_of_writing(colour: tuple[int, int, int]) -> None:
    written = "#{:02x}{:02x}{:02x}".format(*colour)
    for asked in (written, written.upper(), f" {written} ", "rgb({}, {}, {})".format(*colour)):
        assert (backdrop(asked, (4, 2)) == colour).all()
    assert backdrop("navy", (4, 2)).shape == (2, 4, 3)
    assert (backdrop("#0f0", (2, 2)) == (0, 255, 0)).all()


def test_a_picture_covers_the_clip_from_its_middle_the_right_way_up(tmp_path: Path) -> None:
    upright = np.zeros((40, 20, 3), np.uint8)
    upright[:20], upright[20:] = (255, 0, 0), (0, 0, 255)
    turned = Image.fromarray(np.rot90(upright))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be seen, turn it to the right
    turned.save(tmp_path / "a.png", exif=exif)
    seen = backdrop(str(tmp_path / "a.png"), (64, 64))
    assert seen.shape == (64, 64, 3)
    assert (seen[4].mean(axis=0) > 200).tolist() == [True, False, False]
    assert (seen[60].mean(axis=0) > 200).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("asked", "hint"),
    [("nvy", "navy"), ("#12", "colour"), ("#12345678", "#123456"), ("nowhere.jpg", "path"), ("no/where", "path")],
)
def test_what_is_neither_colour_nor_picture_is_said(asked: str, hint: str, here: Path) -> None:
    with pytest.raises(UsageError) as caught:
        backdrop(asked, (8, 8))
    assert hint in f"{caught.value.message} {caught.value.hint}"


def test_a_broken_picture_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with pytest.raises(DeckardError):
        backdrop(str(tmp_path / "a.png"), (8, 8))
