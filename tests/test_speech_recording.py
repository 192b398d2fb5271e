"""A voice that somebody recorded."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import wave
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.script import Line
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.pcm import Samples, join, level, resample
from deckard_cli.speech.recording import Recording

SILENT = Line("")


def tone(seconds: float, rate: int = 22050) -> Samples:
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def wav(samples: Samples, rate: int = 22050, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
    return file.getvalue()


def encoded(samples: Samples, rate: int, container: str, codec: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        fifo = av.AudioFifo()
        frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
        frame.sample_rate = rate
        for part in av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate).resample(frame):
            part.pts = None
            fifo.write(part)
        while part := fifo.read(960, partial=True):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return file.getvalue()


def heard(source: bytes | Path) -> Samples:
    file: Path | BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else source
    return join(Recording(file).speak(SILENT)).samples


def failure(source: bytes | Path) -> DeckardError:
    with pytest.raises(DeckardError) as caught:
        heard(source)
    assert caught.value.message.endswith(".")
    assert caught.value.hint
    return caught.value


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 22050 * 20))
def test_no_sample_is_lost_or_doubled(count: int) -> None:
    noise = np.random.default_rng(count).integers(-20000, 20000, count).astype("<i2")
    made = heard(wav((noise / 32767).astype(np.float32)))
    assert len(made) == count
    assert np.abs(made * 32768 - noise).max() <= 1.01


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [("mp3", "libmp3lame", 44100), ("ogg", "libopus", 48000), ("flac", "flac", 16000), ("ipod", "aac", 44100)],
)
def test_every_kind_of_file_is_read(tmp_path: Path, container: str, codec: str, rate: int) -> None:
    path = tmp_path / "speech.bin"
    path.write_bytes(encoded(tone(2, rate), rate, container, codec))
    speech = join(Recording(path).speak(SILENT))
    assert speech.rate == rate
    assert speech.duration == pytest.approx(2, abs=0.05)
    assert level(speech.samples) == pytest.approx(level(tone(2, rate)), abs=0.5)
    assert np.array_equal(speech.samples, heard(path.read_bytes()))


@pytest.mark.parametrize(
    ("rate", "kept"), [(8000, 8000), (11025, 11025), (96000, 96000), (12345, 48000), (192000, 48000)]
)
def test_a_rate_that_aac_cannot_carry_is_changed(rate: int, kept: int) -> None:
    speech = join(Recording(io.BytesIO(wav(tone(1.5, rate), rate))).speak(SILENT))
    assert speech.rate == kept
    assert speech.duration == pytest.approx(1.5, abs=0.001)
    assert level(speech.samples[1000:-1000]) == pytest.approx(level(tone(1)), abs=0.1)


@pytest.mark.parametrize("channels", [3, 6, 8, 12])
def test_sound_of_many_channels_is_read(channels: int) -> None:
    one = np.sin(np.arange(4000) / 30).astype(np.float32) / 4
    found = heard(wav(np.repeat(one[:, None], channels, axis=1).ravel(), channels=channels))
    assert np.abs(found - one).max() < 1e-3


def test_channels_are_mixed_without_growing_louder() -> None:
    left, right = tone(1), np.zeros(22050, dtype=np.float32)
    assert np.abs(heard(wav(np.stack([left, right], axis=1).ravel(), channels=2)) - left / 2).max() < 1e-3
    assert np.abs(heard(wav(np.stack([left, left], axis=1).ravel(), channels=2)) - left).max() < 1e-3


def test_a_header_left_open_by_a_pipe_is_read() -> None:
    data = bytearray(wav(tone(1)))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    assert len(heard(bytes(data))) == 22050


def test_a_file_that_is_not_there_is_used_wrongly(tmp_path: Path) -> None:
    error = failure(tmp_path / "none.wav")
    assert isinstance(error, UsageError)
    assert error.code == "audio_missing"
    assert failure(tmp_path).code == "audio_unreadable"


@pytest.mark.parametrize("data", [b"hello world " * 100, bytes(range(256)) * 50, b"RIFF", wav(tone(1))[:20]])
def test_what_is_not_sound_is_refused(data: bytes) -> None:
    assert failure(data).code in ("audio_unreadable", "audio_truncated")


def test_an_empty_file_and_one_without_samples_are_refused() -> None:
    assert failure(b"").code == "audio_empty"
    assert failure(wav(tone(0))).code == "audio_no_sound"


@pytest.mark.parametrize(
    ("container", "codec"), [("flac", "flac"), ("ipod", "aac"), ("mp3", "libmp3lame"), ("wav", "pcm_s16le")]
)
def test_a_file_that_breaks_off_is_refused(container: str, codec: str) -> None:
    data = encoded(tone(3, 44100), 44100, container, codec)
    assert failure(data[: len(data) // 2]).code in ("audio_truncated", "audio_unreadable")


def test_a_picture_without_sound_is_refused() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=25, width=64, height=64, pix_fmt="yuv420p")
        out.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        out.mux(stream.encode(None))
    assert failure(file.getvalue()).code == "audio_no_sound"


def test_samples_that_are_not_numbers_are_refused() -> None:
    samples = tone(1)
    samples[5000] = np.nan
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + 4 * 22050, b"WAVE", b"fmt ", 16, 3, 1, 22050, 88200, 4, 32, b"data", 88200
    )
    assert failure(header + samples.astype("<f4").tobytes()).code == "audio_nan"


def test_an_hour_takes_no_more_memory_than_a_minute(tmp_path: Path) -> None:
    program = """
