"""Events and forecasts of a batch for programs: what a line of JSON says of each. It only ever grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from deckard_cli.batch.clips import Clip
from deckard_cli.batch.engine import Failure
from deckard_cli.batch.events import BatchEvent, Begun, Failed, Finished, Kept, Made, Planned, Retried
from deckard_cli.batch.folder import Folder
from deckard_cli.batch.forecast import Forecast
from deckard_cli.batch.manifest import Entry

__all__ = ["Report", "foretold", "told", "totals"]

Report = Mapping[str, object]


def told(event: BatchEvent, folder: Folder) -> Report:
    """An event of the batch in `folder`."""
    match event:
        case Planned() | Finished():
            return _line(type(event).__name__, **asdict(event))
        case Begun(clip):
            return _line("Begun", **_about(clip, folder))
        case Kept(clip, entry) | Made(clip, entry):
            return _line(type(event).__name__, **_about(clip, folder), **_of(entry))
        case Retried(clip, failure) | Failed(clip, failure):
            return _line(type(event).__name__, **_about(clip, folder), error=_error(failure))


def _line(name: str, **fields: object) -> Report:
    return {"version": 1, "event": name.lower(), **fields}


def _about(clip: Clip, folder: Folder) -> dict[str, object]:
    return {"id": clip.id, "row": clip.where, "path": folder.where(clip.name)}


def _of(entry: Entry) -> dict[str, object]:
    return entry.model_dump(
        mode="json",
        include={
            *("fingerprint", "duration", "frames", "persona", "voice", "face", "lang", "seconds", "cached", "checked"),
            "notes",
        },
    )


def _error(failure: Failure) -> dict[str, object]:
    return {"code": failure.code, "message": failure.message, "hint": failure.hint, "retryable": failure.retryable}


def foretold(expected: Sequence[Forecast], folder: Folder) -> Report:
    """What a batch would do, as one object."""
    return {
        "version": 1,
        "clips": [
            {
                **_about(each.clip, folder),
                "state": each.state,
                "seconds": round(each.seconds, 3),
                "exact": each.exact,
                "dollars": each.dollars,
                "persona": each.clip.values["persona"],
                "voice": each.clip.values["voice"],
                "fingerprint": each.clip.fingerprint,
            }
            for each in expected
        ],
        **totals(expected),
    }


def totals(expected: Sequence[Forecast]) -> dict[str, object]:
    """How many clips of each state there are, how long those are that are to be made, and what each voice costs."""
    new = [each for each in expected if each.state == "new"]
    voices: dict[str, float | None] = {}
    for each in new:
        voice, so_far = (each.clip.values["voice"], voices.get(each.clip.values["voice"], 0.0))
        voices[voice] = None if each.dollars is None or so_far is None else so_far + each.dollars
    known = [dollars for dollars in voices.values() if dollars is not None]
    return {
        **{state: sum(each.state == state for each in expected) for state in ("kept", "cached", "new")},
        "seconds": round(sum(each.seconds for each in new), 3),
        "dollars": sum(known) if len(known) == len(voices) else None,
        "dollars_by_voice": voices,
    }
