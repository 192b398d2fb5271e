"""The clips of a batch to look at and play: one HTML file with all that it needs inside, for a browser without a net.

Small clips lie in the file itself; those beyond a total size are linked by relative paths, so the folder can move.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final, Literal
from urllib.parse import quote

import av
from PIL import Image

from deckard_cli.clip.decode import frames, pixels
from deckard_cli.clip.part import Part, failure
from deckard_cli.clip.reel.subtitles import read
from deckard_cli.clip.timings.subtitles import vtt
from deckard_cli.errors import UsageError
from deckard_cli.speech.media import opened

__all__ = ["EMBEDDED", "Item", "State", "write_gallery"]

State = Literal["ok", "flagged", "failed"]
"""Made; made, and a check found something; not made."""

EMBEDDED: Final = 64_000_000
"""Bytes of clips that lie in the file itself."""

_TEMPLATE: Final = Path(__file__).with_name("gallery.html")
_TYPES: Final = {".mp4": "video/mp4", ".webm": "video/webm", ".gif": "image/gif", ".wav": "audio/wav"}
"""Suffix -> media type."""
_WIDE: Final = 360
"""Pixels of the longer side of a poster."""
_POSTER_AT: Final = 0.4
"""Of a clip, where its poster is taken: somebody speaks there, and does not begin to."""
_CHUNK: Final = 3 << 18
"""Bytes that are put into base64 at once: a multiple of three, so that the pieces join."""
_SHOWN: Final[dict[State, str]] = {"ok": "Made", "flagged": "Flagged", "failed": "Not made"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A clip in a gallery."""

    id: str
    text: str
    """What is said."""
    persona: str = ""
    voice: str = ""
    language: str = ""
    """BCP 47; empty where nobody says."""
    clip: Path | None = None
    """None where it was not made."""
    captions: Path | None = None
    """A file of SubRip or WebVTT."""
    duration: float = 0.0
    """Seconds."""
    error: str = ""
    """Why it was not made."""
    findings: tuple[str, ...] = ()
    """What a check found wrong with it."""
    notes: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """Whether it was made, and is right."""
        if self.clip is None or self.error:
            return "failed"
        return "flagged" if self.findings else "ok"


def write_gallery(path: Path, items: Sequence[Item], *, title: str = "Clips", embed: int = EMBEDDED) -> None:
    """Write a page that shows and plays `items`, in their order; clips lie in it up to `embed` bytes altogether.

    A clip that is not there is shown as not made. Raises `UsageError` or `DeckardError` where `path` cannot be written.
    """
    items = [item if item.clip is None or item.clip.is_file() else _gone(item) for item in items]
    head, between, foot = _template(title, items)
    part = Part(path)
    try:
        with part.path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(head)
            inside = set(_inside(items, embed))
            for number, item in enumerate(items):
                file.write(_card(number, item, path.absolute().parent, number in inside))
            file.write(between)
            for number, item in enumerate(items):
                _write_data(file, number, item, number in inside)
            file.write(foot)
        part.keep()
    except OSError as error:
        raise failure(error, path) from error
    finally:
        part.drop()


def _gone(item: Item) -> Item:
    return replace(item, clip=None, error=item.error or f"There is no file '{item.clip}'.")


def _template(title: str, items: Sequence[Item]) -> tuple[str, str, str]:
    """The page in its parts: up to the cards, from there to the data of the clips, and the rest."""
    raw = _TEMPLATE.read_text(encoding="utf-8")
    states = Counter(item.state for item in items)
    personas = sorted({item.persona for item in items if item.persona})
    filled = {
        "policy": _policy(raw),
        "title": html.escape(title),
        "summary": _summary(items, states),
        "personas": "".join(f"<option>{html.escape(persona)}</option>" for persona in personas),
        "states": "".join(f'<option value="{state}">{_SHOWN[state]}</option>' for state in _SHOWN if states[state]),
    }
    # At once: a title that looks like a place to be filled stays what it is.
    page = re.sub(r"\{\{(\w+)\}\}", lambda place: filled[place[1]], raw)
    head, rest = page.split("<!--cards-->\n")
    between, foot = rest.split("<!--data-->\n")
    return head, between, foot


def _policy(raw: str) -> str:
    """What the page may load: itself. A script that came in by a text would not run, for its hash is not here."""
    script, style = (_hash(raw, tag) for tag in ("script", "style"))
    return (
        f"default-src 'none'; script-src {script}; style-src {style}; img-src data: blob: file: 'self'; "
        "media-src blob: file: 'self'; base-uri 'none'; form-action 'none'"
    )


def _hash(raw: str, tag: str) -> str:
    inside = raw.split(f"<{tag}>")[1].split(f"</{tag}>")[0]
    return f"'sha256-{base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'"


