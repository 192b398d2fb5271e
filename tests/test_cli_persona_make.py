"""New personas, where they go, who hides whom, and how they leave."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from running import Deckard

from deckard_cli.cli import run
from deckard_cli.persona import load
from deckard_cli.persona.folder import files
from deckard_cli.persona.make import BLANK
from deckard_cli.persona.places import places


@pytest.fixture
def yours(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder of personas, which does not exist yet."""
    monkeypatch.setenv("DECKARD_DATA_DIR", str(here / "data"))
    return here / "data" / "personas"


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Every persona's name and whose it is."""
    capsys.readouterr()
    assert run(["persona", "list", "--json"]) == 0
    return {card["key"]: card["place"] for card in json.loads(capsys.readouterr().out)["personas"]}


def test_a_copy_has_everything_and_a_name_of_its_own(yours: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["persona", "create", "dr_ada-2", "--from", str(BLANK)]) == 0
    made = yours / "dr_ada-2"
    out, err = capsys.readouterr()
    assert out == f"{made}\n"
    assert 'deckard render --persona dr_ada-2 "hello"' in err
    ada = load(made)
    assert ada.name == "Dr Ada 2"
    assert files(made) == files(BLANK)
    before, after = ((folder / "persona.toml").read_text().splitlines() for folder in (BLANK, made))
    assert [line for line in after if line not in before] == ['name = "Dr Ada 2"']
    assert run(["persona", "validate", "dr_ada-2"]) == 0


def test_a_plain_persona_speaks_at_once(deckard: Deckard) -> None:
    done = deckard("persona", "create", "ada", "--blank", "--here")
    assert (done.returncode, done.stdout) == (0, f"{deckard.folder / 'personas' / 'ada'}\n")
    done = deckard("render", "--persona", "ada", "--voice", "tone", "--size", "128", "hi", "-o", "hi.mp4")
    assert (done.returncode, done.stdout) == (0, "hi.mp4\n")
    assert (deckard.folder / "hi.mp4").stat().st_size > 3000


