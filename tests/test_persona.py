"""Who can speak: where personas are found, and what is said of mistakes in their files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deckard_cli import persona
from deckard_cli.cli import run
from deckard_cli.errors import UsageError


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "persona.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_built_in_persona_has_a_good_file_and_a_drawing() -> None:
    for name, folder in persona.names().items():
        found = persona.load(folder)
        assert found.key == name
        assert found.greeting
        assert found.manner
        assert (found.folder / "drawing.svg").is_file()


def test_a_persona_here_comes_before_the_users_and_that_before_a_built_in_one(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert persona.find("joi").name == "Joi"
    monkeypatch.setenv("DECKARD_DATA_DIR", str(here / "data"))
    write(here / "data" / "personas" / "joi", 'name = "The user\'s Joi"')
    assert persona.find("joi").name == "The user's Joi"
    write(here / "personas" / "joi", 'name = "This Joi"')
    assert persona.find("joi").name == "This Joi"


@pytest.mark.parametrize(
    ("platform", "variable", "tail"),
    [
        ("linux", "XDG_DATA_HOME", "deckard"),
        ("win32", "LOCALAPPDATA", "deckard"),
        ("darwin", "HOME", "Library/Application Support/deckard"),
    ],
)
def test_the_users_data_lives_where_the_platform_keeps_it(
    platform: str, variable: str, tail: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DECKARD_DATA_DIR")
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert persona.data_folder() == tmp_path / tail


def test_a_folder_can_be_named_in_place_of_a_persona(tmp_path: Path) -> None:
    folder = write(tmp_path / "somewhere" / "rachael", 'name = "Rachael"')
    assert persona.find(str(folder)).key == "rachael"


MISTAKES = '''# a comment = 1
nmae = "Joi"
about = """
voice = 1
"""
greeting = 7

[voices.espeak]
rate = 160
pitch = [1, 2]

[moods.happy]
mouthSmile = 0.5
mouthSmirk = 0.5
jawOpen = "wide"
'''


def test_every_mistake_is_named_with_file_line_and_field(tmp_path: Path) -> None:
    folder = write(tmp_path / "joi", MISTAKES)
    with pytest.raises(UsageError) as caught:
        persona.load(folder)
    file = folder / "persona.toml"
    found = caught.value.message.splitlines()
    starts = {line.rpartition(": ")[0].removeprefix(f"{file}:") for line in found}
    assert {"1: name", "2: nmae", "6: greeting", "14: moods.happy.mouthSmirk", "15: moods.happy.jawOpen"} <= starts
    assert any(line.startswith(f"{file}:10: voices.espeak.pitch") for line in found)
    assert not any("rate" in line or ":4:" in line for line in found)
    assert caught.value.hint == f"mend {file}"


@pytest.mark.parametrize(
    "line",
    ['name = "\\u001b]0;owned\\u0007"', 'name = "A"\n"\\u001b[2J" = 1', 'name = "A"\n[voices."\\u001b[31m"]\nx = 1'],
)
def test_a_file_that_somebody_sent_cannot_write_to_the_terminal(line: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "joi", line)
    with pytest.raises(UsageError) as caught:
        persona.load(folder)
    assert "\x1b" not in caught.value.message and "\x07" not in caught.value.message


@pytest.mark.parametrize(
    "line",
    ["{}=1", "[{}]", "[moods]\nx = {{ {} = 1 }}", '"a b".{}=1', "'a.b'.{} = 1"],
)
def test_a_key_that_would_fill_the_memory_is_not_read(line: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "ada", 'name = "Ada"\n' + line.format(".".join("a" * 3000)))
    with pytest.raises(UsageError, match=r"persona\.toml:[23]: this is not TOML: a key has too many parts"):
        persona.load(folder)


def test_a_text_may_have_as_many_dots_as_it_likes(tmp_path: Path) -> None:
    said = "Well... " + "no. " * 200 + "." * 200
    assert persona.load(write(tmp_path / "ada", f'name = "Ada"\ngreeting = "{said}"')).greeting == said.strip()


def test_a_file_of_another_kind_is_not_told_line_by_line(tmp_path: Path) -> None:
    text = "\n".join(f"key{number} = 1" for number in range(5000))
    with pytest.raises(UsageError) as caught:
        persona.load(write(tmp_path / "ada", text))
    assert len(caught.value.message.splitlines()) == 51
    assert caught.value.message.endswith("... and 4951 more")


def test_any_language_may_be_written(tmp_path: Path) -> None:
    said = "こんにちは\u3000アダ\u00a0👩\u200d🚀"
    assert persona.load(write(tmp_path / "ada", f'name = "Ada"\ngreeting = "{said}"')).greeting == said


@pytest.mark.timeout(5)
@pytest.mark.parametrize("text", [" " * 900_000, "[" + " " * 900_000 + "x]", 'x = [\n"a' + " " * 900_000 + '"]'])
def test_a_long_line_is_read_once(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        persona.load(write(tmp_path / "joi", f"nmae = 1\n{text}\n"))


@pytest.mark.parametrize(
    ("mood", "good"), [("sly", True), ("half-asleep", True), ("très_gai", True), ("a b", False), ("7", False)]
)
def test_a_mood_is_a_word_that_a_text_can_name(mood: str, good: bool, tmp_path: Path) -> None:
    folder = write(tmp_path / "joi", f'name = "Joi"\n[moods."{mood}"]\njawOpen = 0.1\n')
    if good:
        assert mood in persona.load(folder).mood_names
    else:
        with pytest.raises(UsageError, match="a mood is letters"):
            persona.load(folder)


def test_a_file_that_is_not_toml_is_named_with_its_line(tmp_path: Path) -> None:
    folder = write(tmp_path / "joi", 'name = "Joi"\ntitle = Companion\n')
    with pytest.raises(UsageError, match=r"persona\.toml:2: this is not TOML"):
        persona.load(folder)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "joi", "")
    (folder / "persona.toml").write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(UsageError, match="not UTF-8"):
        persona.load(folder)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("herz = 100", "4: voices.tone.herz: it has no such option"),
        ('hertz = "high"', "4: voices.tone.hertz: it has to be like 220.0, not 'high'"),
    ],
)
def test_an_option_that_the_voice_does_not_take_is_a_mistake_in_the_file(
    line: str, said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(here / "personas" / "odd", f'name = "Odd"\n\n[voices.tone]\n{line}\n')
    (folder / "rig.toml").touch()
    assert run(["render", "hi", "--persona", "odd", "--voice", "tone", "--face", "flat"]) == 2
    assert f"{folder / 'persona.toml'}:{said}" in capsys.readouterr().err


def test_a_voice_that_nobody_has_is_a_mistake_in_the_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(here / "personas" / "odd", 'name = "Odd"\nvoice = "espeek"\n')
    assert run(["render", "hi", "--persona", "odd"]) == 2
    said = capsys.readouterr().err
    assert f"{folder / 'persona.toml'}:2: voice: There is no voice called 'espeek'. did you mean 'espeak'?" in said


def test_a_mood_of_a_persona_changes_or_adds_to_the_usual_ones(tmp_path: Path) -> None:
    text = 'name = "Joi"\n[moods.happy]\nmouthSmile = 0.9\n[moods.sly]\nmouthSmileLeft = 0.3\n'
    joi = persona.load(write(tmp_path / "joi", text))
    happy = joi.mood("happy").pose
    assert (happy["mouthSmileLeft"], happy["mouthSmileRight"]) == (0.9, 0.9)
    assert happy["cheekSquintLeft"] > 0
    assert dict(joi.mood("sly").pose) == {"mouthSmileLeft": 0.3}
    assert joi.mood("sad").pose
    with pytest.raises(UsageError, match="'slie'"):
        joi.mood("slie")


def test_list_and_show_tell_people_and_programs_the_same(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["persona", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["version"] == 1
    joi = next(card for card in listed["personas"] if card["key"] == "joi")
    assert run(["persona", "show", "joi", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"version": 1, **joi}
    assert run(["persona", "list"]) == 0
    assert "Joi" in capsys.readouterr().out
    assert run(["persona", "show", "joi"]) == 0
    assert joi["greeting"] in capsys.readouterr().out


def test_a_sheet_is_a_picture_and_nothing_else_is_left(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["persona", "sheet", "joi", "-o", "sheet.txt"]) == 2
    assert list(here.iterdir()) == []
    capsys.readouterr()
    assert run(["persona", "sheet", "joi"]) == 0
    assert capsys.readouterr().out == "joi-sheet.png\n"
    assert [file.name for file in here.iterdir()] == ["joi-sheet.png"]
    assert (here / "joi-sheet.png").read_bytes()[:4] == b"\x89PNG"
