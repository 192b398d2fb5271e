"""What is said: text from an argument, a file or stdin becomes `Line`s, and a line's text becomes sentences.

Pure standard library, because the command imports it before it knows what will be asked.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from deckard_cli.errors import DeckardError, UsageError
from deckard_cli.script.hints import Hint, shifted
from deckard_cli.script.marks import Mark, Marked, Pause, marked

__all__ = [
    "LONGEST",
    "LONGEST_SENTENCE",
    "WRITINGS",
    "Hint",
    "Line",
    "Mark",
    "Marked",
    "Pause",
    "clean",
    "guess_language",
    "marked",
    "read_file",
    "read_stdin",
    "sentences",
    "writing",
]

LONGEST: Final = 200_000
"""Characters in one text: about four hours of speech."""

LONGEST_SENTENCE: Final = 300
"""Characters in one piece of `sentences`."""

WRITINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "CJK": ("cmn", "yue", "hak", "zh"),
    "HIRAGANA": ("ja",),
    "KATAKANA": ("ja",),
    "HANGUL": ("ko",),
    "ARABIC": ("ar", "fa", "ur", "sd", "ug", "ku", "az"),
    "DEVANAGARI": ("hi", "mr", "ne", "kok"),
    "CYRILLIC": (
        "ru",
        "uk",
        "bg",
        "be",
        "mk",
        "sr",
        "kk",
        "ky",
        "tt",
        "ba",
        "cv",
        "nog",
        "hbs",
        "bs",
        "az",
        "uz",
        "tk",
    ),
    "GREEK": ("el", "grc"),
    "HEBREW": ("he",),
    "THAI": ("th",),
    "TAMIL": ("ta",),
    "BENGALI": ("bn", "as", "bpy"),
    "GUJARATI": ("gu",),
    "GURMUKHI": ("pa",),
    "TELUGU": ("te",),
    "KANNADA": ("kn",),
    "MALAYALAM": ("ml",),
    "ORIYA": ("or",),
    "SINHALA": ("si",),
    "GEORGIAN": ("ka",),
    "ARMENIAN": ("hy", "hyw"),
    "ETHIOPIC": ("am", "ti"),
    "MYANMAR": ("my", "shn"),
    "CHEROKEE": ("chr",),
}
"""Writing systems, by the first word of their letters' Unicode names, and the languages written in them: the first is
what a text in that writing is taken for. Latin letters stand for too many languages to be here."""

_ESCAPES: Final = re.compile(r"\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b\][^\x07\x1b]*+(?:\x07|\x1b\\)")
"""What colours a terminal, names its window or links its words (ECMA-48, 5.4 and 5.6)."""
_KEEP_INSIDE: Final = "\u200c\u200d"
_JUNK: Final = {"Cc", "Cf", "Co"}
_MARKUP: Final = re.compile(
    r"""<!--|<!doctype|<\?xml|</[a-z][\w:.-]*\s*>|<[a-z][\w:.-]*(\s+[\w:-]+\s*=\s*("[^"<>]*"|'[^'<>]*'))*\s*/?>""",
    re.IGNORECASE,
)
_END: Final = re.compile(
    r"(?<![.!?…‼⁇⁈⁉।॥؟۔։၊။។᠃。！？｡．])"  # only the first of a run: without it a run of dots costs its length squared
    r"(?:[。！？｡．]++[\"'”’»」』）)\]】]*+"
    r"|[.!?…‼⁇⁈⁉।॥؟۔։።၊။។᠃]++[\"'”’»」』）)\]】]*+(?=\s|$))\s*+"
)
_PAUSE: Final = re.compile(r"[,;:،؛、，；：·—–](?:\s|(?<=[、，；：]))|\s[—–-]\s")
_TITLES: Final = frozenset((
    "mr", "mrs", "ms", "mx", "dr", "prof", "rev", "hon", "st", "sr", "jr", "gen", "col", "capt", "lt", "sgt", "sen",
    "rep", "gov", "pres", "vs", "approx", "no", "nos", "fig", "figs", "vol", "ch", "sec", "pp", "inc", "ltd", "co",
    "corp", "dept", "est", "ave", "blvd", "rd", "mt", "ft", "tel", "ext", "e.g", "i.e", "cf", "al", "viz", "resp",
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue", "tues", "wed",
    "thu", "thur", "thurs", "fri", "sat", "sun", "z.b", "d.h", "u.a", "bzw", "ca", "usw", "nr", "hr", "fr", "str",
    "sra", "srta", "sto", "dra", "m", "mme", "mlle",
))  # fmt: skip
_LARGEST_FILE: Final = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Line:
    """Some text and how it is to be said."""

    text: str
    """One or more sentences, cleaned: no control characters, never empty."""
    lang: str = "en-us"
    """BCP 47 language, lower case as espeak writes it (``en-us``, ``de``, ``cmn``)."""
    speed: float = 1.0
    """Times the voice's normal rate."""
    pitch: float = 1.0
    """Times the voice's normal pitch."""
    mood: str = "neutral"
    """The name of the mood in which it begins."""
    marks: tuple[Mark, ...] = ()
    """Where the mood changes, in order."""
    pauses: tuple[Pause, ...] = ()
    """Where it is silent for longer than its punctuation says, in order."""
    hints: tuple[Hint, ...] = ()
    """Words that are said otherwise than they are written, or with emphasis. A voice may not know of them."""

    def part(self, start: int, end: int) -> Line:
        """The text from one character to another, with the hints about it, and without marks and pauses."""
        while start < end and self.text[start].isspace():
            start += 1
        end = start + len(self.text[start:end].rstrip())
        return replace(self, text=self.text[start:end], marks=(), pauses=(), hints=shifted(self.hints, start, end))