def test_a_new_one_goes_to_personas_where_there_is_such_a_folder_else_to_your_own(
    here: Path, yours: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = ("--from", str(BLANK))
    assert run(["persona", "create", "a", *source]) == 0
    assert run(["persona", "create", "b", *source, "--here"]) == 0
    assert run(["persona", "create", "c", *source]) == 0
    assert run(["persona", "create", "d", *source, "--to", "elsewhere"]) == 0
    assert run(["persona", "create", "e", *source, "--to", "elsewhere", "--here"]) == 2
    assert (here / "elsewhere" / "d" / "persona.toml").is_file()
    assert {key: place for key, place in listed(capsys).items() if len(key) == 1} == {
        "a": "yours",
        "b": "here",
        "c": "here",
    }


def test_one_that_hides_another_says_so(here: Path, yours: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["persona", "create", "joi", "--from", str(BLANK)]) == 0
    assert f"joi hides the one in {places()[2] / 'joi'}" in capsys.readouterr().err
    assert run(["persona", "create", "joi", "--from", str(BLANK), "--here"]) == 0
    capsys.readouterr()
    assert run(["persona", "show", "joi", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert (card["place"], card["folder"]) == ("here", str(here / "personas" / "joi"))
    assert card["hides"] == [str(yours / "joi"), str(places()[2] / "joi")]
    assert run(["persona", "list"]) == 0
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line.startswith("joi ")] == [
        line for line in out.splitlines() if "Joi, Somebody new" in line and "here" in line
    ]
    assert f"joi hides another in {yours / 'joi'}" in err


def test_one_that_is_hidden_says_so(here: Path, yours: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["persona", "create", "joi", "--from", str(BLANK), "--here"]) == 0
    capsys.readouterr()
    assert run(["persona", "create", "joi", "--from", str(BLANK), "--to", str(yours)]) == 0
    assert f"joi is hidden by the one in {here / 'personas' / 'joi'}" in capsys.readouterr().err


def test_programs_are_told_what_show_tells(here: Path, yours: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["persona", "create", "ada", "--from", str(BLANK), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert run(["persona", "show", "ada", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == made
    assert run(["persona", "export", "ada", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"version": 1, "path": str(here / "ada.deckard")}
    assert run(["persona", "import", "ada.deckard", "--name", "eve", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        **made,
        "key": "eve",
        "name": "Eve",
        "folder": str(yours / "eve"),
    }


def test_a_broken_one_is_told_and_hides_nobody(here: Path, yours: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "personas" / "bad").mkdir(parents=True)
    (here / "personas" / "bad" / "persona.toml").write_text("nmae = 1")
    capsys.readouterr()
    assert run(["persona", "list"]) == 0
    out, err = capsys.readouterr()
    assert "joi" in out and "bad" not in out.split()
    assert "persona.toml:1: nmae" in err
    assert run(["persona", "path", "bad"]) == 0
    assert capsys.readouterr().out == f"{here / 'personas' / 'bad'}\n"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "-x", "ä", "a b", "con", "x" * 65, "a.b", "a\n"])
def test_a_name_that_no_folder_should_have_is_refused(name: str, here: Path) -> None:
    assert run(["persona", "create", "--from", str(BLANK), "--here", "--", name]) == 2
    assert list(here.iterdir()) == []


def test_it_is_made_from_one_thing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["persona", "create", "ada"]) == 2
    assert "--from" in capsys.readouterr().err
    assert run(["persona", "create", "ada", "--blank", "--from", "joi"]) == 2
    assert run(["persona", "create", "ada", "--from", "jo"]) == 2
    assert "did you mean 'joi'?" in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_nothing_is_replaced_unless_it_is_asked_for(yours: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["persona", "create", "ada", "--from", str(BLANK)]) == 0
    (yours / "ada" / "mine.txt").write_text("mine")
    for name in ("ada", "ADA"):  # a Mac or a Windows would take them for one
        capsys.readouterr()
        assert run(["persona", "create", name, "--from", str(BLANK)]) == 2
        assert "There is already a persona 'ada'" in capsys.readouterr().err
    assert (yours / "ada" / "mine.txt").is_file()
    assert run(["persona", "create", "ada", "--from", str(BLANK), "--force"]) == 0
    assert not (yours / "ada" / "mine.txt").exists()
    assert [folder.name for folder in yours.glob("*/")] == ["ada"]


def test_it_can_be_made_again_from_itself(yours: Path) -> None:
    assert run(["persona", "create", "ada", "--from", str(BLANK)]) == 0
    (yours / "ada" / "mine.txt").write_text("mine")
    assert run(["persona", "create", "ada", "--from", "ada", "--force"]) == 0
    assert (yours / "ada" / "mine.txt").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "taken").write_text("a file")
    assert run(["persona", "create", "ada", "--from", str(BLANK), "--to", "taken"]) == 1
    assert "taken" in capsys.readouterr().err


def test_what_a_killed_command_left_is_no_persona(yours: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left = yours / ".ada.12345678.part.d"
    left.mkdir(parents=True)
    (left / "persona.toml").write_text('name = "Half"')
    assert not [key for key in listed(capsys) if key.startswith(".")]


def test_a_copy_of_one_that_is_write_protected_can_be_edited(here: Path, yours: Path) -> None:
    source = here / "source"
    assert run(["persona", "create", "ada", "--from", str(BLANK), "--to", "source"]) == 0
    for file in (source / "ada").rglob("*"):
        file.chmod(0o555 if file.is_dir() else 0o444)
    assert run(["persona", "create", "eve", "--from", "source/ada"]) == 0
    assert all(file.stat().st_mode & 0o200 for file in (yours / "eve").rglob("*"))


def test_only_your_own_are_removed(here: Path, yours: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["persona", "remove", "joi", "--yes"]) == 2
    assert str(places()[2] / "joi") in capsys.readouterr().err
    assert run(["persona", "create", "joi", "--from", str(BLANK)]) == 0
    assert run(["persona", "create", "joi", "--from", str(BLANK), "--here"]) == 0
    assert run(["persona", "remove", "joi", "--yes"]) == 0
    assert (here / "personas" / "joi").exists() is False and (yours / "joi").is_dir()
    assert run(["persona", "remove", "joi", "--yes"]) == 0
    assert run(["persona", "remove", "joi", "--yes"]) == 2
    assert (places()[2] / "joi" / "persona.toml").is_file()


@pytest.mark.parametrize("name", ["personas/ada", "./personas/ada", ".", "..", "../personas", "", "adda"])
def test_a_path_or_a_stranger_is_not_removed(name: str, here: Path) -> None:
    assert run(["persona", "create", "ada", "--from", str(BLANK), "--here"]) == 0
    assert run(["persona", "remove", name, "--yes"]) == 2
    assert (here / "personas" / "ada" / "persona.toml").is_file()


def test_of_a_link_the_link_alone_goes(here: Path, yours: Path) -> None:
    assert run(["persona", "create", "ada", "--from", str(BLANK), "--to", "elsewhere"]) == 0
    yours.mkdir(parents=True)
    (yours / "linked").symlink_to(here / "elsewhere" / "ada")
    assert load(yours / "linked").key == "linked"
    assert run(["persona", "remove", "linked", "--yes"]) == 0
    assert not (yours / "linked").is_symlink()
    assert (here / "elsewhere" / "ada" / "persona.toml").is_file()


def test_nobody_is_removed_where_nobody_can_be_asked(deckard: Deckard) -> None:
    assert deckard("persona", "create", "ada", "--from", str(BLANK), "--here").returncode == 0
    done = deckard("persona", "remove", "ada", stdin=b"y\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--yes" in done.stderr
    assert (deckard.folder / "personas" / "ada").is_dir()


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 1), (b"\n", 1), (b"what\nYES\n", 0), (b"\x04", 1)])
def test_at_a_terminal_it_is_asked_first(deckard: Deckard, answer: bytes, code: int) -> None:
    assert deckard("persona", "create", "ada", "--from", str(BLANK), "--here").returncode == 0
    ours, theirs = pty.openpty()
    command = deckard.command("persona", "remove", "ada")
    with subprocess.Popen(
        command, cwd=deckard.folder, env=deckard.variables(), stdin=theirs, stdout=subprocess.PIPE, stderr=theirs
    ) as running:
        said = b""
        until = time.monotonic() + 20
        while b"?" not in said and time.monotonic() < until:
            if select.select([ours], [], [], 0.1)[0]:
                said += os.read(ours, 4096)
        os.write(ours, answer)
        assert running.wait(20) == code
        assert running.stdout is not None and running.stdout.read() == b""
    assert b"files in it?" in said
    assert (deckard.folder / "personas" / "ada").is_dir() is bool(code)
    os.close(ours)
    os.close(theirs)


def test_a_shell_completes_names(deckard: Deckard) -> None:
    assert deckard("persona", "create", "joan", "--from", str(BLANK), "--here").returncode == 0
    words = {"_DECKARD_COMPLETE": "complete_bash", "COMP_WORDS": "deckard persona show jo", "COMP_CWORD": "3"}
    done = Deckard(deckard.folder, words)()
    assert done.stdout.split() == ["joan", "joi"]


def test_where_nothing_can_be_written_it_says_what_to_do(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "full").write_text("a file")
    assert run(["persona", "create", "ada", "--blank", "--to", "full/personas"]) == 1
    err = capsys.readouterr().err
    assert "cannot be written" in err and "--to FOLDER" in err


def test_what_is_missing_to_build_a_drawing_is_told_before_it_takes_long(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["persona", "create", "ada", "--blank"]) == 0
    capsys.readouterr()
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    assert run(["persona", "build", "ada"]) == 3
    err = capsys.readouterr().err
    assert "needs resvg-py" in err and "minute" not in err
