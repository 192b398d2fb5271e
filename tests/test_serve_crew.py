"""The queue of the server: full, too slow, left by whoever asked, killed, and told to stop."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from lipsync_server import Lipsync, asking, serving

LONG = {"face": "rig", "size": [1080, 1080], "fps": 60}
"""With sound of some seconds: what takes longer than any test waits."""


def soon(server: Lipsync, metric: str, value: float, within: float = 20) -> bool:
    """Whether it comes to `value` in time."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if server.metric(metric) == value:
            return True
        time.sleep(0.05)
    return False


def begun(server: Lipsync, pool: ThreadPoolExecutor, seconds: float = 1.5) -> object:
    """A film that takes a while, and has a worker."""
    waited = server.metric("deckard_queue_seconds_count")
    film = pool.submit(server.post, asking(seconds, **LONG))
    assert soon(server, "deckard_queue_seconds_count", waited + 1)
    return film


def children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def workers(server: Lipsync) -> list[int]:
    """The processes that draw."""
    return [
        child for child in children(server.process.pid) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_more_than_may_wait_are_told_when_to_come_again(here: Path) -> None:
    with serving(here, "--workers", "1", "--queue", "1") as server, ThreadPoolExecutor() as pool:
        first = begun(server, pool)
        second = pool.submit(server.post, asking())
        assert soon(server, "deckard_queue_length", 1)
        refused = server.post(asking())
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "busy")
        assert 1 <= int(refused.headers["retry-after"]) <= 600
        assert [each.result().status_code for each in (first, second)] == [200, 200]  # type: ignore[attr-defined]
        assert server.metric("deckard_queue_length") == 0
        assert server.post(asking()).status_code == 200


def test_a_film_that_takes_too_long_ends_and_the_next_one_is_made(here: Path) -> None:
    with serving(here, "--workers", "1", "--timeout", "1") as server:
        server.post(asking())
        slow = server.post(asking(20, **LONG))
        assert (slow.status_code, slow.json()["error"]["code"]) == (504, "too_slow")
        assert server.post(asking()).status_code == 200


def test_a_worker_that_hangs_is_replaced(here: Path) -> None:
    with serving(here, "--workers", "1", "--timeout", "6") as server:
        server.post(asking())
        for worker in workers(server):
            os.kill(worker, signal.SIGSTOP)
        assert server.post(asking()).status_code == 504
        assert server.post(asking()).status_code == 200


def test_each_device_has_a_worker_of_its_own(here: Path) -> None:
    with serving(here, "--devices", "0,1", CUDA_VISIBLE_DEVICES="0,1") as server:
        server.get("/health")
        seen = [Path(f"/proc/{each}/environ").read_bytes().split(b"\0") for each in workers(server)]
    told = [each for variables in seen for each in variables if each.startswith(b"CUDA_VISIBLE_DEVICES=")]
    assert sorted(told) == [b"CUDA_VISIBLE_DEVICES=0", b"CUDA_VISIBLE_DEVICES=1"]


def test_a_film_that_nobody_waits_for_any_more_makes_room(here: Path) -> None:
    with serving(here, "--workers", "1", "--queue", "0") as server:
        with pytest.raises(httpx.ReadTimeout):
            server.post(asking(60, **LONG), timeout=1.5)
        began = time.monotonic()
        while server.post(asking()).status_code == 429:
            time.sleep(0.1)
        assert time.monotonic() - began < 15  # the film itself would take minutes
        assert any(" 499 " in line for line in server.said)


def test_a_worker_that_is_killed_costs_its_film_alone(here: Path) -> None:
    with serving(here, "--workers", "1") as server, ThreadPoolExecutor() as pool:
        film = begun(server, pool)
        for worker in workers(server):
            os.kill(worker, signal.SIGKILL)
        answer = film.result()  # type: ignore[attr-defined]
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "worker_died")
        assert "retry-after" in answer.headers
        assert server.post(asking()).status_code == 200
        assert server.metric("deckard_workers") == 1


def test_told_to_stop_it_finishes_what_it_began_and_takes_nothing_new(here: Path) -> None:
    with serving(here, "--workers", "1") as server, ThreadPoolExecutor() as pool:
        film = begun(server, pool)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert (server.get("/ready").status_code, server.post(asking()).status_code) == (503, 503)
        assert server.get("/health").status_code == 200
        processes = [server.process.pid, *workers(server)]
        assert film.result().status_code == 200  # type: ignore[attr-defined]
        assert server.process.wait(30) == 0
        assert not any(Path(f"/proc/{each}").exists() for each in processes[1:])


def test_told_twice_to_stop_it_gives_up_what_it_began(here: Path) -> None:
    with serving(here, "--workers", "1") as server, ThreadPoolExecutor() as pool:
        film, behind = begun(server, pool, 60), pool.submit(server.post, asking())
        assert soon(server, "deckard_queue_length", 1)
        for _ in range(2):
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
        assert server.process.wait(30) == 0
        assert {film.result().status_code, behind.result().status_code} == {503}  # type: ignore[attr-defined]
        assert not any("Traceback" in line for line in server.said)


def test_killed_outright_it_leaves_no_worker_and_for_long_nothing_that_was_sent(here: Path) -> None:
    with serving(here, "--workers", "2", TMPDIR=str(here)) as server, serving(here, TMPDIR=str(here)) as other:
        server.post(asking(response="url"))
        kept = other.post(asking(response="url")).json()["video_url"].removeprefix(other.url)
        assert len(list(here.glob("deckard-serve-*/shelf/*"))) == 2
        left = workers(server)
        assert len(left) == 2
        server.process.kill()
        server.process.wait()
        end = time.monotonic() + 15
        while any(Path(f"/proc/{each}/exe").exists() for each in left) and time.monotonic() < end:
            time.sleep(0.05)
        assert not any(Path(f"/proc/{each}/exe").exists() for each in left)
        with serving(here, TMPDIR=str(here)) as third:
            third.get("/health")
            assert len(list(here.glob("deckard-serve-*/shelf/*"))) == 1
            assert other.get(kept).status_code == 200


def test_a_request_that_never_comes_keeps_nobody_waiting_who_may_not_wait(here: Path) -> None:
    with serving(here, "--workers", "1", "--queue", "0") as server:
        body = threading.Event()

        def trickle() -> object:
            yield b"{"
            body.wait(20)

        with ThreadPoolExecutor() as pool:
            kind = {"Content-Type": "application/json"}
            late = pool.submit(server.post, content=trickle(), headers=kind)
            time.sleep(0.5)
            assert server.post(asking()).status_code == 429
            body.set()
            assert late.result().status_code == 400
        assert server.post(asking()).status_code == 200
