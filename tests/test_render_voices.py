"""Who speaks: a chain of voices, options from deckard.toml, and what the clip and the reader are told of it."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
import speech_server as server
from running import QUICK, Deckard

from deckard_cli import BackendError, MissingError, UsageError, render
from deckard_cli.job import Job, settle


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ELEVENLABS_API_KEY", "AZURE_SPEECH_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def openai_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[server.SpeechServer]:
    with server.serving() as double:
        monkeypatch.setenv("OPENAI_API_KEY", "key")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{double.url}/v1")
        yield double


def spoken(here: Path, voice: str | None = None, text: str = "Hello there.", **options: object) -> object:
    return render(text, output=here / "clip.wav", voice=voice, **options)  # type: ignore[arg-type]


def voice_in(path: Path) -> str:
    with av.open(str(path)) as container:
        return str(container.metadata | container.streams[0].metadata)


def test_the_next_voice_speaks_where_one_cannot(deckard: Deckard, here: Path) -> None:
    done = deckard("render", "hello", "--voice", "openai,espeak", "--face", "flat", "-o", "a.mp4", "--json")
    report = json.loads(done.stdout)
    assert report["voice"] == "espeak"
    note = "The voice 'espeak' speaks. The voice 'openai' needs OPENAI_API_KEY in the environment."
    assert note in report["notes"]
    assert done.stderr.splitlines().count(f"deckard: {note}") == 1
    with av.open(str(here / "a.mp4")) as container:
        assert container.metadata["voice"] == "espeak"


def test_the_first_voice_that_can_speak_does(openai_here: server.SpeechServer, here: Path) -> None:
    written = render("Hello there.", output=here / "a.wav", voice="openai,espeak")
    assert written.voice == "openai"
    assert "The voice 'openai' speaks." in written.notes


def test_one_voice_alone_is_not_announced(here: Path) -> None:
    assert not [note for note in render("Hello.", output=here / "a.wav").notes if "speaks" in note]


def test_after_a_word_was_heard_nobody_else_takes_over(openai_here: server.SpeechServer, here: Path) -> None:
    openai_here.then(server.speech, server.status(401))
    with pytest.raises(MissingError) as caught:
        render("One is here. Two is there.", output=here / "a.wav", voice="openai,espeak")
    assert caught.value.code == "key_refused"
    assert list(here.iterdir()) == []


def test_a_voice_that_says_nothing_is_passed_over(here: Path) -> None:
    assert render("Hello.", output=here / "a.wav", voice="mute, espeak").voice == "espeak"


def test_a_language_that_one_voice_does_not_know_is_the_next_ones(openai_here: server.SpeechServer, here: Path) -> None:
    assert render("Nuqneh?", output=here / "a.wav", voice="espeak,openai", lang="tlh-xx").voice in ("espeak", "openai")
    assert render("Hello.", output=here / "a.wav", voice="espeak,openai", lang="xx").voice == "openai"


def test_where_nobody_speaks_each_reason_is_told(here: Path, openai_here: server.SpeechServer) -> None:
    openai_here.then(server.status(402))
    with pytest.raises(BackendError, match="ELEVENLABS_API_KEY") as caught:
        render("Hello.", output=here / "a.wav", voice="elevenlabs,openai")
    assert "no credit" in caught.value.message
    assert caught.value.code == "no_voice"
    with pytest.raises(MissingError, match="AZURE_SPEECH_KEY"):
        render("Hello.", output=here / "a.wav", voice="elevenlabs,azure")


@pytest.mark.parametrize("chain", ["opnai,espeak", "espeak,opnai", ",", " "])
def test_a_name_that_nobody_has_is_refused_wherever_it_stands(chain: str, here: Path) -> None:
    with pytest.raises(UsageError) as caught:
        settle(Job(text="Hello.", output=here / "a.wav", voice=chain))
    assert caught.value.code == "unknown_voice"


def test_a_recording_cannot_be_waited_for(here: Path) -> None:
    with pytest.raises(UsageError, match="no recording"):
        settle(Job(text="Hello.", output=here / "a.wav", voice="espeak,recording"))


def test_a_chain_may_be_set_by_a_variable_a_file_or_the_persona(deckard: Deckard, here: Path) -> None:
    (here / "deckard.toml").write_text('voice = "mute,tone"\nface = "flat"\n')
    assert json.loads(deckard("render", "hello", "-o", "a.mp4", "--json").stdout)["voice"] == "tone"
    set_by_variable = Deckard(here, {"DECKARD_VOICE": "mute,espeak"})
    assert json.loads(set_by_variable("render", "hello", "-o", "a.mp4", "--json").stdout)["voice"] == "espeak"
    (here / "deckard.toml").unlink()
    deckard("persona", "create", "two", "--blank", "--here")
    file = here / "personas" / "two" / "persona.toml"
    lines = [line for line in file.read_text().splitlines() if not line.startswith("voice =")]
    file.write_text('voice = "mute,tone"\n' + "\n".join(lines))
    done = deckard("render", "hello", "--persona", "two", "--face", "flat", "-o", "a.mp4", "--json")
    assert json.loads(done.stdout)["voice"] == "tone", done.stderr
    assert deckard("persona", "validate", "two").returncode == 0


def test_preflight_knows_a_chain(deckard: Deckard) -> None:
    done = deckard("preflight", "--voice", "openai,espeak", "--json")
    assert done.returncode == 0
    report = json.loads(done.stdout)
    (voice,) = [choice for choice in report["choices"] if choice["name"] == "voice"]
    assert voice["value"] == "openai,espeak" and "else espeak-ng" in voice["reason"]
    assert not next(each for each in report["backends"] if each["name"] == "openai")["ready"]
    done = deckard("preflight", "--voice", "openai,azure")
    assert (done.returncode, "export OPENAI_API_KEY=..." in done.stderr) == (3, True)


def test_options_of_a_voice_may_stand_in_deckard_toml(
    deckard: Deckard, here: Path, openai_here: server.SpeechServer
) -> None:
    (here / "deckard.toml").write_text('voice = "openai"\n[voices.openai]\nmodel = "of-tomorrow"\nvoice = "cedar"\n')
    assert deckard("render", "hello", "-o", "a.wav").returncode == 0
    asked = openai_here.heard[0].json()
    assert (asked["model"], asked["voice"]) == ("of-tomorrow", "cedar")


@pytest.mark.parametrize(
    ("line", "said"),
    [('modle = "x"', "voices.espeak.modle: it has no such option"), ('rate = "x"', "voices.espeak.rate")],
)
def test_an_option_that_no_voice_takes_is_not_passed_over(deckard: Deckard, here: Path, line: str, said: str) -> None:
    (here / "deckard.toml").write_text(f"[voices.espeak]\n{line}\n")
    done = deckard("render", "hello", *QUICK[2:], "--voice", "espeak,tone", "-o", "a.mp4")
    assert done.returncode == 2
    assert said in done.stderr and "deckard voice show espeak" in done.stderr


def test_no_option_of_deckard_toml_says_where_a_key_goes(deckard: Deckard, here: Path) -> None:
    (here / "deckard.toml").write_text('[voices.openai]\nbase_url = "http://127.0.0.1:9"\n')
    done = Deckard(here, {"OPENAI_API_KEY": "key"})("render", "hello", "--voice", "openai", "-o", "a.wav")
    assert done.returncode == 2
    assert "no such option" in done.stderr


def test_ctrl_c_does_not_wait_for_a_server_that_does_not_answer(
    deckard: Deckard, here: Path, openai_here: server.SpeechServer
) -> None:
    openai_here.then(server.speech, server.silent(openai_here))
    command = deckard.command("render", "One is here. Two is there.", "--voice", "openai", "-o", "a.wav")
    asking = subprocess.Popen(command, cwd=here, env=deckard.variables(), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len(openai_here.heard) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    asking.send_signal(signal.SIGINT)
    _, told = asking.communicate(timeout=10)
    assert asking.returncode == 130, told
    assert "Traceback" not in told
    assert list(here.iterdir()) == []
