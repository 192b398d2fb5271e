"""One file that carries a persona: what goes in comes out, and what could do harm never gets in."""

from __future__ import annotations

import hashlib
import io
import json
import ntpath
import os
import posixpath
import re
import shutil
import signal
import stat
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from deckard_cli.cli import run
from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.persona import load
from deckard_cli.persona.folder import files
from deckard_cli.persona.make import BLANK, copied, make
from deckard_cli.persona.manifest import LIMITS, MEDIA_TYPE, name_fault
from deckard_cli.persona.pack import pack
from deckard_cli.persona.unpack import opened

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def packed() -> bytes:
    """The plain persona, exported."""
    out = io.BytesIO()
    pack(load(BLANK), out)
    return out.getvalue()


@pytest.fixture(scope="module")
def content(packed: bytes) -> Files:
    """Its files."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name.removeprefix("persona/"): archive.read(name) for name in archive.namelist()[2:]}


def forged(
    content: Files, *, manifest: dict[str, Any] | None = None, extra: Callable[..., None] | None = None
) -> bytes:
    """A file like one of ours, with a manifest that fits `content`, but for what `manifest` and `extra` do to it."""
    listed = {name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in content.items()}
    said = {"version": 1, "key": "forged", "name": "Forged", "files": listed, **(manifest or {})}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), MEDIA_TYPE)
        archive.writestr("manifest.json", json.dumps(said))
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(f"persona/{name}"), data, zipfile.ZIP_DEFLATED)
        if extra:
            extra(archive)
    return out.getvalue()


def taken_in(data: bytes, here: Path, *more: str) -> int:
    (here / "sent.deckard").write_bytes(data)
    return run(["persona", "import", "sent.deckard", "--to", "kept", *more])


def refused(data: bytes, here: Path, capsys: pytest.CaptureFixture[str], says: str) -> None:
    """`data` is refused with a sentence that `says` so, and nothing of it is left anywhere."""
    assert taken_in(data, here) in (2, 3)
    said = capsys.readouterr()
    assert (said.out, re.search(says, said.err) is not None) == ("", True), said.err
    assert sorted(each.name for each in here.rglob("*")) == ["sent.deckard"]


def test_what_goes_in_comes_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["persona", "export", "joi"]) == 0
    assert capsys.readouterr().out == "joi.deckard\n"
    assert run(["persona", "import", "joi.deckard", "--name", "twin", "--here"]) == 0
    twin = here / "personas" / "twin"
    assert capsys.readouterr().out == f"{twin}\n"
    joi = load(BLANK.parents[2] / "personas" / "joi").folder
    assert files(twin) == files(joi)
    renamed = (joi / "persona.toml").read_bytes().replace(b'name = "Joi"', b'name = "Twin"')
    given = {name: (joi / name).read_bytes() for name in files(joi)} | {"persona.toml": renamed}
    assert {name: (twin / name).read_bytes() for name in files(twin)} == given
    assert run(["persona", "validate", "twin"]) == 0


def test_the_same_folder_gives_the_same_bytes_whenever_it_was_copied(packed: bytes, tmp_path: Path) -> None:
    again = make("blank", tmp_path, copied(BLANK, None))
    for file in again.rglob("*"):
        os.utime(file, (1, 1))
    out = io.BytesIO()
    pack(load(again), out)
    assert out.getvalue() == packed


def test_the_media_type_stands_where_file_managers_look(packed: bytes) -> None:
    assert packed[30:38] == b"mimetype"
    assert packed[38 : 38 + len(MEDIA_TYPE)].decode() == MEDIA_TYPE


def test_a_persona_travels_through_pipes(here: Path, packed: bytes) -> None:
    command = [sys.executable, "-m", "deckard_cli", "persona", "export", str(BLANK), "-o", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (packed, b"")


def test_nothing_is_overwritten_unless_it_is_asked_for(here: Path, packed: bytes) -> None:
    assert taken_in(packed, here) == 0
    kept = here / "kept" / "blank"
    (kept / "mine.txt").write_text("mine")
    assert taken_in(packed, here) == 2
    assert (kept / "mine.txt").exists()
    assert run(["persona", "export", "joi", "-o", "sent.deckard"]) == 2
    assert (here / "sent.deckard").read_bytes() == packed
    assert taken_in(packed, here, "--force") == 0
    assert not (kept / "mine.txt").exists()
    assert run(["persona", "export", "joi", "-o", "sent.deckard", "--force"]) == 0
    assert (here / "sent.deckard").read_bytes() != packed


def test_a_folder_that_is_no_persona_is_not_replaced_even_so(here: Path, packed: bytes) -> None:
    (here / "kept" / "blank").mkdir(parents=True)
    (here / "kept" / "blank" / "thesis.txt").write_text("years")
    assert taken_in(packed, here, "--force") == 2
    assert (here / "kept" / "blank" / "thesis.txt").read_text() == "years"


def test_what_no_persona_has_stays_at_home(tmp_path: Path, content: Files) -> None:
    folder = make("ada", tmp_path, copied(BLANK, "ada"))
    for name in ("run.sh", "notes für mich.md", ".secret.txt", "nul.txt"):
        (folder / name).write_text("x")
    (folder / "LICENSE").write_text("CC0")
    (folder / ".git").mkdir()
    (folder / ".git" / "config.txt").write_text("x")
    out = io.BytesIO()
    left_out = pack(load(folder), out)
    assert [sentence.partition(":")[0] for sentence in left_out] == ["notes für mich.md", "nul.txt", "run.sh"]
    names = set(zipfile.ZipFile(out).namelist())
    assert names == {"mimetype", "manifest.json", "persona/LICENSE", *(f"persona/{name}" for name in content)}


def test_a_link_carries_nothing_away(tmp_path: Path) -> None:
    folder = make("ada", tmp_path / "personas", copied(BLANK, "ada"))
    (tmp_path / "key.txt").write_text("secret")
    (folder / "key.txt").symlink_to(tmp_path / "key.txt")
    with pytest.raises(UsageError, match="is a link"):
        pack(load(folder), io.BytesIO())


def test_a_persona_with_mistakes_is_not_sent(tmp_path: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make("ada", here / "personas", copied(BLANK, "ada"))
    (folder / "drawing.svg").write_text((folder / "drawing.svg").read_text() + "<!-- a stroke more -->")
    assert run(["persona", "export", "ada"]) == 2
    assert "drawing.svg has been changed since" in capsys.readouterr().err
    assert not (here / "ada.deckard").exists()


# ---------------------------------------------------------------- what comes from strangers


@pytest.mark.parametrize(
    "name",
    [
        "../evil.toml",
        "a/../../evil.toml",
        "..",
        "/etc/evil.toml",
        "//host/share/evil.toml",
        "C:/evil.toml",
        "C:evil.toml",
        "a\\..\\..\\evil.toml",
        "layers/./evil.toml",
        "a//evil.toml",
        "evil.toml ",
        "evil.toml.",
        ".hidden.toml",
        "aux.toml",
        "COM1.txt",
        "a/nul/b.txt",
        "evil\x1b[2J.toml",
        "evil‮lmot.txt",
        "évil.toml",
        "evil.toml:stream",
        "~/evil.toml",
        "$HOME/evil.toml",
        "a/b/c/d/e/f/evil.toml",
        "e" * 300 + ".toml",
        "evil.py",
        "evil.sh",
        "evil.exe",
        "evil.zip",
        "evil.deckard",
        "evil.svgz",
        "evil.html",
        "evil",
        "persona.toml/evil.txt",
    ],
)
def test_a_name_that_leads_anywhere_else_is_refused(
    name: str, content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(forged({**content, name: b"evil"}), here, capsys, "no persona that can be imported")


@pytest.mark.parametrize("key", ["../joi", "", ".", "..", "a/b", "con", "x" * 65, "-rf", "a b", "ä", "a\0b", "C:"])
def test_a_key_that_is_no_name_is_refused(
    key: str, content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(forged(content, manifest={"key": key}), here, capsys, "no name for a persona|name of a device")


def entry(name: str, data: bytes = b"x", **set_: int) -> Callable[[zipfile.ZipFile], None]:
    """Adds an entry with unusual attributes."""

    def add(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo(name)
        info.create_system = 3
        for attribute, value in set_.items():
            setattr(info, attribute, value)
        archive.writestr(info, data)

    return add


KINDS = (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR)


@pytest.mark.parametrize("kind", KINDS)
def test_links_devices_and_folders_are_refused(
    kind: int, content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = b"/etc/passwd"
    listed = {name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in content.items()}
    listed["link.txt"] = {"sha256": hashlib.sha256(target).hexdigest(), "size": len(target)}
    extra = entry("persona/link.txt", target, external_attr=(kind | 0o777) << 16)
    refused(forged(content, manifest={"files": listed}, extra=extra), here, capsys, "a link, a folder or a device")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["persona.toml", "PERSONA.toml", "layers/INDEX.json"])
def test_names_that_are_one_on_some_systems_are_refused(
    name: str, content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    original = next(each for each in content if each.lower() == name.lower())
    if name == original:
        data = forged(content, extra=entry(f"persona/{name}", content[original]))
    else:
        data = forged({**content, name: content[original]})
    refused(data, here, capsys, "is in it twice")


def test_what_the_manifest_does_not_name_is_refused(
    content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(forged(content, extra=entry("persona/more.txt")), here, capsys, "'persona/more.txt' is not in its manifest")
    refused(forged(content, extra=entry("more.txt")), here, capsys, "'more.txt' is not in its manifest")


def test_what_the_manifest_names_has_to_be_there(
    content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = {"gone.txt": {"sha256": "0" * 64, "size": 1}}
    refused(forged({}, manifest={"files": listed}), here, capsys, "'gone.txt' is missing")


def test_content_that_was_changed_is_refused(content: Files, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = {name: {"sha256": hashlib.sha256(text).hexdigest(), "size": len(text)} for name, text in content.items()}
    data["persona.toml"]["sha256"] = "0" * 64
    refused(forged(content, manifest={"files": data}), here, capsys, "persona.toml was changed or damaged")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 2}, "written by a newer Deckard"),
        ({"version": 2, "files": "all of them"}, "written by a newer Deckard"),
        ({"version": 0}, "version"),
        ({"version": "new"}, "version"),
        ({"files": []}, "files"),
        ({"files": {"persona.toml": {"sha256": "short", "size": 1}}}, "sha256"),
        ({"files": {"persona.toml": {"sha256": "0" * 64, "size": -1}}}, "size"),
        ({"key": None}, "key"),
    ],
)
def test_a_manifest_that_cannot_be_understood_is_refused(
    changes: dict[str, Any], says: str, content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(forged(content, manifest=changes), here, capsys, says)


def test_a_manifest_may_say_more_than_is_known_today(content: Files, here: Path) -> None:
    assert taken_in(forged(content, manifest={"author": "Ada", "licence": "CC0"}), here) == 0


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{", b"[" * 100_000, b'{"version":' + b"9" * 5000 + b"}", b"\xff\xfe", b"null"]
)
def test_a_manifest_that_is_none_is_refused(text: bytes, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), MEDIA_TYPE)
        archive.writestr("manifest.json", text)
    refused(out.getvalue(), here, capsys, "can be imported|newer Deckard")


def plain_zip(first: str = "mimetype", text: str = MEDIA_TYPE, method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(first, text)
        archive.writestr("persona/rig.toml", "")
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"PK\x05\x06" + bytes(18),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        os.urandom(5000),
        plain_zip("persona/persona.toml", 'name = "Ada"'),
        plain_zip(text="application/epub+zip"),
        plain_zip(method=zipfile.ZIP_DEFLATED),
        plain_zip(),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(data, here, capsys, "can be imported")


def test_nothing_may_stand_before_or_after(packed: bytes, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(b"MZ a program " + packed, here, capsys, "it is not one")
    refused(packed + b"<script>", here, capsys, "something was added")
    refused(packed[:-2] + b"\x08\x00<script>", here, capsys, "something was added")


def test_a_file_that_says_one_size_and_has_another_is_refused(
    content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bomb whose directory says that it is small: its bytes are counted as they come."""
    bomb = bytes(8 << 20)
    data = bytearray(forged({**content, "bomb.txt": bomb}))
    where = data.rindex(b"persona/bomb.txt") - 46 + 24
    data[where : where + 4] = (10).to_bytes(4, "little")
    refused(bytes(data), here, capsys, "another size than its manifest|damaged")
    small = {name: {"sha256": hashlib.sha256(text).hexdigest(), "size": len(text)} for name, text in content.items()}
    small["bomb.txt"] = {"sha256": hashlib.sha256(bomb[:10]).hexdigest(), "size": 10}
    data = bytearray(forged({**content, "bomb.txt": bomb}, manifest={"files": small}))
    where = data.rindex(b"persona/bomb.txt") - 46 + 24
    data[where : where + 4] = (10).to_bytes(4, "little")
    refused(bytes(data), here, capsys, "damaged|larger")


