"""A persona's file in an editor: real ones, which are small programs here, at a terminal and without one."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from running import Deckard

from deckard_cli.persona.make import BLANK, copied, make

EDITOR = """
import sys
from pathlib import Path
wait, file = sys.argv[1:]
assert wait == "--wait it"
print("an editor that talks")
steps = Path("steps.txt")
old, new, *rest = steps.read_text().split("\\n")
steps.write_text("\\n".join(rest))
text = Path(file).read_text()
assert old in text
Path(file).write_text(text.replace(old, new))
"""


@pytest.fixture
def editor(deckard: Deckard) -> Deckard:
    """The command, with an editor that replaces the first line of steps.txt by the second, then the third ..."""
    (deckard.folder / "my editor.py").write_text(EDITOR)
    visual = f"{sys.executable} 'my editor.py' '--wait it'"
    return Deckard(deckard.folder, {"VISUAL": visual, "EDITOR": "false", "DECKARD_DATA_DIR": "data"})


def steps(deckard: Deckard, *lines: str) -> None:
    (deckard.folder / "steps.txt").write_text("\n".join(lines))


def test_what_is_saved_is_looked_over_and_its_path_printed(editor: Deckard) -> None:
    ada = make("ada", editor.folder / "personas", copied(BLANK, "ada"))
    steps(editor, 'name = "Ada"', 'name = "Countess"')
    done = editor("persona", "edit", "ada")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"{ada / 'persona.toml'}\n",
        "an editor that talks\ndeckard: ada: no mistakes\n",
    )
    assert 'name = "Countess"' in (ada / "persona.toml").read_text()


def test_every_mistake_is_told_and_ends_with_2(editor: Deckard) -> None:
    ada = make("ada", editor.folder / "personas", copied(BLANK, "ada"))
    steps(editor, 'language = "en-us"', 'langauge = "en"')
    done = editor("persona", "edit", "ada")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{ada / 'persona.toml'}:10: langauge" in done.stderr
    assert done.stderr.endswith("try: deckard persona edit ada\n")


def test_a_built_in_one_is_copied_to_your_own_first(editor: Deckard) -> None:
    steps(editor, 'name = "Joi"', 'name = "My Joi"')
    done = editor("persona", "edit", "joi")
    copy = editor.folder / "data" / "personas" / "joi"
    assert (done.returncode, done.stdout) == (0, f"{copy / 'persona.toml'}\n")
    assert f"this is your own copy, which comes before it: {copy}" in done.stderr
    assert 'name = "My Joi"' in (copy / "persona.toml").read_text()
    built_in = BLANK.parents[2] / "personas" / "joi" / "persona.toml"
    assert 'name = "Joi"' in built_in.read_text()


def test_a_copy_in_which_nothing_was_changed_goes_again(editor: Deckard) -> None:
    steps(editor, 'name = "Joi"', 'name = "Joi"')
    assert "the copy is gone" in editor("persona", "edit", "joi").stderr
    assert not list((editor.folder / "data" / "personas").glob("*/"))


@pytest.mark.parametrize("visual", ["", "   "])
def test_without_an_editor_the_path_is_printed_and_nothing_is_copied(editor: Deckard, visual: str) -> None:
    bare = Deckard(editor.folder, {**editor.environment, "VISUAL": visual, "EDITOR": ""})
    done = bare("persona", "edit", "joi")
    assert done.returncode == 2
    assert Path(done.stdout.strip()).read_text().count('name = "Joi"') == 1
    assert "export VISUAL=" in done.stderr
    assert not (editor.folder / "data").exists()


@pytest.mark.parametrize(("visual", "code"), [("no-such-editor --wait", 3), ("false", 1), ("'unclosed", 2)])
def test_an_editor_that_does_not_work_is_said(editor: Deckard, visual: str, code: int) -> None:
    done = Deckard(editor.folder, {**editor.environment, "VISUAL": visual})("persona", "edit", "joi")
    assert (done.returncode, done.stdout) == (code, "")
    assert "editor" in done.stderr.lower()
    assert not list((editor.folder / "data").rglob("persona.toml"))


def test_a_broken_file_can_be_opened_and_mended(editor: Deckard) -> None:
    ada = make("ada", editor.folder / "personas", copied(BLANK, "ada"))
    (ada / "persona.toml").write_text("name = Ada")
    steps(editor, "name = Ada", 'name = "Ada"')
    assert editor("persona", "edit", "ada").returncode == 0


def test_at_a_terminal_it_is_offered_again(editor: Deckard) -> None:
    ada = make("ada", editor.folder / "personas", copied(BLANK, "ada"))
    steps(editor, 'name = "Ada"', "name = 7", "name = 7", 'name = "Ada Lovelace"')
    ours, theirs = pty.openpty()
    os.write(ours, b"y\n")
    done = subprocess.run(
        editor.command("persona", "edit", "ada"),
        cwd=editor.folder,
        env=editor.variables(),
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert (done.returncode, done.stdout) == (0, f"{ada / 'persona.toml'}\n")
    assert "persona.toml:5: name:" in done.stderr and "Edit again? [Y/n]" in done.stderr
    assert 'name = "Ada Lovelace"' in (ada / "persona.toml").read_text()
