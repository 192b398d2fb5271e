"""The film itself: clips are looked through, cut, laid out frame by frame, and written as they come."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from deckard_cli.clip import Form, Quality
from deckard_cli.clip.encode import Encoder
from deckard_cli.clip.part import Part
from deckard_cli.clip.provenance import Claim
from deckard_cli.clip.provenance.claim import MEDIA_TYPES
from deckard_cli.clip.reel import CAPTIONS, LAYOUTS, Assembled, Filmed, Noted, Reel, ReelEvent, Surveyed, cards
from deckard_cli.clip.reel import subtitles as captions
from deckard_cli.clip.reel.cards import Captioner
from deckard_cli.clip.reel.cut import Cut, cut
from deckard_cli.clip.reel.footage import survey
from deckard_cli.clip.reel.mix import Heard, levelled, mixed
from deckard_cli.clip.reel.music import Music, spans
from deckard_cli.clip.reel.sequence import Film
from deckard_cli.clip.reel.tags import tags
from deckard_cli.errors import UsageError, unknown
from deckard_cli.face import Frame
from deckard_cli.speech.pcm import Samples

__all__ = ["run"]

_LONGEST_FADE: Final = 5.0
"""Seconds."""


def run(reel: Reel) -> Iterator[ReelEvent]:
    """As `deckard_cli.clip.reel.run`."""
    _refuse(reel)
    _refuse_overwriting(reel)
    cards.check([reel.title, *reel.titles])
    footage = []
    for path in reel.clips:
        footage.append(survey(path))
        yield Surveyed(len(footage), len(reel.clips))
    made = cut(reel, footage)
    signed = _claim(reel, made)
    if signed and not signed.commercial:
        made = replace(
            made, notes=(*made.notes, "Something in these clips is not for commercial use, nor is the film.")
        )
    for note in made.notes:
        yield Noted(note)
    beside = _caption_file(reel, made)
    part = Part(beside) if beside else None
    try:
        yield from _written(reel, made, signed)
        if part and beside:
            text = captions.text(made.cues, beside.suffix.removeprefix("."), made.size)
            part.path.write_text(text, encoding="utf-8", newline="\n")
            part.keep()
    finally:
        if part:
            part.drop()
    yield _filmed(reel, made, beside)


def _claim(reel: Reel, made: Cut) -> Claim | None:
    """What the film says of itself under a signature; None for one of clips that no machine made."""
    clips = [each for each in made.footage if each.synthetic]
    if reel.signer is None or not clips or reel.output.suffix.lower() not in MEDIA_TYPES:
        return None
    from deckard_cli.clip.provenance.verify import joined  # at the top C2PA would be loaded for films without it

    return joined(tags(made.footage, reel.title)["title"], [each.path for each in made.footage])


def _seal(reel: Reel, made: Cut, signed: Claim) -> Callable[[Path], None]:
    """What signs the finished film."""

    def seal(path: Path) -> None:
        from deckard_cli.clip.provenance.seal import sign  # as above

        assert reel.signer
        sign(path, signed, reel.signer, list(dict.fromkeys(each.path for each in made.footage)))

    return seal


def _written(reel: Reel, made: Cut, signed: Claim | None) -> Iterator[ReelEvent]:
    """Write the film, told each second of it."""
    film = Film(made.entries, made.fps)
    sound = _sound(reel, made)
    captioner = Captioner(made.cues, made.size) if reel.captions == "burned" else None
    given = 0
    with _encoder(reel, made, signed) as encoder, closing(film):
        for number in range(made.frames):
            while given < (number + 1) * made.rate / made.fps and (block := next(sound, None)) is not None:
                encoder.sound(block)
                given += len(block)
            pixels = film.frame(number)
            if captioner:
                pixels = captioner.write(pixels, float((number + Fraction(1, 2)) / made.fps))
            encoder.picture(Frame(number, (pixels,), "rgb24"))
            if (number + 1) % math.ceil(made.fps) == 0:
                yield Assembled(number + 1, made.frames)


def _encoder(reel: Reel, made: Cut, signed: Claim | None) -> Encoder:
    """The file that the film grows in."""
    return Encoder(
        reel.output,
        fps=made.fps,
        size=made.size,
        rate=made.rate,
        quality=Quality.parse(reel.quality),
        tags=tags(made.footage, reel.title, made.interludes, made.turns),
        seal=_seal(reel, made, signed) if signed else None,
    )


def _sound(reel: Reel, made: Cut) -> Iterator[Samples]:
    """All that is heard, as long as the pictures."""
    count = int(made.frames * made.rate / made.fps)
    music = Music(reel.music, made.rate) if reel.music else None
    pairs = list(zip(made.footage, made.zeros, strict=True))
    heard = [
        Heard(each.path, round(zero * made.rate / made.fps), None if reel.loudness is None else each.loudness)
        for each, zero in pairs
        if each.rate
    ]
    spoken = spans(zip(made.starts, (each.spoken for each in made.footage), strict=True))

    def sound() -> Iterator[Samples]:
        return mixed(heard, count, made.rate, music.under(spoken, count) if music else None)

    return sound() if reel.loudness is None else levelled(sound, made.rate, reel.loudness)


def _caption_file(reel: Reel, made: Cut) -> Path | None:
    """The file of captions beside the film, where it has one."""
    if reel.captions == "burned" or not made.cues:
        return None
    return reel.output.with_suffix(f".{reel.captions or 'srt'}")


def _filmed(reel: Reel, made: Cut, beside: Path | None) -> Filmed:
    return Filmed(
        path=reel.output.absolute(),
        captions=beside.absolute() if beside else None,
        starts=tuple((each.path.absolute(), at) for each, at in zip(made.footage, made.starts, strict=True)),
        duration=float(made.frames / made.fps),
        frames=made.frames,
        fps=made.fps,
        width=made.size[0],
        height=made.size[1],
        rate=made.rate,
        notes=made.notes,
    )


def _refuse(reel: Reel) -> None:
    """Raise `UsageError` for what can be told before a clip is opened."""
    if not reel.clips:
        raise UsageError("There are no clips to join.", code="no_clips", hint="deckard reel clips/*.mp4 -o film.mp4")
    if not Form.of(reel.output).picture:
        raise UsageError("A film has pictures.", code="no_picture", hint=f"-o '{reel.output.with_suffix('.mp4')}'")
    if reel.layout not in LAYOUTS:
        raise unknown("layout", reel.layout, LAYOUTS)
    if reel.captions not in (None, *CAPTIONS):
        raise unknown("kind of captions", str(reel.captions), CAPTIONS)
    if not 0 <= reel.fade <= _LONGEST_FADE:
        raise UsageError(f"A fade cannot take {reel.fade:g} seconds.", code="bad_fade", hint="--fade 0.5  (0 to 5)")
    if reel.titles and len(reel.titles) != len(reel.clips):
        raise UsageError(
            f"There are {len(reel.titles)} titles for {len(reel.clips)} clips.",
            code="titles_and_clips",
            hint="give one line for each clip, an empty one for no card",
        )
    if reel.layout == "side" and any(reel.titles):
        raise UsageError(
            "With two beside each other there is no place for a card before each clip.",
            code="titles_beside",
            hint="leave them out, or give the film one: --title",
        )


def _refuse_overwriting(reel: Reel) -> None:
    """Raise `UsageError` where the film or its captions would replace what is read."""
    read = [*reel.clips, *filter(None, map(captions.beside, reel.clips)), *([reel.music] if reel.music else [])]
    written = [reel.output, *(reel.output.with_suffix(f".{form}") for form in ("srt", "vtt", "ass"))]
    if {path.resolve() for path in read} & {path.resolve() for path in written}:
        other = reel.output.with_name(f"{reel.output.stem}-film{reel.output.suffix}")
        raise UsageError("The output is the input.", code="output_is_input", hint=f"-o '{other}'")
