"""Who speaks when: a conversation of clips."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import chain, groupby, zip_longest
from typing import TypeVar

from deckard_cli.clip.reel import Layout
from deckard_cli.clip.reel.footage import Footage
from deckard_cli.errors import UsageError

__all__ = ["in_turn", "order", "sides"]

Item = TypeVar("Item")


def order(footage: Sequence[Footage], layout: Layout) -> list[int]:
    """The numbers of the clips, from 0, in the order in which they are seen.

    Raises `UsageError` where a conversation is asked for and the clips do not say whose they are.
    """
    if layout == "line":
        return list(range(len(footage)))
    speakers = [each.persona for each in footage]
    if layout == "side":
        sides(footage)
    elif lacking := next((each for each in footage if not each.persona), None):
        raise UsageError(
            f"'{lacking.path}' does not say who speaks in it, so nobody can tell whose turn it is.",
            code="no_persona",
            hint="give the clips in the order in which they should come, without --layout turn",
        )
    return in_turn(range(len(footage)), speakers)


def in_turn(items: Sequence[Item], speakers: Sequence[Hashable]) -> list[Item]:
    """The `items` as a conversation: where each speaker's stand together, as a sorted folder has them, they take
    turns; any other order is one already, and is kept.
    """
    runs = [list(run) for _, run in groupby(zip(speakers, items, strict=True), key=lambda pair: pair[0])]
    if len(runs) > len(set(speakers)):
        return list(items)
    return [item for turn in zip_longest(*runs) for item in chain(pair[1] for pair in turn if pair)]


def sides(footage: Sequence[Footage]) -> list[int]:
    """For each clip the side on which it is seen: 0 left, 1 right. Who comes first is on the left.

    Clips of which none says who speaks alternate. Raises `UsageError` where not just two speak.
    """
    names = list(dict.fromkeys(each.persona for each in footage))
    if names == [""]:
        return [number % 2 for number in range(len(footage))]
    if len(names) != 2:
        raise UsageError(
            f"Two have room beside each other, not {len(names)}: {', '.join(each or '?' for each in names)}.",
            code="not_two",
            hint="give clips of two personas, or --layout turn",
        )
    return [names.index(each.persona) for each in footage]
