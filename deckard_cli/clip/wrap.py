"""Text into pieces that may stand at a line's end, and pieces into lines.

Width is counted in columns: one for a letter, two for an East Asian wide one (Unicode Standard Annex 11),
none for a mark that sits on another letter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

SPACELESS: Final = ("CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")
"""Scripts written without spaces, by the first word of a letter's Unicode name."""
CLAUSE: Final = frozenset(",;:–—،؛،、，；：।.!?…。！？؟۔")
"""After these a line or a cue ends well."""
SENTENCE: Final = frozenset(".!?…。！？؟۔।॥‼⁇⁈⁉")
CLOSING: Final = "\"'”’»›)]}」』）】〉》"
SHORT_WORD: Final = 3
"""Columns of a word (an article, a preposition) that belongs to the one after it."""


def columns(text: str) -> int:
    """The width of `text`."""
    return sum(map(_letter_columns, text))


def _letter_columns(letter: str) -> int:
    if letter.isascii():
        return 1
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def pieces(text: str, widest: int) -> list[str]:
    """`text` cut wherever a line may end; joined they are `text` again. None is wider than `widest` columns.

    Cuts fall after spaces, between the letters of scripts that have none, and inside a word that no line could hold.
    """
    found: list[str] = []
    for token in _tokens(text):
        spaceless = any(unicodedata.name(letter, "").startswith(SPACELESS) for letter in token if not letter.isascii())
        if spaceless:
            found += _clusters(token)
        else:
            found += _chopped(token, widest)
    return found


def _tokens(text: str) -> Iterator[str]:
    """Words, each with the white space after it; the first also with what stands before."""
    start = 0
    for index in range(1, len(text)):
        if text[index - 1].isspace() and not text[index].isspace() and not text[:index].isspace():
            yield text[start:index]
            start = index
    if start < len(text):
        yield text[start:]


def _clusters(token: str) -> list[str]:
    """Letters with the marks on them; punctuation stays with what it closes or opens, and runs of Latin together."""
    found: list[str] = []
    for letter in token:
        if found and (_clings(letter) or opens(found[-1][-1]) or (letter.isascii() and found[-1][-1].isascii())):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def _clings(letter: str) -> bool:
    """No line may begin with it: a mark, a space, closing punctuation, a small kana, a vowel written after."""
    kind = unicodedata.category(letter)
    small = "SMALL" in unicodedata.name(letter, "") and kind == "Lo"
    return kind[0] in "MZC" or kind in ("Pe", "Pf", "Po", "Pd", "Lm") or small or letter in "ะาำ"


def opens(letter: str) -> bool:
    """No line may end with it."""
    return unicodedata.category(letter) in ("Ps", "Pi") or letter in "เแโใไ"


def _chopped(token: str, widest: int) -> Iterator[str]:
    """The token, or as much of it as a line holds, again and again."""
    part = ""
    for letter in token:
        if part and not letter.isspace() and columns(part + letter) > widest:
            yield part
            part = ""
        part += letter
    yield part


def break_cost(before: str) -> int:
    """How badly a line or a cue ends after `before`: 0 after punctuation, 2 after a word that leans on the next."""
    word = before.strip().rstrip(CLOSING)
    if not word or word[-1] in CLAUSE:
        return 0
    return 2 if before[-1].isspace() and columns(word) <= SHORT_WORD else 1


def ends_sentence(piece: str) -> bool:
    """Whether `piece` ends as a sentence does."""
    return piece.strip().rstrip(CLOSING)[-1:] in SENTENCE and piece.strip() != ""


def fits(widths: Sequence[int], widest: int, lines: int) -> bool:
    """Whether pieces of these widths go into so many lines."""
    used, line = 1, 0
    for width in widths:
        if line + width > widest:
            used, line = used + 1, 0
        line += width
    return used <= lines


def rows(parts: Sequence[str], widest: int) -> list[int]:
    """How many of the parts go into each line: one line where that is enough, else the two that break best, at
    punctuation and about in the middle. Without any such two, as many lines as it takes.
    """
    whole = "".join(parts).strip()
    if columns(whole) <= widest:
        return [len(parts)]
    halves = (
        (break_cost(parts[cut - 1]) * widest // 5 + abs(columns(first) - columns(second)), cut)
        for cut in range(1, len(parts))
        if (first := "".join(parts[:cut]).strip()) and (second := "".join(parts[cut:]).strip())
        if max(columns(first), columns(second)) <= widest
    )
    best = min(halves, default=None)
    return [best[1], len(parts) - best[1]] if best else _filled(parts, widest)


def _filled(parts: Sequence[str], widest: int) -> list[int]:
    counts, line = [0], ""
    for part in parts:
        if counts[-1] and columns((line + part).rstrip()) > widest:
            counts.append(0)
            line = ""
        counts[-1] += 1
        line += part
    return counts