import resource, sys, wave
import numpy as np
from pathlib import Path
from deckard_cli.script import Line
from deckard_cli.speech.recording import Recording
path, seconds = Path(sys.argv[1]), int(sys.argv[2])
with wave.open(str(path), "wb") as out:
    out.setparams((1, 2, 48000, 0, "NONE", ""))
    for _ in range(seconds):
        out.writeframes(np.zeros(48000, dtype="<i2").tobytes())
assert sum(len(speech.samples) for speech in Recording(path).speak(Line(""))) == 48000 * seconds
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    peaks = [
        int(subprocess.check_output([sys.executable, "-c", program, str(tmp_path / "a.wav"), str(seconds)]))
        for seconds in (30, 600)
    ]
    assert peaks[1] < 1.05 * peaks[0]


TEXT = (
    "The quick brown fox jumps over the lazy dog. My mother made many new names, I think so. In 1984 Bob bought apples "
    "from Dr. Smith! Why would anybody do that? Peter Piper picked a peck of pickled peppers, and went home to sleep."
)


@pytest.mark.parametrize(
    ("variant", "speed", "noise"), [("m3", 1.2, 0.0), ("klatt", 0.9, 0.0), ("f3", 1.0, 0.003), ("Annie", 0.9, 0.0)]
)
def test_the_words_of_another_voice_are_found(variant: str, speed: float, noise: float) -> None:
    said = join(Espeak(variant=variant).speak(Line(TEXT, speed=speed)))
    samples = resample(said.samples, said.rate, 44100)
    samples = np.clip(samples + noise * np.random.default_rng(0).standard_normal(len(samples)), -1, 1).astype(
        np.float32
    )
    blocks = list(Recording(io.BytesIO(wav(samples, 44100))).speak(Line(TEXT)))
    found = join(blocks)
    assert len(blocks) > 1
    assert len(found.samples) == len(samples)
    assert [word.text for word in found.words] == [word.text for word in said.words]
    errors = np.abs([one.start - other.start for one, other in zip(found.words, said.words, strict=True)])
    assert np.median(errors) < 0.015
    assert errors[[word.confidence > 0.3 for word in found.words]].max() < 0.1
    assert errors.max() < 0.25
    assert found.text == TEXT
    assert all(0 <= phone.start < phone.end <= block.duration for block in blocks for phone in block.phones)


@pytest.mark.parametrize(
    "text", ["Tomorrow it will rain over the mountains and in all the valleys of the south.", "Hello."]
)
def test_the_words_of_another_text_are_not_claimed_but_spread(text: str) -> None:
    said = join(Espeak(variant="m3").speak(Line(TEXT)))
    blocks = list(Recording(io.BytesIO(wav(said.samples))).speak(Line(text)))
    assert not any(block.words or block.phones for block in blocks)
    assert sum(len(block.samples) for block in blocks) == len(said.samples)
    assert " ".join(block.text for block in blocks if block.text) == text
    assert [note for block in blocks for note in block.notes] == [
        "The text does not fit this recording, so the mouth follows the sound alone."
    ]


@pytest.mark.parametrize(
    ("lang", "said", "written", "named"),
    [
        ("en-us", "He kept a small garden of roses and tall sunflowers.", "garden", "umbrella"),
        ("de", "Gestern Abend haben wir lange am Fenster gesessen.", "Fenster", "Pflaume"),
    ],
)
def test_a_word_that_is_not_heard_is_named_and_only_that(lang: str, said: str, written: str, named: str) -> None:
    speech = join(Espeak(variant="f5").speak(Line(said, lang)))
    source = wav(speech.samples, speech.rate)
    for text, notes in ((said, ()), (said.replace(written, named), (f"'{named}'",))):
        found = list(Recording(io.BytesIO(source)).speak(Line(text, lang)))
        told = [note for each in found for note in each.notes]
        assert len(told) == len(notes)
        for note, words in zip(told, notes, strict=True):
            assert note.endswith(f"of {len(said.split())} words 1 is missing: {words}.")


