"""The figures that are promised of a batch: its rate against that of the encoder alone, and its memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from running import Deckard

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the memory of processes in /proc"),
]

CLIPS = 1000
WORDS = ("every", "evening", "the", "rain", "comes", "down", "over", "the", "city", "and", "the", "lights", "hum")

ENCODE = """
import sys, time
from pathlib import Path
from deckard_cli.cli.bench import _encode, _reel
from deckard_cli.job import Job, settle
plans = [settle(Job(text=text, output=Path(sys.argv[1]), provenance=False)) for text in sys.argv[2:]]
reels = [_reel(plan) for plan in plans]
frames, wall, cpu = 0, time.perf_counter(), time.process_time()
for _ in range(3):
    for plan, reel in zip(plans, reels):
        _encode(plan, reel)
        frames += len(reel.frames)
print(frames, time.perf_counter() - wall, time.process_time() - cpu)
"""
"""Encodes frames that are in memory already."""


def text(number: int) -> str:
    """Three to thirteen words: one and a half to five seconds."""
    return " ".join(WORDS[: 2 + number % 11]) + f" {number}."


@dataclass
class Figures:
    """What a batch took."""

    frames: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    early: float = 0.0
    """Megabytes of all its processes at the hundredth clip."""
    late: float = 0.0
    """Megabytes at the last."""


def megabytes(process: int) -> float:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20 + sum(megabytes(int(child)) for child in children)


def measured(deckard: Deckard, *options: str) -> Figures:
    """A batch of `CLIPS` clips, with `options`."""
    rows = "".join(f'c{number},"{text(number)}"\n' for number in range(CLIPS))
    (deckard.folder / "lines.csv").write_text(f"id,text\n{rows}", encoding="utf-8")
    command = deckard.command("batch", "lines.csv", "--jobs", "2", "--json", "--no-provenance", *options)
    found, made = Figures(), 0
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with subprocess.Popen(
        command, cwd=deckard.folder, env=deckard.variables(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for event in map(json.loads, process.stdout):
            if event["event"] == "made":
                made += 1
                found.frames += event["frames"]
                if made in (CLIPS // 10, CLIPS - 2):
                    found.early, found.late = found.late or megabytes(process.pid), megabytes(process.pid)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found.wall = time.perf_counter() - began
    found.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert (process.returncode, made) == (0, CLIPS)
    return found


def encoded(deckard: Deckard) -> Figures:
    """The same kind of clips, encoded alone by two processes at a time."""
    said = [text(number) for number in range(11)]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", ENCODE, str(deckard.folder / f"encoded-{worker}.mp4"), *said],
            env=deckard.variables(), stdout=subprocess.PIPE, text=True,
        )
        for worker in range(2)
    ]  # fmt: skip
    found = Figures()
    for worker in workers:
        frames, wall, cpu = map(float, worker.communicate()[0].split())
        found.frames += int(frames)
        found.wall = max(found.wall, wall)
        found.cpu += cpu
    return found


def test_a_thousand_clips_take_little_longer_than_their_encoder_alone(deckard: Deckard) -> None:
    alone = encoded(deckard)
    batch = measured(deckard, "-o", "clips", "--no-cache")
    by_clock = (batch.frames / batch.wall) / (alone.frames / alone.wall)
    by_processor = (alone.cpu / alone.frames) / (batch.cpu / batch.frames)
    sys.stdout.write(
        f"{CLIPS} clips, {batch.frames} frames: {batch.frames / batch.wall:.0f} a second, the encoder alone "
        f"{alone.frames / alone.wall:.0f}: {by_clock:.2f} by the clock, {by_processor:.2f} by the processor; "
        f"{batch.cpu / batch.frames * 1000:.2f} ms against {alone.cpu / alone.frames * 1000:.2f} ms a frame; "
        f"{batch.early:.0f} MB at clip {CLIPS // 10}, {batch.late:.0f} MB at the last\n"
    )
    assert batch.late <= batch.early * 1.15
    assert by_processor >= 0.7


def test_a_thousand_clips_come_from_the_cache_in_seconds(deckard: Deckard) -> None:
    measured(deckard, "-o", "one", "--cache", "--size", "64", "--voice", "tone", "--face", "flat")
    again = measured(deckard, "-o", "two", "--cache", "--size", "64", "--voice", "tone", "--face", "flat")
    sys.stdout.write(f"{CLIPS} clips from the cache: {again.wall:.1f} s, {again.cpu:.1f} s of processors\n")
    assert min(again.wall, again.cpu) < 10  # on a machine that others load, the clock tells of them
