"""`kill -9` at any moment, and the same command goes on where it stopped: every clip once, as it would have been."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from batches import contents, ids
from running import QUICK, Deckard

from deckard_cli.batch.manifest import read_manifest

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no kill -9")


def write(folder: Path, count: int) -> None:
    rows = "".join(f"c{number},{'well ' * (number % 5 + 1)}number {number}\n" for number in range(count))
    (folder / "lines.csv").write_text(f"id,text\n{rows}", encoding="utf-8")


def command(deckard: Deckard, out: str) -> list[str]:
    arguments = ["batch", "lines.csv", "-o", out, "--jobs", "2", "--timings", ".json", "-q", "--size", "64", *QUICK]
    return deckard.command(*arguments)


def lines(folder: Path) -> int:
    try:
        return (folder / "manifest.jsonl").read_bytes().count(b"\n")
    except OSError:
        return 0


def killed(deckard: Deckard, out: str, rng: random.Random, clips: int) -> None:
    """Begin the batch, and kill its parent, a worker or all of them at some moment after it has made some clips."""
    folder = deckard.folder / out
    process = subprocess.Popen(
        command(deckard, out), cwd=deckard.folder, env=deckard.variables(), start_new_session=True
    )
    target = lines(folder) + rng.randint(0, clips)
    end = time.monotonic() + 60
    while process.poll() is None and lines(folder) < target and time.monotonic() < end:
        time.sleep(0.001)
    time.sleep(rng.random() * 0.03)
    if rng.random() < 0.5:
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def soak(deckard: Deckard, clips: int, kills: int, each: int) -> None:
    """`kills` times killed, each time after at most `each` clips."""
    rng = random.Random(7)
    write(deckard.folder, clips)
    assert (
        subprocess.run(command(deckard, "whole"), cwd=deckard.folder, env=deckard.variables(), check=False).returncode
        == 0
    )
    for _ in range(kills):
        killed(deckard, "killed", rng, each)
        for path in (deckard.folder / "killed").glob("*.mp4"):  # none of them is half
            assert path.read_bytes() == (deckard.folder / "whole" / path.name).read_bytes()
    done = deckard("batch", "lines.csv", "-o", "killed", "--timings", ".json", "--size", "64", "--json", *QUICK)
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["failed"] == 0
    assert contents(deckard.folder / "killed") == contents(deckard.folder / "whole")
    made = [json.loads(line)["id"] for line in (deckard.folder / "killed" / "manifest.jsonl").read_text().splitlines()]
    assert sorted(made) == sorted(ids(read_manifest(deckard.folder / "whole")))


def test_a_batch_that_is_killed_goes_on_where_it_stopped(deckard: Deckard) -> None:
    soak(deckard, clips=16, kills=2, each=6)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_fifty_kills_leave_every_clip_once_and_as_it_would_have_been(deckard: Deckard) -> None:
    soak(deckard, clips=200, kills=50, each=4)