def clean(text: str) -> str:
    """The text as it can be said: NFC, one space for any white space, no control or zero-width characters,
    none of a terminal's escape sequences.

    Joiners stay where they mean something: between two letters (Persian, Indic) and between two emoji.
    Cleaning twice changes nothing. Raises `UsageError` for a text that nobody can say: empty, without a letter or a
    digit, longer than `LONGEST`, with markup in it, or made of bytes that were not text.
    """
    if len(text) > LONGEST:
        raise UsageError(
            f"The text has {len(text):,} characters; the most is {LONGEST:,}.",
            code="text_too_long",
            hint="split it into several lines and render one clip of each",
        )
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _undecodable("The text")
    kept = " ".join(_without_junk(_ESCAPES.sub("", text)).split())
    cleaned = " ".join(unicodedata.normalize("NFC", kept).split())
    _refuse_unsayable(cleaned)
    return cleaned


def _refuse_unsayable(text: str) -> None:
    if not text:
        raise UsageError("There is no text to say.", code="text_empty", hint='give some words: deckard render "hello"')
    if tag := _MARKUP.search(text):
        raise UsageError(
            f"The text holds markup ('{tag.group()[:40]}'), which would be read out letter by letter.",
            code="text_markup",
            hint="give plain text; --speed, --pitch and --mood say how, and [happy] changes the mood from there on",
        )
    if not any(_sayable(letter) for letter in text):
        raise UsageError(
            "The text has no letter and no digit, so there is nothing to say.",
            code="text_unspeakable",
            hint='give some words: deckard render "hello"',
        )


