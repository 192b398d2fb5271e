"""`render --check`: a clip that is not right does not get its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import Deckard

from deckard_cli import DeckardError, Job, run
from deckard_cli.cache import Cache
from deckard_cli.studio import Studio


def test_a_clip_that_is_right_is_kept(deckard: Deckard, here: Path) -> None:
    done = deckard("render", "Good morning, everybody out there.", "--check", "-o", "a.mp4")
    assert (done.returncode, done.stdout) == (0, "a.mp4\n"), done.stderr


def test_a_clip_that_is_not_right_leaves_nothing(deckard: Deckard, here: Path) -> None:
    (here / "deckard.toml").write_text("[check]\nloudness_most = -30\n")
    asked = ("render", "Good morning, everybody out there.", "-o", "a.mp4", "--captions", "srt")
    done = deckard(*asked, "--check", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    error = json.loads(done.stderr)["error"]
    assert error["code"] == "clip_not_right" and "'a.mp4' is not right. " in error["message"]
    assert error["hint"].startswith("make it without --check"), "a.mp4 is nowhere to be looked at"
    assert [path.name for path in here.iterdir()] == ["deckard.toml"]
    assert deckard(*asked).returncode == 0


def test_a_clip_from_the_cache_is_looked_at_too(here: Path) -> None:
    job = Job(text="Hello there.", output=here / "a.mp4", voice="tone", face="flat", size="64")
    studio = Studio(Cache(here / "cache"))
    list(run(job, studio))
    (here / "a.mp4").unlink()
    seen: list[bytes] = []

    def refuse(path: Path) -> None:
        seen.append(path.read_bytes()[4:8])
        raise DeckardError("No.", code="clip_not_right")

    for cached in (studio, Studio()):
        with pytest.raises(DeckardError, match="No"):
            list(run(job, cached, refuse))
        assert [path.name for path in here.iterdir()] == ["cache"]
    assert seen == [b"ftyp", b"ftyp"]


def test_what_passed_is_not_measured_again_until_the_limits_are_others(
    deckard: Deckard, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECKARD_CACHE", "true")
    asked = ("render", "Good morning, everybody out there.", "-o", "a.mp4", "--size", "256")
    assert deckard(*asked).returncode == 0
    cache = Cache()
    (entry,) = cache.entries()
    marks = lambda: {path.name for path in entry.folder.glob("passed-*")}  # noqa: E731
    assert marks() == set(), "nobody looked"
    assert deckard(*asked, "--check").returncode == 0
    assert len(first := marks()) == 1
    (here / "deckard.toml").write_text("[check]\nloudness_most = -30\n")
    assert deckard(*asked, "--check").returncode == 1
    assert marks() == first, "what does not pass is not remembered"
    (here / "deckard.toml").write_text("[check]\nloudness_most = -9\n")
    assert deckard(*asked, "--check").returncode == 0
    assert marks() > first and cache.verify() == (1, [])


def test_a_clip_is_looked_at_once_under_one_name(here: Path) -> None:
    job = Job(text="Hello there.", output=here / "a.mp4", voice="tone", face="flat", size="64")
    studio, seen = Studio(Cache(here / "cache")), []
    for trial in ("aa", "aa", "bb", "bb", "aa", "", ""):
        list(run(job, studio, seen.append, trial))
    assert len(seen) == 4
