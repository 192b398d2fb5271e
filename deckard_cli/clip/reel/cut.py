"""The cut of a film: which scene is seen when, in what size and rate, and what is read under it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Final

from deckard_cli.clip.captions import Cue
from deckard_cli.clip.interludes import Spans
from deckard_cli.clip.reel import Reel, cards, subtitles
from deckard_cli.clip.reel.conversation import Conversation
from deckard_cli.clip.reel.footage import Footage
from deckard_cli.clip.reel.hearing import sound_rate
from deckard_cli.clip.reel.lineup import Scene, line_up, scene
from deckard_cli.clip.reel.order import order
from deckard_cli.clip.reel.pictures import Clip, Picture, Pixels, Still
from deckard_cli.clip.reel.sequence import Entry
from deckard_cli.clip.turns import Box, Turn, Turns
from deckard_cli.errors import UsageError
from deckard_cli.face.backdrop import backdrop

__all__ = ["RATES", "Cut", "cut", "nearest"]

RATES: Final = tuple(
    Fraction(rate) for rate in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60")
)
"""Frames a second that a film can have."""
_RATE: Final = 48_000
"""Samples a second of a film, at most, and where no clip has sound."""


@dataclass(frozen=True, slots=True)
class Cut:
    """All that is known of a film before its first frame is made."""

    footage: tuple[Footage, ...]
    """In the order in which it is seen."""
    zeros: tuple[int, ...]
    """The frame in which each clip's own time begins."""
    entries: tuple[Entry, ...]
    fps: Fraction
    """Frames a second."""
    size: tuple[int, int]
    """Width and height in pixels."""
    rate: int
    """Samples a second."""
    cues: tuple[Cue, ...]
    notes: tuple[str, ...]
    """What a person should be told."""
    turns: Turns = ()
    """Who speaks where, when more than one is seen."""

    @property
    def frames(self) -> int:
        """How many there are."""
        return self.entries[-1].place.end

    @property
    def starts(self) -> tuple[float, ...]:
        """The second of the film at which each clip begins."""
        return tuple(float(zero / self.fps) for zero in self.zeros)

    @property
    def interludes(self) -> Spans:
        """When nobody speaks: while a title stands, and until the clip that fades in has begun."""
        places = [(each.place, each.card) for each in self.entries]
        frames = [(at.begin, at.end if card else max(at.begin + at.fade, at.zero)) for at, card in places]
        return tuple((float(begin / self.fps), float(end / self.fps)) for begin, end in frames if begin < end)


@dataclass(frozen=True, slots=True)
class _Part:
    """A scene and how it is opened."""

    scene: Scene
    open: Callable[[], Picture]
    own: tuple[int, ...] = ()
    """The frames of the scene at which clips begin."""
    card: bool = False
    """Whether it is a title."""
    spoken: tuple[tuple[int, int, Box], ...] = ()
    """The frames of the scene from and to which somebody speaks in a part of the picture."""


def cut(reel: Reel, footage: Sequence[Footage]) -> Cut:
    """The cut of `reel`, whose clips are `footage`.

    Raises `UsageError` for a layout that these clips cannot have, or a background that is none.
    """
    turns = order(footage, reel.layout)
    shown = [footage[number] for number in turns]
    fps = reel.fps or _usual(shown)
    size = reel.size or _even(shown[0].size, wide=2 if reel.layout == "side" else 1)
    ground: Pixels = backdrop(reel.background, size)
    scenes = [scene(each, fps) for each in shown]
    parts = [_card(reel.title, ground, reel.fade, fps)] if reel.title.strip() else []
    notes: list[str] = []
    if reel.layout == "side":
        talk = Conversation(shown, scenes, fps)
        notes += _waits(talk, reel)
        parts.append(_Part(talk.scene, partial(talk.open, ground), tuple(talk.starts), spoken=talk.spoken))
    else:
        titles = [reel.titles[number] for number in turns] if reel.titles else [""] * len(shown)
        for each, its, title in zip(shown, scenes, titles, strict=True):
            parts += [_card(title, ground, reel.fade, fps)] if title.strip() else []
            parts.append(_Part(its, partial(Clip, each.path, ground, ends_at_rest=each.synthetic), (0,)))
    places = line_up([part.scene for part in parts], round(reel.fade * fps))
    zeros = [place.zero + own for place, part in zip(places, parts, strict=True) for own in part.own]
    cues, lacking = _captions(reel, shown, [float(zero / fps) for zero in zeros])
    return Cut(
        footage=tuple(shown),
        zeros=tuple(zeros),
        entries=tuple(Entry(place, part.open, part.card) for place, part in zip(places, parts, strict=True)),
        fps=fps,
        size=size,
        rate=_sound_rate(reel, shown),
        cues=tuple(cues),
        notes=(*notes, *lacking),
        turns=tuple(
            Turn(float((place.zero + start) / fps), float((place.zero + end) / fps), box)
            for place, part in zip(places, parts, strict=True)
            for start, end, box in part.spoken
        ),
    )


def nearest(fps: float | Fraction) -> Fraction:
    """The rate that is nearest to `fps` of those which a film can have."""
    return min(RATES, key=lambda known: abs(float(known - Fraction(fps))))


def _usual(shown: Sequence[Footage]) -> Fraction:
    """The rate of frames that most seconds have, of several the highest: each other one doubles or drops pictures."""
    seconds: Counter[Fraction] = Counter()
    for each in shown:
        seconds[nearest(each.fps)] += round(1000 * each.duration)
    return max(seconds, key=lambda fps: (seconds[fps], fps))


def _sound_rate(reel: Reel, shown: Sequence[Footage]) -> int:
    """The highest rate that a clip or the music has."""
    return min(max(*(each.rate for each in shown), sound_rate(reel.music) if reel.music else 0) or _RATE, _RATE)


def _even(size: tuple[int, int], *, wide: int) -> tuple[int, int]:
    width, height = (max(2, side + side % 2) for side in size)
    return wide * width, height


def _card(title: str, ground: Pixels, fade: float, fps: Fraction) -> _Part:
    frames = round((cards.standing(title) + 2 * fade) * fps)
    return _Part(Scene.silent(frames), lambda: Still(cards.card(title, ground)), card=True)


def _waits(talk: Conversation, reel: Reel) -> list[str]:
    if reel.waiting is None:
        return []
    return [
        f"Who speaks in '{path}' stands still while the other speaks: nothing shows them waiting."
        for path in talk.wait(reel.waiting)
    ]


def _captions(reel: Reel, shown: Sequence[Footage], starts: Sequence[float]) -> tuple[list[Cue], list[str]]:
    """The captions of the film, and a note where a clip has none. Raises `UsageError` where all lack what is asked."""
    if reel.captions == "off":
        return [], []
    files = [subtitles.beside(each.path) for each in shown]
    if not any(files):
        if reel.captions is None:
            return [], []
        raise UsageError(
            "No clip has captions beside it.",
            code="no_captions",
            hint="make the clips with --captions srt, or leave --captions out",
        )
    parts = zip(starts, shown, files, strict=True)
    cues = subtitles.joined(
        (start, each.duration, subtitles.read(file)) for start, each, file in parts if file is not None
    )
    bare = [str(each.path) for each, file in zip(shown, files, strict=True) if file is None and each.sound]
    return cues, [f"{len(bare)} of {len(shown)} clips have no captions, among them '{bare[0]}'."] if bare else []
