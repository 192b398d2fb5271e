"""Kokoro and Piper: the real libraries on models of the right shapes, whose symbols are tones of a known length."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import tinyvoices
from running import Deckard

from deckard_cli.errors import DeckardError, MissingError, UsageError
from deckard_cli.script import Hint, Line
from deckard_cli.speech import Speech, Voice
from deckard_cli.speech.delivery import Delivery, delivered
from deckard_cli.speech.espeak import Espeak
from deckard_cli.speech.kokoro import Kokoro
from deckard_cli.speech.pcm import join, resample
from deckard_cli.speech.piper import Piper

TEXT = "Seven brave men walked home, slowly. It cost $42!"
WORDS = [["Seven", "brave", "men", "walked", "home", "slowly"], ["It", "cost", "$42"]]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("neural")
    tinyvoices.kokoro(folder / "timed")
    tinyvoices.piper(folder / "piper", "en_US-timed-low")
    tinyvoices.piper(folder / "piper", "en_US-untimed-low", timed=False)
    tinyvoices.piper(folder / "piper", "en_US-many-low", speakers=3)
    tinyvoices.piper(folder / "piper", "de_DE-timed-low", lang="de")
    return folder


def kokoro(models: Path, kind: str = "timed", **options: object) -> Kokoro:
    return Kokoro(model=str(models / kind / "kokoro-v1.0.fp16.onnx"), **options)  # type: ignore[arg-type]


def piper(models: Path, voice: str = "en_US-timed-low", **options: object) -> Piper:
    return Piper(voice=str(models / "piper" / f"{voice}.onnx"), **options)  # type: ignore[arg-type]


MAKERS: dict[str, Callable[[Path], Voice]] = {"kokoro": kokoro, "piper": piper}


@pytest.fixture(params=list(MAKERS))
def voice(request: pytest.FixtureRequest, models: Path) -> Voice:
    return MAKERS[request.param](models)


def onsets(speech: Speech) -> list[float]:
    """Seconds at which the sound begins again after 40 ms of silence. The voices' noise is far below."""
    width = round(0.002 * speech.rate)
    count = len(speech.samples) // width
    loud = np.abs(speech.samples[: count * width]).reshape(count, width).max(axis=1) > 0.02
    padded = np.concatenate([np.zeros(20, bool), loud])
    starts = [at for at in range(20, len(padded)) if padded[at] and not padded[at - 20 : at].any()]
    return [(at - 20) * width / speech.rate for at in starts]


def test_a_word_begins_where_it_is_heard(voice: Voice) -> None:
    for speech, words in zip(voice.speak(Line(TEXT)), WORDS, strict=True):
        assert [word.text for word in speech.words] == words
        heard = onsets(speech)
        assert all(min(abs(word.start - at) for at in heard) <= 0.003 for word in speech.words)


def test_ipa_is_read_and_the_word_stands_as_it_is_written(voice: Voice) -> None:
    text = "Seven brave [[men]] met Nguyen, slowly. It cost $42!"
    at = text.index("Nguyen")
    line = Line(text, hints=(Hint(at, at + 6, "nobody says this", ipa="ˈwɪn"),))
    first, second = delivered(voice, line, Delivery(None, None))
    assert not first.notes
    assert [word.text for word in first.words] == ["Seven", "brave", "men", "met", "Nguyen", "slowly"]
    said = first.words[4]
    assert "".join(phone.ipa for phone in first.phones if said.start <= phone.start < said.end) == "wɪn"
    heard = onsets(first)
    assert all(min(abs(word.start - at) for at in heard) <= 0.003 for word in first.words)
    assert [word.text for word in second.words] == WORDS[1]
    (last,) = delivered(voice, Line("I met Nguyen.", hints=(Hint(6, 12, ipa="ˈwɪn"),)), Delivery(None, None))
    assert [word.text for word in last.words] == ["I", "met", "Nguyen"]
    assert min(abs(last.words[2].start - at) for at in onsets(last)) <= 0.003


def test_phones_are_in_order_and_inside_the_sound_and_the_words(voice: Voice) -> None:
    for speech in voice.speak(Line(TEXT)):
        phones, words = speech.phones, speech.words
        assert all(one.end <= after.start + 1e-5 for one, after in itertools.pairwise(phones))
        assert all(one.end <= after.start + 1e-5 for one, after in itertools.pairwise(words))
        assert phones[0].start >= 0 and phones[-1].end <= speech.duration
        assert all(any(word.start <= phone.start < word.end for word in words) for phone in phones)
        assert all(phone.burst is None or phone.start <= phone.burst <= phone.end for phone in phones)
    assert "".join(phone.ipa for phone in next(voice.speak(Line("Brave men."))).phones) == "bɹeɪvmɛn"


