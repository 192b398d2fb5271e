"""What is written is what was given: every frame, every sample, at the right time."""

from __future__ import annotations

import gc
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import grey, noise, write
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from deckard_cli.clip import QUALITIES, Quality, decode
from deckard_cli.clip.encode import Encoder
from deckard_cli.clip.part import Part
from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.face import Frame

RATES = (16000, 22050, 24000, 44100, 48000)
FPS = (24, 25, 30, 50, 60)


def offset(given: NDArray[np.float32], heard: NDArray[np.float32]) -> int:
    """Samples by which `heard` comes after `given`, by the peak of their correlation."""
    size = 1 << (2 * len(given)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(given, size))
    peak = int(np.argmax(np.fft.irfft(product)))
    return peak if peak < size // 2 else peak - size


@given(st.sampled_from(RATES), st.sampled_from(FPS), st.floats(0.001, 2.0))
@settings(max_examples=40, deadline=None)
def test_frames_and_samples_come_back_as_many_as_were_given(
    tmp_path_factory: pytest.TempPathFactory, rate: int, fps: int, seconds: float
) -> None:
    path = tmp_path_factory.mktemp("clip") / "a.mp4"
    sound = noise(math.ceil(seconds * rate))
    frames = write(path, sound, rate, fps)
    times = [time for time, _ in decode.pictures(path)]
    heard, heard_rate = decode.sound(path)
    assert (len(times), len(heard), heard_rate) == (frames, len(sound), rate)
    assert np.allclose(times, np.arange(frames) / fps, atol=1e-6)
    track = decode.probe(path)
    assert track.picture and track.sound
    assert track.picture.start == track.sound.start == 0
    assert 0 <= track.picture.end - track.sound.end < 1 / fps


@pytest.mark.parametrize("fps", [pytest.param(fps, marks=pytest.mark.slow if fps != 25 else ()) for fps in FPS])
def test_ten_minutes_end_together(tmp_path: Path, fps: int) -> None:
    path = tmp_path / "a.mp4"
    sound = noise(22050 * 600 - 777)
    frames = write(path, sound, 22050, fps, quality=QUALITIES["draft"])
    track = decode.probe(path)
    assert track.picture and track.sound
    assert track.picture.packets == frames == math.ceil(len(sound) * fps / 22050)
    assert 0 <= track.picture.end - track.sound.end < 1 / fps


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".wav"])
@pytest.mark.parametrize("rate", [16000, 22050, 24000])
def test_sound_is_where_it_was_and_whole_to_the_end(tmp_path: Path, suffix: str, rate: int) -> None:
    path = tmp_path / f"a{suffix}"
    given = noise(2 * rate + 123)
    write(path, given, rate, 25)
    heard, heard_rate = decode.sound(path)
    if heard_rate != rate:
        clock = np.arange(len(given)) / rate
        heard = np.interp(clock, np.arange(len(heard)) / heard_rate, heard).astype(np.float32)
    assert abs(offset(given, heard)) <= 2
    tail = slice(len(given) - rate // 10, len(given))
    assert np.corrcoef(given[tail], heard[tail])[0, 1] > 0.9


def test_sound_in_many_pieces_is_the_sound_in_one(tmp_path: Path) -> None:
    sound = noise(30000)
    write(tmp_path / "one.mp4", sound, 24000, 25)
    with Encoder(tmp_path / "many.mp4", fps=Fraction(25), size=(32, 32), rate=24000) as encoder:
        for piece in np.array_split(sound, [1, 1, 700, 5000, 29999]):
            encoder.sound(piece)
        for index in range(32):
            encoder.picture(grey(index))
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "many.mp4").read_bytes()


def test_a_rate_that_aac_cannot_carry_is_resampled(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write(path, noise(11111), 11111, 25)
    heard, rate = decode.sound(path)
    assert rate == 12000
    assert abs(len(heard) - 12000) <= 12


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ".wav"])
def test_two_processes_in_two_folders_write_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    script = (
        "import sys; from pathlib import Path; from clips import noise, write;"
        "write(Path(sys.argv[1]), noise(22050), 22050, 25, tags={'title': 'a', 'persona': 'b'})"
    )
    files = [tmp_path / "a" / f"a{suffix}", tmp_path / "another" / f"another{suffix}"]
    for file in files:
        file.parent.mkdir()
        subprocess.run([sys.executable, "-c", script, str(file)], check=True, cwd=Path(__file__).parent)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert str(tmp_path).encode() not in files[0].read_bytes()


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ".wav"])
def test_the_thread_that_draws_encodes_the_same(tmp_path: Path, suffix: str) -> None:
    files = [tmp_path / f"{aside}{suffix}" for aside in (True, False)]
    for file, aside in zip(files, (True, False), strict=True):
        write(file, noise(22050), 22050, 25, aside=aside)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_what_the_thread_that_draws_cannot_encode_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(DeckardError, match="nothing to write"),
        Encoder(tmp_path / "a.mp4", fps=Fraction(25), size=(32, 32), rate=16000, aside=False),
    ):
        pass
    with (
        pytest.raises(ZeroDivisionError),
        Encoder(tmp_path / "a.mp4", fps=Fraction(25), size=(32, 32), rate=16000, aside=False) as encoder,
    ):
        encoder.picture(grey(0))
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_tags_are_read_back(tmp_path: Path, suffix: str) -> None:
    tags = {"title": "Hallo, Welt", "comment": "它会说话", "persona": "joi", "synthetic": "yes"}
    write(tmp_path / f"a{suffix}", noise(1000), 16000, 25, tags=tags)
    assert tags.items() <= decode.probe(tmp_path / f"a{suffix}").tags.items()