def _sayable(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LN"


def _without_junk(text: str) -> str:
    kept: list[str] = []
    for index, letter in enumerate(text):
        if letter in _KEEP_INSIDE:
            if kept and not kept[-1].isspace() and kept[-1] not in _KEEP_INSIDE and _joins(text, index + 1):
                kept.append(letter)
        elif letter.isspace():
            kept.append(" ")
        elif unicodedata.category(letter) not in _JUNK and letter != "\ufffd":
            kept.append(letter)
    return "".join(kept)


def _joins(text: str, index: int) -> bool:
    """Whether something visible stands at `index`, for a joiner before it to join."""
    return index < len(text) and unicodedata.category(text[index])[0] in "LMNS"


def writing(letter: str) -> str | None:
    """The writing system of a letter, as `WRITINGS` names them; None for what is no letter."""
    if unicodedata.category(letter)[0] != "L":
        return None
    return unicodedata.name(letter, "").partition(" ")[0] or None


def guess_language(text: str) -> str | None:
    """The language that most letters of a text point to by their writing alone; None for Latin letters.

    Kana anywhere means Japanese, because Japanese is written in Han letters as well.
    """
    counts = Counter(filter(None, map(writing, text)))
    if counts["HIRAGANA"] or counts["KATAKANA"]:
        counts["HIRAGANA"] += counts.pop("CJK", 0)
    for name, _ in counts.most_common(1):
        return WRITINGS[name][0] if name in WRITINGS else None
    return None


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, each with the space after it: joined again they are the text.

    A piece has at most `LONGEST_SENTENCE` characters: a longer sentence is cut where a clause ends, else at a space,
    else between two letters with their marks. A full stop after a title, an initial, a short number or before a small
    letter ends no sentence; a missed end costs nothing, because the voice makes its own pauses.
    """
    start = 0
    for end in _ends(text):
        yield from _pieces(text[start:end])
        start = end
    if start < len(text):
        yield from _pieces(text[start:])


def _ends(text: str) -> Iterator[int]:
    """Where sentences end, when at least one letter or digit stands on both sides: "Oh! ..." is one sentence."""
    start = seen = 0
    said = False
    held: int | None = None
    for match in _END.finditer(text):
        said = said or any(map(_sayable, text[seen : match.end()]))
        seen = match.end()
        if not said:
            held = seen if held is not None else None
        elif not _abbreviates(text, start, match):
            if held is not None:
                yield held
            held, start, said = seen, seen, False
    if held is not None and (said or any(map(_sayable, text[seen:]))):
        yield held


def _abbreviates(text: str, start: int, match: re.Match[str]) -> bool:
    if match.end() < len(text) and text[match.end()].islower():
        return True
    if match.group().rstrip() != ".":
        return False
    word = text[max(start, match.start() - 12) : match.start()].rpartition(" ")[2].lstrip("(\"'“‘«[").casefold()
    initials = len(word.rpartition(".")[2]) == 1 and word[-1:].isalpha()
    return word in _TITLES or initials or (word.isdecimal() and len(word) <= 2)


def _pieces(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST_SENTENCE:
        cut = _cut(sentence)
        yield sentence[:cut]
        sentence = sentence[cut:]
    yield sentence


def _cut(sentence: str) -> int:
    """Where to cut a sentence that is too long: a piece must not be tiny, or the voice would halt and hurry."""
    clauses = [match.end() for match in _PAUSE.finditer(sentence, 0, LONGEST_SENTENCE)]
    if clauses and clauses[-1] >= LONGEST_SENTENCE // 3:
        return clauses[-1]
    space = sentence.rfind(" ", 1, LONGEST_SENTENCE) + 1
    if space:
        return space
    return next((cut for cut in range(LONGEST_SENTENCE, 0, -1) if _separates(sentence, cut)), LONGEST_SENTENCE)


def _separates(text: str, index: int) -> bool:
    """Whether a reader sees two characters here and not one: a shortened form of UAX 29's grapheme clusters."""
    before, after = text[index - 1], text[index]
    flags = 0
    while index - 1 - flags >= 0 and _is_flag(text[index - 1 - flags]):
        flags += 1
    return not (
        unicodedata.category(after)[0] == "M"
        or before == "\u200d"
        or after in _KEEP_INSIDE
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or (_is_flag(after) and flags % 2)
    )


def _is_flag(letter: str) -> bool:
    """Whether this is a regional indicator: two of them draw one flag."""
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def read_file(path: Path) -> str:
    """The text of a file: UTF-8, or UTF-16 with its mark. Raises `UsageError`; `DeckardError` where reading fails."""
    try:
        with path.open("rb") as file:
            return _decode(file.read(_LARGEST_FILE + 1), f"The file '{path}'")
    except FileNotFoundError:
        raise UsageError(f"There is no file '{path}'.", code="file_missing", hint="check the path") from None
    except IsADirectoryError:
        raise UsageError(f"'{path}' is a folder, not a text file.", code="file_folder", hint="name a file") from None
    except OSError as error:
        raise DeckardError(
            f"The file '{path}' cannot be read: {error.strerror}.", code="file_unreadable", hint="check its permissions"
        ) from error


def read_stdin(stream: BinaryIO) -> str:
    """The text piped into the command. Raises `UsageError` where nobody pipes: a terminal would wait for ever."""
    if stream.isatty():
        raise UsageError(
            "'-' reads the text from stdin, but stdin is a terminal.",
            code="stdin_terminal",
            hint='pipe the text in: echo "hello" | deckard render -',
        )
    return _decode(stream.read(_LARGEST_FILE + 1), "The text on stdin")


def _decode(data: bytes, what: str) -> str:
    if len(data) > _LARGEST_FILE:
        raise UsageError(
            f"{what} is larger than {_LARGEST_FILE >> 20} MB; the most is {LONGEST:,} characters.",
            code="text_too_long",
            hint="split it into several files and render one clip of each",
        )
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not wide and b"\0" in data:
        raise _undecodable(what)
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise _undecodable(what) from error


def _undecodable(what: str) -> UsageError:
    return UsageError(f"{what} is not text in UTF-8.", code="text_undecodable", hint="save it as UTF-8 and try again")
