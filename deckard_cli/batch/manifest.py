"""What a batch has made, a line for each clip: appended and synced, so that no kill and no power cut takes it away.

A clip is known by where its row stood and by its id: files of rows that share a folder may each have a ``0001``. Of the
lines about one clip the last holds, and a file belongs to the clip whose line named it last. The end of a line that was
cut off is not there.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from deckard_cli.batch.clips import Clip
from deckard_cli.batch.engine import Outcome
from deckard_cli.batch.folder import MANIFEST, Folder

__all__ = ["Entries", "Entry", "Fault", "Manifest", "Stored", "entry", "fault_entry", "known", "moved", "read_manifest"]
__all__ += ["stands"]

_VERSION: Final = 1


class Stored(BaseModel):
    """A file of a clip."""

    model_config = ConfigDict(frozen=True)

    size: int
    """Bytes."""
    sha256: str


class Fault(BaseModel):
    """Why a clip was not made."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
    hint: str = ""


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise ValueError("it is not in the folder of the batch")
    return name


Name = Annotated[str, AfterValidator(_inside)]
"""A file below the folder of the batch: a manifest from somebody else must not have others removed."""


class Entry(BaseModel):
    """A line of the manifest. It only ever grows."""

    model_config = ConfigDict(frozen=True)

    version: int = _VERSION
    id: str
    fingerprint: str
    """The key of all that decided it."""
    clip: Name
    """The clip's file, below the folder of the batch."""
    text: str = ""
    """What is said in it."""
    files: dict[Name, Stored] = {}
    """Every file that stands there, by its name below the folder; with an error, those of the clip before."""
    left: dict[Name, Stored] = {}
    """Files that it had under other names, and that may be there still."""
    source: str = ""
    """Where its row stood, in the words of `Folder.noted`; empty where nobody said it."""
    duration: float = 0.0
    """Seconds of sound."""
    frames: int = 0
    persona: str = ""
    voice: str = ""
    face: str = ""
    lang: str = ""
    seconds: float = 0.0
    """How long it took."""
    cached: bool = False
    """Whether it was made before, and copied."""
    checked: bool = False
    """Whether it was checked before it got its name, and was right."""
    notes: list[str] = []
    cue: tuple[float, float] | None = None
    """Seconds from and to which it was shown, where the row was a subtitle."""
    error: Fault | None = None


def entry(clip: Clip, outcome: Outcome, source: str, before: Entry | None) -> Entry:
    """The line about a clip that is made, of a row of `source`, where the last line about it was `before`."""
    written = outcome.written
    assert written
    names = {Path(name).name: name for name in clip.files}
    return Entry(
        id=clip.id,
        fingerprint=clip.fingerprint,
        clip=clip.name,
        text=clip.spoken,
        files={names[file.name]: Stored(size=file.size, sha256=file.sha256) for file in outcome.files},
        left=_left(clip, before) if before else {},
        source=source,
        duration=written.duration,
        frames=written.frames,
        persona=written.persona,
        voice=written.voice,
        face=written.face,
        lang=written.language,
        seconds=round(outcome.seconds, 3),
        cached=written.cached,
        checked=outcome.checked,
        notes=list(written.notes),
        cue=clip.cue,
    )


def _left(clip: Clip, before: Entry) -> dict[str, Stored]:
    return {name: stored for name, stored in {**before.left, **before.files}.items() if name not in clip.files}


def moved(clip: Clip, there: Entry, source: str, before: Entry | None) -> Entry:
    """The line about a clip that stood `there` already, made for a row that is one of `source` now, where the last line
    about it was `before`.
    """
    left = {**there.left, **(_left(clip, before) if before else {})}
    return there.model_copy(update={"source": source, "left": left})


def fault_entry(clip: Clip, fault: Fault, source: str, before: Entry | None) -> Entry:
    """The line about a clip that could not be made; one that was made `before` it still stands there."""
    return Entry(
        id=clip.id,
        fingerprint=clip.fingerprint,
        clip=clip.name,
        text=clip.spoken,
        files=before.files if before else {},
        left=before.left if before else {},
        source=source,
        cue=clip.cue,
        error=fault,
    )


