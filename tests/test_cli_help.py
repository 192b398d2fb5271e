"""The help of every command is kept in help.txt, so that a change of the command line shows in the diff.

After a wanted change: `uv run python tests/test_cli_help.py > tests/help.txt`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

KEPT = Path(__file__).with_name("help.txt")
COMMANDS = [
    "",
    "render",
    "align",
    "batch",
    "reel",
    "serve",
    "serve lipsync",
    "worker",
    "runpod",
    "runpod deploy",
    "runpod status",
    "runpod logs",
    "runpod teardown",
    "check",
    "inspect",
    "preflight",
    "bench",
    "persona",
    "persona list",
    "persona show",
    "persona path",
    "persona create",
    "persona edit",
    "persona validate",
    "persona preview",
    "persona sheet",
    "persona idle",
    "persona build",
    "persona export",
    "persona import",
    "persona remove",
    "voice",
    "voice list",
    "voice show",
    "voice preview",
    "models",
    "models list",
    "models pull",
    "models verify",
    "models remove",
    "provenance",
    "provenance init",
    "provenance show",
]


def pages() -> str:
    """Every page of help, under the command that prints it."""
    shown = []
    for command in COMMANDS:
        arguments = [sys.executable, "-m", "deckard_cli", *command.split(), "--help"]
        environment = {**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
        page = subprocess.run(arguments, capture_output=True, encoding="utf-8", env=environment, check=True).stdout
        shown.append(f"$ deckard {command} --help\n{page}".replace("  --help", " --help", 1))
    return "\n".join(shown)


def test_the_help_pages_are_those_that_were_agreed_on() -> None:
    assert pages() == KEPT.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.stdout.write(pages())