@pytest.mark.parametrize(
    ("lang", "said", "more", "count"),
    [
        ("en-us", "Good evening.", " ladies and gentlemen of the jury.", "of 8 words 6 are missing: 'ladies', 'and'"),
        ("de", "Guten Abend.", " meine Damen und Herren Geschworenen.", "of 7 words 5 are missing: 'meine', 'Damen'"),
        ("fr", "Bonjour tout le monde.", " bienvenue à bord de notre petit bateau.", "of 11 words 7 are missing: "),
    ],
)
def test_what_of_a_text_comes_after_the_recording_ends_is_told(lang: str, said: str, more: str, count: str) -> None:
    speech = join(Espeak(variant="f5").speak(Line(said, lang)))
    source = wav(speech.samples, speech.rate)
    for text, told in ((said, ()), (said.replace(".", ",") + more, (count,))):
        notes = join(Recording(io.BytesIO(source)).speak(Line(text, lang))).notes
        assert len(notes) == len(told)
        assert all(part in note for part, note in zip(told, notes, strict=True)), notes


def test_of_a_writing_without_spaces_letters_are_counted() -> None:
    """Of what comes after words that were found, only a din is there."""
    said = join(Espeak().speak(Line("早上好，欢迎登机。今天天气很好。" * 3, "cmn")))
    din = np.random.default_rng(0).uniform(-0.5, 0.5, 20 * said.rate).astype(np.float32)
    source = wav(np.concatenate([said.samples, np.zeros(said.rate, np.float32), din]), said.rate)
    found = list(Recording(io.BytesIO(source)).speak(Line(said.text + "我们去公园。", "cmn")))
    assert found[0].words
    (note,) = found[-1].notes
    assert note.endswith("words 5 are missing: '我', '们', '去', '公', '园'.")


def test_a_note_of_many_words_names_a_few_and_counts_the_rest() -> None:
    sentence = "Gestern Abend haben wir lange am Fenster gesessen. "
    speech = join(Espeak(variant="f5").speak(Line(sentence * 10, "de")))
    text = sentence.replace("Fenster", "Pflaume") * 10
    found = list(Recording(io.BytesIO(wav(speech.samples, speech.rate))).speak(Line(text, "de")))
    notes = [note for each in found for note in each.notes]
    assert len(notes) == 1
    assert notes[0].endswith(", ".join(["'Pflaume'"] * 8) + " and 2 more.")


def test_words_after_a_long_silence_are_found() -> None:
    text = "My mother made many new names, I think so, and went home to sleep."
    said = join(Espeak(variant="m3").speak(Line(text)))
    samples = np.concatenate([np.zeros(20 * said.rate, dtype=np.float32), said.samples])
    found = join(Recording(io.BytesIO(wav(samples))).speak(Line(text)))
    assert found.text == text
    assert not found.notes
    assert len(found.samples) == len(samples)


def test_a_text_without_spaces_is_spread_too() -> None:
    silent = np.zeros(22050 * 20, dtype=np.float32)
    blocks = list(Recording(io.BytesIO(wav(silent))).speak(Line("你好今天天气很好我们去公园", "cmn")))
    assert len(blocks) > 2
    assert all(block.text for block in blocks)
    assert "".join(block.text for block in blocks) == "你好今天天气很好我们去公园"


def test_no_mouth_is_open_in_a_pause_that_the_text_does_not_have() -> None:
    said = join(Espeak(variant="m3").speak(Line("My mother made many new names")))
    cut = round(said.words[3].start * said.rate)
    samples = np.concatenate([said.samples[:cut], np.zeros(said.rate, dtype=np.float32), said.samples[cut:]])
    found = join(Recording(io.BytesIO(wav(samples))).speak(Line("My mother made many new names")))
    middle = cut / said.rate + 0.5
    assert found.phones
    assert not [phone for phone in found.phones if phone.start < middle + 0.3 and phone.end > middle - 0.3]


@pytest.mark.parametrize("count", [1, 100, 22050, 22050 * 9])
def test_silence_and_the_shortest_sounds_claim_no_words(count: int) -> None:
    for samples in (np.zeros(count, dtype=np.float32), np.full(count, 0.3, dtype=np.float32)):
        found = join(Recording(io.BytesIO(wav(samples))).speak(Line("Hello world, how are you?")))
        assert len(found.samples) == count
        assert not found.words


def test_a_text_that_espeak_cannot_say_is_refused() -> None:
    with pytest.raises(UsageError, match="no language called"):
        next(Recording(io.BytesIO(wav(tone(1)))).speak(Line("hello", "xyzzy")))
