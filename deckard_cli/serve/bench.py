"""Where films are made, one at a time, in a studio that stays open."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from fractions import Fraction

import cv2

from deckard_cli import __version__, backends
from deckard_cli.backends import Backend
from deckard_cli.batch.bench import failure_of, megabytes
from deckard_cli.clip.encode import Encoder
from deckard_cli.clip.provenance import Credit
from deckard_cli.clip.provenance.claim import NEWSCODES
from deckard_cli.credits import refuse_noncommercial
from deckard_cli.errors import DeckardError
from deckard_cli.face import Frame
from deckard_cli.label import source_of
from deckard_cli.motion.animate import Animator
from deckard_cli.serve.looks import Looks, Seen
from deckard_cli.serve.order import FILM, IMAGE, SOUND, STOPPED, Filmed, Kit, Order
from deckard_cli.serve.sound import heard
from deckard_cli.studio import Studio

__all__ = ["Bench"]


class Bench:
    """Makes films. What it makes does not depend on what it made before."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._studio = Studio()
        self._looks = Looks(kit.photographs, kit.terms.max_pixels)
        cv2.setNumThreads(kit.threads)

    def make(self, order: Order) -> Filmed:
        """Film `order`, and say what came of it. Never raises."""
        began = time.perf_counter()
        try:
            frames, seconds = self._film(order)
        except Exception as error:
            if os.environ.get("DECKARD_DEBUG") == "1" and not isinstance(error, DeckardError):
                sys.excepthook(type(error), error, error.__traceback__)
            return Filmed(
                failure=failure_of(error, order.folder), took=time.perf_counter() - began, megabytes=megabytes()
            )
        return Filmed(frames, seconds, time.perf_counter() - began, megabytes=megabytes())

    def _film(self, order: Order) -> tuple[int, float]:
        """The pictures of a film that is as long as its sound, and the seconds of that."""
        asked, image = order.request, order.folder / IMAGE
        speech = heard(order.folder / SOUND, asked, self._kit.terms.max_seconds)
        seen = self._looks.of(asked, image if image.is_file() else None)
        backend = backends.terms(backends.find("face", order.face))
        credits = (Credit("persona", seen.name, seen.licence), Credit("face", backend.name, backend.licence))
        if not self._kit.terms.allow_noncommercial:
            refuse_noncommercial(credits)
        face = self._studio.face(backend, seen.portrait, {"size": asked.size, "transparent": False})
        animator = Animator(asked.fps, mood=seen.mood, seed=f"{asked.persona} {asked.text}")
        film = Encoder(
            order.folder / FILM,
            fps=Fraction(asked.fps),
            size=asked.size,
            rate=speech.rate,
            tags=_tags(seen, backend, commercial=all(credit.commercial for credit in credits)),
        )
        with film:
            film.sound(speech.samples)
            for motion in (animator.extend(speech), animator.finish()):
                for frame in self._wanted(face.draw(speech, motion)):
                    film.picture(frame)
        return film.frames, speech.duration

    def _wanted(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """`frames`, for as long as somebody waits for them."""
        for frame in frames:
            if self._kit.stop and self._kit.stop.is_set():
                raise DeckardError("Nobody waits for this film any more.", code=STOPPED)
            yield frame


def _tags(seen: Seen, face: Backend, *, commercial: bool) -> dict[str, str]:
    """What the film says of itself: players show it."""
    who = seen.name or "Somebody"
    what = "photograph" if seen.photographed else "drawing"
    source = source_of(trained=face.trained, recorded=seen.photographed)
    terms = {} if commercial else {"commercial_use": "forbidden"}
    return terms | {
        "comment": f"Synthetic media: {who} is a {what} that Deckard moved. Nobody was filmed.",
        "synthetic": "true",
        "digital_source_type": NEWSCODES + source,
        "face": face.name,
        "software": f"deckard {__version__}",
    }
