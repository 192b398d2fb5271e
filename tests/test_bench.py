"""The figures that are promised, as `deckard bench` measures them."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from running import Deckard


def report(deckard: Deckard, *arguments: str) -> dict[str, Any]:
    done = deckard("bench", "--json", "-q", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_bench_reports_each_figure_with_what_it_was_made_of(deckard: Deckard) -> None:
    found = report(deckard, "--rounds", "1", "--sizes", "64")
    assert list(found) == ["version", "speed", "start", "memory"]
    (speed,) = found["speed"]
    assert speed["frames"] == pytest.approx(25 * speed["clip_seconds"], abs=1)
    assert 25 < speed["clip_seconds"] < 40
    assert 0 < speed["share"] == pytest.approx(speed["encode_seconds"] / speed["render_seconds"])
    assert found["start"]["ratio"] == pytest.approx(found["start"]["hello_seconds"] / found["start"]["import_seconds"])
    assert found["memory"] is None


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_hello_takes_at_most_five_times_as_long_as_its_imports(deckard: Deckard) -> None:
    assert report(deckard, "--rounds", "5", "--sizes", "64")["start"]["ratio"] <= 5


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("size", ["512", "1024"])
def test_a_render_takes_little_longer_than_its_encoder_alone(size: str, deckard: Deckard) -> None:
    (speed,) = report(deckard, "--rounds", "3", "--sizes", size)["speed"]
    assert speed["share"] >= 0.6


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak by getrusage")
def test_half_an_hour_takes_no_more_memory_than_half_a_minute(deckard: Deckard) -> None:
    memory = report(deckard, "--rounds", "1", "--sizes", "64", "--full")["memory"]
    assert memory["ratio"] <= 1.15
    assert memory["long_megabytes"] < 300
