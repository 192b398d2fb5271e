"""A batch whose clips stand at an address: whole there, made once, and gone on with from anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest
from batches import ids, numbered
from running import QUICK, Deckard

from deckard_cli.batch import Orders, batch
from deckard_cli.batch.address import Address
from deckard_cli.batch.engine import Kit
from deckard_cli.batch.events import Failed, Finished, Made
from deckard_cli.batch.manifest import known
from deckard_cli.batch.pool import Pool
from deckard_cli.errors import BackendError, MissingError, UsageError

STORE = "memory://bucket/clips"


@pytest.fixture(autouse=True)
def _empty(here: Path) -> Iterator[None]:
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield
    files.store.clear()


def finished(address: Address, count: int) -> Finished:
    *_, last = batch(numbered(count, address.path), address, Pool(1, Kit()))
    assert isinstance(last, Finished)
    return last


def names() -> set[str]:
    return {path.rpartition("/")[2] for path in fsspec.filesystem("memory").find("/bucket/clips")}


def test_clips_stand_at_the_address_and_are_made_once() -> None:
    assert finished(Address(STORE), 2).made == 2
    assert names() == {"c0.mp4", "c1.mp4", "manifest.jsonl"}
    assert fsspec.filesystem("memory").cat("/bucket/clips/c0.mp4")[4:8] == b"ftyp"
    again = finished(Address(STORE), 3)
    assert (again.kept, again.made) == (2, 1)


def test_another_machine_goes_on_from_the_manifest(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    finished(Address(STORE), 2)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("DECKARD_CACHE_DIR", str(here / "another machine"))
        third = finished(Address(STORE), 3)
        assert ids(known(Address(STORE))) == {"c0", "c1", "c2"}
    assert (third.kept, third.made) == (2, 1)
    assert ids(known(Address(STORE))) == {"c0", "c1", "c2"}, "what the other one made is known before it is asked for"
    assert finished(Address(STORE), 3).kept == 3


def test_rows_of_two_files_share_an_address(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    def of(rows: str, count: int, *, prune: bool = False) -> Finished:
        address = Address(STORE)
        clips = [replace(clip, id=f"{rows}{clip.id}", name=f"{rows}-{clip.name}") for clip in numbered(count, here)]
        clips = [replace(clip, job=replace(clip.job, output=here / clip.name)) for clip in clips]
        *_, last = batch(clips, address, Pool(1, Kit()), Orders(rows=f"./{rows}.csv", prune=prune))
        assert isinstance(last, Finished)
        return last

    of("one", 2)
    monkeypatch.setenv("DECKARD_CACHE_DIR", str(here / "another machine"))
    monkeypatch.chdir(here.parent)
    assert of("two", 1, prune=True).others == {"one.csv": 2}
    assert of("one", 1, prune=True).gone == ("onec1",)
    assert names() == {"one-c0.mp4", "two-c0.mp4", "manifest.jsonl"}


def test_a_clip_that_is_gone_or_cut_off_is_made_again() -> None:
    finished(Address(STORE), 2)
    store = fsspec.filesystem("memory")
    store.rm_file("/bucket/clips/c0.mp4")
    with store.open("/bucket/clips/c1.mp4", "wb") as file:
        file.write(b"half")
    assert finished(Address(STORE), 2).made == 2
    assert store.size("/bucket/clips/c1.mp4") > 100


def test_a_store_that_fails_is_told_and_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    address = Address(STORE)
    kind = type(fsspec.filesystem("memory"))
    whole = kind.put_file

    def cut(self: object, source: str, target: str, **options: object) -> None:
        if target.endswith("c1.mp4"):
            raise ConnectionResetError(104, "Connection reset by peer")
        whole(self, source, target, **options)

    with monkeypatch.context() as broken:
        broken.setattr(kind, "put_file", cut)
        events = list(batch(numbered(3, address.path), address, Pool(1, Kit())))
    failures = [event.failure for event in events if isinstance(event, Failed)]
    assert [failure.code for failure in failures] == ["address_failed"]
    assert "memory://bucket/clips/c1.mp4" in failures[0].message
    assert sum(isinstance(event, Made) for event in events) == 2
    again = finished(Address(STORE), 3)
    assert (again.kept, again.made) == (2, 1)


def test_what_is_no_address_is_told() -> None:
    with pytest.raises(UsageError, match="is no address"):
        Address("nowhere://bucket")
    with pytest.raises((MissingError, BackendError)):
        Address("s3://bucket/clips")


def test_the_command_prints_addresses(deckard: Deckard, here: Path) -> None:
    (here / "lines.csv").write_text("id,text\na,Hello.\n")
    address = f"file://{here}/out"
    asked = ("batch", "lines.csv", "-o", address, *QUICK, "--size", "64")
    done = deckard(*asked, "-q")
    assert (done.returncode, done.stdout) == (0, f"{address}/a.mp4\n"), done.stderr
    assert sorted(path.name for path in (here / "out").iterdir()) == ["a.mp4", "manifest.jsonl"]
    frozen = deckard(*asked, "--frozen")
    assert frozen.returncode == 0, frozen.stderr
    (line, *_) = [
        json.loads(line) for line in deckard(*asked, "--json").stdout.splitlines() if "kept" in line and "path" in line
    ]
    assert line["path"] == f"{address}/a.mp4"
    refused = deckard(*asked, "--gallery")
    assert refused.returncode == 2 and "folder of this machine" in refused.stderr
