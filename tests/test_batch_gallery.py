"""A page that shows and plays what a batch made, with all that it needs inside."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from browser import CHROMIUM, Browser
from clips import half_clear, noise, write
from flashes import Flash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from deckard_cli.batch.gallery import Item, write_gallery
from deckard_cli.errors import DeckardError

HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\">",
    "</script><script>document.title='owned'</script>",
    "</style><svg onload=document.title='owned'>",
    "\" onmouseover=\"document.title='owned'",
    "<!--cards--> {{title}} <!--data-->\n<!--cards-->\n",
    "javascript:document.title='owned'",
    "\x00\x0b\ud800 ‮abc",
)
browsed = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")


class Page(HTMLParser):
    """The elements of a page, each with its attributes and the text right inside."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}", {}, []))

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1][2].append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, "".join(inside)) for name, attributes, inside in self.found if name == tag]

    def cards(self) -> list[dict[str, str | None]]:
        return [attributes for attributes, _ in self.all("li") if "data-n" in attributes]

    def texts(self) -> list[str]:
        return [inside for attributes, inside in self.all("p") if attributes.get("class") == "text"]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    (tmp_path / "clips").mkdir()
    path = tmp_path / "clips" / "a b'é#?.mp4"
    write(path, noise(32000), 16000, 25)
    return path


def item(clip: Path | None, **fields: object) -> Item:
    return Item(**{"id": "one", "text": "Hello.", "clip": clip, "duration": 2.0, **fields})  # type: ignore[arg-type]


def test_a_clip_lies_in_the_page_byte_for_byte(tmp_path: Path, clip: Path) -> None:
    write_gallery(tmp_path / "gallery.html", [item(clip)])
    page = Page(tmp_path / "gallery.html")
    [inside] = [text for attributes, text in page.all("script") if attributes.get("id") == "clip-0"]
    assert base64.b64decode(inside, validate=True) == clip.read_bytes()
    assert page.cards()[0]["data-type"] == "video/mp4"
    assert "data-href" not in page.cards()[0]


def test_clips_beyond_the_size_are_linked_from_where_the_page_is(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "pages").mkdir()
    size = clip.stat().st_size
    write_gallery(tmp_path / "pages" / "g.html", [item(clip), item(clip), item(clip)], embed=2 * size)
    cards = Page(tmp_path / "pages" / "g.html").cards()
    assert ["data-href" in card for card in cards] == [False, False, True]
    link = cards[2]["data-href"]
    assert link and not set(link) & set(" '#?")
    assert (tmp_path / "pages" / unquote(link)).resolve() == clip.resolve()


def test_every_clip_has_a_small_poster(tmp_path: Path, clip: Path) -> None:
    write_gallery(tmp_path / "g.html", [item(clip)])
    [(image, _)] = Page(tmp_path / "g.html").all("img")
    kind, _, data = str(image["src"]).partition(",")
    assert (kind, image["loading"]) == ("data:image/webp;base64", "lazy")
    assert base64.b64decode(data)[8:12] == b"WEBP"
    assert len(data) < 20_000


def test_the_poster_of_a_clip_that_is_see_through_is_so_too(tmp_path: Path) -> None:
    half_clear(tmp_path / "a.webm")
    write_gallery(tmp_path / "g.html", [item(tmp_path / "a.webm", duration=0.16)])
    [(image, _)] = Page(tmp_path / "g.html").all("img")
    poster = Image.open(io.BytesIO(base64.b64decode(str(image["src"]).partition(",")[2])))
    assert poster.mode == "RGBA"
    alpha = poster.getchannel("A")
    assert alpha.getpixel((4, 32)) < 20  # type: ignore[operator]
    assert alpha.getpixel((60, 32)) > 235  # type: ignore[operator]


