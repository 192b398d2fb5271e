"""`deckard inspect` and `deckard provenance`: what a person and a program are told of a clip, and of who signs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from authority import sold
from clips import noise, write
from running import QUICK

from deckard_cli.cli import run
from deckard_cli.clip.provenance import Claim
from deckard_cli.clip.provenance.seal import sign
from deckard_cli.clip.provenance.signer import signer

FIELDS = (
    "version path signature trust signer issuer faults title about source synthetic commercial software language"
    " credits ingredients duration picture sound tags"
)


class Told(NamedTuple):
    """What a command left."""

    returncode: int
    stdout: str
    stderr: str


Deckard = Callable[..., Told]


@pytest.fixture
def deckard(here: Path, capsys: pytest.CaptureFixture[str]) -> Deckard:
    """The command, run in this process: another for each would take ten times as long."""

    def command(*arguments: str) -> Told:
        code = run(arguments)
        return Told(code, *capsys.readouterr())

    return command


def _render(deckard: Deckard, name: str, *arguments: str) -> Path:
    done = deckard("render", "hello you", *QUICK, "--size", "64", "-o", name, *arguments)
    assert done.returncode == 0, done.stderr
    return Path(name).absolute()


def _inspected(deckard: Deckard, name: str, *arguments: str) -> dict[str, object]:
    done = deckard("inspect", name, "--json", *arguments)
    report: dict[str, object] = json.loads(done.stdout)
    return report


def _spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.find(b"mdat") + 500 if path.suffix == ".mp4" else 500] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.gif", "clip.wav"])
def test_a_clip_tells_what_it_is(name: str, deckard: Deckard) -> None:
    _render(deckard, name)
    done = deckard("inspect", name)
    assert (done.returncode, done.stderr) == (0, "")
    first, *lines = done.stdout.splitlines()
    told = {line.split()[0]: " ".join(line.split()[1:]) for line in lines}
    assert first == name
    assert told["title"] == "Joi: hello you"
    assert "Nobody was" in told["what"]
    assert told["persona"] == "Joi (Apache-2.0)"
    assert told["voice"] == "tone"
    assert told["source"] == "algorithmicMedia"
    assert told["signature"].startswith("valid; Deckard user (self-made)")
    assert ("picture" in told, "sound" in told) == (name != "clip.wav", name != "clip.gif")


def test_a_program_is_told_the_same_with_its_fields_in_order(deckard: Deckard, here: Path) -> None:
    _render(deckard, "clip.mp4")
    report = _inspected(deckard, "clip.mp4")
    assert list(report) == FIELDS.split()
    assert report["path"] == str(here / "clip.mp4")
    assert (report["signature"], report["trust"], report["faults"]) == ("valid", "own", [])
    assert (report["synthetic"], report["commercial"]) == (True, True)
    assert report["credits"] == [
        {"role": "persona", "name": "Joi", "licence": "Apache-2.0"},
        {"role": "voice", "name": "tone", "licence": ""},
        {"role": "face", "name": "flat", "licence": ""},
    ]
    picture = report["picture"]
    assert isinstance(picture, dict)
    assert (picture["codec"], picture["width"], picture["height"], picture["rate"]) == ("h264", 64, 64, 25.0)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.wav"])
def test_a_clip_that_was_changed_is_told_and_ends_with_1(name: str, deckard: Deckard) -> None:
    _spoil(_render(deckard, name))
    done = deckard("inspect", name)
    assert done.returncode == 1
    assert f"'{name}' is not what was signed: its " in done.stderr
    assert " changed" in done.stderr and "jumbf" not in done.stderr, "in our words"
    assert "signature  tampered" in done.stdout
    told = deckard("inspect", name, "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout)["signature"] == "tampered"
    assert json.loads(told.stderr)["error"]["code"] == "tampered"


def test_a_clip_that_broke_off_tells_what_is_left_of_it(deckard: Deckard) -> None:
    path = _render(deckard, "clip.mp4")
    path.write_bytes(path.read_bytes()[:6000])
    done = deckard("inspect", "clip.mp4")
    assert done.returncode == 1
    assert "tampered" in done.stdout


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm"])
def test_a_clip_without_a_signature_says_so_and_shows_its_tags(name: str, deckard: Deckard) -> None:
    _render(deckard, name, "--no-provenance")
    done = deckard("inspect", name)
    assert done.returncode == 0
    assert "signature  none" in done.stdout
    assert "Nobody was filmed." in done.stdout
    report = _inspected(deckard, name)
    assert (report["signature"], report["credits"], report["synthetic"]) == ("none", [], None)


def test_what_is_no_clip_and_what_is_not_there_are_told(deckard: Deckard, here: Path) -> None:
    (here / "notes.txt").write_text("hello")
    assert deckard("inspect", "notes.txt").returncode == 1
    assert deckard("inspect", "nothing.mp4").returncode == 2
    assert deckard("inspect", ".").returncode == 2


def test_what_others_wrote_does_not_reach_the_terminal_as_it_is(deckard: Deckard, here: Path) -> None:
    evil = "\x1b[2Jgone\u202e\nsignature  valid"
    write(here / "tagged.mp4", noise(8000), 16000, 25, tags={"title": evil})
    write(here / "signed.wav", noise(8000), 16000, 25)
    sign(here / "signed.wav", Claim(title=evil, about=evil, source="algorithmicMedia"), signer())
    for name in ("tagged.mp4", "signed.wav"):
        shown = deckard("inspect", name).stdout
        assert "gone" in shown
        assert all(line.isprintable() for line in shown.splitlines())
        assert sum(line.strip().startswith("signature") for line in shown.splitlines()) == 1


def test_without_provenance_a_clip_says_nothing_under_a_signature(deckard: Deckard, here: Path) -> None:
    (here / "deckard.toml").write_text("provenance = false\n")
    assert b"c2pa" not in _render(deckard, "clip.mp4").read_bytes()
    assert b"c2pa" in _render(deckard, "signed.mp4", "--provenance").read_bytes()


def test_what_is_not_for_sale_has_to_be_asked_for_and_the_clip_says_so(deckard: Deckard, here: Path) -> None:
    assert deckard("persona", "create", "nell", "--from", "joi", "--here").returncode == 0
    persona = here / "personas" / "nell" / "persona.toml"
    persona.write_text(persona.read_text().replace('licence = "Apache-2.0"', 'licence = "CC-BY-NC-4.0"'))
    arguments = ("render", "hello", *QUICK, "--persona", "nell", "--size", "64", "-o", "clip.mp4")
    refused = deckard(*arguments)
    assert refused.returncode == 2
    assert "try: --allow-noncommercial" in refused.stderr
    assert not (here / "clip.mp4").exists()
    assert deckard(*arguments, "--allow-noncommercial").returncode == 0
    assert "licence    not for commercial use" in deckard("inspect", "clip.mp4").stdout
    assert _inspected(deckard, "clip.mp4")["commercial"] is False


def test_a_certificate_of_a_persons_own_is_made_and_shown(deckard: Deckard) -> None:
    made = deckard("provenance", "init", "--organization", "Acme Films")
    assert made.returncode == 0
    assert made.stdout.endswith("signer.pem\n")
    assert "'Acme Films (self-made)'" in made.stderr
    assert "no end" in deckard("provenance", "show").stdout
    shown = json.loads(deckard("provenance", "show", "--json").stdout)
    assert (shown["organization"], shown["self_made"], shown["until"]) == ("Acme Films", True, None)
    _render(deckard, "clip.wav")
    assert _inspected(deckard, "clip.wav")["issuer"] == "Acme Films"


def test_a_certificate_that_is_there_is_replaced_only_when_asked(deckard: Deckard) -> None:
    deckard("provenance", "init", "--organization", "Acme Films")
    _render(deckard, "clip.wav")
    kept = deckard("provenance", "show").stdout
    again = deckard("provenance", "init")
    assert again.returncode == 2
    assert "try: deckard provenance init --force" in again.stderr
    named = deckard("provenance", "init", "--organization", "Acme & Sons")
    assert "try: deckard provenance init --organization 'Acme & Sons' --force" in named.stderr
    assert deckard("provenance", "show").stdout == kept
    assert deckard("provenance", "init", "--force").returncode == 0
    assert deckard("provenance", "show").stdout != kept
    assert _inspected(deckard, "clip.wav")["trust"] == "own"


def test_a_certificate_that_names_nobody_gives_way_to_one_that_names_somebody(deckard: Deckard) -> None:
    _render(deckard, "clip.wav")
    assert deckard("provenance", "init").returncode == 2
    named = deckard("provenance", "init", "--organization", "Acme Films")
    assert named.returncode == 0 and "names nobody" in named.stderr
    assert "Acme Films" in deckard("provenance", "show").stdout
    assert _inspected(deckard, "clip.wav")["trust"] == "own"
    assert deckard("provenance", "init", "--organization", "Others").returncode == 2


@pytest.mark.parametrize("name", [" ", "x" * 65])
def test_a_name_that_no_certificate_can_have_is_refused(name: str, deckard: Deckard) -> None:
    assert deckard("provenance", "init", "--organization", name).returncode == 2


def test_a_certificate_that_was_bought_signs_and_is_trusted_with_its_list(
    deckard: Deckard, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought = sold(here, "es256")
    (here / "deckard.toml").write_text(f'certificate = "{bought.certificate}"\n')
    monkeypatch.setenv("DECKARD_PRIVATE_KEY", str(bought.private_key))
    shown = json.loads(deckard("provenance", "show", "--json").stdout)
    assert (shown["name"], shown["issuer"], shown["self_made"]) == ("Acme Films", "Trusty", False)
    assert shown["until"]
    _render(deckard, "clip.mp4")
    assert _inspected(deckard, "clip.mp4")["trust"] == "unknown"
    assert _inspected(deckard, "clip.mp4", "--trust", "authority.pem")["trust"] == "trusted"
    monkeypatch.setenv("DECKARD_TRUST", str(bought.authority))
    assert _inspected(deckard, "clip.mp4")["signer"] == "Acme Films"
    assert _inspected(deckard, "clip.mp4")["trust"] == "trusted"


def test_where_no_certificate_can_be_kept_a_person_is_told(
    deckard: Deckard, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "file").write_text("no folder")
    monkeypatch.setenv("DECKARD_DATA_DIR", str(here / "file"))
    done = deckard("render", "hello you", *QUICK, "--size", "64", "-o", "clip.mp4")
    assert done.returncode == 0
    assert done.stderr.count("signed with a key that nobody keeps") == 1
    assert _inspected(deckard, "clip.mp4")["trust"] == "unknown"


def test_a_signer_that_cannot_sign_is_told_before_anything_is_spoken(
    deckard: Deckard, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECKARD_CERTIFICATE", str(sold(here).certificate))
    done = deckard("render", "hello", "-o", "clip.mp4")
    assert done.returncode == 2
    assert "export DECKARD_PRIVATE_KEY" in done.stderr
    assert not (here / "clip.mp4").exists()
