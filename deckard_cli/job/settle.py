"""Looking up what was asked for: every name, and every number."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deckard_cli import backends
from deckard_cli.clip import Form, Quality
from deckard_cli.clip.part import is_folder
from deckard_cli.clip.provenance.claim import MEDIA_TYPES
from deckard_cli.credits import refuse_noncommercial
from deckard_cli.errors import UsageError, unknown
from deckard_cli.face.portrait import Portrait
from deckard_cli.job.asked import TRANSPARENT, Job, refuse_overwriting
from deckard_cli.job.beside import refuse_captions, refuse_timings
from deckard_cli.job.plan import Plan
from deckard_cli.motion.moods import Mood
from deckard_cli.persona import Persona, find
from deckard_cli.persona.words import WORDS_FILE, Saying, hints, read_words
from deckard_cli.script import Hint, Line, Mark, Marked, clean, guess_language, marked
from deckard_cli.settings import frame_rate, frame_size
from deckard_cli.speech.delivery import Delivery, loudness
from deckard_cli.speech.silence import Trim

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deckard_cli.clip.provenance.signer import Signer

__all__ = ["IDLE", "settle"]

IDLE: Final = (2.0, 60.0)
"""Seconds that a loop lasts, at least and at most."""


def settle(job: Job, find: Callable[[str], Persona] = find) -> Plan:
    """Look up every name in `job`, personas by `find`, and check every number.

    Raises `UsageError` for the first that cannot be meant.
    """
    job = _given(job)
    persona, form, size = find(job.persona), Form.of(job.output), frame_size(str(job.size))
    _refuse_loop(job, form)
    text, marks, pauses, stressed = _said(job)
    refuse_captions(job, text)
    refuse_timings(job, text)
    lang = job.lang or guess_language(text) or persona.language
    moods = _moods(persona, job.mood, marks)
    first = next((mark.name for mark in reversed(marks) if mark.at == 0), job.mood)
    later = tuple(mark for mark in marks if mark.at)
    said_so = [*_pronounced(job, persona, text), *(Hint(start, end, stressed=True) for start, end in stressed)]
    plan = Plan(
        job=job,
        form=form,
        quality=Quality.parse(job.quality),
        persona=persona,
        voices=_voices(job, persona),
        faces=_faces(job, persona, form),
        line=Line(
            text, lang, job.speed, job.pitch, first, later, pauses, tuple(sorted(said_so, key=attrgetter("start")))
        ),
        delivery=_delivery(job),
        moods=moods,
        fps=frame_rate(job.fps),
        size=size,
        backdrop=_backdrop(job.background, persona, form, size),
        signer=_signer(job),
    )
    if not job.allow_noncommercial:
        casts = (replace(plan, faces=(face,)).credits(voice.name) for face in plan.faces for voice in plan.voices)
        refuse_noncommercial(chain.from_iterable(casts))
    return plan


def _said(job: Job) -> Marked:
    """What is said in `job`, cleaned, and the marks that were in it."""
    if job.idle is not None or (job.audio and not job.text):
        return Marked("")
    said = marked(clean(job.text))
    return said._replace(text=clean(said.text), pauses=() if job.audio else said.pauses)


def _pronounced(job: Job, persona: Persona, text: str) -> Iterator[Hint]:
    """How words of `text` are said, by the persona and, before it, by the file that was given."""
    sayings: dict[str, Saying] = {}
    own = persona.folder / WORDS_FILE
    for file in ([own] if own.is_file() else []) + ([Path(job.words)] if job.words else []):
        sayings |= read_words(file).root
    return hints(text, sayings)


def _delivery(job: Job) -> Delivery:
    """What is done to the sound of `job`. Raises `UsageError` for a number that cannot be meant."""
    numbers = (
        ("threshold of silence", job.silence_threshold, 0, 32767, "--silence-threshold 500"),
        ("pad of silence", job.silence_pad_ms, 0, 10_000, "--silence-pad-ms 120"),
        ("longest sound", job.max_audio_seconds, 0, float("inf"), "--max-audio-seconds 60"),
    )
    for what, value, low, high, hint in numbers:
        if not low <= value <= high:
            fit = f"it goes from {low} to {high:g}" if high < float("inf") else f"it has to be a number, {low} or more"
            said = f"The {what} cannot be {value:g}: {fit}."
            raise UsageError(said, code="bad_sound", hint=hint)
    trim = Trim(job.silence_threshold, job.silence_pad_ms / 1000) if job.trim_silence else None
    return Delivery(loudness(str(job.loudness)), trim, job.max_audio_seconds)


def _moods(persona: Persona, asked: str, marks: Iterable[Mark]) -> dict[str, Mood]:
    """The moods of a line by its own names for them, which are in small letters."""
    moods, known = {asked: persona.mood(asked)}, {name.casefold(): name for name in persona.mood_names}
    for mark in marks:
        if mark.name not in known:
            raise unknown("mood", mark.name, known, list_with=rf"to have the word read out, write \[{mark.name}]")
        moods[mark.name] = persona.mood(known[mark.name])
    return moods


def _backdrop(asked: str | None, persona: Persona, form: Form, size: tuple[int, int]) -> NDArray[np.uint8] | None:
    if asked is None or not form.picture:
        return None
    if Portrait(persona.folder).photographed:
        raise UsageError(
            f"{persona.name} is a photograph, which keeps its own background: nothing says where the head ends.",
            code="background_of_photograph",
            hint="leave out --background, or take a persona that is drawn",
        )
    if asked == TRANSPARENT:
        if form.clear:
            return None
        raise UsageError(
            f"A clip in {form.container} cannot be see-through.",
            code="background_transparent",
            hint="name it .webm or .gif, or give a colour: --background green",
        )
    from deckard_cli.face.backdrop import backdrop  # at the top it would load Pillow for every clip

    return backdrop(asked, size)


def _signer(job: Job) -> Signer | None:
    """Who signs the clip of `job`, where it is to be signed and can be."""
    if not job.provenance or job.output.suffix.lower() not in MEDIA_TYPES:
        return None
    from deckard_cli.clip.provenance.signer import signer  # at the top it would be loaded for clips without one

    return signer(job.certificate, job.private_key)


def _refuse_loop(job: Job, form: Form) -> None:
    """Raise `UsageError` for a loop that cannot be."""
    if job.idle is None:
        return
    if job.text or job.audio:
        raise UsageError("In a loop nothing is said.", code="loop_with_words", hint="leave out the text, or the loop")
    if not IDLE[0] <= job.idle <= IDLE[1]:
        low, high = IDLE
        raise UsageError(
            f"A loop cannot last {job.idle:g} seconds.",
            code="bad_seconds",
            hint=f"--seconds 10  (it goes from {low:g} to {high:g})",
        )
    if not form.picture:
        raise UsageError("A loop of silence has nothing to hear.", code="loop_without_picture", hint="-o idle.mp4")


def _given(job: Job) -> Job:
    """`job` with its files as paths. Raises `UsageError` for one that has no name or cannot be the one."""
    if job.audio == "":
        raise UsageError("The recording has no name.", code="no_name", hint="--audio speech.wav")
    if isinstance(job.audio, str):
        job = replace(job, audio=Path(job.audio))
    # Before the suffix is looked at: that of a folder says nothing.
    if os.path.isdir(job.output):  # noqa: PTH112 (Path.is_dir raises for a name that is too long)
        raise is_folder(job.output)
    if isinstance(job.audio, Path):
        refuse_overwriting(job, job.audio)
    return job


def _voices(job: Job, persona: Persona) -> tuple[backends.Backend, ...]:
    """The voices that were asked for, else the persona's own."""
    if job.audio:
        return (backends.find("voice", "recording"),)
    try:
        found = backends.chain("voice", job.voice or persona.voice)
    except UsageError as error:
        raise error if job.voice else persona.mistake(("voice",), f"{error.message} {error.hint}") from error
    if any(backend.name == "recording" for backend in found):
        raise UsageError("There is no recording to move to.", code="no_recording", hint="--audio speech.wav")
    return found


def _faces(job: Job, persona: Persona, form: Form) -> tuple[backends.Backend, ...]:
    """The faces that were asked for, else the persona's own: in a loop, or without a background, those that draw."""
    try:
        found = tuple(map(backends.terms, backends.chain("face", job.face or persona.face)))
    except UsageError as error:
        raise error if job.face else persona.mistake(("face",), f"{error.message} {error.hint}") from error
    if job.idle is None and (job.background is None or not form.picture):
        return found
    if drawing := tuple(face for face in found if not face.films):
        return drawing
    raise UsageError(
        f"The face '{found[0].name}' makes films of somebody who speaks, before a background of its own.",
        code="face_films",
        hint="--face rig",
    )
