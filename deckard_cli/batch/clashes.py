"""Files that two clips of a batch would both write, or that one would write and another is made of."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from deckard_cli.batch.clips import Clip
from deckard_cli.batch.names import folded
from deckard_cli.batch.rows import STDIN
from deckard_cli.tomlfile import Mistake

__all__ = ["clashes"]


def clashes(clips: Sequence[Clip], folder: Path) -> Iterator[Mistake]:
    """A mistake of each of `clips`, to be made in `folder`, that would write what another writes or reads."""
    read = {_real(path): clip for clip in clips for path in _sources(clip)}
    taken: dict[str, Clip] = {}
    for clip in clips:
        file, line = _place(clip)
        for name in clip.files:
            other = taken.setdefault(folded(name), clip)
            if other is not clip:
                said = f"'{name}' is written by {other.where} too: give it another id, or --name a pattern with {{id}}"
                yield Mistake(file, line, "output", said)
                break
            if reader := read.get(_real(folder / name)):
                yield Mistake(file, line, "output", f"'{name}' is read by {reader.where}")


def _sources(clip: Clip) -> Iterator[Path]:
    """The files that a clip is made of, its rows among them."""
    job, (file, _) = clip.job, _place(clip)
    yield from (Path(each) for each in (job.audio, job.words, job.background) if isinstance(each, str | Path))
    if file != STDIN:
        yield file


def _real(path: Path) -> str:
    return unicodedata.normalize("NFC", os.path.abspath(path))  # noqa: PTH100 - a Path takes four times as long


def _place(clip: Clip) -> tuple[Path, int]:
    file, _, line = clip.where.rpartition(":")
    return Path(file), int(line)