def _summary(items: Sequence[Item], states: Counter[State]) -> str:
    made = len(items) - states["failed"]
    parts = [f"<span><b>{made}</b> clip{'' if made == 1 else 's'}</span>"]
    parts.append(f"<b>{_clock(sum(item.duration for item in items if item.state != 'failed'))}</b>")
    if states["flagged"]:
        parts.append(f'<span class="odd"><b>{states["flagged"]} flagged</b></span>')
    if states["failed"]:
        parts.append(f'<span class="bad"><b>{states["failed"]} not made</b></span>')
    return " · ".join(parts)


def _inside(items: Sequence[Item], most: int) -> Iterator[int]:
    """The numbers of the clips that lie in the file: from the first on, as long as they go in."""
    for number, item in enumerate(items):
        if item.clip:
            most -= item.clip.stat().st_size
            if most < 0:
                return
            yield number


def _card(number: int, item: Item, folder: Path, inside: bool) -> str:
    about = {"n": str(number), "persona": item.persona, "state": item.state}
    if item.clip:
        about["type"] = _TYPES.get(item.clip.suffix.lower(), "video/mp4")
        if not inside:
            about["href"] = _link(item.clip, folder)
    data = "".join(f' data-{name}="{html.escape(value)}"' for name, value in about.items())
    lang = f' lang="{html.escape(item.language)}"' if item.language else ""
    words = [f'<span class="state">{_SHOWN[item.state]}</span>'] if item.state != "ok" else []
    words.append(f'<p class="text" dir="auto"{lang}>{html.escape(item.text or item.id)}</p>')
    words += [f'<p class="said">{html.escape(each)}</p>' for each in (item.error, *item.findings) if each]
    words += _notes(item)
    who = [f"<b>{html.escape(item.persona)}</b>"] if item.persona else []
    who += [html.escape(each) for each in (item.voice, item.language, item.id) if each]
    words.append(f'<p class="who">{" · ".join(who)}</p>')
    return (
        f'<li{data}><article class="card {item.state}">\n{_still(item)}\n'
        f'<div class="words">{"".join(words)}</div>\n</article></li>\n'
    )


def _notes(item: Item) -> list[str]:
    if not item.notes:
        return []
    points = "".join(f"<li>{html.escape(note)}</li>" for note in item.notes)
    return [
        f"<details><summary>{len(item.notes)} note{'s'[: len(item.notes) - 1]}</summary><ul>{points}</ul></details>"
    ]


def _still(item: Item) -> str:
    if item.clip is None:
        return '<div class="still none">Not made</div>'
    poster = _poster(item.clip, item.duration)
    label = html.escape(f"Play {item.persona or 'clip'}: {(item.text or item.id)[:80]}")
    shown = f'<img src="{poster}" alt="" loading="lazy" decoding="async">' if poster else ""
    return (
        f'<button class="still" type="button" aria-label="{label}">{shown}<i></i>'
        f"<time>{_clock(item.duration)}</time></button>"
    )


def _poster(clip: Path, duration: float) -> str:
    """A small picture out of `clip` as a data: URL; empty where there is none, or none that can be read."""
    with suppress(av.FFmpegError, OSError, ValueError), opened(clip) as container:
        stream = next(iter(container.streams.video), None)
        if stream is None:
            return ""
        stream.thread_type = "NONE"
        wanted = _POSTER_AT * duration
        container.seek(int(wanted * av.time_base))
        frame = None
        for frame in frames(container, stream):
            if frame.time is None or frame.time >= wanted:
                break
        if frame is not None:
            picture = Image.fromarray(pixels(frame))
            picture.thumbnail((_WIDE, _WIDE), Image.Resampling.LANCZOS)
            written = io.BytesIO()
            picture.save(written, "WEBP", quality=60, method=1)
            return f"data:image/webp;base64,{base64.b64encode(written.getvalue()).decode()}"
    return ""


def _write_data(file: IO[str], number: int, item: Item, inside: bool) -> None:
    """The clip itself, where it lies in the file, and its captions."""
    if item.clip and inside:
        file.write(f'<script type="text/plain" id="clip-{number}">')
        with item.clip.open("rb") as source:
            while chunk := source.read(_CHUNK):
                file.write(base64.b64encode(chunk).decode())
        file.write("</script>\n")
    if item.clip and item.captions:
        with suppress(UsageError):  # captions that cannot be read are none
            words = json.dumps(vtt(read(item.captions))).replace("<", "\\u003c")
            file.write(f'<script type="application/json" id="words-{number}">{words}</script>\n')


def _link(clip: Path, folder: Path) -> str:
    """The path from the page to a clip beyond it, as a URL."""
    try:
        return quote(Path(os.path.relpath(clip.absolute(), folder)).as_posix())
    except ValueError:  # on another drive of Windows
        return clip.absolute().as_uri()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
