"""What a film says of itself: who is in it, and that a machine made what its clips say a machine made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from deckard_cli import __version__
from deckard_cli.clip import interludes, turns
from deckard_cli.clip.reel.footage import Footage

__all__ = ["tags"]

_SOURCES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""The digital source types of IPTC NewsCodes."""


def tags(
    footage: Sequence[Footage], title: str, silent: interludes.Spans = (), spoken: turns.Turns = ()
) -> dict[str, str]:
    """The tags of a film of `footage` called `title`, in which nobody speaks while it is `silent`, and who is seen in a
    part of the picture speaks in the turns that are `spoken`.

    Where all clips are of one kind (``algorithmicMedia``), so is the film; else it is ``compositeSynthetic``.
    """
    made = {"title": title or f"A film of {len(footage)} clips", "software": f"deckard {__version__}"}
    synthetic = [each for each in footage if each.synthetic]
    if synthetic:
        kinds = {each.tags.get("digital_source_type", "") for each in footage}
        kind = kinds.pop() if len(kinds) == 1 else f"{_SOURCES}compositeSynthetic"
        made["comment"] = f"Synthetic media: a machine made {len(synthetic)} of the {len(footage)} clips in this film."
        made["synthetic"] = "true"
        made["digital_source_type"] = kind or f"{_SOURCES}compositeSynthetic"
    if silent:
        made[interludes.TAG] = interludes.written(silent)
    if spoken:
        made[turns.TAG] = turns.written(spoken)
    for key in ("persona", "voice", "face", "language"):
        if values := _distinct(each.tags.get(key, "") for each in footage):
            made[key] = ", ".join(values)
    if texts := [each.tags["text"] for each in footage if each.tags.get("text")]:
        made["text"] = " ".join(texts)[:500]
    return made


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, values)))
