"""The gallery of a batch: what its manifest knows of each clip, as a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deckard_cli.batch.clips import Clip
from deckard_cli.batch.gallery import Item, write_gallery
from deckard_cli.batch.manifest import Entry, read_manifest

__all__ = ["write_page"]

_NAME = "gallery.html"
_CAPTIONS = (".srt", ".vtt")


def write_page(clips: Sequence[Clip], folder: Path, wanted: Sequence[Clip]) -> Path:
    """Write the page of those of `clips` that are in `folder`, or are `wanted`, into it.

    Raises what `write_gallery` raises.
    """
    asked = {clip.id for clip in wanted}
    entries = read_manifest(folder)
    path = folder / _NAME
    write_gallery(
        path,
        [_item(clip, entries.get(clip.id), folder) for clip in clips if clip.id in entries or clip.id in asked],
        title=folder.absolute().name,
    )
    return path


def _item(clip: Clip, entry: Entry | None, folder: Path) -> Item:
    captions = next((folder / name for name in clip.beside if name.endswith(_CAPTIONS)), None)
    values = clip.values
    if entry is None or entry.error:
        error = entry.error.message if entry and entry.error else "It was not tried."
        return Item(id=clip.id, text=clip.spoken, persona=values["persona"], voice=values["voice"], error=error)
    return Item(
        id=clip.id,
        text=clip.spoken,
        persona=entry.persona,
        voice=entry.voice,
        language=entry.lang,
        clip=folder / clip.name,
        captions=captions,
        duration=entry.duration,
        notes=tuple(entry.notes),
    )
