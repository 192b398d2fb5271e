"""A mood that changes within a line is seen, and nothing else of the mark is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from running import QUICK, Deckard

from deckard_cli import Job, UsageError, render
from deckard_cli.clip.decode import probe
from deckard_cli.job import settle
from deckard_cli.motion.feelings import LEAD
from deckard_cli.route import output_name
from deckard_cli.shoot import shoot
from deckard_cli.speech import Speech

PLAIN = "I am here. You are leaving, and nobody told me."


def shot(text: str, folder: Path, **options: object) -> tuple[list[Speech], np.ndarray]:
    """What is heard, and the lightness of every frame."""
    speeches, frames = [], []
    for take in shoot(settle(Job(text=text, output=folder / "clip.mp4", size="64", **options))):  # type: ignore[arg-type]
        speeches.append(take.speech)
        frames += [frame.planes[0].astype(int) for frame in take.frames]
    return speeches, np.array(frames)


def test_the_face_changes_just_before_the_word_and_the_sound_does_not(tmp_path: Path) -> None:
    speeches, plain = shot(PLAIN, tmp_path)
    marked, felt = shot(PLAIN.replace("and", "[angry] and"), tmp_path)
    assert [s.text for s in marked] == [s.text for s in speeches]
    assert all(np.array_equal(one.samples, other.samples) for one, other in zip(marked, speeches, strict=True))
    assert len(felt) == len(plain)
    word = next(word for word in speeches[1].words if word.text == "and")
    differs = np.flatnonzero([(one != other).any() for one, other in zip(plain, felt, strict=True)]) / 25
    assert speeches[0].duration + word.start - LEAD - 0.05 < differs[0] < speeches[0].duration + word.start
    assert np.abs(plain[-1] - felt[-1]).max() > 20


def test_a_mood_before_the_first_word_is_there_from_the_first_frame(tmp_path: Path) -> None:
    _, marked = shot("[angry] Go away.", tmp_path)
    _, asked = shot("Go away.", tmp_path, mood="angry")
    assert np.array_equal(marked, asked)


def test_a_mood_after_the_last_word_is_seen_in_the_silence(tmp_path: Path) -> None:
    _, plain = shot("Go away.", tmp_path)
    _, marked = shot("Go away. [surprised]", tmp_path)
    assert np.array_equal(marked[: len(plain) // 2], plain[: len(plain) // 2])
    assert not np.array_equal(marked[-1], plain[-1])


def test_marks_are_nowhere_in_what_is_written(tmp_path: Path) -> None:
    text = "[happy] Hello there. [sad] Bye, [Angry] now."
    written = render(text, output=tmp_path / "clip.mp4", voice="tone", face="flat", size="64", captions="srt")
    assert written.captions
    assert "Hello there." in (captions := written.captions.read_text())
    assert "[" not in captions and "happy" not in captions
    assert probe(written.path).tags["text"] == "Hello there. Bye, now."
    assert output_name("joi", text) == "joi-hello-there-bye-now.mp4"


def test_a_file_may_have_marks_and_brackets(deckard: Deckard) -> None:
    (deckard.folder / "script.txt").write_text("[happy]\nHello there.\n\n[sad]\nBye, see [1] and \\[sic].\n")
    done = deckard("render", "--file", "script.txt", *QUICK, "--size", "64", "--captions", "srt", "--json")
    assert done.returncode == 0, done.stderr
    captions = Path(json.loads(done.stdout)["captions"]).read_text()
    assert "Bye, see [1] and [sic]." in captions
    assert "happy" not in captions


@pytest.mark.parametrize(
    ("text", "hint"),
    [("[hapy] Hello", r"did you mean 'happy'?  (to have the word read out, write \[hapy])"), ("Oh [sic]!", r"\[sic]")],
)
def test_a_mood_that_nobody_has_is_answered_with_the_nearest(text: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        settle(Job(text=text, output=tmp_path / "clip.mp4"))
    assert caught.value.code == "unknown_mood"
    assert hint in caught.value.hint


@pytest.mark.parametrize("text", ["[happy]", "[happy] [sad]", "[happy] ..."])
def test_a_text_of_marks_alone_has_nothing_to_say(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no text|nothing to say"):
        settle(Job(text=text, output=tmp_path / "clip.mp4"))


def test_a_personas_own_mood_can_be_marked(tmp_path: Path) -> None:
    (tmp_path / "persona.toml").write_text('name = "Ann"\n[moods.Sly]\nmouthSmileLeft = 0.3\n')
    plan = settle(Job(text="One. [sly] Two.", output=tmp_path / "clip.mp4", persona=f"{tmp_path}/"))
    assert dict(plan.moods["sly"].pose) == {"mouthSmileLeft": 0.3}