def test_mp4_is_what_browsers_play(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write(path, noise(22050 * 5), 22050, 25)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        assert container.streams.audio[0].codec_context.profile == "LC"
        keys = [packet.pts * packet.time_base for packet in container.demux(video=0) if packet.is_keyframe]  # type: ignore[operator]
    assert max(np.diff([float(key) for key in keys])) <= 2


def test_colours_come_back(tmp_path: Path) -> None:
    colours = [(200, 30, 60), (20, 180, 90), (240, 240, 240), (0, 0, 0), (30, 60, 220)]
    for suffix in (".mp4", ".webm", ".gif"):
        path = tmp_path / f"a{suffix}"
        with Encoder(path, fps=Fraction(25), size=(64, 64), rate=16000, quality=Quality.parse("4")) as encoder:
            encoder.sound(noise(16000 * len(colours) // 25))
            for index, colour in enumerate(colours):
                encoder.picture(Frame(index, (np.full((64, 64, 3), colour, np.uint8),), "rgb24"))
        for colour, (_, picture) in zip(colours, decode.pictures(path), strict=True):
            assert np.abs(picture[..., :3].mean((0, 1)) - colour).max() < 5


def test_planes_may_be_views_and_read_only(tmp_path: Path) -> None:
    canvas = np.arange(64 * 64, dtype=np.uint8).reshape(64, 64) // 2 + 60
    canvas.flags.writeable = False
    views = (canvas[8:40, 8:40], canvas[::4, ::4], canvas[::4, 1::4])
    copies = tuple(view.copy() for view in views)
    for name, planes in (("view.mp4", views), ("copy.mp4", copies)):
        with Encoder(tmp_path / name, fps=Fraction(25), size=(32, 32), rate=16000) as encoder:
            encoder.sound(noise(640))
            encoder.picture(Frame(0, planes))
    assert (tmp_path / "view.mp4").read_bytes() == (tmp_path / "copy.mp4").read_bytes()


def test_webm_keeps_what_is_clear_and_mp4_drops_it(tmp_path: Path) -> None:
    frame = grey(0, 64, luma=180)
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:, 32:] = 255
    for suffix in (".webm", ".mp4"):
        path = tmp_path / f"a{suffix}"
        with Encoder(path, fps=Fraction(25), size=(64, 64), rate=16000, alpha=True) as encoder:
            encoder.sound(noise(1280))
            encoder.picture(Frame(0, (*frame.planes, alpha), "yuva420p"))
            encoder.picture(grey(1, 64))
    decoder = av.CodecContext.create("libvpx-vp9", "r")
    with av.open(str(tmp_path / "a.webm")) as container:
        pictures = [each for packet in container.demux(video=0) for each in decoder.decode(packet)]
    first, second = (picture.reformat(format="rgba").to_ndarray()[..., 3] for picture in pictures)  # type: ignore[union-attr]
    assert first[:, :28].max() < 20
    assert first[:, 36:].min() > 235
    assert second.min() > 235
    assert len(list(decode.pictures(tmp_path / "a.mp4"))) == 2


def test_gif_of_sixty_frames_a_second_shows_every_other(tmp_path: Path) -> None:
    write(tmp_path / "a.gif", noise(16000), 16000, 60)
    times = [time for time, _ in decode.pictures(tmp_path / "a.gif")]
    assert len(times) == 30
    assert np.diff(times).min() >= 0.02


def test_wav_is_the_sound_to_the_last_bit_but_one(tmp_path: Path) -> None:
    sound = np.concatenate([noise(5000), np.float32([1.0, -1.0, 1.5, -1.5])])
    write(tmp_path / "a.wav", sound, 22050, 25)
    heard, rate = decode.sound(tmp_path / "a.wav")
    assert rate == 22050
    assert np.abs(heard - np.clip(sound, -1, 1)).max() <= 1 / 32767


@pytest.mark.parametrize("size", [(33, 32), (32, 0), (-2, 32)])
def test_a_size_that_cannot_be_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="pixels"):
        Encoder(tmp_path / "a.mp4", fps=Fraction(25), size=size, rate=16000)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("fps", "rate"), [(0, 16000), (-25, 16000), (25, 0)])
def test_nothing_per_second_is_refused(tmp_path: Path, fps: int, rate: int) -> None:
    with pytest.raises(UsageError, match="per second"):
        Encoder(tmp_path / "a.mp4", fps=Fraction(fps), size=(32, 32), rate=rate)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("at", ["container", "PictureTrack", "Thread"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_what_stops_it_at_its_beginning_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, error: type[BaseException]
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(f"deckard_cli.clip.encode.{at}", stopped)
    with pytest.raises(error):
        Encoder(tmp_path / "a.mp4", fps=Fraction(25), size=(32, 32), rate=16000)
    gc.collect()
    assert not list(tmp_path.iterdir())


def test_a_clip_that_is_whole_stays_when_its_part_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"older")
    part = Part(tmp_path / "a.mp4")
    part.path.write_bytes(b"whole")
    part.keep()
    part.drop()
    del part
    gc.collect()
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("a.mp4", b"whole")]


def test_qualities_differ_and_numbers_are_rate_factors() -> None:
    assert QUALITIES["draft"].crf > QUALITIES["good"].crf > QUALITIES["best"].crf
    assert Quality.parse("good") == QUALITIES["good"]
    assert Quality.parse("18").crf == 18


@pytest.mark.parametrize(("text", "hint"), [("god", "good"), ("0", "1 "), ("52", "51"), ("-3", "51"), ("1.5", "good")])
def test_an_unknown_quality_is_refused_with_what_there_is(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        Quality.parse(text)
    assert hint in caught.value.hint
