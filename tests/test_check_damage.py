"""A good clip is right, and each way in which it is damaged is found, under the name that it has."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import damage
import numpy as np
import pytest
from damage import Clip
from mouths import PERSONAS, film

from deckard_cli.check import Report, Thresholds, check
from deckard_cli.route import render
from deckard_cli.script import Line
from deckard_cli.speech import Phone, Speech
from deckard_cli.speech.espeak import Espeak

SAID = "Maybe Bob will promise Pam five more very fine movies at home."
OTHER = "Good evening. The rain has stopped, and the bus leaves in four minutes."
FOUND = {
    "last word cut": "last_word",
    "sound 100 ms short": "length",
    "still": "frozen",
    "frames dropped": "doubled",
    "frames lost": "length",
    "resampled to 29.97": "doubled",
    "played at 29.97": "length",
    "sound clipped": "clipping",
    "black middle": "black",
    "halted": "frozen",
}


@functools.cache
def shot(folder: Path, name: str, text: str, idle: float | None = None) -> Clip:
    options = {"idle": idle} if idle else {}
    return Clip.read(render(text, output=folder / f"{name}.mp4", size=320, **options).path)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shot")


@pytest.fixture(scope="module")
def good(folder: Path) -> Clip:
    return shot(folder, "good", SAID)


def checked(clip: Clip, folder: Path, **options: object) -> Report:
    return check(clip.write(folder / "clip.mp4"), **options)  # type: ignore[arg-type]


def test_what_was_just_rendered_is_right(good: Clip, folder: Path) -> None:
    report = check(folder / "good.mp4")
    assert report.ok and not report.failed
    assert abs(report["sync"].value or 99) < 15
    assert (report["sync"].confidence or 0) > 0.8
    assert (report["closure"].value or 0) > 0.8
    assert (report["rest"].value or 0) < 0.3
    assert report["loudness"].value == pytest.approx(-16, abs=1)
    report.verdict()


def test_a_loop_without_words_is_right(folder: Path) -> None:
    shot(folder, "idle", "", 3.0)
    report = check(folder / "idle.mp4")
    assert report.ok, report.failed
    assert report["loudness"].ok is None and report["face"].ok


@pytest.mark.parametrize("move", [-200, -80, 80, 200])
def test_the_offset_of_a_sound_is_told_to_a_hundredth_of_a_second(good: Clip, folder: Path, move: int) -> None:
    at_rest = check(folder / "good.mp4")["sync"].value or 0.0
    found = checked(damage.moved(good, move), folder)["sync"]
    assert found.ok is False
    assert (found.value or 0.0) - at_rest == pytest.approx(move, abs=10)


def test_the_offset_is_told_where_nobody_knows_the_words(good: Clip, folder: Path) -> None:
    found = checked(damage.moved(good, -120), folder, text="")["sync"]
    assert found.value == pytest.approx(-120, abs=20)
    assert found.ok is False


@pytest.mark.parametrize("how", FOUND)
def test_damage_is_found_under_its_name(good: Clip, folder: Path, how: str) -> None:
    report = checked(damage.ALONE[how](good), folder)
    assert FOUND[how] in {finding.name for finding in report.failed}


@pytest.mark.parametrize("told", [None, ""])
def test_the_sound_of_another_clip_is_not_what_the_mouth_says(good: Clip, folder: Path, told: str | None) -> None:
    report = checked(damage.dubbed(good, shot(folder, "other", OTHER)), folder, text=told)
    failed = {finding.name for finding in report.failed}
    assert failed & {"follows", "sync"}
    assert ("words" in failed) == (told is None), "the clip itself says what is said in it"


def test_a_mouth_that_does_nothing_does_not_say_what_is_heard(good: Clip, folder: Path) -> None:
    report = checked(damage.frozen_mouth(good, shot(folder, "idle", "", 3.0)), folder)
    assert {"mouth_moves", "follows"} & {finding.name for finding in report.failed}
    assert (report["face"].value or 0) < 0.05, "the face is there"


def test_a_mouth_that_moves_in_silence_is_not_at_rest(good: Clip, folder: Path) -> None:
    """A second of what is said is not heard."""
    silent = good.sound.copy()
    silent[round(1.8 * good.rate) : round(2.9 * good.rate)] = 0
    report = checked(replace(good, sound=silent), folder)
    assert report["rest"].ok is False


@pytest.mark.parametrize("person", ["joi", "officer_j"])
def test_lips_that_rest_as_they_never_do_in_a_short_text_are_at_rest(person: str, folder: Path) -> None:
    said = {"persona": person, "lang": "de", "size": 256}
    clip = render("Guten Morgen, willkommen an Bord.", output=folder / "short.mp4", **said)  # type: ignore[arg-type]
    report = check(clip.path)
    assert report.ok, report.failed


def test_one_word_is_too_little_to_tell_its_offset(folder: Path) -> None:
    report = check(render("Hello.", output=folder / "word.mp4", size=256).path)
    assert report.ok, report.failed
    assert report["sync"].ok is None


def test_lips_that_never_meet_are_found(folder: Path) -> None:
    """As a face moves that takes each p for a k, each b for a g and each m for an ng."""
    said = list(Espeak(variant="f3").speak(Line(SAID)))
    said.append(Speech(np.zeros(round(0.3 * said[0].rate), np.float32), said[0].rate))
    apart = [replace(speech, phones=tuple(map(parted, speech.phones))) for speech in said]
    met, parting = (
        check(film(PERSONAS / "joi", folder / "film.mp4", speeches, 25, 384, life=1.0), text=SAID)
        for speeches in (said, apart)
    )
    assert met.ok and met["closure"].ok
    assert parting["sync"].ok, "the mouth is in time"
    assert {finding.name for finding in parting.failed} == {"closure"}


def parted(phone: Phone) -> Phone:
    return replace(phone, ipa=phone.ipa.translate(str.maketrans("pbm", "kɡŋ")), burst=None)


def test_what_is_let_pass_can_be_set(good: Clip, folder: Path) -> None:
    late = damage.moved(good, 80)
    assert not checked(late, folder).ok
    assert checked(late, folder, thresholds=Thresholds(sound_late_ms=125)).ok
