"""The examples for services, make and pre-commit: their own steps, run as they stand in a copy of the example."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml
from junitparser import JUnitXml
from services import ROOT, GitHub, GitLab, Machines, Ran, shell

from deckard_cli.clip.provenance.selfmade import create

EXAMPLE = ROOT / "examples" / "ci"
CLIPS = {"welcome.mp4", "gates.mp4", "late.mp4", "night.mp4"}


pytestmark = pytest.mark.timeout(300)  # each job starts the command anew


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machines:
    """Machines that start with a copy of the example."""
    for name in [name for name in os.environ if name.startswith("DECKARD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DECKARD_ENV_FILE", "")
    monkeypatch.setenv("DECKARD_SIZE", "128")  # half the example's: as right, and made sooner
    repository = tmp_path / "repository"
    shutil.copytree(EXAMPLE, repository)
    return Machines(repository, tmp_path / "machines")


def change_a_line(machines: Machines) -> None:
    rows = machines.repository / "lines.csv"
    rows.write_text(rows.read_text(encoding="utf-8").replace("twelve", "two"), encoding="utf-8")


def complete(ran: Ran) -> None:
    """All clips are in the job's folder, with their page and a report in which nothing is wrong."""
    assert not any(ran.codes), ran.err
    there = {path.name for path in (ran.folder / "clips").iterdir()}
    assert CLIPS | {"gallery.html"} <= there
    report = JUnitXml.fromfile(str(ran.folder / "report.xml"))
    assert (len(list(report)), report.failures) == (len(CLIPS), 0)


def test_github_makes_what_changed_and_takes_the_rest_from_the_cache(machines: Machines, tmp_path: Path) -> None:
    github = GitHub(machines, tmp_path / "caches")
    first = [github.job("clips", part=part) for part in (1, 2)]
    assert [job.rendered > 0 for job in first] == [True, True]
    assert sum(job.rendered for job in first) == len(CLIPS)
    gallery = github.job("gallery")
    complete(gallery)
    assert gallery.rendered == 0

    github.run_id = 2
    assert github.job("frozen").codes == [0]
    again = [github.job("clips", part=part) for part in (1, 2)]
    assert [(job.codes, job.rendered) for job in again] == [([0], 0)] * 2

    github.run_id = 3
    change_a_line(machines)
    frozen = github.job("frozen")
    assert (frozen.codes, frozen.out) == ([1], "clips/gates.mp4\n")
    assert sum(github.job("clips", part=part).rendered for part in (1, 2)) == 1


def test_gitlab_makes_what_changed_and_takes_the_rest_from_the_cache(machines: Machines, tmp_path: Path) -> None:
    """Under the name of those who make them."""
    key = tmp_path / "signer.pem"
    key.write_bytes(create("Acme Films"))
    files = {"DECKARD_CERTIFICATE": str(key), "DECKARD_PRIVATE_KEY": str(key)}
    gitlab = GitLab(machines, tmp_path / "caches", files)
    first = [gitlab.job("clips", part=part) for part in (1, 2)]
    assert sum(job.rendered for job in first) == len(CLIPS)
    gallery = gitlab.job("gallery", artifacts=first)
    complete(gallery)
    assert gallery.rendered == 0

    gitlab.branch = "another-text"
    change_a_line(machines)
    frozen = gitlab.job("frozen")
    assert (frozen.codes, frozen.out) == ([1], "clips/gates.mp4\n")
    second = [gitlab.job("clips", part=part) for part in (1, 2)]
    assert ([job.codes for job in second], sum(job.rendered for job in second)) == ([[0], [0]], 1)


def test_make_makes_what_changed_and_a_hook_finds_what_is_out_of_date(machines: Machines) -> None:
    ran, variables = machines.new()
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    asked = yaml.safe_load((EXAMPLE / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    assert {hook["id"] for hook in asked} == set(hooks)
    frozen = shlex.split(hooks["deckard-frozen"]["entry"]) + asked[0]["args"]

    assert shell("make check", ran.folder, variables, ran) == 0
    assert ran.rendered == len(CLIPS)
    complete(ran)
    assert shell("make --question", ran.folder, variables, ran) == 0
    assert shell(shlex.join(frozen), ran.folder, variables, ran) == 0

    rows = ran.folder / "lines.csv"
    rows.write_text(rows.read_text(encoding="utf-8").replace("twelve", "two"), encoding="utf-8")
    ran.out = ran.err = ""
    assert shell(shlex.join(frozen), ran.folder, variables, ran) == 1
    assert ran.out == "clips/gates.mp4\n"
    assert shell("make", ran.folder, variables, ran) == 0
    assert ran.rendered == 1


def test_a_hook_measures_the_clips_that_are_committed(machines: Machines) -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    wanted = re.compile(hooks["deckard-check"]["files"])
    assert [name for name in ("clips/a.mp4", "b.webm", "c.mp4.txt") if wanted.search(name)] == ["clips/a.mp4", "b.webm"]
    ran, variables = machines.new()
    (ran.folder / "broken.mp4").write_bytes(b"no clip")
    assert shell(f"{hooks['deckard-check']['entry']} broken.mp4", ran.folder, variables, ran) != 0
    assert "broken.mp4" in ran.err
