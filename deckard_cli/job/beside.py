"""Captions and timings that were asked for, and cannot be."""

from __future__ import annotations

from pathlib import Path

from deckard_cli.clip import Form
from deckard_cli.clip.timings import WORDLESS, suffix
from deckard_cli.errors import UsageError, unknown
from deckard_cli.job.asked import CAPTION_FILES, Job, caption_file

__all__ = ["refuse_captions", "refuse_timings"]


def refuse_captions(job: Job, text: str) -> None:
    """Raise `UsageError` for captions that cannot be."""
    if job.captions is None:
        return
    if job.captions not in (*CAPTION_FILES, "burned"):
        raise unknown("kind of captions", job.captions, (*CAPTION_FILES, "burned"))
    if not text:
        raise UsageError(
            "Nobody knows the words of this recording, so it cannot have captions.",
            code="captions_without_words",
            hint='say what is said in it: deckard render "the words" --audio ...',
        )
    if job.captions == "burned" and not Form.of(job.output).picture:
        raise UsageError(
            "A clip of sound alone has no picture to burn captions into.",
            code="captions_without_picture",
            hint="--captions srt",
        )


def refuse_timings(job: Job, text: str) -> None:
    """Raise `UsageError` for timings that cannot be, or that would be written over each other or over the clip."""
    if not job.timings:
        return
    taken = {job.output.resolve(): "the clip"}
    if captions := caption_file(job):
        taken[captions.resolve()] = "the captions"
    for path in map(Path, job.timings):
        form = suffix(path)
        if path.resolve() in taken:
            raise UsageError(
                f"The timings '{path}' would be written over {taken[path.resolve()]}.",
                code="output_twice",
                hint=f"--timings '{path.with_name(f'{path.stem}-timings{path.suffix}')}'",
            )
        taken[path.resolve()] = "others"
        if not text and form not in WORDLESS:
            raise UsageError(
                f"Nobody knows the words of this clip, so '{path.name}' would have no times in it.",
                code="timings_without_words",
                hint=f"give its words, or ask for what the face does to it: {' '.join(WORDLESS)}",
            )
