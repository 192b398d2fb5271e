"""Deckard gives a script a voice and a face.

    text ──script──▶ Line ──speech──▶ Speech ──motion──▶ Motion ──face──▶ frames ──clip──▶ mp4

From Python:

    from deckard_cli import render

    written = render("Hello.", persona="joi", output="hello.mp4")
    print(written.path, written.duration)

`run` is the same as a stream of events. Names are loaded when they are asked for, so that importing this is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deckard_cli.errors import BackendError, DeckardError, MissingError, UsageError
    from deckard_cli.events import Drawn, Event, Noted, Spoken, Written
    from deckard_cli.job import Job
    from deckard_cli.route import render, run

__all__ = [
    "BackendError",
    "DeckardError",
    "Drawn",
    "Event",
    "Job",
    "MissingError",
    "Noted",
    "Spoken",
    "UsageError",
    "Written",
    "render",
    "run",
]

__version__ = "0.1.0"

_ROOMS = {
    "errors": ("BackendError", "DeckardError", "MissingError", "UsageError"),
    "events": ("Drawn", "Event", "Noted", "Spoken", "Written"),
    "job": ("Job",),
    "route": ("render", "run"),
}


def __getattr__(name: str) -> object:
    import importlib

    for room, names in _ROOMS.items():
        if name in names:
            return getattr(importlib.import_module(f"deckard_cli.{room}"), name)
    raise AttributeError(f"module 'deckard_cli' has no attribute '{name}'")
