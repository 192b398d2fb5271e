"""A batch: every clip once, whatever stopped the last one."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from batches import SMALL, Here, contents, ids, numbered, planned, run
from hypothesis import given, settings
from hypothesis import strategies as st

from deckard_cli.batch import BatchEvent, Orders, batch
from deckard_cli.batch.engine import DIED, Failure
from deckard_cli.batch.events import Begun, Failed, Finished, Kept, Made, Planned, Retried
from deckard_cli.batch.folder import Folder, hold, whole
from deckard_cli.batch.forecast import forecast
from deckard_cli.batch.manifest import Entries, Entry, Manifest, Stored, read_manifest
from deckard_cli.batch.page import write_page
from deckard_cli.errors import DeckardError, UsageError

PASSING = Failure("The line was busy.", "busy", exit_code=4)
LASTING = Failure("No.", "no")
DEAD = Failure("Killed.", DIED)


def kinds(events: list[BatchEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


def finished(events: list[BatchEvent]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]


def said(folder: Path, name: str, source: str = "") -> Entry:
    """The last line about a clip."""
    entry = read_manifest(folder).of(source, name)
    assert entry
    return entry


def test_a_batch_makes_each_clip_and_records_it(here: Path) -> None:
    out = here / "out"
    clips = planned("id,text,captions,lang\na,Hello.,srt,\nb,Bye.,,de\n", out)
    events = run(clips, out)
    assert kinds(events) == ["Planned", "Begun", "Made", "Begun", "Made", "Finished"]
    assert sorted(contents(out)) == ["a.mp4", "a.srt", "b.mp4"]
    first, second = (json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines())
    assert (first["version"], first["id"], first["clip"], sorted(first["files"])) == (
        1,
        "a",
        "a.mp4",
        ["a.mp4", "a.srt"],
    )
    assert (second["text"], second["lang"], second["voice"], second["persona"]) == ("Bye.", "de", "tone", "joi")
    assert first["duration"] == pytest.approx(0.55)
    assert first["notes"] == ["It is only a hum."]
    assert not (out / ".deckard").exists()


def test_what_stands_there_is_not_made_again(here: Path) -> None:
    clips = numbered(3, here)
    run(clips, here)
    before = contents(here)
    engine = Here()
    events = run(clips, here, engine)
    assert engine.given == []
    assert kinds(events) == ["Planned", "Kept", "Kept", "Kept", "Finished"]
    assert (finished(events).kept, finished(events).made) == (3, 0)
    assert contents(here) == before


def test_what_changed_or_is_damaged_or_gone_is_made_again_alone(here: Path) -> None:
    out = here / "out"
    rows = "id,text,captions\na,One.,\nb,Two.,srt\nc,Three.,\nd,Four.,\n"
    run(planned(rows, out), out)
    before = contents(out)
    (out / "b.srt").write_text("nothing")
    (out / "c.mp4").unlink()
    engine = Here()
    run(planned(rows.replace("Four", "Five six"), out), out, engine)
    assert engine.given == ["b.mp4", "c.mp4", "d.mp4"]
    after = contents(out)
    assert after.pop("d.mp4") != before.pop("d.mp4")
    assert after == before


def test_a_clip_that_is_wanted_under_another_name_is_made_under_it(here: Path) -> None:
    out = here / "out"
    rows = "id,text\na,One.\n"
    run(planned(rows, out), out)
    run(planned(rows, out, pattern="x/{id}.mp4"), out)
    assert sorted(contents(out)) == ["a.mp4", "x/a.mp4"]
    assert [each.clip for each in read_manifest(out)] == ["x/a.mp4"]


def test_one_clip_that_fails_stops_no_other(here: Path) -> None:
    clips = numbered(3, here / "out")
    events = run(clips, here / "out", Here({"c1.mp4": [LASTING]}))
    assert [event.clip.id for event in events if isinstance(event, Failed)] == ["c1"]
    assert (finished(events).made, finished(events).failed) == (2, 1)
    error = said(here / "out", "c1").error
    assert error
    assert (error.code, error.message) == ("no", "No.")
    assert finished(run(clips, here / "out")).made == 1


def test_fail_fast_ends_with_the_first_failure(here: Path) -> None:
    engine = Here({"c1.mp4": [PASSING, LASTING]})
    events = run(numbered(4, here), here, engine, fail_fast=True)
    assert engine.given == ["c0.mp4", "c1.mp4", "c1.mp4"]
    assert (finished(events).made, finished(events).failed, finished(events).skipped) == (1, 1, 2)


def test_what_may_pass_is_tried_again_after_the_others_and_waited_for(here: Path) -> None:
    waits: list[float] = []
    engine = Here({"c0.mp4": [PASSING, PASSING], "c1.mp4": [PASSING] * 9})
    events = run(numbered(3, here), here, engine, retries=2, sleep=waits.append)
    assert engine.given == ["c0.mp4", "c1.mp4", "c2.mp4", "c0.mp4", "c1.mp4", "c0.mp4", "c1.mp4"]
    assert waits == [2, 4]
    assert [event.clip.id for event in events if isinstance(event, Retried)] == ["c0", "c1", "c0", "c1"]
    assert [event.clip.id for event in events if isinstance(event, Failed)] == ["c1"]


def test_a_clip_whose_worker_died_is_tried_once_more_without_a_wait(here: Path) -> None:
    waits: list[float] = []
    engine = Here({"c0.mp4": [DEAD], "c1.mp4": [DEAD, DEAD]})
    events = run(numbered(2, here), here, engine, retries=0, sleep=waits.append)
    assert engine.given == ["c0.mp4", "c1.mp4", "c0.mp4", "c1.mp4"]
    assert waits == []
    assert [event.clip.id for event in events if isinstance(event, Failed)] == ["c1"]


def test_clips_whose_rows_are_gone_stay_until_they_are_pruned(here: Path) -> None:
    out = here / "out"
    run(planned("id,text,captions,output\na,One.,srt,x/y/a.mp4\nb,Two.,,\nc,Three.,,x/c.mp4\n", out), out)
    left = planned("id,text\nb,Two.\n", out)
    assert finished(run(left, out)).gone == ("a", "c")
    assert sorted(contents(out)) == ["b.mp4", "x/c.mp4", "x/y/a.mp4", "x/y/a.srt"]
    done = finished(run(left, out, prune=True))
    assert (done.gone, done.pruned) == (("a", "c"), True)
    assert [path.name for path in sorted(out.iterdir())] == ["b.mp4", "manifest.jsonl"]
    assert finished(run(left, out, prune=True)).gone == ()


def test_a_part_of_a_batch_takes_nothing_for_gone(here: Path) -> None:
    clips = numbered(4, here)
    run(clips, here)
    events = list(batch(clips[:2], here, Here(), Orders(prune=True), among=clips))
    assert finished(events).gone == ()
    assert len(contents(here)) == 5


def test_a_file_that_a_new_row_has_taken_is_not_pruned(here: Path) -> None:
    out = here / "out"
    run(planned("id,text,output\na,One.,x.mp4\n", out), out)
    run(planned("id,text,output\nb,Two.,x.mp4\n", out), out, prune=True)
    assert sorted(contents(out)) == ["x.mp4"]


def test_a_clip_that_was_recorded_and_not_yet_named_gets_its_name(here: Path) -> None:
    """Killed between the line and the name."""
    out = here / "out"
    clips = planned("id,text,captions\na,One.,srt\nb,Two.,\n", out)
    run(clips, out)
    before = contents(out)
    made = out / ".deckard" / "making" / "x"
    made.mkdir(parents=True)
    for name in ("a.mp4", "a.srt"):
        (out / name).rename(made / name)
    folder = Folder(out)
    folder.finished("a", made)
    folder.waiting("a", "a.srt").rename(out / "a.srt")
    engine = Here()
    events = run(clips, out, engine)
    assert engine.given == []
    assert kinds(events).count("Kept") == 2
    assert contents(out) == before


def test_what_was_left_half_made_goes_and_is_made_again(here: Path) -> None:
    out = here / "out"
    clips = numbered(2, out)
    run(clips, out)
    before = contents(out)
    half = Folder(out).waiting("c0", "c0.mp4").parent
    half.mkdir(parents=True)
    (half / "c0.mp4").write_bytes(b"half")
    (out / "c0.mp4").unlink()
    assert finished(run(clips, out)).made == 1
    assert contents(out) == before


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 400))
def test_a_manifest_that_was_cut_off_anywhere_is_read_and_gone_on_with(tail: bytes, cut: int) -> None:
    path = Path(os.environ["DECKARD_DATA_DIR"])
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    lines = [Entry(id=name, fingerprint=name, clip=name).model_dump_json().encode() + b"\n" for name in "abc"]
    written = b"".join(lines)[: -cut or None] + tail
    (path / "manifest.jsonl").write_bytes(written)
    whole_lines = written.count(b"\n")
    with hold(path) as file:
        manifest = Manifest(file)
        known = ids(manifest.entries)
        assert known >= {
            name for index, name in enumerate("abc") if sum(map(len, lines[: index + 1])) <= len(written) - len(tail)
        }
        manifest.add(Entry(id="z", fingerprint="z", clip="z"))
    assert ids(read_manifest(path)) == known | {"z"}
    assert (path / "manifest.jsonl").read_bytes().count(b"\n") >= whole_lines + 1


def test_one_batch_at_a_time_works_in_a_folder(here: Path) -> None:
    clips = numbered(2, here / "out")
    events = batch(clips, here / "out", Here())
    assert isinstance(next(events), Planned)
    with pytest.raises(DeckardError, match="Another batch is at work"):
        run(clips, here / "out")
    events.close()
    assert finished(run(clips, here / "out")).made == 2


def test_a_batch_that_is_given_up_leaves_nothing_half_made(here: Path) -> None:
    events = batch(numbered(3, here / "out"), here / "out", Here())
    while not isinstance(next(events), Made):
        pass
    assert isinstance(next(events), Begun)
    events.close()
    assert sorted(contents(here / "out")) == ["c0.mp4"]
    assert ids(read_manifest(here / "out")) == {"c0"}


def test_a_name_that_cannot_be_written_costs_its_clip_alone(here: Path) -> None:
    clips = planned("id,text,output\na,One.,x/a.mp4\nb,Two.,\n", here / "out")
    (here / "out").mkdir()
    (here / "out" / "x").write_text("in the way")
    events = run(clips, here / "out")
    assert [event.clip.id for event in events if isinstance(event, Failed)] == ["a"]
    assert (here / "out" / "b.mp4").exists()
    (here / "out" / "x").unlink()
    assert [event.clip.id for event in run(clips, here / "out") if isinstance(event, Made)] == ["a"]


def test_a_folder_that_is_a_file_is_refused(here: Path) -> None:
    (here / "out").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        run(numbered(1, here / "out"), here / "out")


def test_the_same_batch_makes_the_same_bytes(here: Path) -> None:
    for name in ("one", "two"):
        run(numbered(3, here / name), here / name)
    assert contents(here / "one") == contents(here / "two")


def test_failures_of_a_clip_that_stood_there_leave_it(here: Path) -> None:
    out = here / "out"
    run(planned("id,text\na,One.\n", out), out)
    before = contents(out)
    run(planned("id,text\na,Two.\n", out), out, Here({"a.mp4": [LASTING]}))
    assert contents(out) == before
    entry = said(out, "a")
    assert entry.error
    assert whole(out / "a.mp4", entry.files["a.mp4"].size, entry.files["a.mp4"].sha256)
    assert kinds(run(planned("id,text\na,One.\n", out), out))[1] == "Begun"


def test_a_mistake_in_a_voice_costs_its_clip_alone(here: Path) -> None:
    clips = planned("id,text,voice\na,One.,broken\nb,Two.,mute\nc,Three.,\n", here, SMALL)
    events = run(clips, here)
    codes = {event.clip.id: event.failure.code for event in events if isinstance(event, Failed)}
    assert codes == {"a": "bug", "b": "voice_silent"}
    assert [event.clip.id for event in events if isinstance(event, Made | Kept)] == ["c"]


@pytest.mark.parametrize("name", ["../x.mp4", "/x.mp4", "a/../../x.mp4", "c:x.mp4", "..\\x.mp4"])
def test_a_manifest_removes_nothing_outside_its_folder(name: str, here: Path) -> None:
    (here / "x.mp4").write_text("mine")
    (here / "out").mkdir()
    line = {"id": "old", "fingerprint": "f", "clip": "a.mp4", "files": {name: {"size": 4, "sha256": ""}}}
    (here / "out" / "manifest.jsonl").write_text(json.dumps(line) + "\n")
    run(numbered(1, here / "out"), here / "out", prune=True)
    assert (here / "x.mp4").read_text() == "mine"


def test_the_files_of_a_clip_that_has_another_name_now_are_told_and_pruned(here: Path) -> None:
    out = here / "out"
    run(numbered(2, out), out)
    renamed = planned("id,text\nc0,well 0\nc1,well well 1\n", out, pattern="{persona}-{id}.mp4")
    told = run(renamed, out)[-1]
    assert isinstance(told, Finished)
    assert (told.left, told.gone, told.pruned) == (("c0.mp4", "c1.mp4"), (), False)
    assert {"c0.mp4", "joi-c0.mp4"} <= set(contents(out))
    assert finished(run(renamed, out)).left == ("c0.mp4", "c1.mp4")  # told while they are there
    (out / "c1.mp4").write_bytes(b"somebody's own")
    assert finished(run(renamed, out, prune=True)).left == ("c0.mp4",)
    assert sorted(contents(out)) == ["c1.mp4", "joi-c0.mp4", "joi-c1.mp4"]
    assert finished(run(renamed, out)).left == ()


def test_the_old_name_of_a_clip_that_another_has_taken_is_not_left(here: Path) -> None:
    out = here / "out"
    run(planned("id,text,output\na,One.,x.mp4\n", out), out)
    swapped = planned("id,text,output\na,One.,y.mp4\nb,Two.,x.mp4\n", out)
    assert finished(run(swapped, out, prune=True)).left == ()
    assert sorted(contents(out)) == ["x.mp4", "y.mp4"]


def test_rows_of_two_files_share_a_folder_and_none_prunes_the_other(here: Path) -> None:
    out = Path("out")
    one, two = planned("id,text\na,One.\nb,Two.\n", out), planned("id,text\nc,Three.\n", out)
    run(one, out, rows="one.csv")
    told = finished(run(two, out, rows="sub/two.csv", prune=True))
    assert (told.gone, told.others) == ((), {"one.csv": 2})
    assert sorted(contents(out)) == ["a.mp4", "b.mp4", "c.mp4"]
    told = finished(run(one[:1], out, rows="./one.csv", prune=True))
    assert (told.gone, told.others) == (("b",), {"sub/two.csv": 1})
    assert sorted(contents(out)) == ["a.mp4", "c.mp4"]


def test_rows_that_moved_keep_their_clips(here: Path) -> None:
    out = Path("out")
    clips = planned("id,text\na,One.\nb,Two.\n", out)
    run(clips, out, rows="one.csv")
    assert finished(run(clips, out, rows="two.csv")).kept == 2
    assert finished(run(clips[:1], out, rows="two.csv", prune=True)).gone == ("b",)
    assert sorted(contents(out)) == ["a.mp4"]


def test_rows_of_two_files_have_the_same_ids_and_keep_their_clips(here: Path) -> None:
    """Their names differ: made once, neither makes or prunes what is the other's."""
    out = Path("out")
    one = planned("text,captions\nOne.,srt\nTwo.,\n", out)
    two = planned("text\nThree.\n", out, pattern="two-{id}.mp4")
    run(one, out, rows="one.csv")
    told = finished(run(two, out, rows="two.csv", prune=True))
    assert (told.taken, told.others, told.left, told.gone) == ((), {"one.csv": 2}, (), ())
    made = contents(out)
    assert sorted(made) == ["0001.mp4", "0001.srt", "0002.mp4", "two-0001.mp4"]
    for clips, rows in ((one, "one.csv"), (two, "two.csv")):
        assert {each.state for each in forecast(clips, read_manifest(out), Folder(out), None)} == {"kept"}
        engine = Here()
        told = finished(run(clips, out, engine, rows=rows, prune=True))
        assert (engine.given, told.kept, told.taken) == ([], len(clips), ())
    assert contents(out) == made
    again = planned("text\nThree.\n", out, pattern="second-{id}.mp4")
    assert finished(run(again, out, rows="two.csv", prune=True)).left == ("two-0001.mp4",)
    assert finished(run(one[:1], out, rows="one.csv", prune=True)).gone == ("0002",)
    assert sorted(contents(out)) == ["0001.mp4", "0001.srt", "second-0001.mp4"]


