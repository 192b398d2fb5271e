"""Keys in a file: which are read, what stays unsaid, and which file is not believed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from running import Deckard

from deckard_cli.cli.keys import key_file, lend
from deckard_cli.errors import UsageError

KEY = "sk-nobodys-key-of-1234"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DECKARD_ENV_FILE", raising=False)
    for name in ("OPENAI_API_KEY", "ELEVENLABS_API_KEY", "AZURE_SPEECH_KEY", "AZURE_SPEECH_REGION"):
        # Set first, so that what `lend` sets is undone.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / ".env"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def preflight(deckard: Deckard) -> dict[str, dict[str, str]]:
    report = json.loads(deckard("preflight", "--json").stdout)
    return {key["name"]: key for key in report["keys"]}


def test_a_key_in_a_file_makes_a_voice_ready_and_is_not_shown(deckard: Deckard, here: Path) -> None:
    path = written(here, f"OPENAI_API_KEY={KEY}\n")
    done = deckard("voice", "list", "--json")
    assert next(voice for voice in json.loads(done.stdout)["voices"] if voice["name"] == "openai")["ready"]
    assert preflight(deckard)["OPENAI_API_KEY"] == {"name": "OPENAI_API_KEY", "source": str(path), "ends": "1234"}
    told = deckard("preflight")
    assert f" {path}; it ends in 1234\n" in told.stdout
    assert "nobodys" not in told.stdout + told.stderr + done.stdout + done.stderr


def test_the_environment_comes_first(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(here, f"OPENAI_API_KEY={KEY}\nELEVENLABS_API_KEY=of-the-file-of-keys\n")
    deckard = Deckard(here, {"OPENAI_API_KEY": "sk-of-the-environment-9"})
    keys = preflight(deckard)
    assert (keys["OPENAI_API_KEY"]["source"], keys["OPENAI_API_KEY"]["ends"]) == ("environment", "nt-9")
    assert keys["ELEVENLABS_API_KEY"]["source"] == str(here / ".env")


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (f"OPENAI_API_KEY={KEY}", KEY),
        (f"export OPENAI_API_KEY={KEY}", KEY),
        (f'  OPENAI_API_KEY = "{KEY}"  # mine', KEY),
        (f"OPENAI_API_KEY='{KEY}'\r", KEY),
        (f"OPENAI_API_KEY={KEY} # mine", KEY),
        ("OPENAI_API_KEY=a#b", "a#b"),
        ("\ufeffOPENAI_API_KEY=first", "first"),
        ("OPENAI_API_KEY=one\nOPENAI_API_KEY=two", "two"),
        ("OPENAI_API_KEY=", None),
        ('OPENAI_API_KEY="unfinished', None),
        ("#OPENAI_API_KEY=x", None),
        ("openai_api_key=x", None),
    ],
)
def test_a_line_is_read_as_shells_and_other_tools_read_it(line: str, key: str | None, here: Path) -> None:
    written(here, f"{line}\nOTHER=1\n\n?? what is this\n")
    assert lend() == ""
    assert os.environ.get("OPENAI_API_KEY") == key


def test_an_address_is_not_read_so_that_no_key_is_sent_there(here: Path) -> None:
    names = (
        "OPENAI_BASE_URL",
        "ELEVENLABS_BASE_URL",
        "AZURE_SPEECH_ENDPOINT",
        "HTTPS_PROXY",
        "DECKARD_PERSONA",
        "PATH",
    )
    written(here, "".join(f"{name}=https://elsewhere\n" for name in names) + "AZURE_SPEECH_REGION=westeurope\n")
    found = key_file()
    assert found and dict(found.keys) == {"AZURE_SPEECH_REGION": "westeurope"}


def test_the_nearest_file_above_is_read_or_the_one_that_is_named(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(here, f"OPENAI_API_KEY={KEY}\n")
    (here / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(here / "deep" / "er")
    found = key_file()
    assert found and found.path == path
    assert KEY not in repr(found)
    other = here / "keys.txt"
    other.write_text("OPENAI_API_KEY=other\n")
    monkeypatch.setenv("DECKARD_ENV_FILE", str(other))
    found = key_file()
    assert found and (found.path, dict(found.keys)) == (other, {"OPENAI_API_KEY": "other"})
    monkeypatch.setenv("DECKARD_ENV_FILE", "")
    assert key_file() is None
    monkeypatch.setenv("DECKARD_ENV_FILE", str(here))
    with pytest.raises(UsageError, match="DECKARD_ENV_FILE: there is no file"):
        key_file()


@pytest.mark.skipif(os.name != "posix", reason="who may write to a file is told otherwise there")
def test_a_file_that_everybody_may_write_to_is_left_alone_and_said_to_be(deckard: Deckard, here: Path) -> None:
    written(here, f"OPENAI_API_KEY={KEY}\n", 0o666)
    done = deckard("voice", "list", "--json")
    assert not next(voice for voice in json.loads(done.stdout)["voices"] if voice["name"] == "openai")["ready"]
    assert done.stderr == (
        f"deckard: The keys in {here / '.env'} are left alone: everybody may write to it (chmod o-w).\n"
    )
    assert deckard("persona", "list").stderr == done.stderr
    written(here, "OTHER=1\n", 0o666)
    assert deckard("persona", "list").stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="who may read a file is told otherwise there")
def test_preflight_tells_that_others_may_read_the_keys(deckard: Deckard, here: Path) -> None:
    path = written(here, f"OPENAI_API_KEY={KEY}\n", 0o644)
    assert f"Others on this machine may read {path}" in deckard("preflight").stderr
    path.chmod(0o600)
    assert deckard("preflight").stderr == ""


def test_a_file_that_is_no_text_is_read_past(here: Path) -> None:
    (here / ".env").write_bytes(bytes(range(256)) * 20 + b"\nOPENAI_API_KEY=x\n")
    assert lend() == ""
    assert os.environ["OPENAI_API_KEY"] == "x"
