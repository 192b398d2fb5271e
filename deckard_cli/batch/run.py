"""A batch from the plan to the manifest, as a stream of events."""

from __future__ import annotations

import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from deckard_cli.batch.clips import Clip
from deckard_cli.batch.engine import Engine, Failure, Outcome, Started, Task
from deckard_cli.batch.events import BatchEvent, Begun, Failed, Finished, Kept, Made, Planned, Retried
from deckard_cli.batch.folder import MANIFEST, Folder, hold, whole
from deckard_cli.batch.forecast import seconds_of
from deckard_cli.batch.manifest import Entry, Fault, Manifest, entry, fault_entry, moved, stands
from deckard_cli.batch.remains import remains
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
    rows: str = ""
    """Where the rows stand; clips of others are left alone."""
    looking: Callable[[float], object] = lambda share: None
    """Is told which share of the clips was looked for: to read thousands takes a while."""
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

    `among` are the clips of all rows, where `clips` are not all: what else the manifest has of these rows is gone.
    Whenever this is stopped, the same call goes on from there. Raises `DeckardError` where another batch works in the
    folder, and as soon as nothing can be written there any more.
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
    taken: list[str] = field(default_factory=list)


class _Batch:
    """A batch that holds its folder."""

    def __init__(self, folder: Folder, manifest: Manifest, orders: Orders) -> None:
        self._folder = folder
        self._manifest = manifest
        self._orders = orders
        self._source = folder.noted(orders.rows) if orders.rows else ""
        self._tally = _Tally()

    def run(self, clips: Sequence[Clip], engine: Engine, among: Sequence[Clip]) -> Generator[BatchEvent]:
        self._recover()
        there = self._there(clips)
        coming = [clip for clip in clips if clip.id not in there]
        yield Planned(len(clips), len(there), sum(map(seconds_of, coming)))
        for clip in clips:
            if kept := there.get(clip.id):
                self._tally.kept += 1
                yield Kept(clip, kept)
        try:
            yield from self._made(coming, engine)
        finally:
            self._folder.sweep()
        finished = self._finished(clips, among)
        self._folder.share(wholly=True)
        yield finished

    def _there(self, clips: Sequence[Clip]) -> dict[str, Entry]:
        """Those that stand there, by their ids. Their rows are these from now on, if they were others."""
        there: dict[str, Entry] = {}
        found: list[Entry] = []
        for number, clip in enumerate(clips, start=1):
            line = self._manifest.entries.at(clip.name)
            if line and stands(clip, line, self._folder, checked=self._orders.checked):
                if line.source != self._source:
                    line = moved(clip, line, self._source, self._before(clip))
                    found.append(line)
                there[clip.id] = line
            self._orders.looking(number / len(clips))
        if found:
            self._record(*found)
        return there

    def _before(self, clip: Clip) -> Entry | None:
        """What was said last of `clip`."""
        return self._manifest.entries.of(self._source, clip.id)

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
        made = entry(clip, outcome, self._source, self._before(clip))
        owners = filter(None, map(self._manifest.entries.at, clip.files))
        taken = any(each.source != self._source for each in owners)
        try:
            self._folder.finished(clip.id, outcome.folder)
            self._record(made)
            self._folder.put(clip.id, clip.files)
        except DeckardError as error:
            return self._failed(clip, Failure.of(error))
        if taken:
            self._tally.taken.append(clip.id)
        self._tally.made += 1
        self._tally.cached += made.cached
        self._tally.speech += made.duration
        return Made(clip, made)

    def _failed(self, clip: Clip, why: Failure) -> Failed:
        self._refuse_unwritable(clip, why)
        self._tally.failed += 1
        fault = Fault(code=why.code, message=why.message, hint=why.hint)
        self._record(fault_entry(clip, fault, self._source, self._before(clip)))
        return Failed(clip, why)

    def _refuse_unwritable(self, clip: Clip, why: Failure) -> None:
        """Raise `DeckardError` where what happened to `clip` would happen to all that come."""
        folder = self._folder
        if why.code == "disk_full":
            said, hint = f"The disk has no room for '{folder.shown(clip.name)}'.", "free some space"
        elif why.code == "not_writable" and not os.access(folder.path, os.W_OK):
            said, hint = why.message, "let it be written"
        else:  # on Windows a clip that somebody plays cannot be replaced: it costs itself alone
            return
        raise DeckardError(said, code=why.code, hint=f"{hint}, and the same command goes on from here")

    def _record(self, *lines: Entry) -> None:
        path = self._folder.path
        if not self._manifest.stands_at(path / MANIFEST):
            raise DeckardError(
                f"'{path / MANIFEST}' was removed or moved while the batch was at work.",
                code="manifest_gone",
                hint="run the same command again",
            )
        try:
            self._manifest.add(*lines)
        except OSError as error:
            raise failure(error, path / MANIFEST) from error

    def _recover(self) -> None:
        """Give their names to the files whose line was written just before the last batch was killed."""
        for each in self._manifest.entries:
            for name, stored in each.files.items():
                if whole(self._folder.waiting(each.id, name), stored.size, stored.sha256):
                    self._folder.give(each.id, name)
        self._folder.sweep()

    def _finished(self, clips: Sequence[Clip], among: Sequence[Clip]) -> Finished:
        found = remains(self._manifest.entries, among, self._source, self._folder)
        if self._orders.prune and (found.renamed or found.gone):
            self._folder.prune(found.files)
            self._record(*found.lines)
        tally = self._tally
        return Finished(
            made=tally.made,
            cached=tally.cached,
            kept=tally.kept,
            failed=tally.failed,
            skipped=len(clips) - tally.made - tally.kept - tally.failed,
            speech=tally.speech,
            seconds=time.monotonic() - tally.began,
            gone=tuple(each.id for each in found.gone),
            left=found.left,
            taken=tuple(tally.taken),
            others=dict(Counter(self._folder.rows(each.source) for each in found.others if each.files)),
            pruned=self._orders.prune,
        )