def test_the_page_of_rows_shows_their_own_clips(here: Path) -> None:
    out = Path("out")
    one = planned("text,persona\nOne.,joi\nTwo.,joi\n", out)
    two = planned("text,persona\nThree.,joi\nFour.,joi\n", out, pattern="two-{id}.mp4")
    run(two, out, Here({"two-0002.mp4": [LASTING]}), rows="two.csv")
    run(one[:1], out, rows="one.csv")
    page = write_page(one, out, one[:1]).read_text(encoding="utf-8")
    assert "One." in page and "Two." not in page and LASTING.message not in page
    page = write_page(two, out, two).read_text(encoding="utf-8")
    assert "Three." in page and "Four." in page and LASTING.message in page


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_clip_in_place_of_one_of_other_rows_is_told(name: str, here: Path) -> None:
    """Whatever its id is there: it is the file that both ask for."""
    out = Path("out")
    one = planned("id,text,output,captions\na,One.,x.mp4,srt\nc,Two.,,\n", out)
    run(one, out, rows="one.csv")
    two = planned(f"id,text,output\n{name},Three.,x.mp4\n", out)
    told = finished(run(two, out, rows="two.csv", prune=True))
    assert (told.taken, told.others, told.left) == ((name,), {"one.csv": 1}, ())
    assert sorted(contents(out)) == ["c.mp4", "x.mp4", "x.srt"]
    told = finished(run(one, out, rows="one.csv"))
    assert (told.taken, told.kept, told.made) == (("a",), 1, 1)


