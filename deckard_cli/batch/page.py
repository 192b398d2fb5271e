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
    said = _said(folder)
    found = [(clip, said.get((clip.id, clip.name))) for clip in clips]
    path = folder / _NAME
    write_gallery(
        path,
        [_item(clip, entry, folder) for clip, entry in found if entry or clip.id in asked],
        title=folder.absolute().name,
    )
    return path


def _said(folder: Path) -> dict[tuple[str, str], Entry]:
    """Id and file of each clip that was tried -> what was said of it last, whoever's rows asked for it."""
    return {(each.id, each.clip): each for each in read_manifest(folder) if each.files or each.error}


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