def test_a_clip_of_sound_alone_and_a_broken_one_have_no_poster_and_are_shown(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", noise(16000), 16000, 25)
    (tmp_path / "b.mp4").write_bytes(b"\0" * 1000)
    write_gallery(tmp_path / "g.html", [item(tmp_path / "a.wav"), item(tmp_path / "b.mp4")])
    page = Page(tmp_path / "g.html")
    assert [card["data-state"] for card in page.cards()] == ["ok", "ok"]
    assert page.all("img") == []


def test_states_are_told_apart(tmp_path: Path, clip: Path) -> None:
    items = [
        item(clip),
        item(clip, findings=("The last word is cut.",)),
        item(None, error="The voice 'robot' is not installed."),
        item(tmp_path / "gone.mp4"),
    ]
    write_gallery(tmp_path / "g.html", items)
    page, raw = Page(tmp_path / "g.html"), (tmp_path / "g.html").read_text(encoding="utf-8")
    assert [card["data-state"] for card in page.cards()] == ["ok", "flagged", "failed", "failed"]
    assert "The last word is cut." in raw
    assert "The voice &#x27;robot&#x27; is not installed." in raw
    assert "There is no file" in raw
    assert "2 not made" in raw


def test_a_page_of_nothing_is_a_page(tmp_path: Path) -> None:
    write_gallery(tmp_path / "g.html", [])
    assert Page(tmp_path / "g.html").cards() == []


def test_nothing_is_fetched_from_elsewhere(tmp_path: Path, clip: Path) -> None:
    write_gallery(tmp_path / "g.html", [item(clip)])
    raw = (tmp_path / "g.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|//[a-z]+\.|@import|<link", raw)
    [policy] = [
        str(attributes["content"])
        for attributes, _ in Page(tmp_path / "g.html").all("meta")
        if "http-equiv" in attributes
    ]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60) | st.sampled_from(HOSTILE))
def test_whatever_is_said_is_text(tmp_path: Path, said: str) -> None:
    write_gallery(
        tmp_path / "g.html", [item(None, id=said, text=said, persona=said, error=said, notes=(said,))], title=said
    )
    page = Page(tmp_path / "g.html")
    assert len(page.cards()) == 1
    assert len(page.all("script")) == len(page.all("style")) == 1
    assert page.all("svg") == page.all("img") == []
    assert not [name for _, attributes, _ in page.found for name in attributes if name.startswith("on")]
    assert page.texts()[0].split() == (said or "").encode("utf-8", "replace").decode().split()


def test_captions_come_along_as_webvtt(tmp_path: Path, clip: Path) -> None:
    captions = tmp_path / "a.srt"
    captions.write_text("1\n00:00:00,100 --> 00:00:01,500\n</script> & <i>so</i>\n", encoding="utf-8")
    write_gallery(tmp_path / "g.html", [item(clip, captions=captions)])
    [words] = [
        text for attributes, text in Page(tmp_path / "g.html").all("script") if attributes.get("id") == "words-0"
    ]
    assert json.loads(words).startswith("WEBVTT\n\n00:00:00.100 --> 00:00:01.500\n")


def test_captions_that_cannot_be_read_are_left_out(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "a.srt").write_bytes(b"\xff\xfe\x00")
    write_gallery(tmp_path / "g.html", [item(clip, captions=tmp_path / "a.srt")])
    assert 'id="words-0"' not in (tmp_path / "g.html").read_text(encoding="utf-8")


def test_the_same_clips_give_the_same_page(tmp_path: Path, clip: Path) -> None:
    for name in ("a.html", "b.html"):
        write_gallery(tmp_path / name, [item(clip), item(None, error="No.")])
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_page_that_cannot_be_written_leaves_nothing(tmp_path: Path, clip: Path) -> None:
    with pytest.raises(DeckardError, match="no folder"):
        write_gallery(tmp_path / "none" / "g.html", [item(clip)])
    script = (
        "import resource, sys; from pathlib import Path; from deckard_cli.batch.gallery import Item, write_gallery\n"
        "from deckard_cli.errors import DeckardError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "try: write_gallery(Path(sys.argv[1]), [Item(id='a', text='b', clip=Path(sys.argv[2]))])\n"
        "except DeckardError as error: print(error.code)"
    )
    pytest.importorskip("resource")
    run = [sys.executable, "-c", script, str(tmp_path / "g.html"), str(clip)]
    assert subprocess.run(run, check=True, capture_output=True, text=True).stdout == "disk_full\n"
    assert [each.name for each in tmp_path.iterdir()] == ["clips"]


PLAYS = """new Promise(done => {
  const video = document.querySelector("dialog video");
  video.ontimeupdate = () => { if (video.currentTime > 0.2) done("plays"); };
  setTimeout(() => done(`does not: ${video.error && video.error.message}`), 8000);
})"""

