"""Whose work a clip is, and what may not be sold has to be asked for."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import deckard_doubles
import pytest
from authority import sold

from deckard_cli.clip.provenance import Credit
from deckard_cli.errors import UsageError
from deckard_cli.fingerprint import fingerprint
from deckard_cli.job import Job, settle
from deckard_cli.label import claim, source_type, tags
from deckard_cli.models.store import home
from deckard_cli.models.table import find
from deckard_cli.persona.places import find as find_persona


def _job(**options: object) -> Job:
    return Job(**{"text": "hello", "output": Path("clip.mp4"), "provenance": False, **options})  # type: ignore[arg-type]


def _have(*names: str) -> None:
    """Models as if they were here: whole by their size."""
    for model in map(find, names):
        home(model).mkdir(parents=True)
        for file in model.files:
            with (home(model) / file.name).open("wb") as opened:
                opened.truncate(file.size or 0)


@pytest.fixture
def photograph(here: Path) -> Path:
    """A persona whose picture is not for sale."""
    folder = here / "nell"
    shutil.copytree(find_persona("joi").folder, folder)
    told = (folder / "persona.toml").read_text()
    (folder / "persona.toml").write_text(told.replace('licence = "Apache-2.0"', 'licence = "CC-BY-NC-4.0"'))
    return folder


def test_a_clip_credits_persona_voice_and_face() -> None:
    assert settle(_job()).credits("espeak") == (
        Credit("persona", "Joi", "Apache-2.0"),
        Credit("voice", "espeak", "GPL-3.0-or-later"),
        Credit("face", "rig"),
    )


def test_nobody_is_credited_who_has_no_part_in_it() -> None:
    assert [credit.role for credit in settle(_job(output=Path("clip.wav"))).credits("espeak")] == ["persona", "voice"]
    loop = settle(_job(text="", idle=2.0))
    assert [credit.role for credit in loop.credits("")] == ["persona", "face"]
    both = settle(_job(voice="tone,espeak"))
    assert [credit.name for credit in both.credits("tone")] == ["Joi", "tone", "rig"]


@pytest.mark.parametrize(
    ("lang", "options", "model"),
    [
        ("en-us", {}, "piper-en_US-ryan-medium"),
        ("en-gb", {}, "piper-en_GB-alba-medium"),
        ("en-au", {}, "piper-en_GB-alba-medium"),
        ("de", {}, "piper-de_DE-thorsten-medium"),
        ("en-us", {"voice": "en_GB-alba-medium"}, "piper-en_GB-alba-medium"),
        ("en-us", {"voice": "piper-en_GB-alba-medium"}, "piper-en_GB-alba-medium"),
        ("en-us", {"voice": "/models/mine.onnx"}, "mine"),
    ],
)
def test_the_model_that_a_voice_will_take_is_credited(lang: str, options: dict[str, str], model: str) -> None:
    _have("piper-en_US-ryan-medium", "piper-en_GB-alba-medium", "piper-de_DE-thorsten-medium")
    plan = settle(_job(voice="piper", lang=lang, voices={"piper": options}, allow_noncommercial=True))
    assert [credit.name for credit in plan.credits("piper") if credit.role == "model"] == [model]


def test_a_model_that_is_not_for_sale_is_refused_unless_it_is_asked_for() -> None:
    _have("piper-en_US-ryan-medium", "piper-en_GB-alba-medium")
    with pytest.raises(UsageError) as caught:
        settle(_job(voice="piper", lang="en-us"))
    assert caught.value.code == "noncommercial"
    assert "'piper-en_US-ryan-medium' is not for commercial use: CC-BY-NC-SA-4.0" in caught.value.message
    assert caught.value.hint.startswith("--allow-noncommercial")
    assert settle(_job(voice="piper", lang="en-gb"))
    plan = settle(_job(voice="piper", lang="en-us", allow_noncommercial=True))
    assert not claim(plan, "piper").commercial


def test_a_voice_that_may_stand_in_is_refused_as_well() -> None:
    _have("piper-en_US-ryan-medium")
    with pytest.raises(UsageError, match="not for commercial use"):
        settle(_job(voice="espeak,piper", lang="en-us"))


def test_a_persona_that_is_not_for_sale_is_refused_unless_it_is_asked_for(photograph: Path) -> None:
    with pytest.raises(UsageError, match=r"The persona 'Joi' is not for commercial use: CC-BY-NC-4\.0"):
        settle(_job(persona=str(photograph)))
    assert settle(_job(persona=str(photograph), allow_noncommercial=True))


def test_a_voice_of_another_package_tells_its_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deckard_doubles.Tone, "licence", "CC-BY-NC-4.0", raising=False)
    with pytest.raises(UsageError, match="The voice 'tone' is not for commercial use"):
        settle(_job(voice="tone"))
    plan = settle(_job(voice="tone", allow_noncommercial=True))
    assert Credit("voice", "tone", "CC-BY-NC-4.0") in plan.credits("tone")


def test_a_voice_whose_library_is_not_there_is_credited_by_its_name() -> None:
    assert Credit("voice", "unplugged") in settle(_job(voice="unplugged")).credits("unplugged")


def test_the_source_is_how_the_clip_came_to_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "speech.wav").write_bytes(b"")
    assert source_type(settle(_job()), "espeak") == "algorithmicMedia"
    assert source_type(settle(_job(voice="espeak,openai")), "openai") == "trainedAlgorithmicMedia"
    assert source_type(settle(_job(voice="espeak,openai")), "espeak") == "algorithmicMedia"
    recorded = settle(_job(audio=tmp_path / "speech.wav"))
    assert source_type(recorded, "recording") == "compositeSynthetic"
    heard = settle(replace(recorded.job, output=Path("clip.wav")))
    assert source_type(heard, "recording") == "algorithmicallyEnhanced"
    assert tags(heard, "recording")["synthetic"] == "false"
    assert not claim(heard, "recording").recorded()["synthetic"]
    monkeypatch.setattr(deckard_doubles.Flat, "trained", True, raising=False)
    assert source_type(settle(_job(face="flat")), "espeak") == "trainedAlgorithmicMedia"
    assert source_type(settle(_job(face="flat", output=Path("clip.wav"))), "espeak") == "algorithmicMedia"
    moved = settle(replace(recorded.job, face="flat"))
    assert source_type(moved, "recording") == "compositeWithTrainedAlgorithmicMedia"


def test_tags_and_signature_say_the_same() -> None:
    plan = settle(_job())
    signed, told = claim(plan, "espeak"), tags(plan, "espeak")
    assert told["title"] == signed.title == "Joi: hello"
    assert told["comment"] == signed.about
    assert told["digital_source_type"].endswith(f"/{signed.source}")
    assert told["language"] == signed.language


def test_a_clip_that_says_something_else_of_itself_has_another_key(here: Path) -> None:
    bought = sold(here)
    files = {"certificate": bought.certificate, "private_key": bought.private_key}
    plans = [settle(_job(**each)) for each in ({}, {"provenance": True}, {"provenance": True, **files})]
    assert len({fingerprint(plan) for plan in plans}) == 3
    assert fingerprint(settle(_job(provenance=True))) == fingerprint(plans[1])


def test_a_face_that_may_stand_in_is_refused_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deckard_doubles.Flat, "licence", "CC-BY-NC-4.0", raising=False)
    with pytest.raises(UsageError, match="The face 'flat' is not for commercial use"):
        settle(_job(face="rig,flat"))
    assert settle(_job(face="rig,flat", output=Path("clip.wav")))
