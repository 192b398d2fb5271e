"""Worker processes: one that dies costs its clip, and none outlives its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from batches import contents, numbered, run
from running import QUICK, Deckard

from deckard_cli.batch import batch
from deckard_cli.batch.engine import DIED, Kit, Outcome, Started, Task
from deckard_cli.batch.events import Finished, Made, Retried
from deckard_cli.batch.pool import Pool
from deckard_cli.errors import DeckardError


def tasks(count: int, here: Path) -> Iterator[Task]:
    for number, clip in enumerate(numbered(count, here)):
        yield Task(str(number), clip.job, here / "work")


def test_two_workers_make_what_one_makes(here: Path) -> None:
    for size in (1, 2):
        events = run(numbered(5, here / str(size)), here / str(size), Pool(size, Kit()))
        assert isinstance(events[-1], Finished)
        assert events[-1].made == 5
    assert contents(here / "1") == contents(here / "2")
    assert multiprocessing.active_children() == []


def test_a_worker_that_is_killed_costs_its_clip_and_another_takes_its_place(here: Path) -> None:
    reports = Pool(1, Kit()).make(tasks(3, here))
    assert next(reports) == Started("0")
    multiprocessing.active_children()[0].kill()
    outcomes = [report for report in reports if isinstance(report, Outcome)]
    assert [(each.token, each.failure.code if each.failure else None) for each in outcomes] == [
        ("0", DIED),
        ("1", None),
        ("2", None),
    ]
    assert outcomes[0].failure
    assert "SIGKILL" in outcomes[0].failure.message or sys.platform == "win32"


def test_a_batch_whose_worker_is_killed_makes_every_clip_all_the_same(here: Path) -> None:
    clips = numbered(4, here / "out")
    events = []
    for event in batch(clips, here / "out", Pool(1, Kit())):
        events.append(event)
        if sum(isinstance(each, Made) for each in events) == 1 and not any(
            isinstance(each, Retried) for each in events
        ):
            for child in multiprocessing.active_children():
                child.kill()
    assert isinstance(events[-1], Finished)
    assert (events[-1].made, events[-1].failed) == (4, 0)
    assert sum(isinstance(each, Retried) for each in events) == 1
    assert len(contents(here / "out")) == 4


def test_workers_that_all_die_at_once_end_the_batch(here: Path) -> None:
    reports = Pool(1, Kit()).make(tasks(50, here))
    with pytest.raises(DeckardError) as raised:
        for report in reports:
            if isinstance(report, Started):
                for child in multiprocessing.active_children():
                    child.kill()
    assert raised.value.code == DIED


def test_a_pool_that_is_closed_stops_its_workers(here: Path) -> None:
    reports = Pool(2, Kit()).make(tasks(4, here))
    next(reports)
    children = multiprocessing.active_children()
    assert children
    reports.close()
    assert not any(child.is_alive() for child in children)


def _children(process: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    found = [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return found + [each for child in found for each in _children(child)]


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _gone(processes: list[int], within: float) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if not any(map(_alive, processes)):
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def long_batch(deckard: Deckard) -> Iterator[subprocess.Popen[str]]:
    """A batch of the command that has begun clips of a minute, in a process group of its own."""
    words = " ".join(["word"] * 400)
    (deckard.folder / "long.csv").write_text(f"id,text\na,{words}\nb,{words}\n", encoding="utf-8")
    command = deckard.command("batch", "long.csv", "-o", "clips", "--json", "--jobs", "2", *QUICK)
    with subprocess.Popen(
        command, cwd=deckard.folder, env=deckard.variables(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout
        while "begun" not in process.stdout.readline():
            assert process.poll() is None
        yield process
        process.kill()


needs_proc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")


def _working(folder: Path) -> bool:
    """Whether a clip grows."""
    return any(path.stat().st_size > 50_000 for path in folder.glob(".deckard/making/*/*.part.mp4"))


def _until_working(folder: Path) -> None:
    end = time.monotonic() + 60
    while not _working(folder):
        assert time.monotonic() < end
        time.sleep(0.02)


@needs_proc
def test_workers_leave_in_the_middle_of_a_clip_when_their_parent_is_killed(
    long_batch: subprocess.Popen[str], here: Path
) -> None:
    _until_working(here / "clips")
    children = _children(long_batch.pid)
    assert len(children) >= 2
    long_batch.kill()
    assert _gone(children, within=5)
    assert list(contents(here / "clips")) != []
    assert not list((here / "clips").glob("*.mp4"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of a file's size")
def test_a_disk_that_is_full_is_told_once(deckard: Deckard, here: Path) -> None:
    rows = "".join(f"c{number},{'well ' * 40}\n" for number in range(9))
    (here / "lines.csv").write_text(f"id,text\n{rows}", encoding="utf-8")
    command = deckard.command("batch", "lines.csv", "-o", "clips", "--jobs", "2", *QUICK)
    limited = ["sh", "-c", 'ulimit -f 40; exec "$@"', "sh", *command]  # in blocks of 512 or of 1024 bytes
    done = subprocess.run(
        limited, cwd=here, env=deckard.variables(), capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("has no room") == 1
    assert done.stderr.count("deckard: ") == 1
    assert "the same command goes on" in done.stderr
    assert [path.name for path in (here / "clips").iterdir()] == ["manifest.jsonl"]
    again = subprocess.run(command, cwd=here, env=deckard.variables(), capture_output=True, check=False)
    assert again.returncode == 0
    assert len(list((here / "clips").glob("*.mp4"))) == 9


@needs_proc
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_batch_that_is_stopped_leaves_at_once_and_says_nothing(
    number: int, code: int, long_batch: subprocess.Popen[str], here: Path
) -> None:
    _until_working(here / "clips")
    children = _children(long_batch.pid)
    if number == signal.SIGINT:
        os.killpg(long_batch.pid, number)
    else:
        long_batch.send_signal(number)
    assert long_batch.wait(5) == code
    assert _gone(children, within=5)
    assert long_batch.stderr
    assert long_batch.stderr.read() == ""
    assert [path.name for path in (here / "clips").iterdir()] == ["manifest.jsonl"]