def test_a_model_that_tells_no_times_has_them_found_in_its_sound(tmp_path: Path) -> None:
    line = Line("She never told me where the winter went.")
    (truth,) = Espeak().speak(line)
    tinyvoices.kokoro(tmp_path / "untimed", saying=resample(truth.samples, truth.rate, 24_000))
    (speech,) = kokoro(tmp_path, "untimed").speak(line)
    assert [word.text for word in speech.words] == [word.text for word in truth.words]
    assert all(abs(ours.start - word.start) < 0.05 for ours, word in zip(speech.words, truth.words, strict=True))
    assert speech.phones


def test_a_voice_that_does_not_tell_its_lengths_says_that_times_are_unsure(models: Path) -> None:
    for speech in piper(models, "en_US-untimed-low").speak(Line(TEXT)):
        assert speech.notes == ("The times of the words are a guess: the sound is not much like the text.",)


def test_a_sentence_ends_with_a_pause(voice: Voice) -> None:
    first, _ = voice.speak(Line(TEXT))
    assert first.duration - first.phones[-1].end > 0.2
    assert not np.abs(first.samples[-round(0.15 * first.rate) :]).max() > 0.01


def test_the_next_sentence_is_not_said_before_it_is_asked_for(voice: Voice, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[int] = []
    run = onnxruntime.InferenceSession.run
    monkeypatch.setattr(onnxruntime.InferenceSession, "run", lambda *given: said.append(1) or run(*given))
    speeches = voice.speak(Line(TEXT))
    assert said == []
    next(speeches)
    assert said == [1]


def test_half_as_fast_is_twice_as_long(voice: Voice) -> None:
    (usual,), (slow,) = voice.speak(Line("Seven brave men.")), voice.speak(Line("Seven brave men.", speed=0.5))
    assert slow.words[-1].end == pytest.approx(usual.words[-1].end * 2, rel=0.02)


def test_slower_than_the_model_can_is_stretched_with_its_times(models: Path) -> None:
    (usual,) = kokoro(models).speak(Line("Seven brave men."))
    (slow,) = kokoro(models, speed=0.5).speak(Line("Seven brave men.", speed=0.5))
    assert slow.words[-1].end == pytest.approx(usual.words[-1].end * 4, rel=0.1)
    assert slow.words[-1].end < slow.duration


@pytest.mark.parametrize("name", list(MAKERS))
def test_the_same_text_sounds_the_same_again(name: str, models: Path) -> None:
    one, other = ([speech.samples for speech in MAKERS[name](models).speak(Line(TEXT))] for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_another_pitch_is_said_to_be_impossible(voice: Voice) -> None:
    (speech,) = voice.speak(Line("Hello.", pitch=1.5))
    assert any("has one pitch" in note for note in speech.notes)


@pytest.mark.parametrize("text", ["你好世界", "Привет"])
def test_a_text_of_other_letters_is_refused_before_anything_is_said(voice: Voice, text: str) -> None:
    with pytest.raises(UsageError, match="no letter of this text"):
        voice.speak(Line(text))


def test_a_language_that_it_does_not_speak_is_refused(voice: Voice) -> None:
    with pytest.raises(UsageError, match="speak") as caught:
        voice.speak(Line("Dzień dobry.", "pl"))
    assert "--voice espeak" in caught.value.hint


def test_espeak_speaks_as_before_after_another_voice_has_used_it(voice: Voice) -> None:
    before = [speech.samples for speech in Espeak().speak(Line("Bonjour.", "fr-fr"))]
    list(voice.speak(Line("Hello.")))
    after = [speech.samples for speech in Espeak().speak(Line("Bonjour.", "fr-fr"))]
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


def test_a_word_of_another_language_is_said_without_the_name_of_the_language(models: Path) -> None:
    (speech,) = kokoro(models).speak(Line("Je suis au meeting du soir.", "fr-fr"))
    assert [word.text for word in speech.words] == ["Je", "suis", "au", "meeting", "du", "soir"]
    gaps = [after.start - word.end for word, after in itertools.pairwise(speech.words)]
    assert max(gaps) < 0.15


def test_kokoro_takes_the_speaker_of_the_language_and_any_that_is_named(models: Path) -> None:
    def loudness(lang: str, **options: object) -> float:
        (speech,) = kokoro(models, **options).speak(Line("Mama.", lang))
        return float(np.abs(speech.samples).max())

    assert loudness("en-us") < loudness("EN_GB") < loudness("es-419") < loudness("es", voice="am_adam")
    with pytest.raises(UsageError, match="no kokoro voice called 'af_hart'") as caught:
        kokoro(models, voice="af_hart")
    assert "did you mean 'af_heart'?" in caught.value.hint


def test_piper_has_speakers_by_name_and_by_number(models: Path) -> None:
    def loudness(speaker: str) -> float:
        (speech,) = piper(models, "en_US-many-low", speaker=speaker).speak(Line("Mama."))
        return float(np.abs(speech.samples).max())

    assert loudness("") == loudness("0") < loudness("speaker1") == loudness("1")
    with pytest.raises(UsageError, match="no speaker of this piper voice called 'speaker7'"):
        piper(models, "en_US-many-low", speaker="speaker7")


def test_phonemes_that_a_voice_does_not_have_are_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = tinyvoices.piper(tmp_path, "en_US-poor-low") / "en_US-poor-low.onnx.json"
    poor = json.loads(settings.read_text())
    del poor["phoneme_id_map"]["ɹ"]
    settings.write_text(json.dumps(poor))
    (speech,) = Piper(voice=str(settings.with_suffix(""))).speak(Line("Red roses."))
    assert speech.notes == ("This voice of Piper's has no sound for these phonemes, so they are skipped: ɹ.",)
    assert [word.text for word in speech.words] == ["Red", "roses"]
    assert caplog.records == []


def test_piper_takes_the_voice_of_the_language(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECKARD_DATA_DIR", str(tmp_path))
    for name in ("en_US-timed-low", "de_DE-timed-low"):
        tinyvoices.piper(tmp_path / "models" / f"piper-{name}", name, lang=name[:2])
    (speech,) = Piper().speak(Line("Guten Tag.", "de-at"))
    assert [word.text for word in speech.words] == ["Guten", "Tag"]
    with pytest.raises(MissingError) as caught:
        Piper().speak(Line("Bonjour.", "fr-fr"))
    assert caught.value.hint == "deckard models pull piper-fr_FR-siwis-medium"


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (Kokoro, "deckard models pull kokoro"),
        (lambda: Kokoro(model="kokoro-int8"), "deckard models pull kokoro-int8"),
        (lambda: Kokoro(model="nowhere.onnx"), "deckard models pull kokoro"),
        (lambda: Piper(voice="en_GB-alba-medium"), "deckard models pull piper-en_GB-alba-medium"),
        (Piper, "deckard models pull piper-en_US-lessac-medium"),
    ],
    ids=["kokoro", "of a name", "of a path", "piper of a name", "piper"],
)
def test_a_model_that_is_not_here_comes_with_the_command_that_gets_it(make: Callable[[], object], hint: str) -> None:
    with pytest.raises(MissingError) as caught:
        make()
    assert (caught.value.exit_code, caught.value.hint) == (3, hint)


@pytest.mark.parametrize("name", ["kokoro", "piper"])
def test_a_damaged_model_is_a_clear_error(name: str, tmp_path: Path) -> None:
    tinyvoices.kokoro(tmp_path / "timed")
    tinyvoices.piper(tmp_path / "piper", "en_US-timed-low")
    for path in tmp_path.rglob("*.onnx"):
        path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DeckardError) as caught:
        MAKERS[name](tmp_path)
    assert caught.value.code == "model_unreadable" and "deckard models verify" in caught.value.hint


