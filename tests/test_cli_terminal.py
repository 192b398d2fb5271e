"""What people see on a terminal that is narrow, or that can do nothing."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

NARROW = 60


def shown(arguments: list[str], **environment: str) -> str:
    """What `deckard` with these arguments shows on a terminal."""
    terminal, end = pty.openpty()
    made = subprocess.Popen(
        [sys.executable, "-m", "deckard_cli", *arguments],
        stdin=end,
        stdout=end,
        stderr=end,
        env={**os.environ, **environment},
    )
    os.close(end)
    seen = b""
    while part := _read(terminal):
        seen += part
    os.close(terminal)
    assert made.wait(60) == 0
    return seen.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # so Linux tells of the end
        return b""


@pytest.mark.parametrize("command", ["preflight", "models list", "voice list"])
def test_a_table_is_folded_on_a_narrow_terminal(command: str, here: Path) -> None:
    lines = shown(command.split(), COLUMNS=str(NARROW)).splitlines()
    assert max(map(len, lines)) <= NARROW
    wide = shown(command.split(), COLUMNS="300").splitlines()
    assert len(wide) < len(lines)
    assert " ".join(" ".join(wide).split()) == " ".join(" ".join(lines).split())


def test_a_terminal_that_can_take_nothing_away_gets_no_bar(here: Path) -> None:
    (here / "lines.csv").write_text("id,text\na,Hello there.\n")
    said = shown(["batch", "lines.csv", "-o", "clips", "--name", "{id}.wav"], TERM="dumb")
    assert all(line.strip() for line in said.splitlines())
