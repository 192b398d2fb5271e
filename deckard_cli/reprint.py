"""A clip that was made before is copied: it and what stands beside it, from the cache to the asked names."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

from deckard_cli.cache import Cache
from deckard_cli.clip.part import Part, failure
from deckard_cli.events import Written
from deckard_cli.job import Plan

__all__ = ["keep", "reprint"]


def keep(plan: Plan, cache: Cache, key: str, written: Written, trial: str = "") -> None:
    """Put the clip of `plan`, which is whole and passed `trial`, into `cache`."""
    about = asdict(written) | {"path": None, "captions": None, "timings": None, "text": plan.line.text}

    def fill(folder: Path) -> None:
        for name, path in _files(plan).items():
            shutil.copyfile(path, folder / name)

    cache.put("clip", key, about, fill)
    if trial and (entry := cache.get("clip", key)):
        entry.approve(trial)


def reprint(
    plan: Plan, cache: Cache, key: str, approve: Callable[[Path], None] | None = None, trial: str = ""
) -> Written | None:
    """Copy the clip of `plan` out of `cache`; None where it is not there, or not what it was.

    `approve` looks at it before it takes its name, unless it did so before and that was remembered as `trial`.
    Raises what that raises, and `DeckardError` where the asked names cannot be written.
    """
    entry = cache.get("clip", key)
    if entry is None:
        return None
    with ExitStack() as stack:
        parts = {name: Part(path) for name, path in _files(plan).items()}
        for part in parts.values():
            stack.callback(part.drop)
        try:
            whole = entry.files.keys() == parts.keys() and all(entry.copy(name, parts[name].path) for name in parts)
        except OSError as error:
            raise failure(error, plan.job.output) from error
        if not whole:
            cache.drop(entry)
            return None
        if approve and not (trial and entry.passed(trial)):
            approve(list(parts.values())[-1].path)
            if trial:
                entry.approve(trial)
        for part in parts.values():
            part.keep()
    about = {name: value for name, value in entry.about.items() if name in Written.__dataclass_fields__}
    return replace(
        Written(**about),
        path=plan.job.output.absolute(),
        captions=plan.captions.absolute() if plan.captions else None,
        timings=tuple(path.absolute() for path in plan.timings),
        notes=tuple(about["notes"]),
        cached=True,
    )


def _files(plan: Plan) -> dict[str, Path]:
    """What is written for `plan`, by its name in the cache; the clip is last, so that it never stands there alone."""
    beside = {f"{number}{path.suffix}": path for number, path in enumerate(plan.beside)}
    return {**beside, f"clip{plan.job.output.suffix.lower()}": plan.job.output}
