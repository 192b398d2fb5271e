"""How the server bears a crowd, and what it costs over drawing on the spot."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

import pytest
from lipsync_server import Lipsync, asking, serving

from deckard_cli import render
from deckard_cli.studio import Studio

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CLIENTS = 50
EACH = 12


def resident(process: int) -> float:
    """Megabytes that a process and its children hold."""
    task = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * 4096 / 1e6 + sum(resident(int(child)) for child in task)


def insist(server: Lipsync, seen: list[int]) -> None:
    """Ask until a film comes, as often as the server says to come again."""
    while True:
        answer = server.post(asking(0.5, face="rig", size=[128, 128]), timeout=600)
        seen.append(answer.status_code)
        if answer.status_code != 429:
            return
        time.sleep(min(float(answer.headers["retry-after"]), 2))


def queued(server: Lipsync) -> list[float]:
    """Seconds that each film waited, as the log tells it."""
    made = [line for line in list(server.said) if " queue=" in line]
    return [float(line.rpartition(" queue=")[2].split()[0]) for line in made]


def test_fifty_clients_at_once_get_their_films(here: Path, record_property: Callable[[str, object], None]) -> None:
    with serving(here, "--workers", "2", "--queue", "30") as server, ThreadPoolExecutor(CLIENTS) as pool:
        seen: list[int] = []
        held: list[float] = []
        for _ in range(EACH):
            for each in [pool.submit(insist, server, seen) for _ in range(CLIENTS)]:
                each.result()
            held.append(resident(server.process.pid))
        assert set(seen) <= {200, 429}
        assert seen.count(200) == CLIENTS * EACH
        waits = queued(server)
        p95 = quantiles(waits, n=20)[-1]
        told = {"films": len(waits), "refused": seen.count(429), "p95_queue_s": round(p95, 2), "megabytes": held}
        for name, value in told.items():
            record_property(name, value)
        sys.stderr.write(f"{told}\n")
        # The first rounds open what stays open.
        assert max(held[5:]) < 1.1 * held[4]


def test_a_film_from_the_server_costs_little_more_than_one_drawn_here(
    here: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    text = " ".join(["She had a dark suit and greasy wash water all year."] * 3)
    with serving(here, "--workers", "1") as server:
        monkeypatch.setenv("LIPSYNC_DIRECT_URL", f"{server.url}/generate")
        studio = Studio()
        took: dict[str, list[float]] = {"rig": [], "direct": []}
        for turn in range(7):
            for face, seconds in took.items():
                began = time.perf_counter()
                # Another text each time: the server knows a request that it has had.
                made = render(
                    f"{text} Take {turn}.", output=here / f"{face}.mp4", face=face, studio=studio, provenance=False
                )
                if turn:  # the first one opens voice and face
                    seconds.append(time.perf_counter() - began)
                assert made.duration > 9
    ratio = median(b / a for a, b in zip(took["rig"], took["direct"], strict=True))
    record_property("ratio", ratio)
    sys.stderr.write(f"{took} {ratio:.3f}\n")
    assert ratio < 1.15
