"""`deckard voice`: what is listed, what is shown, and what is heard."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest
from running import Deckard

from deckard_cli import backends


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ELEVENLABS_API_KEY", "AZURE_SPEECH_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_every_voice_is_listed_with_what_is_missing(deckard: Deckard) -> None:
    done = deckard("voice", "list", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["version"] == 1
    voices = {voice["name"]: voice for voice in report["voices"]}
    assert list(voices) == backends.names("voice")
    assert voices["espeak"]["ready"] and voices["espeak"]["cost"] == 0
    assert not voices["openai"]["ready"]
    assert voices["openai"]["hint"] == "export OPENAI_API_KEY=..."
    assert voices["elevenlabs"]["times"] == "words"
    unknown = {name for name, voice in voices.items() if not voice["licence"] and voice["package"] == "deckard-cli"}
    assert unknown == {"recording", "openai-compatible"}


def test_people_read_the_same_list(deckard: Deckard) -> None:
    lines = deckard("voice", "list").stdout.splitlines()
    assert lines[0].split()[:3] == ["espeak", "ready", "free"]
    assert lines[1].strip() == "languages: more than 100; licence: GPL-3.0-or-later"
    openai = next(index for index, line in enumerate(lines) if line.startswith("openai "))
    assert "missing" in lines[openai] and "$15" in lines[openai]
    assert lines[openai + 1].strip().startswith("languages: about 50")
    assert lines[openai + 2].strip() == "try: export OPENAI_API_KEY=..."


def test_a_persons_own_price_is_listed(deckard: Deckard, here: Path) -> None:
    prices = '[prices]\nopenai = 12.5\n"elevenlabs/eleven_v3" = 90\n'
    (here / "deckard.toml").write_text(f'{prices}[voices.elevenlabs]\nmodel = "eleven_v3"\n')
    cards = {voice["name"]: voice for voice in json.loads(deckard("voice", "list", "--json").stdout)["voices"]}
    assert (cards["openai"]["cost"], cards["elevenlabs"]["cost"], cards["azure"]["cost"]) == (12.5, 90, 15)
    assert "cost      $12.5/M letters" in deckard("voice", "show", "openai").stdout


@pytest.mark.parametrize(("voice", "option"), [("kokoro", "model"), ("piper", "voice")])
def test_a_model_of_a_persons_own_makes_a_voice_ready(voice: str, option: str, deckard: Deckard, here: Path) -> None:
    (here / "own.onnx").write_bytes(b"")
    (here / "deckard.toml").write_text(f'[voices.{voice}]\n{option} = "own.onnx"\n')
    for command, cards in (("voice list", "voices"), ("preflight", "backends")):
        card = next(
            each for each in json.loads(deckard(*command.split(), "--json").stdout)[cards] if each["name"] == voice
        )
        assert card["ready"], card
    (here / "own.onnx").unlink()
    voices = json.loads(deckard("voice", "list", "--json").stdout)["voices"]
    gone = next(each for each in voices if each["name"] == voice)
    assert (gone["ready"], gone["hint"]) == (False, f"mend {option} in [voices.{voice}]")


def test_a_key_that_is_set_makes_a_voice_ready_and_is_not_shown(here: Path) -> None:
    done = Deckard(here, {"OPENAI_API_KEY": "sk-nobodys-key"})("voice", "list", "--json")
    assert next(voice for voice in json.loads(done.stdout)["voices"] if voice["name"] == "openai")["ready"]
    assert "nobodys" not in done.stdout + done.stderr


def test_a_voice_shows_its_options_and_how_long_its_models_last(deckard: Deckard) -> None:
    report = json.loads(deckard("voice", "show", "openai", "--json").stdout)
    assert report["options"]["voice"] == "coral"
    assert {model["name"]: model["end"] for model in report["models"]}["tts-1"] == "2027-01-06"
    shown = deckard("voice", "show", "espeak").stdout
    assert "option    pitch = 50" in shown


def test_a_voice_of_another_package_is_shown_too(deckard: Deckard) -> None:
    report = json.loads(deckard("voice", "show", "tone", "--json").stdout)
    assert (report["package"], report["options"]["hertz"]) == ("deckard-doubles", 220.0)


def test_a_voice_that_nobody_has_is_refused_with_the_nearest(deckard: Deckard) -> None:
    done = deckard("voice", "show", "openia")
    assert done.returncode == 2
    assert "did you mean 'openai'?" in done.stderr


def test_a_preview_is_sound_alone(deckard: Deckard, here: Path) -> None:
    done = deckard("voice", "preview", "Good evening.", "--voice", "tone", "-o", "evening.wav")
    assert (done.returncode, done.stdout) == (0, "evening.wav\n")
    with av.open(str(here / "evening.wav")) as container:
        assert [stream.type for stream in container.streams] == ["audio"]


def test_a_preview_without_a_text_is_the_personas_greeting(deckard: Deckard, here: Path) -> None:
    assert deckard("voice", "preview", "--persona", "officer_k", "-q").stdout == "preview.wav\n"
    assert (here / "preview.wav").stat().st_size > 20_000


def test_a_preview_is_no_film(deckard: Deckard, here: Path) -> None:
    done = deckard("voice", "preview", "hello", "-o", "a.mp4")
    assert (done.returncode, done.stdout) == (2, "")
    assert "-o a.wav" in done.stderr
    assert list(here.iterdir()) == []
