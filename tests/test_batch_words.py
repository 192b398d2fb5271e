"""What the command says of a batch beside its clips: of other rows, of what it waits for, of what it cannot read."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from running import QUICK, Deckard

TINY = (*QUICK, "--size", "64", "--jobs", "1", "--no-provenance")


def test_two_files_of_rows_in_one_folder_leave_each_other_alone(deckard: Deckard, here: Path) -> None:
    (here / "one.csv").write_text("id,text\na,Hello.\nb,Bye.\n")
    (here / "two.csv").write_text("id,text\nc,Hello.\nb,Well.\n")
    assert deckard("batch", "one.csv", "-o", "clips", *TINY).returncode == 0
    told = deckard("batch", "two.csv", "-o", "clips", "--prune", *TINY)
    assert told.returncode == 0
    assert "1 clips took the place of those of other rows (b)" in told.stderr
    assert "Clips of other rows are there too, and stay (one.csv: 1)." in told.stderr
    assert "no row asks for" not in told.stderr
    assert sorted(path.name for path in (here / "clips").glob("*.mp4")) == ["a.mp4", "b.mp4", "c.mp4"]
    assert deckard("batch", "two.csv", "-o", "clips", *TINY, "-q").stderr == ""


def test_a_spreadsheet_is_told_in_a_sentence(deckard: Deckard, here: Path) -> None:
    (here / "lines.xlsx").write_bytes(b"PK\x03\x04")
    done = deckard("batch", "lines.xlsx", "-o", "clips", *TINY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("deckard: 'lines.xlsx' is a spreadsheet")
    assert "'lines.csv'" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_who_waits_for_a_plan_is_shown_how_far_it_is_on_a_terminal_alone(deckard: Deckard, here: Path) -> None:
    rows = "".join(f"c{number},{'well ' * 200}\n" for number in range(3000))
    (here / "lines.csv").write_text(f"id,text\n{rows}", encoding="utf-8")
    command = deckard.command("batch", "lines.csv", "-o", "clips", "--dry-run", "--json", *TINY)
    assert "Planning" not in deckard(*command[5:]).stderr
    ours, theirs = os.openpty()
    with subprocess.Popen(
        command, cwd=here, env={**deckard.variables(), "TERM": "xterm"}, stdout=subprocess.DEVNULL, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = io.BytesIO()
        while said := _read(ours):
            shown.write(said)
    os.close(ours)
    assert process.returncode == 0
    assert re.search(rb"Planning.*\d+%", shown.getvalue())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so that nobody writes any more
        return b""
