"""The examples run as they stand, and the README's commands are ones that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from running import Deckard

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line.split("  #")[0] for line in re.findall(r"^deckard .*", README, flags=re.MULTILINE)]


def test_the_example_in_python_runs(here: Path) -> None:
    command = [sys.executable, "-W", "error", ROOT / "examples" / "from_python.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if line.endswith("s  ")] == []
    assert {file.name for file in here.iterdir()} == {"hello.mp4", "hello.srt", "upright.mp4"}


@pytest.mark.parametrize("command", [each for each in COMMANDS if "render" in each or "show" in each])
def test_a_command_of_the_readme_does_what_it_says(command: str, deckard: Deckard, here: Path) -> None:
    (here / "script.txt").write_text("Words in a file.", encoding="utf-8")
    deckard("render", "What is said in it", "-o", "speech.wav")
    arguments = shlex.split(command)[1:]
    done = deckard(*arguments)
    assert done.returncode == 0, done.stderr
    assert not done.stdout.endswith(".mp4\n") or (here / done.stdout.strip()).is_file()


def test_what_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
