"""The examples run as they stand, and the README's commands are ones that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from running import Deckard
from skimage.data import astronaut

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOLD = dict(line.partition("  #")[::2] for line in re.findall(r"^deckard .*", README, flags=re.MULTILINE))
"""What the README says of each command."""
COMMANDS = list(TOLD)
PERSONAS = [line for line in COMMANDS if " persona " in line or "--persona ada" in line]
"""To be typed one after the other."""


def test_the_example_in_python_runs(here: Path) -> None:
    command = [sys.executable, "-W", "error", ROOT / "examples" / "from_python.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if line.endswith("s  ")] == []
    assert {file.name for file in here.iterdir()} == {"hello.mp4", "hello.srt", "upright.mp4"}


@pytest.mark.parametrize("command", [each for each in COMMANDS if " render " in each and each not in PERSONAS])
def test_a_command_of_the_readme_does_what_it_says(command: str, deckard: Deckard, here: Path) -> None:
    (here / "script.txt").write_text("Words in a file.", encoding="utf-8")
    deckard("render", "What is said in it", "-o", "speech.wav")
    done = deckard(*shlex.split(command)[1:])
    assert done.returncode == (4 if "exit code 4" in TOLD[command] else 0), done.stderr
    assert not done.stdout.endswith(".mp4\n") or (here / done.stdout.strip()).is_file()


def test_the_commands_about_personas_can_be_typed_one_after_the_other(
    deckard: Deckard, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but `build`, which takes minutes."""
    Image.fromarray(astronaut()).save(here / "ada.jpg")
    monkeypatch.setenv("EDITOR", "true")
    for command in PERSONAS:
        arguments = shlex.split(command)[1:]
        if "build" in arguments:
            continue
        done = deckard(*arguments, *(["--yes"] if "remove" in arguments else []))
        assert done.returncode == 0, f"{command}: {done.stderr}"
    made = {"preview.png", "sheet.png", "idle.mp4", "rachael.deckard", "ada-hello-i-am-ada.mp4"}
    assert made <= {file.name for file in here.iterdir()}


def test_what_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!https:)([^)]+)\)", README)
    assert links
    titles = re.findall(r"^#+ (.+)", README, flags=re.MULTILINE)
    places = {"#" + re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
    assert [link for link in links if link not in places and not (ROOT / link).exists()] == []