def test_what_fails_in_place_of_one_of_other_rows_leaves_it_to_them(here: Path) -> None:
    out = Path("out")
    one, two = planned("id,text\na,One.\n", out), planned("id,text\na,Two.\n", out)
    run(one, out, rows="one.csv")
    assert finished(run(two, out, Here({"a.mp4": [LASTING]}), rows="two.csv")).failed == 1
    assert said(out, "a", "../two.csv").error
    assert finished(run(one, out, rows="one.csv")).kept == 1


@pytest.mark.parametrize("text", ["One.", "Another."])
def test_a_manifest_that_does_not_say_where_rows_stood_is_understood(text: str, here: Path) -> None:
    """As every one was before that was written down."""
    out = Path("out")
    run(planned("id,text\na,One.\nb,Two.\n", out), out)
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    (out / "manifest.jsonl").write_text(
        "".join(json.dumps({key: line[key] for key in line if key != "source"}) + "\n" for line in lines)
    )
    told = finished(run(planned(f"id,text\na,{text}\n", out), out, rows="one.csv", prune=True))
    assert (told.kept, told.made) == ((1, 0) if text == "One." else (0, 1))
    assert (told.gone, told.others) == ((), {"unknown": 1})
    assert said(out, "a", "../one.csv").files and read_manifest(out).of("", "a") is None
    assert sorted(contents(out)) == ["a.mp4", "b.mp4"]