def test_what_grows_too_large_is_refused_before_it_grows(
    content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(forged({**content, "zeros.txt": bytes(4 << 20)}), here, capsys, "would grow too large")
    refused(forged({**content, "more.toml": os.urandom(2 << 20)}), here, capsys, "would grow too large")
    many = {f"n{number}.txt": b"" for number in range(LIMITS.files + 1)}
    refused(forged({**content, **many}), here, capsys, "too many files")


def picture(width: int, height: int, form: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("L", (width, height)).save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("photo.png", picture(9000, 9000), "photo.png: it has too many pixels: 9000x9000"),
        ("photo.png", picture(17000, 1), "too many pixels"),
        ("photo.png", b"GIF89a" + bytes(100), "photo.png: it is no PNG"),
        ("photo.png", picture(8, 8, "JPEG"), "photo.png: it is no PNG"),
        ("photo.jpg", b"", "photo.jpg: it is no JPEG"),
        ("photo.webp", b"RIFF" + bytes(50), "photo.webp: it is no WEBP"),
        (
            "photo.png",
            picture(8, 8, save_all=True, append_images=[Image.new("L", (8, 8), 9)]),
            "photo.png: it moves",
        ),
    ],
)
def test_pictures_that_would_fill_the_memory_are_refused_by_their_header(
    name: str, data: bytes, says: str, content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(forged({**content, name: data}), here, capsys, says)


def test_a_header_that_claims_a_billion_pixels_is_enough(
    content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = bytearray(picture(8, 8))
    small[16:24] = (60000).to_bytes(4, "big") * 2
    small[29:33] = zlib.crc32(small[12:29]).to_bytes(4, "big")
    refused(forged({**content, "photo.png": bytes(small)}), here, capsys, "far too many pixels")


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("persona.toml", b"greeting", b"greting", r"sent.deckard/persona.toml:\d+: greting"),
        ("persona.toml", b"mouthSmile", b"mouthSmirk", r"persona.toml:\d+: moods.happy.mouthSmirk"),
        ("rig.toml", b"scale = 1.0", b"scale = -1", r"rig.toml:\d+: head.scale"),
        ("layers/index.json", b'"drawing_sha256": "', b'"drawing_sha256": "0', "has been changed since"),
        ("layers/index.json", b'"head"', b'"../../head"', "is no name for a layer|there has to be"),
        ("drawing.svg", b"<defs>", b'<script href="x"/><defs>', r"drawing.svg:\d+: a drawing holds no 'script'"),
        ("drawing.svg", b"<defs>", b'<image href="/etc/passwd"/><defs>', "lies outside the drawing"),
    ],
)
def test_a_persona_with_mistakes_is_refused_and_they_are_named(
    name: str, old: bytes, new: bytes, says: str, content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old in content[name]
    refused(forged({**content, name: content[name].replace(old, new, 1)}), here, capsys, says)


def test_no_other_drawing_brings_a_program_either(
    content: Files, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = b'<svg xmlns="http://www.w3.org/2000/svg">\n<script>steal()</script></svg>'
    refused(
        forged({**content, "sketches/Old.SVG": evil}), here, capsys, "sketches/Old.SVG:2: a drawing holds no 'script'"
    )


def test_a_file_without_a_persona_is_refused(content: Files, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without = {name: data for name, data in content.items() if name != "persona.toml"}
    refused(forged(without), here, capsys, "persona.toml")


def test_a_voice_that_is_not_installed_here_does_not_keep_a_persona_out(content: Files, here: Path) -> None:
    other = content["persona.toml"].replace(b'voice = "espeak"', b'voice = "somebody-elses"')
    assert taken_in(forged({**content, "persona.toml": other}), here) == 0
    assert run(["persona", "validate", "kept/forged"]) == 2


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_anywhere_is_told_and_leaves_nothing(packed: bytes, tmp_path: Path, data: st.DataObject) -> None:
    """Bytes changed, cut out or put in at random: refused in a sentence, or what comes out is what went in."""
    broken = bytearray(packed)
    for _ in range(data.draw(st.integers(1, 4))):
        # Half of the strokes hit the directory and the manifest, where a parser is led astray.
        near_end = data.draw(st.booleans())
        low = max(0, len(broken) - 9000) if near_end else 0
        where = data.draw(st.integers(low, max(low, len(broken) - 1)))
        match data.draw(st.sampled_from(["change", "cut", "insert"])):
            case "change":
                broken[where : where + 4] = data.draw(st.binary(min_size=4, max_size=4))
            case "cut":
                del broken[where : where + data.draw(st.integers(1, 64))]
            case "insert":
                broken[where:where] = data.draw(st.binary(min_size=1, max_size=64))
    sent = tmp_path / "sent.deckard"
    sent.write_bytes(broken)
    place = tmp_path / "kept"
    try:
        with opened(sent) as package:
            folder = make("ada", place, package.unpack, force=True)
    except DeckardError as error:
        assert error.message
        assert not place.exists() or not list(place.glob("*/"))
    else:
        assert all((folder / name).read_bytes() == (BLANK / name).read_bytes() for name in files(BLANK))
        shutil.rmtree(place)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_name_that_is_taken_lies_in_the_folder_on_every_system(name: str) -> None:
    if not name_fault(name):
        for system in (posixpath, ntpath):
            inside = system.normpath(system.join("folder", name))
            assert inside.replace("\\", "/") == f"folder/{name}"
            assert not system.isabs(name) and not system.splitdrive(name)[0]


def test_an_import_that_is_killed_leaves_nothing_under_the_name(here: Path, packed: bytes) -> None:
    (here / "sent.deckard").write_bytes(packed)
    slow = (
        "import sys, time\n"
        "from deckard_cli.persona import unpack\n"
        "look = unpack.picture_fault\n"
        "def slowly(picture):\n"
        "    print('writing', flush=True); time.sleep(30)\n"
        "    return look(picture)\n"
        "unpack.picture_fault = slowly\n"
        "from deckard_cli.cli import main\n"
        "sys.argv = ['deckard', 'persona', 'import', 'sent.deckard', '--to', 'kept']\n"
        "main()\n"
    )
    for kill, left in ((signal.SIGTERM, []), (signal.SIGKILL, [".blank."])):
        with subprocess.Popen([sys.executable, "-c", slow], cwd=here, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            assert running.stdout.readline() == "writing\n"
            running.send_signal(kill)
            running.wait(10)
        found = [each.name[:7] for each in (here / "kept").glob("*/")] if (here / "kept").exists() else []
        assert found == left
    assert run(["persona", "path", "kept/blank"]) == 2
    assert taken_in(packed, here) == 0, "what a killed one left is in nobody's way"


def test_two_imports_at_once_make_one_whole_persona(here: Path, packed: bytes) -> None:
    (here / "sent.deckard").write_bytes(packed)
    command = [sys.executable, "-m", "deckard_cli", "persona", "import", "sent.deckard", "--to", "kept"]
    started = [subprocess.Popen(command, cwd=here, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in "ab"]
    assert sorted(each.wait(60) for each in started) == [0, 2]
    assert files(here / "kept" / "blank") == files(BLANK)
    assert [each.name for each in (here / "kept").glob("*/")] == ["blank"]