def stands(clip: Clip, entry: Entry | None, folder: Folder, *, checked: bool = False) -> bool:
    """Whether `clip` is there already: made of the same, `checked` where that is wanted, and every file of it whole."""
    return (
        entry is not None
        and entry.error is None
        and entry.id == clip.id
        and (entry.checked or not checked)
        and (entry.fingerprint, entry.clip) == (clip.fingerprint, clip.name)
        and entry.files.keys() == set(clip.files)
        and all(folder.holds(name, stored.size, stored.sha256) for name, stored in entry.files.items())
    )


class Entries:
    """The last line about each clip, and whose each file is."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        """`entries` are in the order in which they were written."""
        self._last: dict[tuple[str, str], Entry] = {}
        self._owners: dict[str, tuple[str, str]] = {}
        for each in entries:
            self.add(each)

    def add(self, entry: Entry) -> None:
        """Take in the next line. What it names belongs to no other clip any more."""
        key = (entry.source, entry.id)
        if before := self._last.pop(key, None):
            for name in before.files:
                del self._owners[name]
        for name in entry.files:
            if owner := self._owners.get(name):
                self._take(name, owner)
            self._owners[name] = key
        self._last[key] = entry

    def _take(self, name: str, owner: tuple[str, str]) -> None:
        had = self._last[owner]
        files = {each: stored for each, stored in had.files.items() if each != name}
        if files or had.left or had.error:
            self._last[owner] = had.model_copy(update={"files": files})
        else:
            del self._last[owner]

    def of(self, source: str, name: str) -> Entry | None:
        """The last line about the clip with the id `name` of the rows of `source`, in the words of `Folder.noted`."""
        return self._last.get((source, name))

    def at(self, file: str) -> Entry | None:
        """The last line about the clip whose `file` is, by its name below the folder; None where it is nobody's."""
        owner = self._owners.get(file)
        return self._last.get(owner) if owner else None

    def __iter__(self) -> Iterator[Entry]:
        """In the order in which the lines were written."""
        return iter(self._last.values())


def read_manifest(folder: Path) -> Entries:
    """What the manifest of the batch in `folder` says; nothing where there is no batch."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            return Entries(_entries(file))
    except OSError:
        return Entries()


def known(folder: Folder) -> Entries:
    """The same of `folder`, wherever it is."""
    try:
        own = (folder.path / MANIFEST).read_bytes()
    except OSError:
        own = b""
    return Entries(_entries(io.BytesIO(own + b"\n" + _lacking(own, folder.others()))))


def _lacking(own: bytes, others: bytes) -> bytes:
    """The lines of `others` that `own` has not: they were written elsewhere, and since."""
    lines = set(own.splitlines())
    return b"".join(line + b"\n" for line in others.splitlines() if line not in lines)


def _entries(file: IO[bytes]) -> Iterator[Entry]:
    for line in file:
        try:
            yield Entry.model_validate_json(line)
        except ValidationError:  # cut off, or not ours
            continue


class Manifest:
    """The manifest of a batch that is at work."""

    def __init__(self, file: IO[bytes], others: bytes = b"") -> None:
        """`file` is open for reading and appending, and nobody else's; what it lacks of `others` is added."""
        self._file = file
        self._mend()
        file.seek(0)
        own = file.read()
        new = _lacking(own, others)
        file.write(new)
        self.entries = Entries(_entries(io.BytesIO(own + new)))
        """What it says."""

    def add(self, *entries: Entry) -> None:
        """Append lines. They are on the disk when this returns. Raises `OSError`."""
        self._file.write(b"".join(entry.model_dump_json().encode() + b"\n" for entry in entries))
        self._file.flush()
        os.fsync(self._file.fileno())
        for entry in entries:
            self.entries.add(entry)

    def stands_at(self, path: Path) -> bool:
        """Whether it is the file at `path` still: a folder may be removed or moved under a batch."""
        try:
            return os.path.samestat(path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return False

    def _mend(self) -> None:
        """End a last line that was cut off, or the next would go on in it."""
        if self._file.seek(0, os.SEEK_END):
            self._file.seek(-1, os.SEEK_END)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")
                self._file.flush()
