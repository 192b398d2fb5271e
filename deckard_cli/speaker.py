"""Who speaks: the first voice of a chain that gets a word out. Once one was heard, no other takes over."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from deckard_cli import backends
from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.job import Plan
from deckard_cli.persona.options import option_faults
from deckard_cli.speech import Speech
from deckard_cli.speech.delivery import delivered
from deckard_cli.studio import Studio

__all__ = ["Speaker", "speaker"]


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice that has begun."""

    voice: str
    """Its name."""
    first: Speech
    """What it said first."""
    rest: Iterator[Speech]
    """What it goes on to say."""
    notes: tuple[str, ...]
    """Who speaks and why, where there was a choice."""


def speaker(plan: Plan, studio: Studio) -> Speaker:
    """The first of the plan's voices that speaks.

    Raises `UsageError` for options that a voice does not take; where none speaks, what kept the only one, or a
    `DeckardError` that tells what kept each.
    """
    failures: list[DeckardError] = []
    for backend in plan.voices:
        try:
            said = _delivered(plan, _opened(plan, backend, studio))
            if first := next(said, None):
                return Speaker(backend.name, first, said, tuple(_notes(plan, backend.name, failures)))
            raise DeckardError(f"The voice '{backend.name}' said nothing.", code="voice_silent", hint="--voice espeak")
        except DeckardError as failure:
            if failure.code in ("bad_persona", "bad_option"):
                raise
            failures.append(failure)
    raise backends.none_of("voice", failures)


def _delivered(plan: Plan, voice: Any) -> Iterator[Speech]:
    if not plan.job.audio:
        return delivered(voice, plan.line, plan.delivery)
    # A recording is looked over first, so that its ends and its loudness are known before anything is drawn.
    whole = None if plan.delivery.loudness is None else voice.loudness()
    return delivered(voice, plan.line, replace(plan.delivery, trim=None), whole=whole)


def _notes(plan: Plan, voice: str, failures: list[DeckardError]) -> Iterator[str]:
    if failures:
        yield f"The voice '{voice}' speaks. {' '.join(failure.message for failure in failures)}"
    elif len(plan.voices) > 1:
        yield f"The voice '{voice}' speaks."


def _opened(plan: Plan, backend: backends.Backend, studio: Studio) -> Any:
    """The voice with its options: the persona's own, and over them the job's."""
    made = backends.load(backend)
    signature = inspect.signature(made)
    for source, given in (("persona", plan.persona.voices), ("job", plan.job.voices)):
        own = given.get(backend.name, {})
        if fault := next(option_faults(signature, own), None):
            raise _mistake(plan, (backend.name, fault[0]), fault[1], in_persona=source == "persona")
    if plan.job.audio:  # each is another
        return made(source=plan.job.audio, trim=plan.delivery.trim, **plan.options(backend))
    return studio.voice(backend, plan.options(backend))


def _mistake(plan: Plan, field: tuple[str, str], sentence: str, *, in_persona: bool) -> UsageError:
    if in_persona:
        return plan.persona.mistake(("voices", *field), sentence)
    voice, option = field
    return UsageError(f"voices.{voice}.{option}: {sentence}.", code="bad_option", hint=f"deckard voice show {voice}")
