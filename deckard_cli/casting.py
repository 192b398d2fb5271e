"""Who is heard and who is seen, where that shows only when it is tried: a face on somebody else's machine is sent the
whole speech, or the text where it speaks itself, and sends back a film; where it cannot, the next one is asked.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from deckard_cli import backends
from deckard_cli.backends import Backend
from deckard_cli.cache import Cache, digest
from deckard_cli.clip import Form
from deckard_cli.clip.belief import believe, told
from deckard_cli.clip.remux import copyable
from deckard_cli.clip.screening import Screening
from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.face import Face, Film
from deckard_cli.face.portrait import Portrait
from deckard_cli.job import Plan
from deckard_cli.persona.options import option_faults
from deckard_cli.remote.account import Account
from deckard_cli.remote.retry import TransientError
from deckard_cli.speaker import Speaker, speaker
from deckard_cli.speech import Phone, Speech, Word
from deckard_cli.speech.align import timed
from deckard_cli.speech.delivery import capped, parts, tail
from deckard_cli.speech.hosted import RATE, decoded
from deckard_cli.studio import Studio, identity

__all__ = ["Cast", "cast", "open_face", "silence"]

_FILM: Final = "film.mp4"


@dataclass(frozen=True, slots=True)
class Cast:
    """A voice that has said everything, and the face that was found for it."""

    plan: Plan
    """What is made now: with the one face that is seen, or as sound alone."""
    voice: Speaker
    face: Face | None = None
    """Who draws."""
    film: Film | None = None
    """What another machine sent, where its pictures are copied and nobody draws."""
    notes: tuple[str, ...] = ()
    """Whom it was, and why not another."""
    failed: str = ""
    """Why there is no picture, where one was asked for."""


def cast(plan: Plan, studio: Studio) -> Cast | None:
    """Ask the faces of `plan` in turn, and let the voice say everything for the first that does not speak itself. None
    where there is no choice to be made: one face, which draws here, and nothing to do without it.

    Raises what kept the only face, or a `DeckardError` that tells what kept each.
    """
    if not plan.form.picture or plan.loop is not None:
        return None
    if len(plan.faces) == 1 and not plan.face.films and plan.job.on_face_error == "fail":
        return None
    voice = _Voice(plan, studio)
    failures: list[DeckardError] = []
    for face in plan.faces:
        try:
            found = _seen(replace(plan, faces=(face,)), voice, studio)
            return replace(found, notes=(*_told(plan, face, failures), *found.notes))
        except DeckardError as failure:
            if isinstance(failure, UsageError):
                raise
            failures.append(failure)
            if voice.failed:  # every other face would ask it again, and pay for what it says before it fails
                break
    if plan.job.on_face_error == "audio" and not voice.failed:
        return Cast(_sounding(plan), voice.speaker(), failed=" ".join(failure.message for failure in failures))
    raise backends.none_of("face", failures)


class _Voice:
    """The voice of `plan`, which is not asked for a sample before somebody needs one, and then once for all of them: a
    hosted one is paid for each.
    """

    def __init__(self, plan: Plan, studio: Studio) -> None:
        self._plan, self._studio = plan, studio
        self._speaker: Speaker | None = None
        self._said: list[Speech] = []
        self.failed = False
        """Whether it was asked and could not."""

    def speaker(self) -> Speaker:
        """Who speaks, with all that is said. Raises what keeps the voice from it."""
        if self._speaker is None:
            try:
                found = speaker(self._plan, self._studio)
                self._said = [found.first, *found.rest]
            except DeckardError:
                self.failed = True
                raise
            self._speaker = found
        return replace(self._speaker, rest=iter(self._said[1:]))

    def whole(self) -> Speech:
        """All that is said, as one, with its tail. Raises as `speaker`."""
        self.speaker()
        return _whole(self._said, self._plan.delivery.longest)


def _seen(plan: Plan, voice: _Voice, studio: Studio) -> Cast:
    if not plan.face.films:
        face = open_face(plan, studio)
        return Cast(plan, voice.speaker(), face)
    alone = _speaks(plan)
    asked = _text(plan) if alone else voice.whole()
    key, kept = _kept(plan, asked, studio)
    film = kept or _awaited(_opened(plan).film(asked))
    alone = alone or film.speaks
    whole = _heard(film, asked, plan) if alone else asked
    notes = believe(film, whole.duration, plan.fps, plan.size, strict=plan.job.strict)
    if studio.cache and kept is None:
        _keep(film, key, whole, plan, studio.cache)
    speaks = _itself(plan, whole) if alone else voice.speaker()
    said = told(film)
    filmed = replace(plan, told=said)
    if not said.commercial:
        notes = (*notes, "The film is not for commercial use, and the clip says so.")
    if plan.form.container == "mp4" and plan.job.captions != "burned" and copyable(film):
        return Cast(filmed, speaks, film=film, notes=notes)
    return Cast(filmed, speaks, Screening(film, size=plan.size), notes=notes)


def _speaks(plan: Plan) -> bool:
    """Whether the face says the text itself: its class tells, as ``speaks_with``, the option that asks it to."""
    option = getattr(backends.load(plan.face), "speaks_with", "")
    return bool(option and plan.face_options.get(option))


def _text(plan: Plan) -> Speech:
    """What is to be said, and no sound of it."""
    said = " ".join(part.text for _, part in parts(plan.line) if part)
    return Speech(np.zeros(0, np.float32), RATE, text=" ".join(said.split()))


def _itself(plan: Plan, said: Speech) -> Speaker:
    """The face as the one that is heard, for as long as sound may be."""
    if plan.delivery.longest:
        said = next(capped([said], plan.delivery.longest))
    return Speaker(plan.face.name, said, iter(()), (f"The voice of the face '{plan.face.name}' speaks.",))


def _awaited(film: Coroutine[Any, Any, Film]) -> Film:
    """What `film` comes to, also for a caller that is itself in an event loop, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(film)
    with ThreadPoolExecutor(max_workers=1) as beside:
        return beside.submit(asyncio.run, film).result()


