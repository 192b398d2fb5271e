"""Rows become clips. Everything that is wrong with any of them is found before the first is made."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from deckard_cli import backends
from deckard_cli.batch.clashes import clashes
from deckard_cli.batch.clips import Clip
from deckard_cli.batch.draft import JOB, Draft, drafted
from deckard_cli.batch.names import check_pattern, folded, named
from deckard_cli.batch.rows import Row
from deckard_cli.errors import MissingError, UsageError
from deckard_cli.fingerprint import drawn, fingerprint
from deckard_cli.job import Plan, settle
from deckard_cli.persona import find
from deckard_cli.persona.options import option_faults
from deckard_cli.settings import Settings
from deckard_cli.speech.kept import speech_key
from deckard_cli.studio import identity
from deckard_cli.tomlfile import FileError, Mistake

__all__ = ["plan_clips"]

_SHOWN = 50
"""Mistakes that are told at once: a column of nonsense makes one in every row."""


def plan_clips(
    rows: Sequence[Row],
    settings: Settings,
    folder: Path,
    *,
    pattern: str = "{id}.mp4",
    mistakes: Iterable[Mistake] = (),
    timings: Sequence[str] = (),
    looking: Callable[[float], object] = lambda share: None,
) -> list[Clip]:
    """The clips that `rows` ask for, to be made in `folder`; what a row does not say is as in `settings`.

    `mistakes` are those that were found when the rows were read, `timings` suffixes that every clip has beside it,
    `looking` is told which share of the rows was looked at.
    Raises `FileError` with all that is wrong, by file, line and field; `UsageError` for what is wrong with all clips.
    """
    check_pattern(pattern)
    planner = _Planner(settings, folder.absolute(), pattern, tuple(timings))
    found = list(mistakes)
    clips = []
    for number, draft in enumerate(_drafts(rows), start=1):
        looking(number / len(rows))
        made = planner.clip(draft)
        if isinstance(made, Clip):
            clips.append(made)
        else:
            found += made
    found += clashes(clips, folder.absolute())
    if found:
        raise _told(found)
    return clips


def _drafts(rows: Sequence[Row]) -> Iterator[Draft]:
    numbered = not any("id" in row.fields for row in rows)
    digits = max(4, len(str(len(rows))))
    seen: dict[str, Row] = {}
    for number, row in enumerate(rows, start=1):
        draft = drafted(row, f"{number:0{digits}d}" if numbered else None)
        first = seen.setdefault(folded(draft.id), row) if draft.id else row
        if first is not row:
            draft = replace(draft, faults=(*draft.faults, ("id", _twice(draft.id, first))))
        yield draft


def _twice(name: str, first: Row) -> str:
    """What to say of an id that is the one of the row `first` too, or would be the same file on some systems."""
    if (other := str(first.fields.get("id", name)).strip()) == name:
        return f"{name!r} is the id of {first.where} too"
    return f"{name!r} and {other!r} of {first.where} are one file on macOS and Windows"


class _Planner:
    """Looks up what drafts name, for one batch."""

    def __init__(self, settings: Settings, folder: Path, pattern: str, timings: tuple[str, ...]) -> None:
        self._usual = {name: value for name, value in settings.model_dump().items() if name in JOB}
        self._prices = settings.prices
        self._folder = folder
        self._pattern = pattern
        self._timings = timings
        self._speech: dict[str, tuple[object, float | None]] = {}
        self._obstacles: dict[str, MissingError | None] = {}
        # Each is read once, and not for every row.
        self._find = cache(find)
        self._drawn = cache(drawn)

    def clip(self, draft: Draft) -> Clip | list[Mistake]:
        """The clip of `draft`, or all that is wrong with it."""
        draft = replace(draft, timings=tuple(dict.fromkeys((*draft.timings, *self._timings))))
        faults = [*draft.faults, *_option_faults(draft)]
        pattern, fault = self._patterned(draft)
        faults += [("output", fault)] if fault else []
        job = draft.job(self._usual, self._folder / f"clip{Path(pattern).suffix}", frozenset(dict(faults)))
        try:
            plan = settle(job, self._find)
        except UsageError as error:
            return [
                draft.row.mistake(*each) for each in [*faults, *self._faults(draft, job.output, error, dict(faults))]
            ]
        if faults:
            return [draft.row.mistake(*each) for each in faults]
        values = _values(plan, draft.id)
        try:
            name = named(pattern, values)
        except ValueError as error:
            return [draft.row.mistake("id" if draft.name is None else "output", str(error))]
        output = self._folder / name
        if output.is_dir():
            return [draft.row.mistake("id", f"'{output}' is a folder")]
        return self._settled(draft, replace(plan, job=draft.job(self._usual, output)), values)

    def _patterned(self, draft: Draft) -> tuple[str, str]:
        """The pattern of a clip's name, and what is wrong with the row's own."""
        if draft.name is None:
            return self._pattern, ""
        try:
            check_pattern(draft.name)
        except UsageError as error:
            return self._pattern, _sentence(error)
        return draft.name, ""

    def _settled(self, draft: Draft, plan: Plan, values: Mapping[str, str]) -> Clip | list[Mistake]:
        try:
            key = fingerprint(plan, self._drawn)
        except OSError as error:
            reason = f"'{error.filename}' cannot be read: {error.strerror}"
            return [draft.row.mistake("", reason)]
        assert key  # only a recording that comes from a stream has none
        speech, dollars = self._said(plan)
        place = plan.job.output.relative_to(self._folder).parent
        return Clip(
            id=draft.id,
            where=draft.row.where,
            job=plan.job,
            name=(place / plan.job.output.name).as_posix(),
            beside=tuple((place / path.name).as_posix() for path in plan.beside),
            fingerprint=key,
            values=values,
            spoken=plan.line.text,
            dollars=dollars,
            speech=speech,
            obstacle=self._obstacle(plan),
            cue=draft.row.cue,
        )

    def _said(self, plan: Plan) -> tuple[str | None, float | None]:
        """The key under which the speech of `plan` is kept, and US dollars that it costs at most."""
        rates = []
        for voice in plan.voices:
            key = f"{voice.name} {sorted(plan.options(voice).items())}"
            if key not in self._speech:
                price = backends.price(voice, plan.options(voice), self._prices)
                self._speech[key] = (None if voice.instant else identity(voice, plan.options(voice)), price)
            rates.append(self._speech[key])
        first = rates[0][0]
        kept = None if first is None else speech_key(first, plan.line)
        prices = [price for _, price in rates]
        known = [price for price in prices if price is not None]
        dollars = max(known) * len(plan.line.text) / 1e6 if len(known) == len(prices) else None
        return kept, dollars

    def _faults(self, draft: Draft, output: Path, error: UsageError, known: Iterable[str]) -> Iterator[tuple[str, str]]:
        """What else is wrong with a draft, of which the fields in `known` are left out and the first error is `error`:
        the field without which there is none, or another.

        What no field of the row brings about is wrong with all of them, and raised.
        """
        left, now, found = frozenset(known), error, False
        while True:
            for field in _suspects(draft, left):
                after = _error(draft, self._usual, output, left | {field})
                if after is None or after.message != now.message:
                    yield field, _sentence(now)
                    found = True
                    if after is None:
                        return
                    left, now = left | {field}, after
                    break
            else:
                if found or left:
                    return
                raise now

    def _obstacle(self, plan: Plan) -> MissingError | None:
        """What keeps all the voices of `plan`, or all its faces, from working on this machine."""
        names = [face.name for face in plan.faces]
        key = repr(([(voice.name, plan.options(voice)) for voice in plan.voices], names, plan.job.on_face_error))
        if key not in self._obstacles:
            spoken = [backends.obstacle(voice, plan.options(voice)) for voice in plan.voices]
            seen = [backends.obstacle(face, {}) for face in plan.faces]
            unseen = all(seen) and plan.job.on_face_error == "fail"
            self._obstacles[key] = spoken[0] if all(spoken) else seen[0] if unseen else None
        return self._obstacles[key]


def _option_faults(draft: Draft) -> Iterator[tuple[str, str]]:
    """The voices and faces that a row has options for and nobody has, and the options that they do not take."""
    for voice, options in draft.given.get("voices", {}).items():
        try:
            kind = backends.load(backends.find("voice", voice))
        except UsageError as error:
            yield f"voices.{voice}", _sentence(error)
        except MissingError:  # it is not installed: whether it takes them cannot be known
            continue
        else:
            for option, said in option_faults(inspect.signature(kind), options):
                yield f"voices.{voice}.{option}", said
    for face in draft.given.get("faces", {}):
        try:
            backends.find("face", face)
        except UsageError as error:
            yield f"faces.{face}", _sentence(error)


def _suspects(draft: Draft, left: frozenset[str]) -> list[str]:
    """The fields that may be to blame, those that depend on others first."""
    own = ["timings", "captions", "captions_style", "text", *draft.given]
    return [name for name in dict.fromkeys(own) if name not in left and (name in draft.given or name == "timings")]


def _error(draft: Draft, usual: Mapping[str, Any], output: Path, leave: frozenset[str]) -> UsageError | None:
    try:
        settle(draft.job(usual, output, leave))
    except UsageError as error:
        return error
    return None


def _sentence(error: UsageError) -> str:
    return f"{error.message} {error.hint}".strip()


def _values(plan: Plan, name: str) -> dict[str, str]:
    job = plan.job
    return {
        "id": name,
        "persona": plan.persona.key,
        "voice": plan.voices[0].name,
        "face": plan.face.name,
        "lang": plan.line.lang,
        "mood": job.mood,
        "speed": f"{job.speed:g}",
        "pitch": f"{job.pitch:g}",
        "fps": str(plan.fps),
        "size": f"{plan.size[0]}x{plan.size[1]}",
        "quality": job.quality,
        "captions": job.captions or "",
        "text": plan.line.text,
    }


def _told(found: Sequence[Mistake]) -> FileError:
    found = sorted(found, key=lambda mistake: (str(mistake.file), mistake.line))
    said = [str(mistake) for mistake in found[:_SHOWN]]
    if len(found) > _SHOWN:
        said.append(f"... and {len(found) - _SHOWN} more")
    return FileError("\n".join(said), found, code="bad_rows", hint=f"mend {found[0].file}")