BACK = """new Promise(done => {
  const until = Date.now() + 3000;
  (function look() {
    const at = document.activeElement.className;
    if (at === "still" || Date.now() > until) done([document.getElementById("player").open, at]);
    else setTimeout(look, 20);
  })();
})"""
"""Whether the player is open, and what has the focus when that has moved: the event of closing comes later."""


@browsed
@pytest.mark.parametrize("embed", [10**8, 0], ids=["inside", "linked"])
def test_a_browser_plays_it_and_moves_by_keys(tmp_path: Path, clip: Path, embed: int) -> None:
    (tmp_path / "a.srt").write_text("1\n00:00:00,000 --> 00:00:01,900\nHello.\n", encoding="utf-8")
    items = [
        item(clip, text="First.", captions=tmp_path / "a.srt"),
        item(None, text="Never.", error="No."),
        item(clip, text="Second.", persona="joi"),
    ]
    write_gallery(tmp_path / "g.html", items, embed=embed)
    with Browser(tmp_path / "browser") as browser:
        browser.open(tmp_path / "g.html")
        browser.run("document.querySelector('.still').click()")
        assert browser.run(PLAYS) == "plays"
        assert browser.run("document.querySelector('dialog video').textTracks[0].cues.length") == 1
        browser.press(" ", 32)
        assert browser.run("document.querySelector('dialog video').paused") is True
        browser.press("ArrowRight", 39)
        assert browser.run("document.getElementById('said').textContent") == "Second."
        assert browser.run("document.getElementById('after').disabled") is True
        browser.press("Escape", 27)
        assert browser.run(BACK) == [False, "still"]
        assert browser.said == []


@browsed
@pytest.mark.parametrize("size", [(90, 160), (160, 90), (96, 96)], ids=["tall", "wide", "square"])
def test_a_poster_shows_the_whole_picture(tmp_path: Path, size: tuple[int, int]) -> None:
    Flash(size=size, frames=4).write(tmp_path / "a.mp4")
    write_gallery(tmp_path / "g.html", [item(tmp_path / "a.mp4", duration=0.16)])
    fits = """(image => image.decode().then(() => {
      const box = image.getBoundingClientRect(), frame = image.parentElement.getBoundingClientRect();
      const whole = getComputedStyle(image).objectFit === "contain";
      return [image.naturalWidth, image.naturalHeight, whole, box.width <= frame.width && box.height <= frame.height];
    }))(document.querySelector(".still img"))"""
    with Browser(tmp_path / "browser") as browser:
        browser.open(tmp_path / "g.html")
        assert browser.run(fits) == [*size, True, True]


@browsed
def test_a_browser_finds_filters_and_plays_all_in_turn(tmp_path: Path, clip: Path) -> None:
    items = [
        item(clip, id="a", text="Hello there.", persona="joi"),
        item(clip, id="b", text="ΣΊΣΥΦΟΣ", persona="k"),
        item(clip, id="c", text="Hello again.", persona="joi", findings=("Too quiet.",)),
        *(item(None, id=f"bad-{number}", text=text, error=text) for number, text in enumerate(HOSTILE)),
    ]
    write_gallery(tmp_path / "g.html", items, title=HOSTILE[1])
    seen = "[...document.querySelectorAll('.grid > li')].filter(li => !li.hidden).map(li => +li.dataset.n)"

    def chosen(field: str, value: str) -> object:
        script = f"(e => {{ e.value = {json.dumps(value)}; e.dispatchEvent(new Event('input')); }})"
        browser.run(f"{script}(document.getElementById('{field}'))")
        return browser.run(seen)

    with Browser(tmp_path / "browser") as browser:
        browser.open(tmp_path / "g.html")
        assert chosen("search", "hello") == [0, 2]
        assert chosen("state", "flagged") == [2]
        assert chosen("state", "") == [0, 2]
        assert chosen("search", "σίσυφος") == [1]
        assert chosen("search", "nothing like it") == []
        assert browser.run("document.getElementById('all').disabled") is True
        chosen("search", "")
        assert chosen("persona", "joi") == [0, 2]
        browser.run("document.getElementById('all').click()")
        ended = "document.querySelector('dialog video').dispatchEvent(new Event('ended'))"
        browser.run(ended)
        assert browser.run("document.getElementById('said').textContent") == "Hello again."
        browser.run(ended)
        assert browser.run("document.getElementById('said').textContent") == "Hello again."
        assert browser.run("document.title") == HOSTILE[1]
        assert browser.said == []