def _heard(film: Film, asked: Speech, plan: Plan) -> Speech:
    """What is said in a film that speaks itself, with its times. Raises `BackendError` where nothing is."""
    try:
        samples = decoded(film.data, Account(plan.face.name, "", kind="face"))
    except TransientError as nothing:
        raise nothing.error from None
    return timed(Speech(samples, RATE, text=asked.text), plan.line.lang)


def _whole(said: list[Speech], longest: float) -> Speech:
    """All that is said, as one, with the silence after it: a face that is sent less would end before the clip."""
    rate, start = said[0].rate, 0.0
    words: list[Word] = []
    phones: list[Phone] = []
    for speech in said:
        words += (replace(word, start=start + word.start, end=start + word.end) for word in speech.words)
        phones += (_later(phone, start) for phone in speech.phones)
        start += speech.duration
    samples = np.concatenate([*(speech.samples for speech in said), silence(tail(start, longest), rate).samples])
    text = " ".join(speech.text for speech in said if speech.text)
    return Speech(samples, rate, tuple(words), tuple(phones), text)


def _later(phone: Phone, seconds: float) -> Phone:
    burst = None if phone.burst is None else phone.burst + seconds
    return replace(phone, start=phone.start + seconds, end=phone.end + seconds, burst=burst)


def silence(seconds: float, rate: int) -> Speech:
    """Nothing, for so long."""
    return Speech(np.zeros(round(seconds * rate), np.float32), rate)


def _kept(plan: Plan, speech: Speech, studio: Studio) -> tuple[str, Film | None]:
    """The key of a film, and the film where it was sent before: other captions do not pay for it again."""
    if studio.cache is None:
        return "", None
    picture = Portrait(plan.persona.folder).content
    said = (speech.samples, speech.rate, speech.text, plan.line.lang)
    key = digest([identity(plan.face, plan.face_options), picture, plan.size, plan.fps, said])
    entry = studio.cache.get("film", key)
    data = entry.read(_FILM) if entry else None
    if entry and data is None:
        studio.cache.drop(entry)
    return key, Film(data, speaks=bool(entry and entry.about.get("speaks"))) if data else None


def _keep(film: Film, key: str, speech: Speech, plan: Plan, cache: Cache) -> None:
    about = {"text": speech.text, "face": plan.face.name, "persona": plan.persona.key, "speaks": film.speaks}
    cache.put("film", key, about, lambda folder: (folder / _FILM).write_bytes(film.data))


def _opened(plan: Plan) -> Any:
    """The face that makes films. Raises `UsageError` for what it cannot show."""
    made, options = backends.load(plan.face), dict(plan.face_options)
    if plan.backdrop is not None:
        raise _own_background(plan.face)
    if fault := next(option_faults(inspect.signature(made), options), None):
        said = f"faces.{plan.face.name}.{fault[0]}: {fault[1]}"
        raise UsageError(f"{said}.", code="bad_option", hint=f"deckard preflight --face {plan.face.name}")
    if "lang" in inspect.signature(made).parameters:
        options.setdefault("lang", plan.line.lang)
    portrait = Portrait.load(plan.persona.folder)
    return made(portrait, size=plan.size, fps=plan.fps, persona=plan.persona.key, **options)


def open_face(plan: Plan, studio: Studio) -> Face | None:
    """The face that draws; None for a clip that only sounds. Raises `UsageError` for what it cannot show."""
    if not plan.form.picture:
        return None
    options: dict[str, Any] = {"size": plan.size, "transparent": plan.transparent}
    if plan.backdrop is not None:
        options["background"] = plan.backdrop
        if "background" not in inspect.signature(backends.load(plan.face)).parameters:
            raise _own_background(plan.face)
    return studio.face(plan.face, Portrait.load(plan.persona.folder), options)


def _own_background(face: Backend) -> UsageError:
    return UsageError(
        f"The face '{face.name}' keeps its own background.",
        code="background_is_given",
        hint="leave out --background, or give another face: --face rig",
    )


def _told(plan: Plan, face: Backend, failures: list[DeckardError]) -> Iterator[str]:
    if failures:
        yield f"The face '{face.name}' is seen. {' '.join(failure.message for failure in failures)}"
    elif len(plan.faces) > 1:
        yield f"The face '{face.name}' is seen."


def _sounding(plan: Plan) -> Plan:
    """`plan` without its picture."""
    output = plan.job.output.with_suffix(".wav")
    captions = None if plan.job.captions == "burned" else plan.job.captions
    return replace(plan, form=Form.of(output), job=replace(plan.job, output=output, captions=captions))
