"""The cache: whole or not at all, shared by many processes, and never larger than it may be."""

from __future__ import annotations

import multiprocessing
import os
import signal
import string
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckard_cli.cache import Cache, cache_folder, digest, of_file, size_in_bytes, sources
from deckard_cli.errors import UsageError

KEY = digest("a clip")


def filled(cache: Cache, key: str = KEY, data: bytes = b"whole") -> None:
    cache.put("clip", key, {"text": "hello"}, lambda folder: (folder / "clip.mp4").write_bytes(data))


def test_what_was_put_there_is_found_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.get("clip", KEY) is None
    filled(cache)
    entry = Cache(tmp_path).get("clip", KEY)
    assert entry and entry.read("clip.mp4") == b"whole"
    assert entry.about == {"text": "hello"}
    assert entry.size == 5
    assert cache.get("speech", KEY) is None


def test_a_copy_says_whether_it_is_whole(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    filled(cache)
    entry = cache.get("clip", KEY)
    assert entry and entry.copy("clip.mp4", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"whole"
    (entry.folder / "clip.mp4").write_bytes(b"wrong")  # as long as before
    assert not entry.copy("clip.mp4", tmp_path / "copy")
    assert not entry.whole()
    (entry.folder / "clip.mp4").unlink()
    assert not entry.copy("clip.mp4", tmp_path / "copy")
    assert entry.read("clip.mp4") is None


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"files": {"clip.mp4": {}}, "about": {}}', '{"about": {}}'])
def test_a_damaged_entry_is_none_and_is_made_again(tmp_path: Path, damage: str) -> None:
    cache = Cache(tmp_path)
    filled(cache)
    entry = cache.get("clip", KEY)
    assert entry
    (entry.folder / "entry.json").write_text(damage)
    assert cache.get("clip", KEY) is None
    filled(cache, data=b"again")
    mended = cache.get("clip", KEY)
    assert mended and mended.read("clip.mp4") == b"again"


def test_a_file_that_was_cut_off_is_noticed_without_reading_it(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    filled(cache)
    entry = cache.get("clip", KEY)
    assert entry
    (entry.folder / "clip.mp4").write_bytes(b"who")
    assert cache.get("clip", KEY) is None


def test_who_was_first_stays(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    filled(cache, data=b"first")
    filled(cache, data=b"later")
    entry = cache.get("clip", KEY)
    assert entry and entry.read("clip.mp4") == b"first"


def test_nothing_stays_of_what_could_not_be_filled(tmp_path: Path) -> None:
    cache = Cache(tmp_path)

    def fails(folder: Path) -> None:
        (folder / "half").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    cache.put("clip", KEY, {}, fails)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert "nothing is kept: No space left on device" in cache.complaint()
    cache.put("clip", KEY, {}, fails)
    assert cache.complaint() == "", "it is told once"


def test_a_folder_that_cannot_be_written_says_so_and_nothing_is_left_by_asking(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = Cache(tmp_path / "file" / "cache")
    filled(cache)
    assert cache.get("clip", KEY) is None
    assert cache.complaint() == cache.fault() != ""
    new = Cache(tmp_path / "not" / "yet")
    assert new.fault() == "" == new.complaint()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_looking_over_counts_what_cannot_be_read_at_all(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    one, two, three, four = keys = tuple(map(digest, range(4)))
    for key in keys:
        filled(cache, key)
    places = {entry.key: entry.folder for entry in cache.entries()}
    (places[one] / "clip.mp4").write_bytes(b"wrong")
    (places[two] / "clip.mp4").write_bytes(b"who")
    (places[three] / "entry.json").unlink()
    assert len(list(cache.entries())) == 2 and all(place.is_dir() for place in places.values()), (
        "a look changes nothing"
    )
    count, damaged = cache.verify()
    assert (count, {entry.key for entry in damaged}) == (4, {one, two, three})
    assert [entry.key for entry in cache.entries()] == [four] and cache.verify() == (1, [])
    assert not places[three].exists()


def test_those_that_were_not_used_longest_go(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=1000)
    keys = [digest(number) for number in range(30)]
    for number, key in enumerate(keys):
        filled(cache, key, b"x" * 100)
        if entry := cache.get("clip", key):
            os.utime(entry.folder / "entry.json", (number, number))
        if first := cache.get("clip", keys[0]):  # asked for again and again
            os.utime(first.folder / "entry.json", (1000, 1000))
    kept = {entry.key for entry in cache.entries()}
    assert sum(entry.size for entry in cache.entries()) <= 1000
    assert keys[0] in kept and keys[-1] in kept and keys[1] not in kept


def test_clearing_leaves_nothing_of_the_kind(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    filled(cache)
    cache.put("speech", KEY, {}, lambda folder: (folder / "samples").write_bytes(b"s"))
    assert cache.clear(("speech",)) == 1
    assert [entry.kind for entry in cache.entries()] == ["clip"]
    assert cache.clear() == 1
    assert list(cache.entries()) == []


def test_what_a_killed_process_left_is_swept_away_when_it_is_old(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    old, new = tmp_path / "v1" / "growing" / "old", tmp_path / "v1" / "growing" / "new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "half").write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    cache.clear()
    assert not old.exists() and new.exists()


def _write_many(folder: Path, seed: int) -> None:
    cache = Cache(folder, limit=20_000)
    rng = np.random.default_rng(seed)
    while True:
        number = int(rng.integers(100))
        data = str(number).encode() * 300
        key = digest(number)
        if entry := cache.get("clip", key):
            got = entry.read("clip.mp4")
            assert got is None or got == data
        else:
            filled(cache, key, data)


def test_processes_that_are_killed_while_they_write_leave_only_whole_entries(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_write_many, args=(tmp_path, seed)) for seed in range(2)]
    for worker in workers:
        worker.start()
    deadline = time.monotonic() + 30
    while sum(1 for _ in tmp_path.glob("v1/clip/*/*")) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    for worker in workers:
        assert worker.pid and worker.is_alive()
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
    entries = list(Cache(tmp_path).entries())
    assert len(entries) >= 10
    assert all(entry.whole() for entry in entries)


@dataclass(frozen=True)
class Pair:
    a: object
    b: object


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(string.printable),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_equal_values_have_equal_keys_and_others_have_others(one: object, other: object) -> None:
    assert digest(one) == digest(one)
    assert digest(Pair(one, other)) == digest(Pair(one, other))
    if repr(one) != repr(other):
        assert digest(one) != digest(other)


def test_the_order_of_a_mapping_makes_no_other_key() -> None:
    assert digest({"a": 1, "b": 2.0}) == digest({"b": 2.0, "a": 1})


def test_arrays_bytes_and_paths_can_be_in_a_key() -> None:
    picture = np.zeros((2, 3), np.uint8)
    assert digest(picture) != digest(picture.reshape(3, 2))
    assert digest(picture) != digest(picture.astype(np.int8))
    assert len({digest(b"a"), digest(b"b"), digest(Path("a")), digest(None)}) == 4


def test_an_address_in_memory_is_no_key() -> None:
    with pytest.raises(TypeError, match="object cannot be part of a key"):
        digest([object()])


def test_a_file_that_changed_has_another_key(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"one")
    before = of_file(file)
    file.write_bytes(b"two")
    os.utime(file, (1, 1))
    assert of_file(file) != before


def test_every_room_has_code() -> None:
    assert sources("speech") != sources("script") != sources("job")


@pytest.mark.parametrize(
    ("text", "size"),
    [("5 GB", 5 * 10**9), ("500M", 500 * 10**6), ("1.5k", 1500), ("123456", 123456), ("2GiB", 2 * 10**9)],
)
def test_sizes(text: str, size: int) -> None:
    assert size_in_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1 GB", "1e9", "5 XB", "٥"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        size_in_bytes(text)
    assert refused.value.code == "bad_cache_size"


def test_the_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DECKARD_CACHE_DIR", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
