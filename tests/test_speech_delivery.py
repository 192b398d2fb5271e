"""What is done to sound before it is drawn: silence at the ends, pauses, a longest time."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deckard_cli.script import Line, Pause, marked
from deckard_cli.speech import Speech, Word
from deckard_cli.speech.delivery import TAIL, Delivery, capped, delivered, parts, spaced, tail
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.pcm import Samples, join, silence
from deckard_cli.speech.recording import Recording
from deckard_cli.speech.silence import Edges, Trim, said, sounding

RATE = 16000
PLAIN = Delivery(loudness=None)
"""Nothing but what is tested here."""


def hiss(seconds: float, level: float, seed: int = 3) -> Samples:
    """Noise like that of an f: `level` is its effective value, of 1."""
    return (np.random.default_rng(seed).standard_normal(round(seconds * RATE)) * level).astype(np.float32)


def line(text: str) -> Line:
    found = marked(text)
    return Line(found.text, pauses=found.pauses)


def soft_word(onset: float, softness: float, fade: float) -> Samples:
    """A word that begins with a soft f, is voiced, and dies away to a hundredth."""
    voiced = 0.3 * np.sin(2 * np.pi * 150 * np.arange(RATE // 3) / RATE)
    count = round(fade * RATE)
    dying = 0.3 * np.sin(2 * np.pi * 150 * np.arange(count) / RATE) * np.geomspace(1, 0.01, max(count, 1))[:count]
    return np.concatenate([hiss(onset, softness), voiced, dying]).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(
    before=st.integers(0, 3000),
    after=st.integers(0, 3000),
    onset=st.integers(0, 350),
    softness=st.sampled_from([0.003, 0.006, 0.02]),
    fade=st.integers(0, 500),
    room=st.sampled_from([0.0, 0.00003, 0.0005]),
    gain=st.sampled_from([1.0, 0.1]),
)
def test_soft_beginnings_and_fading_ends_are_never_cut(
    before: int, after: int, onset: int, softness: float, fade: int, room: float, gain: float
) -> None:
    assume(before >= 200 or after >= 200)  # else the softest there is might as well be the room
    word = soft_word(onset / 1000, softness, fade / 1000)
    sound = np.concatenate([silence(before / 1000, RATE), word, silence(after / 1000, RATE)])
    sound = sound * np.float32(gain) + hiss(len(sound) / RATE, room * gain)[: len(sound)]
    (kept,) = spaced([(0.0, Speech(sound, RATE))], Trim(pad=0.0))
    first, last = sounding(Speech(sound, RATE), 500)
    start, end = round(before / 1000 * RATE), round(before / 1000 * RATE) + len(word)
    assert first <= start + 0.011 * RATE
    assert last >= end - 0.011 * RATE
    assert np.array_equal(kept.samples, sound[first:last])


@settings(max_examples=30, deadline=None)
@given(st.integers(300, 4000), st.integers(300, 4000), st.sampled_from([0.0, 0.0001, 0.001]), st.integers(0, 300))
def test_silence_at_the_ends_goes_but_for_the_pad(before: int, after: int, room: float, pad: int) -> None:
    word = soft_word(0.1, 0.05, 0.1)
    sound = np.concatenate([silence(before / 1000, RATE), word, silence(after / 1000, RATE)])
    sound = sound + hiss(len(sound) / RATE, room)[: len(sound)]
    (kept,) = spaced([(0.0, Speech(sound, RATE))], Trim(pad=pad / 1000))
    assert kept.duration - len(word) / RATE == pytest.approx(2 * pad / 1000, abs=0.16 if room == 0.001 else 0.04)


def test_a_higher_threshold_takes_louder_noise_for_silence() -> None:
    hum, word = hiss(1, 0.02), soft_word(0, 0.1, 0)
    sound = Speech(np.concatenate([hum, word, hum]), RATE)
    assert sounding(sound, 500) == (0, len(sound.samples))
    first, last = sounding(sound, 3000)
    assert abs(first - RATE) < 0.03 * RATE
    assert abs(last - RATE - len(word)) < 0.03 * RATE


def test_a_whisper_under_the_threshold_is_found() -> None:
    faint = np.concatenate([silence(1, RATE), soft_word(0.1, 0.05, 0.1) * np.float32(0.01), silence(1, RATE)])
    first, last = sounding(Speech(faint, RATE), 500)
    assert abs(first - RATE) < 0.02 * RATE
    assert last < len(faint) - 0.9 * RATE


def test_what_has_times_is_no_silence() -> None:
    quiet = Speech(silence(1, RATE), RATE, (Word("hush", 0.2, 0.8),))
    assert said(quiet, sounding(quiet, 500)) == (0.2 * RATE, 0.8 * RATE)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=8))
def test_the_ends_of_a_sound_in_pieces_are_those_of_the_whole(sizes: list[int]) -> None:
    whole = np.resize(np.concatenate([silence(0.3, RATE), soft_word(0.1, 0.05, 0.2), silence(0.4, RATE)]), sum(sizes))
    one, many = Edges(RATE, 500), Edges(RATE, 500)
    one.add(whole)
    for piece in np.split(whole, np.cumsum(sizes)[:-1]):
        many.add(piece)
    assert one.found() == many.found()


def test_silence_between_sentences_stays_and_words_move_with_their_sound() -> None:
    plain = list(Espeak().speak(Line("One is here. Two is there. Three.")))
    kept = list(spaced(((0.0, speech) for speech in plain), Trim()))
    whole, trimmed = join(plain), join(kept)
    lead = len(whole.samples) - len(trimmed.samples)
    assert 0 < lead < 0.6 * whole.rate
    at = next(
        shift for shift in range(lead + 1) if np.array_equal(whole.samples[shift:][:9000], trimmed.samples[:9000])
    )
    assert np.array_equal(whole.samples[at : at + len(trimmed.samples)], trimmed.samples)
    for before, after in zip(whole.words, trimmed.words, strict=True):
        assert (after.text, after.start) == (before.text, pytest.approx(before.start - at / whole.rate, abs=1e-6))


def test_nothing_goes_where_nobody_asks() -> None:
    plain = list(Espeak().speak(Line("One is here. Two is there.")))
    kept = list(delivered(Espeak(), Line("One is here. Two is there."), Delivery(loudness=None, trim=None)))
    assert [speech.words for speech in kept] == [speech.words for speech in plain]
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(plain, kept, strict=True))


def test_sound_that_is_all_silence_stays() -> None:
    quiet = [Speech(silence(0.5, RATE), RATE, text="shh"), Speech(silence(0.25, RATE), RATE)]
    assert sum(speech.duration for speech in spaced(((0.0, speech) for speech in quiet), Trim())) == 0.75


def test_silence_before_the_first_sound_goes_though_it_fills_a_piece() -> None:
    pieces = [silence(0.4, RATE), np.concatenate([silence(0.05, RATE), soft_word(0, 0.1, 0)]), silence(1, RATE)]
    made = list(spaced(((0.0, Speech(piece, RATE)) for piece in pieces), Trim(pad=0.1)))
    assert join(made).duration == pytest.approx(0.1 + 0.05 + 1 / 3, abs=0.02)


def gaps(speech: Speech, least: float = 0.15) -> list[float]:
    """Seconds of each silence inside a sound."""
    loud = np.flatnonzero(np.abs(speech.samples) > 0.002)
    steps = np.diff(loud) / speech.rate
    return [float(step) for step in steps if step > least]


@pytest.mark.parametrize("seconds", [0.2, 0.5, 1.5])
@pytest.mark.parametrize("text", ["Well [pause {}] now", "Well, [pause {}] now.", "Well. [pause {}] Now."])
def test_a_pause_lasts_as_long_as_it_says(text: str, seconds: float) -> None:
    whole = join(delivered(Espeak(), line(text.format(seconds)), PLAIN))
    assert gaps(whole) == [pytest.approx(seconds, abs=0.06)]
    assert [word.text.lower() for word in whole.words] == ["well", "now"]
    assert whole.words[1].start - whole.words[0].end <= seconds + 0.06


def test_pauses_at_the_ends_are_kept_as_well() -> None:
    plain = join(delivered(Espeak(), line("Hello there."), PLAIN))
    whole = join(delivered(Espeak(), line("[pause 1] Hello there. [pause 2]"), PLAIN))
    loud = np.flatnonzero(np.abs(whole.samples) > 0.002)
    assert loud[0] / whole.rate == pytest.approx(1, abs=0.05)
    assert whole.duration - loud[-1] / whole.rate == pytest.approx(2, abs=0.05)
    assert whole.words[0].start == pytest.approx(plain.words[0].start + 1, abs=0.15)


def test_a_line_is_parted_at_its_pauses() -> None:
    found = list(parts(Line("One, two ... three", pauses=(Pause(5, 0.5), Pause(9, 0.2), Pause(13, 0.3)))))
    assert [(pause, part and part.text) for pause, part in found] == [(0.0, "One,"), (0.5, "two"), (0.5, "three")]


@pytest.mark.parametrize("seconds", [0.5, 1.0, 2.0])
def test_the_longest_time_ends_after_a_whole_word(seconds: float) -> None:
    said = list(capped(Espeak().speak(Line("One is here and there. Two is here and there.")), seconds))
    whole = join(said)
    assert seconds - 0.7 < whole.duration <= seconds
    assert whole.words[-1].end <= whole.duration + 1e-9
    assert whole.text.endswith(whole.words[-1].text)
    assert whole.samples[-1] == 0
    unit = "second" if seconds == 1 else "seconds"
    assert whole.notes == (f"The sound ends after {seconds:g} {unit}, as the limit asks: more would follow.",)


def test_the_tail_has_what_the_longest_time_leaves() -> None:
    assert tail(5.0) == tail(5.0, 9.0) == TAIL
    assert tail(5.0, 5.1) == pytest.approx(0.1)
    assert tail(5.0, 5.0) == 0


def test_sound_without_words_ends_in_its_quietest_place() -> None:
    sound = np.concatenate([hiss(1.4, 0.1), hiss(0.2, 0.001), hiss(1, 0.1)])
    (cut,) = capped([Speech(sound, RATE)], 2.0)
    assert cut.duration == pytest.approx(1.5, abs=0.06)


def test_what_is_shorter_than_the_longest_time_is_whole() -> None:
    speeches = [Speech(hiss(1, 0.1), RATE), Speech(hiss(1, 0.1), RATE)]
    assert list(capped(speeches, 2.0)) == speeches


def wav(samples: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
    return file.getvalue()


def test_a_recording_on_stdin_is_trimmed_and_measured_and_told_the_same_each_time() -> None:
    word = soft_word(0.1, 0.05, 0.1)
    sound = np.concatenate([silence(3, RATE), word, silence(20, RATE)])
    recording = Recording(io.BytesIO(wav(sound)), trim=Trim(pad=0.1))
    assert recording.loudness() == pytest.approx(-18, abs=4)
    for _ in range(2):
        assert join(recording.speak(Line(""))).duration == pytest.approx(len(word) / RATE + 0.2, abs=0.04)


def test_a_silent_recording_stays_whole() -> None:
    recording = Recording(io.BytesIO(wav(silence(2, RATE))), trim=Trim())
    assert join(recording.speak(Line(""))).duration == 2
    assert recording.loudness() == -float("inf")


class _Counted:
    """A voice that tells how far ahead of its listener it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def speak(self, line: Line) -> Iterator[Speech]:
        for _ in range(5):
            self.asked += 1
            yield Speech(np.concatenate([hiss(0.3, 0.1), silence(0.2, RATE)]), RATE)


def test_each_piece_is_handed_on_before_the_next_is_asked_for() -> None:
    voice = _Counted()
    for heard, _ in enumerate(delivered(voice, Line("a"), Delivery()), start=1):
        assert voice.asked == heard
