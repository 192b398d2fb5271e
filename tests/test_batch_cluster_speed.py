"""The figure that is promised of Ray on one machine: as fast as processes of our own, but for its start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from running import Deckard

pytest.importorskip("ray", reason="Ray has no wheel for this Python")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the times of processes in /proc"),
]

CLIPS, ROUNDS = 200, 4
SETTLED = 6
"""Clips after which both workers have opened what they need."""
WORDS = ("every", "evening", "the", "rain", "comes", "down", "over", "the", "city", "and", "the", "lights", "hum")


@dataclass
class Took:
    """What the clips of some batches took, without the first of each."""

    clips: int = 0
    clock: float = 0.0
    cpu: float = 0.0


def processor(process: int) -> float:
    """Seconds of processors that `process` and all below it have used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    # Of every thread: Ray is not started by the first, and without its workers it would take next to nothing.
    children = [each for file in Path(f"/proc/{process}/task").glob("*/children") for each in file.read_text().split()]
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor(int(child)) for child in children)


def add(took: Took, deckard: Deckard, folder: str, *options: str) -> None:
    """Add what a batch in `folder` takes."""
    command = deckard.command(
        "batch", "lines.csv", "-o", folder, "--jobs", "2", "--json", "--no-provenance", "--no-cache", *options
    )
    made, began, used = 0, 0.0, 0.0
    with subprocess.Popen(
        command, cwd=deckard.folder, env=deckard.variables(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for event in map(json.loads, process.stdout):
            made += event["event"] == "made"
            if made == SETTLED and not began:
                began, used = time.perf_counter(), processor(process.pid)
            elif made == CLIPS // ROUNDS:
                took.clock += time.perf_counter() - began
                took.cpu += processor(process.pid) - used
                made += 1
    assert process.returncode == 0
    took.clips += CLIPS // ROUNDS - SETTLED


def test_ray_on_this_machine_is_as_fast_as_processes(deckard: Deckard) -> None:
    # In turns, because what else runs here is not the same for long; and by the processor as well, because the clock
    # tells of others where they take what the two workers would have.
    texts = [" ".join(WORDS[: 2 + number % 11]) for number in range(CLIPS // ROUNDS)]
    rows = "".join(f'c{number},"{text} {number}."\n' for number, text in enumerate(texts))
    (deckard.folder / "lines.csv").write_text(f"id,text\n{rows}", encoding="utf-8")
    local, ray = Took(), Took()
    for number in range(ROUNDS):
        add(local, deckard, f"local{number}")
        add(ray, deckard, f"ray{number}", "--engine", "ray")
        by_clock, by_processor = ray.clock / local.clock, ray.cpu / local.cpu
        sys.stdout.write(
            f"{ray.clips} clips: {ray.clock:.1f} s on Ray, {local.clock:.1f} s in processes, {by_clock:.3f} by the "
            f"clock; {ray.cpu:.1f} and {local.cpu:.1f} s, {by_processor:.3f} by the processor\n"
        )
    assert by_processor > 0.5, "the workers of Ray were not counted"
    assert min(by_clock, by_processor) <= 1.15
