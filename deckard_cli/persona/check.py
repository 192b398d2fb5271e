"""Everything that is wrong with a persona, in the words and the form that editors read: file, line, field, what."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path

from deckard_cli import backends
from deckard_cli.errors import DeckardError, MissingError, UsageError
from deckard_cli.persona.layers import layer_mistakes
from deckard_cli.persona.model import FILE, Persona, load
from deckard_cli.persona.options import option_faults
from deckard_cli.persona.words import WORDS_FILE, read_words
from deckard_cli.tomlfile import FileError, Mistake, line_of

__all__ = ["mistakes", "written_mistakes"]


def mistakes(folder: Path) -> list[Mistake]:
    """All that would keep the persona in `folder` from speaking here.

    A voice that nobody has here is none where the persona only tunes it: it may be installed elsewhere.
    """
    found = written_mistakes(folder)
    if any(mistake.file == folder / FILE for mistake in found):
        return found
    persona = load(folder)
    found += _chosen(persona, folder)
    for voice, options in persona.voices.items():
        found += _tuned(folder, voice, options)
    if not found and persona.face == "rig":
        found += _undrawable(folder)
    return found


def written_mistakes(folder: Path) -> list[Mistake]:
    """What is wrong with the files in `folder` themselves, whatever is installed: see `mistakes`."""
    found: list[Mistake] = []
    face = "rig"
    try:
        face = load(folder).face
    except FileError as error:
        found += error.mistakes
    if (words := folder / WORDS_FILE).exists():
        try:
            read_words(words)
        except FileError as error:
            found += error.mistakes
    if face == "rig" or (folder / "rig.toml").exists():
        found += layer_mistakes(folder)
    return found


def _chosen(persona: Persona, folder: Path) -> Iterator[Mistake]:
    """A voice or a face to speak with that there is not."""
    chosen: tuple[tuple[backends.Kind, str], ...] = (("voice", persona.voice), ("face", persona.face))
    for kind, name in chosen:
        try:
            backends.chain(kind, name)
        except UsageError as error:
            yield _mistake(folder, (kind,), f"{error.message} {error.hint}")


def _tuned(folder: Path, voice: str, options: Mapping[str, object]) -> Iterator[Mistake]:
    """What the options of one voice get wrong."""
    if voice not in backends.names("voice"):
        if near := difflib.get_close_matches(voice, backends.names("voice"), n=1, cutoff=0.75):
            yield _mistake(folder, ("voices", voice), f"there is no voice called so; did you mean '{near[0]}'?")
        return
    backend = backends.find("voice", voice)
    try:
        made = backends.load(backend)
    except MissingError:
        return  # its options cannot be known here
    wrong = list(option_faults(inspect.signature(made), options))
    for option, said in wrong:
        yield _mistake(folder, ("voices", voice, option), said)
    if wrong or backends.obstacle(backend, options) or voice == "recording":
        return
    try:
        made(**options)
    except UsageError as error:
        yield _mistake(folder, ("voices", voice), f"{error.message} {error.hint}")


def _undrawable(folder: Path) -> Iterator[Mistake]:
    """What only shows when the face is made."""
    from deckard_cli.face.portrait import Portrait

    try:
        backends.load(backends.find("face", "rig"))(Portrait.load(folder), size=(64, 64))
    except FileError as error:
        yield from error.mistakes
    except DeckardError as error:
        yield Mistake(folder / "rig.toml", 1, "", error.message)


def _mistake(folder: Path, field: tuple[str, ...], sentence: str) -> Mistake:
    file = folder / FILE
    return Mistake(file, line_of(file.read_text(encoding="utf-8"), field), ".".join(field), sentence.strip())