def test_a_clip_is_made_with_a_model_that_was_pulled(deckard: Deckard) -> None:
    data = deckard.folder / "data"
    tinyvoices.piper(data / "models" / "piper-en_US-tiny-low", "en_US-tiny-low")
    command = replace(deckard, environment={"DECKARD_DATA_DIR": str(data)})
    done = command("render", "Hello there.", "--voice", "piper", "-o", "hello.wav", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["voice"] == "piper" and report["duration"] > 1
    offers = {offer["name"]: offer for offer in json.loads(command("preflight", "--json").stdout)["backends"]}
    assert offers["piper"]["ready"] and not offers["kokoro"]["ready"]
    assert offers["kokoro"]["hint"] == "deckard models pull kokoro"


def test_a_render_without_the_model_says_what_to_type(deckard: Deckard) -> None:
    done = deckard("render", "Hello there.", "--voice", "kokoro", "-o", "hello.wav")
    assert done.returncode == 3 and "deckard models pull kokoro" in done.stderr
    assert list(deckard.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "code"),
    [('voice = "am_adam"', 0), ('voice = "nobody"', 2), ("vioce = 3", 2)],
    ids=["good", "bad", "typo"],
)
def test_preflight_opens_the_model_that_the_options_name(
    deckard: Deckard, models: Path, option: str, code: int
) -> None:
    weights = (models / "timed" / "kokoro-v1.0.fp16.onnx").as_posix()
    (deckard.folder / "deckard.toml").write_text(f'[voices.kokoro]\nmodel = "{weights}"\n{option}\n')
    done = deckard("preflight", "--voice", "kokoro")
    assert done.returncode == code
    assert "mistake in Deckard" not in done.stderr


def test_prices_units_and_hints_are_said_in_full_and_stand_as_written(voice: Voice) -> None:
    text = "Mr Nguyen paid $3.50 for 5 km/h."
    speech = join(delivered(voice, Line(text, hints=(Hint(3, 9, "win"),)), Delivery()))
    assert speech.text == text
    assert [word.text for word in speech.words] == ["Mr", "Nguyen", "paid", "$3.50", "for", "5", "km/h"]
    length = {word.text: word.end - word.start for word in speech.words}
    assert length["$3.50"] > 2 * length["paid"]
    assert length["km/h"] > 2 * length["5"]