def test_a_clip_that_stands_under_the_name_of_other_rows_keeps_what_it_had_left(here: Path) -> None:
    out = Path("out")
    run(planned("id,text\na,One.\n", out), out, rows="one.csv")
    run(planned("id,text\na,One.\n", out, pattern="x-{id}.mp4"), out, rows="two.csv")
    told = finished(run(planned("id,text\na,One.\n", out, pattern="x-{id}.mp4"), out, rows="one.csv", prune=True))
    assert (told.kept, told.left) == (1, ("a.mp4",))
    assert sorted(contents(out)) == ["x-a.mp4"]


@given(st.lists(st.tuples(st.sampled_from("st"), st.sampled_from("ab"), st.sets(st.sampled_from("wxyz"))), max_size=12))
def test_a_file_is_of_the_clip_that_named_it_last(lines: list[tuple[str, str, set[str]]]) -> None:
    stored = Stored(size=1, sha256="")
    entries, owners = Entries(), dict[str, tuple[str, str]]()
    for source, name, files in lines:
        entries.add(Entry(id=name, source=source, fingerprint="", clip="w", files=dict.fromkeys(sorted(files), stored)))
        owners = {file: owner for file, owner in owners.items() if owner != (source, name)}
        owners |= dict.fromkeys(files, (source, name))
    found = {file: entry for file in "wxyz" if (entry := entries.at(file))}
    assert {file: (entry.source, entry.id) for file, entry in found.items()} == owners
    assert {file for each in entries for file in each.files} == set(owners)
    assert all(file in entry.files for file, entry in found.items())


