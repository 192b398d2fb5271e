"""Voices and faces by name: a table, and what other packages add to it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from deckard_cli import backends
from deckard_cli.errors import MissingError, UsageError


@pytest.mark.parametrize("backend", backends.BUILT_IN, ids=lambda backend: backend.name)
def test_every_built_in_backend_is_there_and_loads(backend: backends.Backend) -> None:
    assert backends.not_installed(backend) == []
    assert callable(backends.load(backend))


def test_somebody_elses_package_is_listed_after_ours_and_loads_by_its_name() -> None:
    names = backends.names("voice")
    assert names.index("espeak") < names.index("tone")
    tone = backends.find("voice", "tone")
    assert tone.about == "from deckard-doubles"
    assert backends.load(tone) is importlib.import_module("deckard_doubles").Tone


def test_listing_imports_no_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("deckard_doubles", "deckard_cli.speech.espeak"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    backends.names("voice")
    backends.find("voice", "tone")
    assert not {"deckard_doubles", "deckard_cli.speech.espeak"} & sys.modules.keys()


def test_a_library_that_is_not_there_is_named_with_the_command_that_installs_it() -> None:
    backend = backends.Backend(
        "voice", "far", "deckard_doubles_unplugged:Robot", "", extra="far", libraries=("far_off",)
    )
    assert backends.not_installed(backend) == ["far_off"]
    with pytest.raises(MissingError, match="a_library_that_nobody_has") as caught:
        backends.load(backend)
    assert caught.value.hint.endswith(" 'deckard-cli[far]'")


@pytest.mark.parametrize("active", ["VIRTUAL_ENV", "CONDA_PREFIX", ".venv", ""])
def test_the_hint_names_the_environment_where_uv_would_not_find_it(
    active: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "my tool").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "my tool"))
    (tmp_path / "project" / "below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project" / "below")
    if active == ".venv":
        (tmp_path / "project" / ".venv").symlink_to(tmp_path / "my tool")
    elif active:
        monkeypatch.setenv(active, str(tmp_path / "my tool"))
    hint = MissingError("", hint="uv pip install 'deckard-cli[far]'").hint
    where = "" if active else f"--python '{tmp_path}/my tool' "
    assert hint == f"uv pip install {where}'deckard-cli[far]'"
    assert MissingError("", hint=hint).hint == hint


def test_without_an_environment_the_hint_names_the_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.chdir(tmp_path)
    assert f"--python {sys.executable} far" in MissingError("", hint="uv pip install far").hint


def test_a_mistake_in_our_own_imports_is_not_taken_for_a_missing_library() -> None:
    with pytest.raises(ModuleNotFoundError):
        backends.load(backends.Backend("voice", "lost", "deckard_cli.speech.lost:Lost", ""))


def test_a_name_of_the_other_kind_is_unknown() -> None:
    with pytest.raises(UsageError, match="no face called 'espeak'"):
        backends.find("face", "espeak")


def test_a_voice_without_its_key_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    openai = backends.find("voice", "openai")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    problem = backends.obstacle(openai)
    assert problem and (problem.code, problem.hint) == ("no_key", "export OPENAI_API_KEY=...")
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    assert backends.obstacle(openai) is None


def test_where_either_of_two_variables_will_do_either_does(monkeypatch: pytest.MonkeyPatch) -> None:
    azure = backends.find("voice", "azure")
    monkeypatch.setenv("AZURE_SPEECH_KEY", "key")
    for variable in ("AZURE_SPEECH_REGION", "AZURE_SPEECH_ENDPOINT"):
        monkeypatch.delenv("AZURE_SPEECH_REGION", raising=False)
        monkeypatch.delenv("AZURE_SPEECH_ENDPOINT", raising=False)
        problem = backends.obstacle(azure)
        assert problem and problem.hint == "export AZURE_SPEECH_REGION=..."
        monkeypatch.setenv(variable, "westeurope")
        assert backends.obstacle(azure) is None


def test_a_persons_price_comes_before_the_list_price_and_a_models_before_its_voices() -> None:
    openai, espeak = backends.find("voice", "openai"), backends.find("voice", "espeak")
    assert backends.price(openai, {}, {}) == openai.cost == 15.0
    assert backends.price(openai, {}, {"openai": 9.5}) == 9.5
    assert backends.price(openai, {"model": "tts-1"}, {"openai": 9.5, "openai/tts-1": 8}) == 8
    assert backends.price(openai, {"model": "tts-1"}, {"espeak": 3.0}) == 15.0
    assert backends.price(espeak, {"voice": "en-us"}, {}) == 0
    assert backends.price(espeak, {}, {"espeak": 3.0}) == 3.0


def test_a_dearer_model_has_its_own_list_price_and_one_that_nobody_knows_has_none() -> None:
    openai, elevenlabs = backends.find("voice", "openai"), backends.find("voice", "elevenlabs")
    assert backends.price(openai, {"model": "tts-1-hd"}, {}) == 30.0
    assert backends.price(elevenlabs, {"model": "eleven_flash_v2_5"}, {}) == 50.0
    assert backends.price(openai, {"model": "tts-9"}, {}) is None
    assert backends.price(backends.find("voice", "openai-compatible"), {"model": "tts-1"}, {}) is None
