"""A persona's folder as one file that can be mailed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from deckard_cli.errors import UsageError
from deckard_cli.persona.check import written_mistakes
from deckard_cli.persona.folder import files
from deckard_cli.persona.manifest import LIMITS, MANIFEST, MEDIA_TYPE, ROOT, Listed, Manifest, name_fault
from deckard_cli.persona.model import Persona
from deckard_cli.tomlfile import FileError

__all__ = ["pack"]

_PACKED_ALREADY: Final = (".webp", ".png", ".jpg", ".jpeg")


def pack(persona: Persona, out: BinaryIO) -> list[str]:
    """Write `persona` to `out`, a new file; the same folder gives the same bytes. What was left out, and why.

    Raises `FileError` for a persona with mistakes, which nobody could use, and `UsageError` for one that no reader
    would take: too large, or with links, which would carry away what lies elsewhere.
    """
    if mistakes := written_mistakes(persona.folder):
        hint = f"mend them: deckard persona validate {persona.key}"
        raise FileError("\n".join(map(str, mistakes)), mistakes, code="bad_persona", hint=hint)
    names, left_out = _sorted_out(persona.folder)
    contents = {name: (persona.folder / name).read_bytes() for name in names}
    _refuse_large(persona, contents)
    listed = {name: Listed(sha256=hashlib.sha256(data).hexdigest(), size=len(data)) for name, data in contents.items()}
    manifest = Manifest(key=persona.key, name=persona.name, files=listed)
    with ZipFile(out, "w") as archive:
        _add(archive, "mimetype", MEDIA_TYPE.encode(), stored=True)
        _add(archive, MANIFEST, manifest.model_dump_json(indent=1).encode() + b"\n")
        for name, data in contents.items():
            _add(archive, ROOT + name, data, stored=name.lower().endswith(_PACKED_ALREADY))
    return left_out


def _sorted_out(folder: Path) -> tuple[list[str], list[str]]:
    """The files that travel, and a sentence for each that does not."""
    names, left_out = [], []
    for name in files(folder):
        if any((folder / part).is_symlink() for part in (name, *map(str, Path(name).parents[:-1]))):
            raise UsageError(
                f"'{folder / name}' is a link.", code="link", hint="put the file itself in its place, or take it out"
            )
        if fault := name_fault(name):
            left_out.append(f"{name}: {fault}")
        else:
            names.append(name)
    return names, left_out


def _refuse_large(persona: Persona, contents: dict[str, bytes]) -> None:
    large = [name for name, data in contents.items() if len(data) > LIMITS.file]
    if large or len(contents) > LIMITS.files or sum(map(len, contents.values())) > LIMITS.total:
        raise UsageError(
            f"'{persona.key}' is too large to be shared{': ' if large else ''}{', '.join(large)}.",
            code="too_large",
            hint=f"at most {LIMITS.files} files, {LIMITS.file >> 20} MB each and {LIMITS.total >> 20} MB together",
        )


def _add(archive: ZipFile, name: str, data: bytes, *, stored: bool = False) -> None:
    entry = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system, entry.external_attr = 3, 0o100644 << 16  # as on Unix, or the bytes would tell the system
    entry.compress_type = ZIP_STORED if stored else ZIP_DEFLATED
    archive.writestr(entry, data, compresslevel=9)
