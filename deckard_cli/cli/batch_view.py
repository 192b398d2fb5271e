"""What a person sees of a batch: a bar while it works, a sentence for each failure, and what came of it all."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from deckard_cli.cli.progress import Bar, watched
from deckard_cli.cli.report import answer, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from deckard_cli.batch.clips import Clip
    from deckard_cli.batch.engine import Failure
    from deckard_cli.batch.events import BatchEvent, Finished
    from deckard_cli.batch.folder import Folder
    from deckard_cli.batch.forecast import Forecast

__all__ = ["View", "foretell", "patience"]

_NOTES: Final = 8
"""Different notes that are told: the rest stands in the manifest."""
_STATES: Final = {"kept": "there", "cached": "cached", "new": "to make"}


class View:
    """Shows the events of a batch: as lines of JSON on stdout, or as words and a bar on stderr."""

    def __init__(self, folder: Folder, *, json: bool, quiet: bool) -> None:
        self.folder = folder
        self.json = json
        self._quiet = quiet or json
        self._notes: Counter[str] = Counter()
        self._bar = _Bar() if watched() and not quiet else None

    def show(self, event: BatchEvent) -> None:
        """Show `event`."""
        from deckard_cli.batch.events import Failed, Finished, Made, Planned, Retried
        from deckard_cli.batch.report import told

        if self.json:
            answer(told(event, self.folder))
            sys.stdout.flush()
        match event:
            case Planned(clips, kept):
                if self._bar:
                    self._bar.begin(clips - kept)
            case Made(_, entry):
                self._notes.update(entry.notes)
                self._step(entry.duration)
            case Failed(clip, failure):
                self._step(0.0)
                if not self.json:  # an error is told however quiet it is
                    self._say(_sentence(clip, failure))
            case Retried(clip, failure) if not self._quiet:
                self._say(f"{_sentence(clip, failure)}\n  It will be tried again.")
            case Finished() if not self._quiet:
                self.close()
                for line in (*self._noted(), *_summary(event), *_of_others(event)):
                    say(line)
            case _:
                pass

    def page(self, path: Path) -> None:
        """Say where the gallery is."""
        if not self._quiet:
            say(f"Look at them in {path}.")

    def _noted(self) -> Iterator[str]:
        """What was noted, once for all clips that it is about."""
        for note, clips in self._notes.most_common(_NOTES):
            yield note if clips == 1 else f"{note} ({clips} clips)"
        if len(self._notes) > _NOTES:
            yield f"{len(self._notes) - _NOTES} more notes are in the manifest."

    def _step(self, speech: float) -> None:
        if self._bar:
            self._bar.step(speech)

    def _say(self, sentence: str) -> None:
        if self._bar:
            self._bar.above(sentence)
        else:
            say(sentence)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.close()


def _sentence(clip: Clip, failure: Failure) -> str:
    hint = f"\n  try: {failure.hint}" if failure.hint else ""
    return f"{clip.where}: {clip.id}: {failure.message}{hint}"


def _summary(done: Finished) -> list[str]:
    parts = [
        f"{done.made} made" + (f" ({done.cached} of them copied from the cache)" if done.cached else ""),
        f"{done.kept} there already" if done.kept else "",
        f"{done.failed} failed" if done.failed else "",
        f"{done.skipped} not tried" if done.skipped else "",
    ]
    rate = f", {done.speech / done.seconds:.1f} a second" if done.seconds > 0 and done.speech else ""
    lines = [f"{', '.join(filter(None, parts))}; {done.speech:.1f} s of speech in {done.seconds:.1f} s{rate}."]
    if done.gone:
        names = ", ".join(done.gone[:5]) + (", ..." if len(done.gone) > 5 else "")
        what = "were removed" if done.pruned else "are there still: --prune removes them"
        lines.append(f"{len(done.gone)} clips that no row asks for any more {what} ({names}).")
    if done.left:
        names = ", ".join(done.left[:5]) + (", ..." if len(done.left) > 5 else "")
        what = "were removed" if done.pruned else "are there still"
        lines.append(f"{len(done.left)} files of clips that have other names now {what} ({names}).")
    return lines


def _of_others(done: Finished) -> Iterator[str]:
    """What to say of clips that other rows ask for."""
    if done.taken:
        names = ", ".join(done.taken[:5]) + (", ..." if len(done.taken) > 5 else "")
        took = f"{len(done.taken)} clips took the place of those of other rows ({names})"
        yield f"{took}: other ids, or another --name, keep both."
    if done.others:
        rows = ", ".join(f"{name}: {clips}" for name, clips in done.others.items())
        yield f"Clips of other rows are there too, and stay ({rows})."


class _Bar:
    """Clips, seconds of speech a second, and the time left."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._speech = 0.0
        self._began = time.monotonic()

    def begin(self, clips: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("clips  {task.description}"), TimeRemainingColumn())
        console = Console(stderr=True, highlight=False, markup=False)
        self._progress = Progress(*columns, console=console, transient=True)
        self._progress.add_task("", total=clips)
        self._progress.start()

    def step(self, speech: float) -> None:
        assert self._progress
        self._speech += speech
        rate = self._speech / (time.monotonic() - self._began)
        self._progress.update(self._progress.task_ids[0], advance=1, description=f"{rate:.1f} s of speech a second")

    def above(self, sentence: str) -> None:
        """Say something over the bar."""
        assert self._progress
        self._progress.console.print(f"deckard: {sentence}", soft_wrap=True)

    def close(self) -> None:
        if self._progress:
            self._progress.stop()


@contextmanager
def patience(label: str, *, quiet: bool) -> Iterator[Callable[[float], object]]:
    """What is told the share that is done, 0..1, and shows it on a terminal where it takes long."""
    with closing(Bar(label)) as bar:

        def show(share: float) -> None:
            bar.show(share)
            if share >= 1.0:  # two bars at a time Rich does not draw
                bar.close()

        yield show if watched() and not quiet else lambda share: None


def foretell(expected: Sequence[Forecast], folder: Folder, *, json: bool) -> None:
    """Print what a batch would do."""
    from deckard_cli.batch.report import foretold, totals

    if json:
        answer(foretold(expected, folder))
        return
    for each in expected:
        about = "" if each.exact else "about "
        cost = "cost unknown" if each.dollars is None else f"${each.dollars:.4f}" if each.dollars else ""
        lasts = f"{about}{each.seconds:.1f} s"
        typer.echo(f"{_STATES[each.state]:<8} {lasts:>14}  {cost:>12}  {folder.shown(each.clip.name)}")
    sums = totals(expected)
    voices = sums["dollars_by_voice"]
    assert isinstance(voices, dict)
    prices = [f"{name} {'unknown' if cost is None else f'${cost:.2f}'}" for name, cost in voices.items() if cost != 0]
    say(
        f"{sums['kept']} are there, {sums['cached']} are in the cache, {sums['new']} are to be made: "
        f"about {sums['seconds']:.0f} s of speech" + (f", {', '.join(prices)}." if prices else ".")
    )
