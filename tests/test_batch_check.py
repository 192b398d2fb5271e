"""`batch --check`: a clip is looked at once, whatever copies of it are asked for later."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckard_cli import run
from deckard_cli.batch.bench import Bench
from deckard_cli.batch.engine import Kit, Outcome, Task
from deckard_cli.cache import Cache
from deckard_cli.check.trial import trial
from deckard_cli.job import Job
from deckard_cli.settings import Thresholds
from deckard_cli.studio import Studio


def made(bench: Bench, here: Path, token: str) -> Outcome:
    job = Job(text="Good morning, everybody out there.", output=here / "a.mp4", size="256", captions="srt")
    return bench.make(Task(token, job, here / "made"))


def marks() -> set[str]:
    (entry,) = Cache().entries()
    return {path.name for path in entry.folder.glob("passed-*")}


def test_what_passed_is_not_measured_again_until_the_limits_are_others(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(Bench(Kit(cache=10**9, check=Thresholds())), here, "first")
    assert first.failure is None and first.checked
    assert len(marks()) == 1
    refused = made(Bench(Kit(cache=10**9, check=Thresholds(loudness_most=-30))), here, "refused")
    assert refused.failure and refused.failure.code == "clip_not_right"
    assert refused.failure.message.startswith("'a.mp4' is not right. ")
    assert len(marks()) == 1, "what does not pass is not remembered"

    def measure(path: Path, **_: object) -> None:
        raise AssertionError(f"{path} is measured")

    monkeypatch.setattr("deckard_cli.batch.bench.check", measure)
    again = made(Bench(Kit(cache=10**9, check=Thresholds())), here, "again")
    assert again.failure is None and again.checked and again.written and again.written.cached
    other = made(Bench(Kit(cache=10**9, check=Thresholds(loudness_most=-9))), here, "other")
    assert other.failure and "is measured" in other.failure.message


def test_what_render_let_pass_is_measured_for_a_batch_which_looks_at_its_captions_too(here: Path) -> None:
    job = Job(text="Good morning, everybody out there.", output=here / "a.mp4", size="256", captions="srt")
    list(run(job, Studio(Cache()), lambda path: None, trial(Thresholds())))
    assert len(marks()) == 1
    assert made(Bench(Kit(cache=10**9, check=Thresholds())), here, "first").failure is None
    assert len(marks()) == 2
