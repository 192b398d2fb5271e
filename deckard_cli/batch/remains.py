"""What lies in the folder of a batch beside the clips that it asks for, and what of it may go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deckard_cli.batch.clips import Clip
from deckard_cli.batch.folder import Folder
from deckard_cli.batch.manifest import Entry

__all__ = ["Remains", "remains"]


@dataclass(frozen=True, slots=True)
class Remains:
    """Clips and files that nobody asks for any more, and clips of others."""

    gone: tuple[Entry, ...]
    """Clips of these rows that no row asks for any more."""
    renamed: tuple[Entry, ...]
    """Clips that had other names."""
    left: tuple[str, ...]
    """Files of those, under the other names, that are there still."""
    others: tuple[Entry, ...]
    """Clips of other rows."""
    wanted: frozenset[str]
    """Files that somebody asks for."""

    @property
    def files(self) -> tuple[str, ...]:
        """All that may go."""
        gone = (name for each in self.gone for name in (*each.files, *each.left))
        return tuple(name for name in (*self.left, *gone) if name not in self.wanted)

    @property
    def lines(self) -> list[Entry]:
        """What the manifest has to say once they went."""
        return [
            *(each.model_copy(update={"left": {}}) for each in self.renamed),
            *(each.model_copy(update={"files": {}, "left": {}}) for each in self.gone),
        ]


def remains(entries: Iterable[Entry], among: Sequence[Clip], source: str, folder: Folder) -> Remains:
    """What `entries` of the manifest of `folder` are beside the clips `among`, whose rows stand in `source`."""
    asked = {clip.id for clip in among}
    there = [each for each in entries if each.files or each.left]
    own = [each for each in there if each.source == source]
    foreign = [each for each in there if each.source != source]
    renamed = tuple(each for each in own if each.id in asked and each.left)
    names = {clip.name for clip in among}
    wanted = {name for clip in among for name in clip.files} | {name for each in foreign for name in each.files}
    return Remains(
        gone=tuple(each for each in own if each.id not in asked),
        renamed=renamed,
        left=tuple(
            name
            for each in renamed
            for name, stored in each.left.items()
            if name not in wanted and folder.holds(name, stored.size, stored.sha256)
        ),
        # Where the file of rows is called otherwise now, clips of this batch that were not tried are still of the old
        # one: they would be told to be somebody else's.
        others=tuple(each for each in foreign if each.clip not in names),
        wanted=frozenset(wanted),
    )
