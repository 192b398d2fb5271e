"""Reading a persona that somebody sent. Nothing that the file says is believed before it is looked at.

Every entry is looked over before the first is unpacked, and bytes are counted while they come out, because a
compressed file may say one size and have another.
"""

from __future__ import annotations

import hashlib
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from pydantic import BaseModel, ValidationError

from deckard_cli.errors import DeckardError, MissingError, UsageError
from deckard_cli.face.rig import drawing
from deckard_cli.persona.check import written_mistakes
from deckard_cli.persona.manifest import LIMITS, MANIFEST, MEDIA_TYPE, ROOT, VERSION, Listed, Manifest, name_fault
from deckard_cli.persona.picture import PICTURES, picture_fault, pixels
from deckard_cli.tomlfile import FileError

__all__ = ["Package", "opened"]

_CHUNK: Final = 1 << 16
_HEAD: Final = b"PK\x03\x04"
_END: Final = struct.Struct("<4s4H2LH")
"""ZIP's last record: signature, four counts, size and place of the directory, length of a comment."""
_UNWANTED: Final = 0x1 | 0x20 | 0x40 | 0x2000
"""Flags of an entry that is encrypted or patched."""
_BROKEN: Final = (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OverflowError, struct.error)


@dataclass(frozen=True, slots=True)
class Package:
    """A file that was looked over and may be unpacked."""

    source: Path
    manifest: Manifest
    archive: ZipFile
    entries: Mapping[str, ZipInfo]
    """Name in the persona's folder -> where it is."""

    def unpack(self, folder: Path) -> None:
        """Fill the empty `folder`. Raises `UsageError` for content that is not what it was said to be or no persona;
        what was written by then is the caller's to remove.
        """
        area = 0
        for name, listed in self.manifest.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with _told(self.source):
                self._write(name, listed, target)
            if target.suffix.lower() in PICTURES:
                if fault := picture_fault(target):
                    raise _bad(self.source, f"{name}: {fault}")
                width, height = pixels(target)
                area += width * height
            elif target.suffix.lower() == ".svg":
                for line, said in drawing.read(target).faults:
                    raise _bad(self.source, f"{name}:{line}: {said}")
        if area > LIMITS.pixels:
            raise _bad(self.source, "its pictures have far too many pixels")
        if mistakes := written_mistakes(folder):
            inside = [replace(each, file=self.source / each.file.relative_to(folder)) for each in mistakes]
            hint = "ask who sent it for one without mistakes"
            raise FileError("\n".join(map(str, inside)), inside, code="bad_persona", hint=hint)

    def _write(self, name: str, listed: Listed, target: Path) -> None:
        seen, digest = 0, hashlib.sha256()
        with self.archive.open(self.entries[name]) as entry, target.open("xb") as file:
            while chunk := entry.read(_CHUNK):
                seen += len(chunk)
                if seen > listed.size:
                    raise _bad(self.source, f"{name} is larger than it says")
                digest.update(chunk)
                file.write(chunk)
        if seen != listed.size or digest.hexdigest() != listed.sha256:
            raise _bad(self.source, f"{name} was changed or damaged on its way")


@contextmanager
def opened(source: Path) -> Iterator[Package]:
    """The persona in the file `source`, looked over. Raises `UsageError` for one that is none or means no good, and
    `MissingError` for one that a newer Deckard wrote.
    """
    try:
        file = source.open("rb")
    except OSError as error:
        raise UsageError(
            f"{source} cannot be read: {error.strerror}.", code="unreadable", hint="check its path"
        ) from error
    with file:
        with _told(source):
            _refuse_other(source, file)
            archive = ZipFile(file)
            infos = archive.infolist()
            manifest = _manifest(source, archive, infos)
            entries = _entries(source, infos, manifest)
        with archive:
            yield Package(source, manifest, archive, entries)


