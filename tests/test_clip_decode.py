"""A file that is no clip is told apart from one that is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from clips import half_clear, noise, write

from deckard_cli.clip import decode
from deckard_cli.errors import DeckardError, UsageError


@pytest.mark.parametrize("data", [b"", b"hello", bytes(5000), b"\0\0\0\x18ftypisom" + bytes(500)])
def test_what_is_no_clip_is_said(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    for read in (decode.probe, decode.sound, lambda each: list(decode.pictures(each))):
        with pytest.raises(DeckardError) as caught:
            read(path)
        assert "a.mp4" in caught.value.message


def test_a_clip_cut_short_is_said(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", noise(22050), 22050, 25)
    (tmp_path / "b.mp4").write_bytes((tmp_path / "a.mp4").read_bytes()[:1500])
    with pytest.raises(DeckardError, match="not a clip"):
        decode.probe(tmp_path / "b.mp4")


def test_no_file_is_a_mistake_of_use(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.mp4"):
        with pytest.raises(UsageError, match="There is no file"):
            decode.probe(path)


def test_what_a_file_has_not_is_said(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", noise(1000), 16000, 25)
    write(tmp_path / "a.gif", noise(1000), 16000, 25)
    assert decode.probe(tmp_path / "a.wav").picture is None
    assert decode.probe(tmp_path / "a.gif").sound is None
    with pytest.raises(DeckardError, match="no picture"):
        next(decode.pictures(tmp_path / "a.wav"))
    with pytest.raises(DeckardError, match="no sound"):
        decode.sound(tmp_path / "a.gif")


def test_what_is_clear_is_read_as_such(tmp_path: Path) -> None:
    half_clear(tmp_path / "a.webm")
    read = [pixels for _, pixels in decode.pictures(tmp_path / "a.webm")]
    assert [pixels.shape for pixels in read] == [(64, 64, 4)] * 4
    assert read[3][:, :28, 3].max() < 20
    assert read[3][:, 36:, 3].min() > 235
    assert np.abs(read[3][:, 36:, :3].astype(int) - round((180 - 16) * 255 / 219)).max() < 6
    half_clear(tmp_path / "a.mp4")
    assert next(decode.pictures(tmp_path / "a.mp4"))[1].shape == (64, 64, 3)
