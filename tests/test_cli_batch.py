"""`deckard batch`: what it prints, what it says, and with which code it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import QUICK, Deckard

TINY = (*QUICK, "--size", "64", "--jobs", "1", "--no-provenance")


@pytest.fixture
def lines(here: Path) -> Path:
    path = here / "lines.csv"
    path.write_text("id,text,persona\na,Hello.,joi\nb,Bye.,officer_k\n", encoding="utf-8")
    return path


def test_stdout_is_the_clips_in_the_order_of_their_rows(deckard: Deckard, lines: Path) -> None:
    done = deckard("batch", "lines.csv", "-o", "clips", "--name", "{persona}-{id}.mp4", *TINY)
    assert (done.returncode, done.stdout) == (0, "clips/joi-a.mp4\nclips/officer_k-b.mp4\n")
    assert "2 made; " in done.stderr
    again = deckard("batch", "lines.csv", "-o", "clips", "--name", "{persona}-{id}.mp4", *TINY, "-q")
    assert (again.returncode, again.stdout, again.stderr) == (0, done.stdout, "")


def test_rows_come_from_stdin_and_events_go_to_stdout(deckard: Deckard, here: Path) -> None:
    row = b'{"id": "hi", "text": "Hello."}\n'
    done = deckard("batch", "-", "-o", "clips", "--json", "-q", *TINY, stdin=row)
    assert (done.returncode, done.stderr) == (0, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["planned", "begun", "made", "finished"]
    assert all(event["version"] == 1 for event in events)
    made = events[2]
    assert (made["id"], made["row"], made["path"]) == ("hi", "stdin:1", str(here / "clips" / "hi.mp4"))
    assert (made["persona"], made["voice"], made["cached"], made["notes"]) == (
        "joi",
        "tone",
        False,
        ["It is only a hum."],
    )


def test_wrong_rows_are_all_told_and_nothing_is_made(deckard: Deckard, here: Path) -> None:
    (here / "lines.csv").write_text("id,text,mood\na,Hello.,hapy\nb,,\n", encoding="utf-8")
    done = deckard("batch", "lines.csv", "-o", "clips", *TINY)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        "lines.csv:2: mood: There is no mood called 'hapy'. did you mean 'happy'?\nlines.csv:3: text: " in done.stderr
    )
    assert not (here / "clips").exists()


def test_some_failures_leave_with_one_and_are_told(deckard: Deckard, here: Path) -> None:
    (here / "lines.csv").write_text("id,text,voice\na,Hello.,mute\nb,Bye.,\n", encoding="utf-8")
    done = deckard("batch", "lines.csv", "-o", "clips", *TINY)
    assert (done.returncode, done.stdout) == (1, "clips/b.mp4\n")
    assert "lines.csv:2: a: The voice 'mute' said nothing." in done.stderr
    assert "deckard: 1 of 2 clips could not be made." in done.stderr


def test_where_all_fail_alike_the_code_is_theirs(deckard: Deckard, here: Path) -> None:
    (here / "lines.csv").write_text(f"id,text,face\na,{'word ' * 9},failing\n", encoding="utf-8")
    done = deckard("batch", "lines.csv", "-o", "clips", *TINY, "--retries", "0", "--json")
    assert done.returncode == 4
    assert json.loads(done.stderr)["error"]["code"] == "clips_failed"
    failed = json.loads(done.stdout.splitlines()[2])
    assert (failed["event"], failed["error"]["code"], failed["error"]["retryable"]) == ("failed", "gave_up", True)


def test_a_dry_run_says_what_would_be_made_and_writes_nothing(deckard: Deckard, lines: Path, here: Path) -> None:
    done = deckard("batch", "lines.csv", "-o", "clips", "--dry-run", *TINY)
    assert done.returncode == 0
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["clips/a.mp4", "clips/b.mp4"]
    assert "2 are to be made: about 1 s of speech" in done.stderr
    assert not (here / "clips").exists()


def test_a_dry_run_knows_what_a_voice_costs(deckard: Deckard, lines: Path, here: Path) -> None:
    done = deckard("batch", "lines.csv", "-o", "clips", "--dry-run", "--json", "--voice", "elevenlabs")
    report = json.loads(done.stdout)
    assert (report["version"], report["new"], report["kept"]) == (1, 2, 0)
    assert report["dollars"] == pytest.approx(10 * 100e-6) == report["dollars_by_voice"]["elevenlabs"]
    dear = deckard("batch", "lines.csv", "-o", "clips", "--voice", "elevenlabs,espeak", "--max-cost", "0.0001")
    assert (dear.returncode, dear.stdout) == (1, "")
    assert "would cost about $0.00" in dear.stderr
    assert not (here / "clips").exists()


def test_a_voice_that_cannot_work_here_is_told_before_anything_is_made(
    deckard: Deckard, lines: Path, here: Path
) -> None:
    done = deckard("batch", "lines.csv", "-o", "clips", "--voice", "elevenlabs")
    assert (done.returncode, done.stdout) == (3, "")
    assert "ELEVENLABS_API_KEY" in done.stderr
    assert not (here / "clips").exists()


def test_frozen_makes_nothing_and_lists_what_would_change(deckard: Deckard, lines: Path, here: Path) -> None:
    assert deckard("batch", "lines.csv", "-o", "clips", *TINY).returncode == 0
    assert deckard("batch", "lines.csv", "-o", "clips", *TINY, "--frozen").stdout == ""
    lines.write_text(lines.read_text().replace("Bye.", "See you."))
    before = (here / "clips" / "manifest.jsonl").read_bytes()
    done = deckard("batch", "lines.csv", "-o", "clips", *TINY, "--frozen")
    assert (done.returncode, done.stdout) == (1, "clips/b.mp4\n")
    assert "1 of 2 clips would change." in done.stderr
    assert (here / "clips" / "manifest.jsonl").read_bytes() == before


def test_a_second_folder_is_filled_from_the_cache(deckard: Deckard, lines: Path, here: Path) -> None:
    one = deckard("batch", "lines.csv", "-o", "one", "--cache", *TINY)
    two = deckard("batch", "lines.csv", "-o", "two", "--cache", *TINY, "--json")
    assert one.returncode == two.returncode == 0
    assert json.loads(two.stdout.splitlines()[-1])["cached"] == 2
    for name in ("a.mp4", "b.mp4"):
        assert (here / "one" / name).read_bytes() == (here / "two" / name).read_bytes()
    dry = deckard("batch", "lines.csv", "-o", "three", "--cache", *TINY, "--dry-run", "--json")
    assert json.loads(dry.stdout)["cached"] == 2


def test_filter_shard_and_prune(deckard: Deckard, lines: Path, here: Path) -> None:
    assert deckard("batch", "lines.csv", "-o", "clips", *TINY, "--filter", "persona=joi").stdout == "clips/a.mp4\n"
    parts = [deckard("batch", "lines.csv", "-o", "clips", *TINY, "--shard", f"{part}/2").stdout for part in (1, 2)]
    assert sorted("".join(parts).split()) == ["clips/a.mp4", "clips/b.mp4"]
    lines.write_text("id,text\na,Hello.\n")
    told = deckard("batch", "lines.csv", "-o", "clips", *TINY)
    assert "1 clips that no row asks for any more are there still" in told.stderr
    assert deckard("batch", "lines.csv", "-o", "clips", *TINY, "--prune").returncode == 0
    assert not (here / "clips" / "b.mp4").exists()


def test_a_gallery_shows_them(deckard: Deckard, lines: Path, here: Path) -> None:
    done = deckard("batch", "lines.csv", "-o", "clips", *TINY, "--gallery")
    assert done.returncode == 0
    page = (here / "clips" / "gallery.html").read_text(encoding="utf-8")
    assert "Hello." in page
    assert "Bye." in page
    assert "clips/gallery.html" in done.stderr


def test_a_clip_that_is_not_right_gets_no_name(deckard: Deckard, here: Path) -> None:
    (here / "lines.csv").write_text("id,text\na,Hello you there.\n", encoding="utf-8")
    done = deckard("batch", "lines.csv", "-o", "clips", *TINY, "--check")
    assert done.returncode == 1
    assert "lines.csv:2: a: 'a.mp4' is not right." in done.stderr
    assert not (here / "clips" / "a.mp4").exists()
