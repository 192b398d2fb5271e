"""`deckard bench`: how fast a render is here, how soon it starts, and how much memory it takes.

All figures are ratios of two things measured in turn in one run, because machines are noisy: medians of several rounds.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypedDict

import typer

from deckard_cli.cli.options import Json, Quiet
from deckard_cli.cli.report import answer, say

if TYPE_CHECKING:
    from deckard_cli.face import Frame
    from deckard_cli.job import Plan
    from deckard_cli.speech import Speech

__all__ = ["bench"]

SENTENCES: Final = (
    "Every evening the rain comes down over the city, and the lights begin to hum. "
    "I like to stand at the window and count the people who have no umbrella. "
    "Some of them run, some of them walk, and one old man always stops to look up. "
    "My favourite is the boy with the paper boat, who waits for the gutters to fill. "
    "When it stops, the whole street smells of stone, and somebody somewhere plays the piano. "
    "Then I know that it is time to put the kettle on, and to tell you about my day. "
)
"""About thirty seconds."""

LONG: Final = 60
"""Times `SENTENCES`: about thirty minutes."""


class Speed(TypedDict):
    """Rendering against encoding the very same frames, already in memory, with the same settings."""

    size: str
    clip_seconds: float
    frames: int
    render_seconds: float
    encode_seconds: float
    share: float
    """encode_seconds / render_seconds: 1 would be a render that costs nothing but the encoder. Wanted: 0.6 or more."""
    times_real_time: float


class Start(TypedDict):
    """`deckard render "hello"` against a Python that imports PyAV and NumPy."""

    hello_seconds: float
    import_seconds: float
    ratio: float
    """Wanted: 5 or less."""


class Memory(TypedDict):
    """Peak resident memory of a script of half an hour against one of half a minute."""

    short_megabytes: float
    long_megabytes: float
    ratio: float
    """Wanted: 1.15 or less, and the long one under 300 MB."""


def bench(
    persona: Annotated[str, typer.Option(help="Whose face is drawn: a name or a folder.")] = "joi",
    rounds: Annotated[int, typer.Option(min=1, help="How often everything is measured; medians count.")] = 5,
    sizes: Annotated[str, typer.Option(help="The sizes to measure.")] = "512,1024",
    full: Annotated[bool, typer.Option("--full", help="Measure memory too: renders half an hour of speech.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure speed, start and memory on this machine. Takes about two minutes, --full some more.

    1024 needs about 1.5 GB of memory: the frames that are encoded for comparison are all kept.
    """
    tell = (lambda sentence: None) if quiet else say
    with tempfile.TemporaryDirectory(prefix="deckard-bench-") as name:
        folder = Path(name)
        # First of all: a child's peak counts the memory that its parent had when it was started.
        memory = _memory(folder, persona, tell) if full else None
        start = _start(folder, persona, rounds, tell)
        speed = [_speed(folder, persona, size, rounds, tell) for size in sizes.split(",")]
    if json:
        answer({"version": 1, "speed": speed, "start": start, "memory": memory})
        return
    for each in speed:
        typer.echo(
            f"speed   {each['size']:<5} render {each['render_seconds']:.2f} s, encode {each['encode_seconds']:.2f} s: "
            f"{each['share']:.2f} of it is the encoder; {each['times_real_time']:.1f}x real time"
        )
    typer.echo(
        f"start   hello {start['hello_seconds']:.2f} s, import av and numpy {start['import_seconds']:.2f} s: "
        f"{start['ratio']:.1f}x"
    )
    if memory:
        typer.echo(
            f"memory  30 s {memory['short_megabytes']:.0f} MB, 30 min {memory['long_megabytes']:.0f} MB: "
            f"{memory['ratio']:.2f}x"
        )


@dataclass(frozen=True, slots=True)
class _Reel:
    """A whole clip in memory."""

    speeches: list[Speech]
    frames: list[Frame]


def _speed(folder: Path, persona: str, size: str, rounds: int, tell: Callable[[str], None]) -> Speed:
    from deckard_cli.job import Job, settle
    from deckard_cli.route import run

    plan = settle(Job(text=SENTENCES, output=folder / "clip.mp4", persona=persona, size=size))
    reel = _reel(plan)
    renders, encodes = [], []
    for number in range(1, rounds + 1):
        tell(f"speed at {size}: round {number} of {rounds}")
        renders.append(_timed(lambda: list(run(plan.job))))
        encodes.append(_timed(lambda: _encode(plan, reel)))
    seconds = sum(speech.duration for speech in reel.speeches)
    render, encode = statistics.median(renders), statistics.median(encodes)
    return Speed(
        size=size,
        clip_seconds=seconds,
        frames=len(reel.frames),
        render_seconds=render,
        encode_seconds=encode,
        share=statistics.median(e / r for e, r in zip(encodes, renders, strict=True)),
        times_real_time=seconds / render,
    )


def _reel(plan: Plan) -> _Reel:
    from deckard_cli.shoot import shoot

    speeches: list[Speech] = []
    frames: list[Frame] = []
    for take in shoot(plan):
        speeches.append(take.speech)
        frames.extend(take.frames)
    return _Reel(speeches, frames)


def _encode(plan: Plan, reel: _Reel) -> None:
    from deckard_cli.route import encoder

    with encoder(plan, reel.speeches[0].rate, plan.voices[0].name) as clip:
        for speech in reel.speeches:
            clip.sound(speech.samples)
        for frame in reel.frames:
            clip.picture(frame)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _start(folder: Path, persona: str, rounds: int, tell: Callable[[str], None]) -> Start:
    tell("start")
    asked = ["render", "--persona", persona, "hello", "-q", "-o", str(folder / "hello.mp4")]
    hello = [sys.executable, "-m", "deckard_cli", *asked]
    bare = [sys.executable, "-c", "import av, numpy"]
    pairs = [(_timed(lambda: _child(hello)), _timed(lambda: _child(bare))) for _ in range(rounds + 1)]
    # The first pair reads the files from the disk.
    hellos, bares = zip(*pairs[1:], strict=True)
    return Start(
        hello_seconds=statistics.median(hellos),
        import_seconds=statistics.median(bares),
        ratio=statistics.median(h / b for h, b in pairs[1:]),
    )


def _memory(folder: Path, persona: str, tell: Callable[[str], None]) -> Memory:
    tell("memory of half a minute")
    short = _peak(folder, persona, 1)
    tell("memory of half an hour")
    long = _peak(folder, persona, LONG)
    return Memory(short_megabytes=short, long_megabytes=long, ratio=long / short)


def _peak(folder: Path, persona: str, times: int) -> float:
    """Megabytes of a process that renders `SENTENCES` so many times over."""
    script = folder / "script.txt"
    script.write_text(SENTENCES * times, encoding="utf-8")
    arguments = ["render", "--persona", persona, "--file", str(script), "-q", "-o", str(folder / "clip.mp4")]
    program = (
        "import resource; from deckard_cli.cli import run; "
        f"assert run({arguments!r}) == 0; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    told = _child([sys.executable, "-c", program]).splitlines()[-1]
    return int(told) / (2**20 if sys.platform == "darwin" else 2**10)


def _child(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
