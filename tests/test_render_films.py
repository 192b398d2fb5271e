"""A face on another machine sends a film: its pictures are kept, our sound is, and where there is none the next face is
asked.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import deckard_doubles
import numpy as np
import pytest
from film_server import spoken
from running import Deckard

from deckard_cli import BackendError, UsageError, render
from deckard_cli.cache import Cache
from deckard_cli.clip.decode import pictures, probe, sound
from deckard_cli.errors import DeckardError
from deckard_cli.events import Written
from deckard_cli.face import Film
from deckard_cli.face.portrait import Portrait
from deckard_cli.speech import Speech
from deckard_cli.studio import Studio

TEXT = "Hello there, everybody. How are you?"


def filmed(here: Path, name: str = "a.mp4", **options: object) -> Written:
    given = {"voice": "tone", "face": "studio", "size": "64", "provenance": False, **options}
    return render(TEXT, output=here / name, **given)  # type: ignore[arg-type]


def how(**options: object) -> dict[str, object]:
    return {"faces": {"studio": options}}


def levels(path: Path) -> list[int]:
    return [round(float(picture[..., :3].mean())) for _, picture in pictures(path)]


def test_the_pictures_of_a_film_are_copied_and_the_sound_is_ours(here: Path) -> None:
    written = filmed(here)
    assert (written.face, written.voice, written.fps, written.width) == ("studio", "tone", 25, 64)
    clip, ours = probe(written.path), render(TEXT, output=here / "b.wav", voice="tone")
    assert clip.picture and clip.sound and clip.picture.codec == "h264"
    assert clip.picture.packets == written.frames == len(levels(written.path))
    assert abs(clip.picture.end - clip.sound.end) <= 1 / 25
    assert clip.tags["face"] == "studio" and clip.tags["synthetic"] == "true"
    heard, rate = sound(written.path)
    expected, _ = sound(ours.path)
    assert len(heard) == len(expected) and rate == ours.rate
    assert np.corrcoef(heard, expected)[0, 1] > 0.99


def test_a_face_of_somebody_else_that_says_the_text_itself_is_sent_the_text_alone(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Speech] = []

    class Presenter(deckard_doubles.Studio):
        """A `RemoteFace` with a voice of its own."""

        speaks_with = "aloud"

        def __init__(self, portrait: Portrait, *, aloud: bool = False, **given: Any) -> None:
            super().__init__(portrait, **given)

        async def film(self, speech: Speech) -> Film:
            sent.append(speech)
            return Film(spoken(2.0)) if not len(speech.samples) else await super().film(speech)

    monkeypatch.setattr(deckard_doubles, "Studio", Presenter)
    assert filmed(here, voice="broken", **how(aloud=True)).voice == "studio"
    assert filmed(here, **how(aloud=False)).voice == "tone"
    assert sent[0].text == TEXT and [len(speech.samples) > 0 for speech in sent] == [False, True]


@pytest.mark.parametrize("longer", [-0.8, -0.5, 0.02, 0.5, 3.0])
@pytest.mark.parametrize("rate", [24, 25, 30])
def test_a_film_of_another_length_or_rate_never_cuts_speech(here: Path, longer: float, rate: int) -> None:
    written = filmed(here, **how(longer=longer, rate=rate))
    clip = probe(written.path)
    assert clip.picture and clip.sound
    assert clip.sound.end == pytest.approx(written.duration, abs=1e-3)
    assert abs(clip.picture.end - written.duration) <= 2 / rate
    assert len(levels(written.path)) == written.frames
    said = " ".join(written.notes)
    assert ("The film lasts" in said) == (abs(longer) > 0.1)
    assert ("its last picture is held" in said) == (longer < -0.1)
    assert (f"{rate} frames a second, and not 25" in said) == (rate != 25)


def test_strict_refuses_a_film_of_another_length(here: Path) -> None:
    with pytest.raises(BackendError, match=r"The film lasts .* refused with --strict"):
        filmed(here, strict=True, **how(longer=-0.5))
    with pytest.raises(BackendError, match="30 frames a second, and not 25"):
        filmed(here, strict=True, **how(rate=30))
    assert filmed(here, strict=True).face == "studio"


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("fails", "closed"),
        ("nonsense", "film_unreadable"),
        ("black", "film_black"),
        ("still", "film_still"),
        ("breaks off", "film_broken"),
    ],
)
def test_what_is_no_film_is_not_believed(here: Path, does: str, code: str) -> None:
    with pytest.raises(BackendError) as refused:
        filmed(here, **how(does=does))
    assert refused.value.code in (code, "film_unreadable")
    assert list(here.iterdir()) == []


def test_a_film_that_is_half_as_long_is_not_believed(here: Path) -> None:
    with pytest.raises(BackendError, match=r"lasts 0\.\d+ seconds of"):
        filmed(here, **how(longer=-1.6))


def test_the_next_face_is_seen_where_one_cannot(here: Path) -> None:
    written = filmed(here, face="studio,flat", **how(does="fails"))
    assert written.face == "flat"
    assert "The face 'flat' is seen. The studio is closed." in written.notes
    assert probe(written.path).tags["face"] == "flat"
    assert filmed(here, face="studio,flat").notes == ("The face 'studio' is seen.", "It is only a hum.")


def test_what_kept_each_face_is_told(here: Path) -> None:
    with pytest.raises(DeckardError) as refused:
        filmed(here, face="studio,unplugged-face,studio", **how(does="fails"))
    assert refused.value.code == "unknown_face"
    with pytest.raises(BackendError, match="studio is closed"):
        filmed(here, face="studio", **how(does="fails"))


@pytest.mark.parametrize("form", ["webm", "gif"])
def test_other_forms_show_the_same_film(here: Path, form: str) -> None:
    written, copied = filmed(here, f"a.{form}"), filmed(here)
    assert written.face == "studio" and written.frames in (copied.frames, copied.frames + 1)
    for one, other in zip(levels(written.path), levels(copied.path), strict=False):
        assert abs(one - other) < 12


def test_captions_are_burned_into_a_film(here: Path) -> None:
    plain, burned = filmed(here, size="256"), filmed(here, "b.mp4", size="256", captions="burned")
    differ = [
        np.abs(a.astype(int) - b).max()
        for (_, a), (_, b) in zip(pictures(plain.path), pictures(burned.path), strict=False)
    ]
    assert burned.face == "studio" and max(differ) > 100


def test_sound_alone_is_the_last_resort(deckard: Deckard, here: Path) -> None:
    (here / "deckard.toml").write_text('[faces.studio]\ndoes = "fails"\n')
    asked = ("render", "hello", "--voice", "tone", "--face", "studio", "-o", "a.mp4")
    refused = deckard(*asked)
    assert (refused.returncode, refused.stdout) == (4, "")
    done = deckard(*asked, "--on-face-error", "audio", "--captions", "srt")
    assert (done.returncode, done.stdout) == (4, "a.wav\n")
    assert "There is sound, and no picture. The studio is closed." in done.stderr
    assert sorted(path.name for path in here.iterdir()) == ["a.srt", "a.wav", "deckard.toml"]
    report = deckard(*asked, "--on-face-error", "audio", "--json")
    assert json.loads(report.stdout)["failed"] == "The studio is closed."


def test_a_film_is_paid_for_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = Studio(Cache(here / "cache"))
    first = filmed(here, studio=studio)
    monkeypatch.setattr("deckard_doubles.Studio._made", lambda *_: pytest.fail("asked again"))
    again = filmed(here, studio=studio)
    assert again == replace(first, cached=True)
    other = filmed(here, studio=studio, captions="srt")
    assert (other.cached, other.face) == (False, "studio")


def test_a_face_that_stood_in_is_not_kept_as_the_other(here: Path) -> None:
    studio = Studio(Cache(here / "cache"))
    for _ in range(2):
        written = filmed(here, studio=studio, face="studio,flat", **how(does="fails"))
        assert (written.face, written.cached) == ("flat", False)


def test_a_film_has_its_own_background(here: Path) -> None:
    with pytest.raises(UsageError, match="background of its own"):
        filmed(here, background="navy")
    assert filmed(here, face="studio,rig", background="navy", voice="tone").face == "rig"
    with pytest.raises(UsageError, match="makes films of somebody who speaks"):
        render("", output=here / "a.mp4", face="studio", idle=2.0)


def test_an_option_that_a_face_has_not_is_told(here: Path) -> None:
    with pytest.raises(UsageError, match=r"faces\.studio\.colour: it has no such option"):
        filmed(here, **how(colour="red"))


def test_a_film_that_waits_can_be_interrupted(here: Path, deckard: Deckard) -> None:
    import signal
    import subprocess
    import time

    (here / "deckard.toml").write_text('[faces.studio]\ndoes = "waits"\n')
    command = deckard.command("render", "hello", "--voice", "tone", "--face", "studio", "-o", "a.mp4")
    process = subprocess.Popen(command, cwd=here, env=deckard.variables(), stderr=subprocess.PIPE)
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=10)
    assert (process.returncode, told) == (130, b"")
    assert [path.name for path in here.iterdir()] == ["deckard.toml"]


def test_the_copied_pictures_play_everywhere(here: Path) -> None:
    written = filmed(here)
    with av.open(str(written.path)) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
    data = written.path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