def test_a_full_disk_ends_the_batch_at_once_and_it_goes_on_when_there_is_room(here: Path) -> None:
    clips = numbered(4, here / "out")
    engine = Here({"c1.mp4": [Failure("The disk has no room for 'c1.mp4'.", "disk_full", "free some space")]})
    with pytest.raises(DeckardError, match=r"no room for '.*out.c1") as raised:
        run(clips, here / "out", engine)
    assert (raised.value.code, raised.value.exit_code) == ("disk_full", 1)
    assert engine.given == ["c0.mp4", "c1.mp4"]
    assert [path.name for path in sorted((here / "out").iterdir())] == ["c0.mp4", "manifest.jsonl"]
    done = finished(run(clips, here / "out"))
    assert (done.kept, done.made) == (1, 3)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_any_more_ends_the_batch_at_once(here: Path) -> None:
    out = here / "out"
    clips, engine = numbered(4, out), Here()
    events = batch(clips, out, engine)
    while not isinstance(next(events), Made):
        pass
    out.chmod(0o500)
    try:
        with pytest.raises(DeckardError, match="cannot be written") as raised:
            list(events)
    finally:
        out.chmod(0o700)
    assert (raised.value.code, engine.given) == ("not_writable", ["c0.mp4", "c1.mp4"])
    assert finished(run(clips, out)).made == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a folder in which a file is open")
