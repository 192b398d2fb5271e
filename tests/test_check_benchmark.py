"""How much of what is wrong is found, and how often what is right is called wrong: on hundreds of clips.

`pytest -m slow -s tests/test_check_benchmark.py` prints the rates by kind of damage.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import damage
import pytest
from damage import Clip
from mouths import photographed

from deckard_cli.check import check
from deckard_cli.route import render

TEXTS = (
    "Hello there, my friend!",
    "Maybe Bob will promise Pam five more very fine movies. My, what a warm home!",
    "Every evening the rain comes down over the city, and the lights begin to hum.",
    "Good evening. The bus will leave from platform nine in four minutes.",
    "I'd like a small black coffee, please, and perhaps a piece of apple pie.",
    "Step one: open the settings. Step two: choose a persona. Step three: press the red button.",
    "Guten Abend. Der Bus fährt in vier Minuten von Bahnsteig neun ab, bitte beeilen Sie sich.",
    "Buenas tardes. El autobús sale en cuatro minutos, por favor suban a bordo.",
    "She sells sea shells by the sea shore. [pause 1] How are you today?",
    "Bonjour tout le monde, bienvenue à bord de notre petit bateau.",
)
FORMS = ((25, "384"), (24, "512"), (30, "360x640"), (50, "320"), (60, "256"), (25, "640x360"))
LANGS = {6: "de", 7: "es", 9: "fr"}
SPEEDS = (1.0, 0.85, 1.2)
DAMAGED = 8
"""Good clips of which every kind of bad one is made."""
NOT_SEEN_AT = {"resampled to 29.97": (30, 50, 60), "played at 29.97": (30,)}
"""Frames a second at which nobody sees it: 30 a second are 29.97, and of 60 every other is left out."""
UNSEEN = {"sound -40 ms", "sound +40 ms"}
"""What nobody sees: it is counted, and may be found or not."""


def shots(folder: Path) -> Iterator[tuple[Path, int, str, str]]:
    """Forty good clips: everybody, in ten texts and six forms."""
    people = ["joi", "officer_k", "officer_j", str(photographed(folder / "ada"))]
    for number, (person, text) in enumerate(itertools.product(people, TEXTS)):
        fps, size = FORMS[(number * 5 + number // 10) % len(FORMS)]
        path = folder / f"{number}.mp4"
        lang, speed = LANGS.get(number % len(TEXTS), "en-us"), SPEEDS[number % 3]
        render(text, output=path, persona=person, fps=fps, size=size, lang=lang, speed=speed)
        yield path, fps, size, person


def damaged(folder: Path, good: list[tuple[Path, int, str, str]]) -> Iterator[tuple[str, Path]]:
    """What is wrong with it, and each bad clip; it is gone when the next one is asked for."""
    path = folder / "bad.mp4"
    for number in range(DAMAGED):
        source, fps, size, person = good[number * 7 % len(good)]
        clip = Clip.read(source)
        for how, harm in damage.ALONE.items():
            if fps in NOT_SEEN_AT.get(how, ()):
                continue
            yield how, harm(clip).write(path)
        idle = render("", output=folder / "idle.mp4", persona=person, fps=fps, size=size, idle=3.0)
        yield "mouth frozen", damage.frozen_mouth(clip, Clip.read(idle.path)).write(path)
        other = Clip.read(good[(number * 7 + 13) % len(good)][0])
        yield "another sound", damage.dubbed(clip, other).write(path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_bad_is_told_from_good(tmp_path: Path) -> None:
    good = list(shots(tmp_path))
    alarms = []
    for path, *_ in good:
        report = check(path)
        alarms += [] if report.ok else [(path.name, [finding.sentence for finding in report.failed])]
    made, found = Counter[str](), Counter[str]()
    for how, path in damaged(tmp_path, good):
        made[how] += 1
        found[how] += not check(path).ok
    seen = made.total() - sum(made[how] for how in UNSEEN)
    total = sum(count for how, count in found.items() if how not in UNSEEN)
    lines = [f"{len(alarms)} false alarms on {len(good)} clips", *map(str, alarms)]
    lines += [f"{how:<22} {found[how]:>3} of {count:>3} found" for how, count in made.items()]
    lines += [f"in all {total} of {seen} ({total / seen:.1%}); {made.total() + len(good)} clips"]
    sys.stdout.write("\n".join(["", *lines, ""]))
    assert len(alarms) <= 0.02 * len(good)
    moved = [f"sound {ms:+d} ms" for ms in damage.MOVES if abs(ms) >= 80]
    assert sum(found[how] for how in moved) >= 0.95 * sum(made[how] for how in moved)
    assert total >= 0.95 * seen
