"""`deckard reel`: clips in, one film out."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from deckard_cli.cli.options import Json, Provenance, Quiet
from deckard_cli.cli.report import answer, say
from deckard_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from deckard_cli.clip.provenance.signer import Signer
    from deckard_cli.clip.reel import Filmed, Layout, Reel, ReelEvent
    from deckard_cli.settings import Settings

__all__ = ["HELP", "reel"]

HELP = """Join clips into one film, and print its path.

\b
  deckard reel clips/*.mp4 -o film.mp4
  deckard reel clips/*.mp4 -o film.mp4 --title "Our town" --music song.mp3
  deckard reel joi-*.mp4 k-*.mp4 -o talk.mp4 --layout side

Clips of other sizes and rates are brought together. Speech is never cut: a
fade takes what is silent before and after it. The .srt beside each clip is
carried over to one beside the film.
"""


def reel(
    clips: Annotated[
        list[Path], typer.Argument(help="The clips, in their order.", metavar="CLIP...", show_default=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The film: .mp4, .webm or .gif.", show_default=False)],
    layout: Annotated[
        str, typer.Option(help="line: as given; turn: who speaks takes turns; side: so, two beside each other.")
    ] = "line",
    title: Annotated[str, typer.Option(help="Stands on a card at the start.", show_default=False)] = "",
    titles: Annotated[
        Path | None,
        typer.Option(help="Cards before clips: a line for each, or JSONL such as the manifest of a batch."),
    ] = None,
    fade: Annotated[float, typer.Option(help="Seconds in which a clip goes over into the next; 0: a cut.")] = 0.5,
    background: Annotated[
        str, typer.Option(help="Behind titles and beside clips of another shape: a colour or a picture.")
    ] = "#101218",
    music: Annotated[Path | None, typer.Option(help="Played under the speech, and quieter during it.")] = None,
    captions: Annotated[
        str | None,
        typer.Option(help="srt, vtt or ass: a file beside the film; burned; off.  [default: srt where clips have it]"),
    ] = None,
    fps: Annotated[float | None, typer.Option(help="Frames a second.  [default: that of most clips]")] = None,
    size: Annotated[str | None, typer.Option(help="As that of deckard render.  [default: the first clip's]")] = None,
    quality: Annotated[str, typer.Option(help="draft, good, best, or 1 (best) to 51.")] = "good",
    loudness: Annotated[str, typer.Option(help="LUFS of the film; off: as it comes.")] = "-16",
    provenance: Provenance = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    from deckard_cli.clip.reel import Reel, run
    from deckard_cli.clip.reel.titles import read_titles
    from deckard_cli.settings import choose, frame_size
    from deckard_cli.speech import delivery

    asked = Reel(
        clips=tuple(clips),
        output=output,
        layout=_layout(layout),
        title=title,
        titles=read_titles(titles, clips) if titles else (),
        fade=fade,
        background=background,
        music=music,
        captions=captions,
        fps=_rate(fps) if fps is not None else None,
        size=frame_size(size) if size else None,
        quality=quality,
        loudness=delivery.loudness(loudness),
        signer=_signer(choose({"provenance": provenance}).settings),
    )
    with ExitStack() as stack:
        filmed = _follow(run(_with_idlers(asked, stack)), quiet=quiet)
    if json:
        answer(_report(filmed))
    else:
        typer.echo(output)


def _layout(name: str) -> Layout:
    from deckard_cli.clip.reel import LAYOUTS
    from deckard_cli.errors import unknown

    for known in LAYOUTS:
        if name == known:
            return known
    raise unknown("layout", name, LAYOUTS)


def _rate(fps: float) -> Fraction:
    from deckard_cli.clip.reel.cut import RATES, nearest

    if abs(nearest(fps) - fps) > 0.01:
        known = ", ".join(f"{float(rate):.5g}" for rate in RATES)
        raise UsageError(f"A film cannot have {fps:g} frames a second.", code="bad_fps", hint=f"--fps one of {known}")
    return nearest(fps)


def _signer(settings: Settings) -> Signer | None:
    from deckard_cli.clip.provenance.signer import signer

    return signer(settings.certificate, settings.private_key) if settings.provenance else None


def _with_idlers(asked: Reel, stack: ExitStack) -> Reel:
    """`asked`; in a conversation who listens is rendered as they wait."""
    from dataclasses import replace

    if asked.layout != "side":
        return asked
    from deckard_cli.idlers import Idlers

    return replace(asked, waiting=stack.enter_context(Idlers()))


def _follow(events: Iterator[ReelEvent], *, quiet: bool) -> Filmed:
    """Run `events` to their end and tell a person about them on stderr."""
    from contextlib import closing

    from deckard_cli.cli.progress import Bar, watched
    from deckard_cli.clip.reel import Assembled, Filmed, Noted, Surveyed

    wanted = watched() and not quiet
    with closing(Bar("Joining")) as bar:
        for event in events:
            match event:
                case Filmed():
                    return event
                case Noted(message):
                    if not quiet:
                        say(message)
                case Surveyed() | Assembled():
                    if wanted:
                        bar.show(event.frames / event.of if isinstance(event, Assembled) else None)
    raise RuntimeError("a film ends with Filmed or an error")


class Start(TypedDict):
    """Where a clip begins."""

    path: str
    start: float


class Report(TypedDict):
    """What `--json` prints. It only ever grows."""

    version: int
    path: str
    captions: str | None
    clips: list[Start]
    duration: float
    frames: int
    fps: float
    width: int
    height: int
    sample_rate: int
    notes: list[str]


def _report(filmed: Filmed) -> Report:
    return Report(
        version=1,
        path=str(filmed.path),
        captions=str(filmed.captions) if filmed.captions else None,
        clips=[Start(path=str(path), start=at) for path, at in filmed.starts],
        duration=filmed.duration,
        frames=filmed.frames,
        fps=float(filmed.fps),
        width=filmed.width,
        height=filmed.height,
        sample_rate=filmed.rate,
        notes=list(filmed.notes),
    )
