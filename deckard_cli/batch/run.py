"""A batch from the plan to the manifest, as a stream of events."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from deckard_cli.batch.clips import Clip
from deckard_cli.batch.engine import Engine, Failure, Outcome, Started, Task
from deckard_cli.batch.events import BatchEvent, Begun, Failed, Finished, Kept, Made, Planned, Retried
from deckard_cli.batch.folder import MANIFEST, Folder, hold, whole
from deckard_cli.batch.forecast import seconds_of
from deckard_cli.batch.manifest import Entry, Fault, Manifest, entry, fault_entry, stands
from deckard_cli.batch.retry import Again, retried
from deckard_cli.clip.part import failure
from deckard_cli.errors import DeckardError

__all__ = ["Orders", "batch"]


@dataclass(frozen=True, slots=True)
class Orders:
    """How a batch goes about it."""

    retries: int = 2
    """How often a clip is tried again where that may help."""
    fail_fast: bool = False
    """Whether the first clip that cannot be made ends it."""
    prune: bool = False
    """Whether clips go whose rows are gone."""
    checked: bool = False
    """Whether a clip that stands there has to have been checked."""
    sleep: Callable[[float], object] = time.sleep
    """Waits so many seconds before something is tried again."""


def batch(
    clips: Sequence[Clip],
    folder: Folder | Path,
    engine: Engine,
    orders: Orders | None = None,
    *,
    among: Sequence[Clip] = (),
) -> Generator[BatchEvent]:
    """Have `engine` make those of `clips` that do not stand in `folder` yet, and tell what happens.

    `among` are the clips of all rows, where `clips` are not all: what else the manifest has is gone. Whenever this is
    stopped, the same call goes on from there. Raises `DeckardError` where another batch works in the folder or
    nothing can be written.
    """
    place = folder if isinstance(folder, Folder) else Folder(folder)
    with hold(place.path) as file:
        yield from _Batch(place, Manifest(file, place.others()), orders or Orders()).run(clips, engine, among or clips)


@dataclass(slots=True)
class _Tally:
    """What was done."""

    began: float = field(default_factory=time.monotonic)
    made: int = 0
    cached: int = 0
    kept: int = 0
    failed: int = 0
    speech: float = 0.0


class _Batch:
    """A batch that holds its folder."""

    def __init__(self, folder: Folder, manifest: Manifest, orders: Orders) -> None:
        self._folder = folder
        self._manifest = manifest
        self._orders = orders
        self._tally = _Tally()

    def run(self, clips: Sequence[Clip], engine: Engine, among: Sequence[Clip]) -> Generator[BatchEvent]:
        self._recover()
        entries, checked = self._manifest.entries, self._orders.checked
        there = {clip.id for clip in clips if stands(clip, entries.get(clip.id), self._folder, checked=checked)}
        coming = [clip for clip in clips if clip.id not in there]
        left = _left(among, entries)
        yield Planned(len(clips), len(there), sum(map(seconds_of, coming)))
        for clip in clips:
            if clip.id in there:
                self._tally.kept += 1
                yield Kept(clip, self._manifest.entries[clip.id])
        try:
            yield from self._made(coming, engine)
        finally:
            self._folder.sweep()
        finished = self._finished(clips, among, left)
        self._folder.share(wholly=True)
        yield finished

    def _made(self, coming: Sequence[Clip], engine: Engine) -> Generator[BatchEvent]:
        prefix = secrets.token_hex(3)  # a worker of a batch that was killed may still write into its own
        clips = {f"{prefix}-{number}": clip for number, clip in enumerate(coming)}
        tasks = (Task(token, clip.job, self._folder.work) for token, clip in clips.items())
        orders = self._orders
        reports = retried(engine, tasks, retries=orders.retries, sleep=orders.sleep, at_once=orders.fail_fast)
        with closing(reports):
            for report in reports:
                clip = clips[report.token]
                match report:
                    case Started():
                        yield Begun(clip)
                    case Again():
                        yield Retried(clip, report.failure)
                    case Outcome():
                        yield (event := self._settled(clip, report))
                        if isinstance(event, Failed) and orders.fail_fast:
                            return

    def _settled(self, clip: Clip, outcome: Outcome) -> BatchEvent:
        """Record what became of `clip`: first the line, then the names. Where it is killed between the two, the line
        says what is still to be named.
        """
        if outcome.failure:
            return self._failed(clip, outcome.failure)
        assert outcome.folder
        self._folder.finished(clip.id, outcome.folder)
        made = entry(clip, outcome)
        self._record(made)
        try:
            self._folder.put(clip.id, clip.files)
        except DeckardError as error:
            return self._failed(clip, Failure.of(error))
        self._tally.made += 1
        self._tally.cached += made.cached
        self._tally.speech += made.duration
        return Made(clip, made)

    def _failed(self, clip: Clip, why: Failure) -> Failed:
        self._tally.failed += 1
        fault = Fault(code=why.code, message=why.message, hint=why.hint)
        self._record(fault_entry(clip, fault, self._manifest.entries.get(clip.id)))
        return Failed(clip, why)

    def _record(self, line: Entry) -> None:
        try:
            self._manifest.add(line)
        except OSError as error:
            raise failure(error, self._folder.path / MANIFEST) from error

    def _recover(self) -> None:
        """Give their names to the files whose line was written just before the last batch was killed."""
        for each in self._manifest.entries.values():
            for name, stored in each.files.items():
                if whole(self._folder.waiting(each.id, name), stored.size, stored.sha256):
                    self._folder.give(each.id, name)
        self._folder.sweep()

    def _finished(self, clips: Sequence[Clip], among: Sequence[Clip], left: Sequence[str]) -> Finished:
        asked = {clip.id for clip in among}
        left = [name for name in left if self._folder.there(name)]
        gone = [each for each in self._manifest.entries.values() if each.files and each.id not in asked]
        if self._orders.prune:
            self._folder.prune(tuple(left))
            wanted = {name for clip in among for name in clip.files}
            for each in gone:
                self._folder.prune(tuple(name for name in each.files if name not in wanted))
                self._record(each.model_copy(update={"files": {}}))
        tally = self._tally
        return Finished(
            made=tally.made,
            cached=tally.cached,
            kept=tally.kept,
            failed=tally.failed,
            skipped=len(clips) - tally.made - tally.kept - tally.failed,
            speech=tally.speech,
            seconds=time.monotonic() - tally.began,
            gone=tuple(each.id for each in gone),
            left=tuple(left),
            pruned=self._orders.prune,
        )


def _left(among: Sequence[Clip], entries: Mapping[str, Entry]) -> list[str]:
    """The files of clips that are still asked for, but under other names."""
    wanted = {name for clip in among for name in clip.files}
    known = [entries[clip.id] for clip in among if clip.id in entries]
    return [name for entry in known for name in entry.files if name not in wanted]