@pytest.mark.parametrize("moved", [False, True])
def test_a_folder_that_is_gone_ends_the_batch_at_once(moved: bool, here: Path) -> None:
    out = here / "out"
    clips, engine = numbered(4, out), Here()
    events = batch(clips, out, engine)
    while not isinstance(next(events), Made):
        pass
    if moved:
        out.rename(here / "old")
    else:
        shutil.rmtree(out)
    with pytest.raises(DeckardError, match="was removed or moved") as raised:
        list(events)
    assert (raised.value.code, engine.given) == ("manifest_gone", ["c0.mp4", "c1.mp4"])
    assert contents(out) == {}
    if moved:
        assert ids(read_manifest(here / "old")) == {"c0"}
    assert finished(run(clips, out)).made == 4


def test_a_clip_that_has_sound_alone_is_one_that_failed(here: Path) -> None:
    (here / "out").mkdir()
    settings = SMALL.model_copy(
        update={"face": "studio", "faces": {"studio": {"does": "fails"}}, "on_face_error": "audio"}
    )
    clips = planned("id,text\na,Hello there.\n", here / "out", settings)
    failures = [event.failure for event in run(clips, here / "out", retries=0) if isinstance(event, Failed)]
    assert [(failure.code, failure.message) for failure in failures] == [("no_picture", "The studio is closed.")]
    assert contents(here / "out") == {}
