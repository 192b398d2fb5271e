"""Batches to test with: rows of clips that take no time, and engines that need no process."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from pathlib import Path

from deckard_cli.batch import BatchEvent, Clip, Orders, batch, plan_clips, read_rows
from deckard_cli.batch.bench import Bench
from deckard_cli.batch.engine import Engine, Failure, Kit, Outcome, Report, Started, Task
from deckard_cli.batch.manifest import Entries
from deckard_cli.settings import Settings

SMALL = Settings(voice="tone", face="flat", size="64", provenance=False)
"""The doubles, in clips of some kilobytes."""


def planned(
    rows: str, folder: Path, settings: Settings = SMALL, pattern: str = "{id}.mp4", name: str = "a.csv"
) -> list[Clip]:
    """The clips of a file of `rows` in the current folder."""
    Path(name).write_text(rows, encoding="utf-8")
    read, mistakes = read_rows(name, None, None)  # type: ignore[arg-type]
    return plan_clips(read, settings, folder, pattern=pattern, mistakes=mistakes)


def numbered(count: int, folder: Path) -> list[Clip]:
    """So many clips of one, two or three words."""
    rows = "".join(f"c{number},{' '.join(['well'] * (number % 3 + 1))} {number}\n" for number in range(count))
    return planned(f"id,text\n{rows}", folder)


class Here:
    """An engine in this process, which counts what it is given."""

    def __init__(self, failures: Mapping[str, list[Failure]] | None = None) -> None:
        """`failures` are what becomes of the first attempts at the clips called so, by the name of the file."""
        self._bench = Bench(Kit())
        self._failures = {name: list(each) for name, each in (failures or {}).items()}
        self.given: list[str] = []

    def make(self, tasks: Iterable[Task]) -> Generator[Report]:
        for task in tasks:
            name = task.job.output.name
            self.given.append(name)
            yield Started(task.token)
            if waiting := self._failures.get(name):
                yield Outcome(task.token, failure=waiting.pop(0))
            else:
                yield self._bench.make(task)


def run(clips: list[Clip], folder: Path, engine: Engine | None = None, **orders: object) -> list[BatchEvent]:
    """All that happens in a batch that never waits."""
    how = Orders(**{"sleep": lambda seconds: None, **orders})  # type: ignore[arg-type]
    return list(batch(clips, folder, engine or Here(), how))


def ids(entries: Entries) -> set[str]:
    """Of the clips that a manifest tells of."""
    return {each.id for each in entries}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in `folder` and below, but the manifest."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "manifest.jsonl")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
