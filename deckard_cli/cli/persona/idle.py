"""`deckard persona idle`: somebody who waits, as a loop without a seam."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from deckard_cli.cli.options import Background, Face, Fps, Json, Quality, Quiet, Size
from deckard_cli.cli.persona.arguments import Name
from deckard_cli.cli.report import answer

if TYPE_CHECKING:
    from deckard_cli.events import Written

__all__ = ["HELP", "idle"]

HELP = """Render a loop in which somebody waits, and print its path.

\b
  deckard persona idle joi
  deckard persona idle joi --seconds 20 --mood thinking --size 1080 -o waiting.webm

It is silent, and its last frame leads to its first. Options may also be set
as those of `deckard render` are.
"""


class Report(TypedDict):
    """What `--json` prints. It only ever grows."""

    version: int
    path: str
    duration: float
    frames: int
    fps: float
    width: int
    height: int
    persona: str
    mood: str
    face: str
    notes: list[str]


def idle(
    name: Name,
    seconds: Annotated[float, typer.Option(help="How long it is, 2 to 60.")] = 10.0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The loop: .mp4, .webm or .gif.  [default: NAME-idle.mp4]"),
    ] = None,
    face: Face = None,
    mood: Annotated[str | None, typer.Option(help="A mood of the persona.  [default: neutral]")] = None,
    fps: Fps = None,
    size: Size = None,
    quality: Quality = None,
    background: Background = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    from deckard_cli.cli.progress import follow
    from deckard_cli.persona import find
    from deckard_cli.route import Job, run
    from deckard_cli.settings import choose

    flags = {
        "persona": name, "face": face, "mood": mood, "fps": fps, "size": size, "quality": quality,
        "background": background,
    }  # fmt: skip
    vouching = {"provenance", "certificate", "private_key", "allow_noncommercial"}
    chosen = choose(flags).settings.model_dump(include={*flags, *vouching})
    path = output or Path(f"{find(name).key}-idle.mp4")
    written = follow(run(Job(text="", idle=seconds, output=path, **chosen)), quiet=quiet)
    if json:
        answer(_report(written, chosen["mood"]))
    else:
        typer.echo(path)


def _report(written: Written, mood: str) -> Report:
    return Report(
        version=1,
        path=str(written.path),
        duration=written.duration,
        frames=written.frames,
        fps=written.fps,
        width=written.width,
        height=written.height,
        persona=written.persona,
        mood=mood,
        face=written.face,
        notes=list(written.notes),
    )
