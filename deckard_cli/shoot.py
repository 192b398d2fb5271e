"""Speech and frames of a plan, piece by piece: a script of half an hour takes no more memory than one of a minute."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from deckard_cli.casting import Cast, open_face, silence
from deckard_cli.face import Face, Frame
from deckard_cli.job import Plan
from deckard_cli.motion import Motion
from deckard_cli.motion.animate import Animator
from deckard_cli.motion.feelings import Turn
from deckard_cli.motion.idle import loop
from deckard_cli.speaker import speaker
from deckard_cli.speech import Speech
from deckard_cli.speech.ahead import ahead
from deckard_cli.speech.cues import Cues
from deckard_cli.speech.delivery import tail
from deckard_cli.studio import Studio

if TYPE_CHECKING:
    from deckard_cli.clip.burn import Burner

__all__ = ["See", "Take", "shoot"]

See = Callable[[Motion], None]
"""What wants to know how the face moves."""

_SILENCE: Final = 48_000
"""Samples a second of a loop: every rate of frames divides it."""
_SETTLING: Final = 3
"""Seconds in which hair that swings has forgotten how it began."""


@dataclass(frozen=True, slots=True)
class Take:
    """A piece of the script, spoken and about to be drawn."""

    speech: Speech
    """What is heard."""
    frames: Iterator[Frame]
    """What is seen; drawn as it is read, and to be read before the next take is asked for. Not the same length as the
    speech: a face is drawn when nothing that is still to be said can move it, so the frames trail behind."""
    notes: tuple[str, ...] = ()
    """What a person should know of who speaks, and of the face."""
    voice: str = ""
    """The name of the voice that speaks; empty in a loop."""


def shoot(
    plan: Plan, see: See | None = None, studio: Studio | None = None, chosen: Cast | None = None
) -> Iterator[Take]:
    """Speak and draw the script piece by piece; the last piece is the tail. A loop is one piece.

    `see` is called with every run of motion just before its frames are drawn, and where nothing is drawn as well.
    `studio` holds what was opened for the clips before; None: nothing was. `chosen` is who was found for the plan.
    """
    studio = studio or Studio()
    if plan.loop is not None:
        yield _waiting(plan, plan.loop, see, studio)
        return
    chosen = chosen or _usual(plan, studio)
    voice, face = chosen.voice, chosen.face
    first = voice.first
    film = _Film(plan, face, see)
    yield Take(first, film.frames(first), (*voice.notes, *chosen.notes, *_notes(face), *film.notes), voice.voice)
    said = first.duration
    for speech in ahead(voice.rest):
        yield Take(speech, film.frames(speech), voice=voice.voice)
        said += speech.duration
    end = silence(tail(said, plan.delivery.longest), first.rate)
    yield Take(end, film.frames(end, last=True), voice=voice.voice)


def _usual(plan: Plan, studio: Studio) -> Cast:
    """Who speaks and who is seen where there is no choice."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        # One after the other, loading OpenCV and the drawing would double the time to a clip of one word.
        opening = beside.submit(open_face, plan, studio)
        voice = speaker(plan, studio)
    return Cast(plan, voice, opening.result())


def _waiting(plan: Plan, frames: int, see: See | None, studio: Studio) -> Take:
    """A loop of silence."""
    motion = loop(frames, plan.fps, mood=plan.moods[plan.line.mood], seed=plan.persona.key)
    face = open_face(plan, studio)
    assert face
    return Take(_silence(plan, frames), _looped(plan, motion, face, see), _notes(face))


def _notes(face: Face | None) -> tuple[str, ...]:
    """What a face that has something to say of itself says; most have not."""
    return tuple(getattr(face, "notes", ()))


def _looped(plan: Plan, motion: Motion, face: Face, see: See | None) -> Iterator[Frame]:
    """The frames of `motion`, drawn by a face that has just drawn the end of it."""
    end = motion.curves[-_SETTLING * plan.fps :]
    for _ in face.draw(_silence(plan, len(end)), Motion(end, motion.fps, -len(end))):
        pass
    if see:
        see(motion)
    yield from face.draw(_silence(plan, len(motion)), motion)


def _silence(plan: Plan, frames: int) -> Speech:
    return Speech(np.zeros(frames * _SILENCE // plan.fps, np.float32), _SILENCE)


class _Film:
    """Speech in, frames out."""

    def __init__(self, plan: Plan, face: Face | None, see: See | None) -> None:
        self._face = face
        self._see = see
        mood = plan.moods[plan.line.mood]
        self._animator = Animator(plan.fps, mood=mood, seed=f"{plan.persona.key} {plan.line.text}")
        self._cues, self._moods = Cues(plan.line), plan.moods
        self._burner: Burner | None = None
        if plan.job.captions == "burned":
            from deckard_cli.clip.burn import Burner  # at the top it would load Pillow for every clip

            font = os.environ.get("DECKARD_FONT")
            style, lang = plan.job.captions_style, plan.line.lang
            self._burner = Burner(plan.size, Fraction(plan.fps), Path(font) if font else None, style, lang)

    @property
    def notes(self) -> tuple[str, ...]:
        return self._burner.notes if self._burner else ()

    def frames(self, speech: Speech, *, last: bool = False) -> Iterator[Frame]:
        if self._face is None and self._see is None:
            return
        if self._burner:
            self._burner.add(speech)
        marks, emphases = self._cues.within(speech)
        marks += [(0.0, mark) for mark in self._cues.rest()] if last else []
        turns = [Turn(at, self._moods[mark.name]) for at, mark in marks]
        motions = [self._animator.extend(speech, turns, emphases)]
        if last:
            motions.append(self._animator.finish())
        for motion in motions:
            if self._see:
                self._see(motion)
            if self._face is None:
                continue
            for frame in self._face.draw(speech, motion):
                yield self._burner.burn(frame) if self._burner else frame
