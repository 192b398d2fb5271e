"""What a clip says of itself, and what lies beside it and in it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

import deckard_cli
from deckard_cli import Job, UsageError, render, run


def tags(path: Path) -> dict[str, str]:
    with av.open(str(path)) as clip:
        return {name.lower(): value for name, value in clip.metadata.items()}


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_clip_says_who_made_it_of_what_and_that_it_is_synthetic(suffix: str, tmp_path: Path) -> None:
    written = render("Hello " + "there " * 200, output=tmp_path / f"clip{suffix}", voice="tone", face="flat", size="64")
    found = tags(written.path)
    assert found["persona"] == "joi"
    assert (found["voice"], found["face"]) == ("tone", "flat")
    assert found["text"].startswith("Hello there")
    assert len(found["text"]) <= 500
    assert found["software"] == f"deckard {deckard_cli.__version__}"
    assert found["synthetic"] == "true"
    assert found["digital_source_type"] == "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
    assert "Synthetic media" in found["comment"]


def test_a_gif_and_a_wav_say_it_in_their_comment(tmp_path: Path) -> None:
    gif = render("Hello there.", output=tmp_path / "clip.gif", voice="tone", face="flat", size="64").path.read_bytes()
    blocks, comment = gif[gif.rindex(b"\x21\xfe") + 2 :], b""
    while blocks[0]:
        comment, blocks = comment + blocks[1 : blocks[0] + 1], blocks[blocks[0] + 1 :]
    assert blocks == b"\x00\x3b", "the end of the file"
    said = {"gif": comment.decode()}
    said["wav"] = tags(render("Hello there.", output=tmp_path / "clip.wav", voice="tone").path)["comment"]
    for comment in said.values():
        assert "Synthetic media" in comment and "synthetic: true" in comment and "persona: joi" in comment
        assert f"deckard {deckard_cli.__version__}" in comment


def test_a_size_may_be_a_number_and_a_recording_a_name(tmp_path: Path) -> None:
    speech = render("one two", output=tmp_path / "speech.wav", voice="tone").path
    written = render("", output=tmp_path / "clip.mp4", audio=str(speech), face="flat", size=64)
    assert (written.width, written.height, written.voice) == (64, 64, "recording")


def test_a_file_without_a_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="clip has no name"):
        render("hi", output="")
    with pytest.raises(UsageError, match="recording has no name"):
        render("hi", output=tmp_path / "clip.mp4", audio="")


@pytest.mark.parametrize("name", ["LICENSE", "nowhere.ttf"])
def test_a_font_that_is_none_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "LICENSE").write_text("No font.")
    monkeypatch.setenv("DECKARD_FONT", str(tmp_path / name))
    with pytest.raises(UsageError, match=f"{name}' is not a font") as caught:
        render("hi", output=tmp_path / "clip.mp4", voice="tone", face="flat", size="64", captions="burned")
    assert "DECKARD_FONT" in caught.value.hint


@pytest.mark.parametrize("captions", ["srt", "vtt"])
def test_words_that_do_not_fit_a_recording_are_captions_all_the_same(tmp_path: Path, captions: str) -> None:
    note = "The text does not fit this recording, so the mouth follows the sound alone."
    hum = render("hum " * 30, output=tmp_path / "hum.wav", voice="tone").path
    words = "None of these words are in it, and there are a few."
    written = render(
        words, output=tmp_path / "clip.mp4", audio=hum, face="flat", size="64", captions=captions, lang="en-us"
    )
    assert written.notes == (note,)
    assert written.captions
    said = written.captions.read_text(encoding="utf-8")
    assert [word for word in words.split() if word not in said] == []


def test_words_that_do_not_fit_a_recording_are_burned_in_all_the_same(tmp_path: Path) -> None:
    hum = render("hum " * 30, output=tmp_path / "hum.wav", voice="tone").path
    words = "None of these words are in it, and there are a few."
    burned, plain = (
        render(words, output=tmp_path / f"{captions}.gif", audio=hum, face="flat", size="64", captions=captions)
        for captions in ("burned", None)
    )
    assert burned.frames == plain.frames
    assert burned.path.read_bytes() != plain.path.read_bytes()


def test_a_clip_with_somebodys_recording_says_that_it_is_composed(tmp_path: Path) -> None:
    speech = render("one two", output=tmp_path / "speech.wav", voice="tone").path
    written = render("", output=tmp_path / "clip.mp4", audio=speech, face="flat", size="64")
    assert tags(written.path)["digital_source_type"].endswith("/compositeSynthetic")
    assert written.voice == "recording"


@pytest.mark.parametrize(
    ("captions", "first"), [("srt", "1\n00:00:00,000 --> "), ("vtt", "WEBVTT\n\n00:00:00.000 --> ")]
)
def test_captions_are_written_beside_the_clip(captions: str, first: str, tmp_path: Path) -> None:
    written = render(
        "One two three.", output=tmp_path / "a.mp4", voice="tone", face="flat", size="64", captions=captions
    )
    assert written.captions == tmp_path / f"a.{captions}"
    text = written.captions.read_text(encoding="utf-8")
    assert text.startswith(first)
    assert "One two three." in text
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mp4", f"a.{captions}"]


def test_a_clip_that_fails_leaves_no_captions_either(tmp_path: Path) -> None:
    with pytest.raises(deckard_cli.BackendError):
        render("One two three four.", output=tmp_path / "a.mp4", voice="tone", face="failing", captions="srt")
    assert list(tmp_path.iterdir()) == []


def test_a_stream_that_is_dropped_leaves_nothing(tmp_path: Path) -> None:
    events = run(Job(text="One two three four.", output=tmp_path / "a.mp4", voice="tone", face="flat", captions="srt"))
    next(events)
    assert list(tmp_path.iterdir())
    events.close()
    assert list(tmp_path.iterdir()) == []


def test_burned_captions_change_the_foot_of_the_picture_alone(tmp_path: Path) -> None:
    pictures = []
    for captions in (None, "burned"):
        name = f"{captions}.mp4"
        written = render("One two.", output=tmp_path / name, voice="tone", face="flat", size="256", captions=captions)
        with av.open(str(written.path)) as clip:
            pictures.append(next(iter(clip.decode(video=0))).to_ndarray(format="gray").astype(int))
    changed = np.abs(pictures[1] - pictures[0]) > 40
    assert changed[160:].any()
    assert not changed[:128].any()


def test_a_webm_is_transparent_and_an_mp4_is_not(tmp_path: Path) -> None:
    shown = {}
    for name in ("a.webm", "a.mp4"):
        written = render("hello", output=tmp_path / name, size="256")
        with av.open(str(written.path)) as clip:
            codec = av.CodecContext.create("libvpx-vp9" if name.endswith("webm") else "h264", "r")
            codec.extradata = clip.streams.video[0].codec_context.extradata
            frames = (frame for packet in clip.demux(video=0) for frame in codec.decode(packet))
            shown[name] = next(frames)
    assert shown["a.webm"].format.name == "yuva420p"
    assert shown["a.mp4"].format.name == "yuv420p"
    cover = np.asarray(shown["a.webm"].planes[3]).reshape(256, -1)[:, :256]
    assert cover[4, 4] == 0
    assert cover[128, 128] == 255


@pytest.mark.parametrize("fps", [24, 25, 30, 50, 60])
def test_a_clip_has_the_rate_and_the_size_that_were_asked_for(fps: int, tmp_path: Path) -> None:
    written = render("hi", output=tmp_path / "a.mp4", voice="tone", face="flat", fps=fps, size="96x64")
    with av.open(str(written.path)) as clip:
        stream = clip.streams.video[0]
        assert (stream.average_rate, stream.width, stream.height) == (fps, 96, 64)
