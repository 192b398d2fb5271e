"""The key of a clip: everything that decides its bytes, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deckard_cli.cache import digest, of_file, sources
from deckard_cli.clip.timings import suffix
from deckard_cli.face.portrait import Portrait
from deckard_cli.job import Plan
from deckard_cli.studio import identity, versions

__all__ = ["drawn", "fingerprint"]

_CODE: Final = (
    *("remote", "script", "speech", "motion", "face", "clip", "credits"),
    *("job", "speaker", "casting", "shoot", "label", "route"),
)
"""Our own rooms that a clip comes from."""
_LIBRARIES: Final = ("av", "cv2", "espeakng_loader", "numpy", "pillow", "pocketsphinx", "soxr", "c2pa-python")
"""What they stand on, that another version of may draw, sound or write otherwise."""


def drawn(persona: Path) -> str:
    """A key of all that is drawn of the `persona` in a folder. Raises `OSError`."""
    return Portrait(persona).content


def fingerprint(plan: Plan, drawn: Callable[[Path], str] = drawn) -> str | None:
    """The key of the clip of `plan`, in hexadecimal digits; None where its recording comes from a stream.

    It is found without speaking or drawing, and without opening a voice: a machine that has no key for a voice can
    still say that nothing changed. Raises `OSError` where a file of the persona or the recording cannot be read.
    """
    job = plan.job
    if job.audio and not isinstance(job.audio, Path):
        return None
    voice, signer = plan.voices[0], plan.signer
    return digest(
        {
            "code": sources(*_CODE),
            "libraries": versions(*_LIBRARIES),
            "line": plan.line,
            "delivery": plan.delivery,
            "moods": plan.moods,
            "loop": plan.loop,
            "voice": identity(voice, plan.options(voice)),
            "recording": of_file(job.audio) if isinstance(job.audio, Path) else None,
            "persona": [plan.persona.key, plan.persona.name, drawn(plan.persona.folder)],
            "face": identity(plan.face, plan.face_options),
            "strict": plan.face.films and job.strict,
            "form": [plan.form, plan.quality, plan.fps, plan.size, plan.transparent, plan.backdrop],
            "signer": signer and (signer.chain if signer.named else "anybody"),
            "credits": plan.credits(voice.name),
            "captions": [job.captions, job.captions_style, _font() if job.captions == "burned" else None],
            # Some of them name the clip that they belong to.
            "timings": [[suffix(path) for path in plan.timings], job.output.name] if plan.timings else None,
        }
    )


def _font() -> str | None:
    """The font that was asked for; those of the system count as the same wherever they come from."""
    font = os.environ.get("DECKARD_FONT")
    return of_file(Path(font)) if font and Path(font).is_file() else None
