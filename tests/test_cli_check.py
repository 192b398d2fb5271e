"""`deckard check`: what it prints, writes and leaves with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from clips import noise, write
from junitparser import JUnitXml
from running import Deckard

from deckard_cli.check import Finding, Report, document
from deckard_cli.check.junit import junit
from deckard_cli.errors import DeckardError


@pytest.fixture
def clip(here: Path) -> Path:
    """A clip without a face."""
    write(here / "a.mp4", noise(24000), 24000, 25)
    return here / "a.mp4"


def test_a_clip_is_told_line_by_line_and_leaves_with_1_where_it_is_wrong(deckard: Deckard, clip: Path) -> None:
    done = deckard("check", "a.mp4")
    assert done.returncode == 1 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "a.mp4: not right"
    assert any(line.split()[:2] == ["ok", "streams"] for line in lines)
    assert any(line.split()[:2] == ["WRONG", "face"] for line in lines)


def test_quietly_only_what_is_wrong_is_told(deckard: Deckard, clip: Path) -> None:
    lines = deckard("check", "-q", "a.mp4").stdout.splitlines()
    assert len(lines) > 1
    assert all(line.split()[0] == "WRONG" for line in lines[1:])


def test_thresholds_come_from_the_nearest_deckard_toml(deckard: Deckard, clip: Path) -> None:
    lenient = "[check]\nface_lost = 1.0\nblack_seconds = 9\nquiet_end_seconds = 0\nloudness_least = -60\n"
    (deckard.folder / "deckard.toml").write_text(lenient)
    done = deckard("check", "a.mp4")
    assert done.returncode == 0, done.stdout
    (deckard.folder / "deckard.toml").write_text("[check]\nsound_early_ms = -3\nface = 1\n")
    done = deckard("check", "a.mp4")
    assert done.returncode == 2
    assert "deckard.toml:2: check.sound_early_ms" in done.stderr and "deckard.toml:3: check.face" in done.stderr


def test_json_is_one_object_with_a_clip_each(deckard: Deckard, clip: Path) -> None:
    (deckard.folder / "b.mp4").write_bytes(b"no clip")
    done = deckard("check", "a.mp4", "b.mp4", "none.mp4", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["version"] == 1 and told["ok"] is False
    assert [Path(each["path"]).name for each in told["clips"]] == ["a.mp4", "b.mp4", "none.mp4"]
    (finding,) = told["clips"][1]["findings"]
    assert finding["name"] == "readable" and finding["ok"] is False
    assert list(finding) == ["name", "ok", "sentence", "value", "least", "most", "unit", "confidence"]


def test_a_report_that_ci_services_read_is_written(deckard: Deckard, clip: Path) -> None:
    deckard("check", "a.mp4", "--junit", "report.xml", "-q")
    (suite,) = JUnitXml.fromfile(str(deckard.folder / "report.xml"))
    assert suite.name == "a.mp4"
    cases = {case.name: case for case in suite}
    assert cases["streams"].is_passed
    assert cases["face"].is_failure
    assert suite.tests == len(cases) and suite.failures == sum(case.is_failure for case in cases.values())


def test_a_report_is_refused_where_it_cannot_be(deckard: Deckard, clip: Path) -> None:
    before = clip.read_bytes()
    assert deckard("check", "a.mp4", "--junit", "a.mp4").returncode == 2
    assert clip.read_bytes() == before
    done = deckard("check", "a.mp4", "--junit", "nowhere/report.xml")
    assert done.returncode == 2 and "There is no folder" in done.stderr


def test_what_cannot_be_meant_is_refused(deckard: Deckard, clip: Path) -> None:
    for arguments in (["none.mp4"], ["."], [], ["a.mp4", "a.mp4", "--text", "Hello."]):
        done = deckard("check", *arguments)
        assert done.returncode == 2 and "Traceback" not in done.stderr
        assert done.stdout == ""


def test_names_and_numbers_that_xml_and_json_cannot_write_are_told_all_the_same() -> None:
    findings = (
        Finding("loudness", False, "Nothing is \x00 heard <&>.", float("-inf"), (-32, -8), "LUFS"),
        Finding("sync", None, "It cannot be told.", 12.34567, (None, 60.0), "ms", 0.1),
    )
    report = Report(Path("a\x1b&<b>.mp4"), 1.0, findings)
    (suite,) = JUnitXml.fromstring(junit([report]))
    assert suite.failures == 1 and suite.skipped == 1
    told = json.loads(json.dumps(document([report]), allow_nan=False))
    assert told["clips"][0]["findings"][0]["value"] is None
    assert told["clips"][0]["findings"][1]["value"] == 12.3457
    with pytest.raises(DeckardError, match="Nothing is"):
        report.verdict()
    assert report["sync"].confidence == 0.1