def _refuse_other(source: Path, file: BinaryIO) -> None:
    """Raise where `file` does not begin or end as every persona's does: before anything is made of its directory."""
    start = file.read(38 + len(MEDIA_TYPE))
    if start[:4] != _HEAD or start[30:] != b"mimetype" + MEDIA_TYPE.encode():
        raise _bad(source, "it is not one")
    size = file.seek(0, 2)
    if size > LIMITS.total:
        raise _bad(source, "it is too large")
    file.seek(max(0, size - _END.size - 20))
    tail = file.read()
    signature, *_, count, length, place, comment = _END.unpack(tail[-_END.size :])
    if signature != b"PK\x05\x06" or comment or tail[:4] == b"PK\x06\x07" or place + length != size - _END.size:
        raise _bad(source, "it is damaged, or something was added to it")
    if count > LIMITS.files + 2 or length > LIMITS.directory:
        raise _bad(source, "it holds too many files")


def _manifest(source: Path, archive: ZipFile, infos: list[ZipInfo]) -> Manifest:
    if [info.filename for info in infos[:2]] != ["mimetype", MANIFEST] or infos[1].file_size > LIMITS.directory:
        raise _bad(source, "it has no manifest")
    _refuse_entry(source, infos[1])
    with archive.open(infos[1]) as entry:
        text = entry.read(LIMITS.directory + 1)
    try:
        version = _Versioned.model_validate_json(text).version
        if version > VERSION:
            raise MissingError(
                f"{source} was written by a newer Deckard.", code="newer_format", hint="uv pip install -U deckard-cli"
            )
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _bad(source, f"its manifest is wrong: {'.'.join(map(str, first['loc']))!r}: {first['msg']}") from error


class _Versioned(BaseModel):
    """What is read of a manifest before it is known that the rest can be understood."""

    version: int


def _entries(source: Path, infos: list[ZipInfo], manifest: Manifest) -> dict[str, ZipInfo]:
    """The entries by their names in the persona's folder, each of them wanted and no larger than may be."""
    entries: dict[str, ZipInfo] = {}
    taken: set[str] = set()
    for info in infos[2:]:
        _refuse_entry(source, info)
        name = info.filename.removeprefix(ROOT)
        if not info.filename.startswith(ROOT) or name not in manifest.files:
            raise _bad(source, f"{info.filename[:80]!r} is not in its manifest")
        if fault := name_fault(name):
            raise _bad(source, f"{name[:80]!r}: {fault}")
        if info.file_size != manifest.files[name].size:
            raise _bad(source, f"{name} has another size than its manifest says")
        if name.casefold() in taken:
            raise _bad(source, f"{name} is in it twice")
        taken.add(name.casefold())
        entries[name] = info
    if missing := sorted(set(manifest.files) - set(entries)):
        raise _bad(source, f"{missing[0][:80]!r} is missing")
    if folders := taken & {parent.as_posix() for name in taken for parent in Path(name).parents}:
        raise _bad(source, f"{min(folders)} is both a file and a folder")
    if sum(info.file_size for info in infos) > LIMITS.total:
        raise _bad(source, "it is too large")
    return entries


def _refuse_entry(source: Path, info: ZipInfo) -> None:
    mode = info.external_attr >> 16 if info.create_system == 3 else 0
    if info.filename != info.orig_filename:
        raise _bad(source, f"{info.orig_filename[:80]!r} is no name")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG) or info.is_dir() or info.external_attr & 0x10:
        raise _bad(source, f"{info.filename[:80]!r} is no file, but a link, a folder or a device")
    if info.flag_bits & _UNWANTED or info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise _bad(source, f"{info.filename[:80]!r} is packed in a way that personas are not")
    most = LIMITS.text if info.filename.lower().endswith((".toml", ".json")) else LIMITS.file
    if info.file_size > most or info.file_size > max(1 << 20, LIMITS.ratio * info.compress_size):
        raise _bad(source, f"{info.filename[:80]!r} would grow too large")


@contextmanager
def _told(source: Path) -> Iterator[None]:
    """What the ZIP reader raises over broken bytes, as what happened."""
    try:
        yield
    except DeckardError:
        raise
    except (*_BROKEN, RuntimeError) as error:
        raise _bad(source, f"it is damaged: {error}") from error


def _bad(source: Path, why: str) -> UsageError:
    return UsageError(
        f"{source} is no persona that can be imported: {why}.",
        code="bad_package",
        hint="take a file that `deckard persona export` wrote",
    )
