"""What people write short and say in full, where espeak would read out its signs: prices, dates, units, numerals.

English, and the signs of money that espeak leaves out in other languages. A word stays as it is written in captions,
with the time of all that is said for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from deckard_cli.script import Hint

__all__ = ["readings"]

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONEY: Final = {
    "$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "p"), "₽": ("ruble", "kopeck"),
    "₹": ("rupee", "paisa"), "¥": ("yen", ""), "₩": ("won", ""), "₿": ("bitcoin", ""), "₺": ("lira", ""),
    "₴": ("hryvnia", ""), "₪": ("shekel", ""), "₫": ("dong", ""), "₦": ("naira", ""), "฿": ("baht", ""),
}  # fmt: skip
_ALIKE: Final = frozenset({"yen", "won", "baht", "p", "naira", "dong"})
"""Money that is counted without an s."""
_SCALES: Final = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion", "tn": "trillion"}
_UNITS: Final = {
    "km/h": "kilometers per hour", "m/s": "meters per second", "mph": "miles per hour", "kg": "kilograms",
    "km": "kilometers", "cm": "centimeters", "mm": "millimeters", "mg": "milligrams", "ml": "milliliters",
    "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz", "kB": "kilobytes", "MB": "megabytes",
    "GB": "gigabytes", "TB": "terabytes", "kWh": "kilowatt hours", "kW": "kilowatts", "MW": "megawatts",
    "ms": "milliseconds", "lb": "pounds", "lbs": "pounds", "oz": "ounces", "ft": "feet", "°C": "degrees Celsius",
    "°F": "degrees Fahrenheit",
}  # fmt: skip
_SILENT: Final = {
    "de": {"₽": "Rubel", "₺": "Lira", "₴": "Hrywnja", "₿": "Bitcoin"},
    "fr": {"₽": "roubles", "₹": "roupies", "₺": "livres", "₴": "hryvnias", "₿": "bitcoins"},
    "es": {"¥": "yenes", "₽": "rublos", "₹": "rupias", "₺": "liras", "₿": "bitcoins"},
    "it": {"¥": "yen", "₽": "rubli", "₹": "rupie", "₺": "lire", "₿": "bitcoin"},
    "pl": {"€": "euro", "₽": "rubli", "₴": "hrywien"},
    "ru": {"€": "евро", "£": "фунтов", "¥": "иен", "₽": "рублей", "₴": "гривен", "₹": "рупий", "₺": "лир"},
    "uk": {"€": "євро", "£": "фунтів", "¥": "єн", "₽": "рублів", "₴": "гривень"},
    "tr": {"£": "sterlin", "¥": "yen", "₺": "lira", "₽": "ruble"},
    "hi": {"₹": "रुपये", "€": "यूरो", "£": "पाउंड"},
    "ja": {"$": "ドル", "€": "ユーロ", "£": "ポンド", "¥": "えん"},
    "cmn": {"$": "美元", "€": "欧元", "£": "英镑", "¥": "元"},
    "ko": {"$": "달러", "€": "유로", "£": "파운드", "¥": "엔", "₩": "원"},
}
"""Language -> the signs that espeak says nothing for there, and the words for many of them."""
_COUNTERS: Final = {"円": "えん", "年": "ねん", "月": "がつ", "日": "にち", "時": "じ", "分": "ふん", "人": "にん"}
"""Japanese: what is read so after a number, where espeak would say "Chinese letter"."""
_FRACTIONS: Final = {"1/2": "one half", "1/3": "one third", "2/3": "two thirds", "1/4": "one quarter"} | {
    "3/4": "three quarters"
}
_SHORT: Final = (
    {
        "vs": "versus",
        "approx": "approximately",
        "no": "number",
        "nos": "numbers",
        "fig": "figure",
        "figs": "figures",
        "ch": "chapter",
        "vol": "volume",
        "p": "page",
        "pp": "pages",
        "ave": "avenue",
        "blvd": "boulevard",
        "rd": "road",
        "jr": "junior",
        "sr": "senior",
    }
    | {month[:3].lower(): month for month in _MONTHS if len(month) > 4}
    | {"sept": "September"}
)
"""Abbreviations in small letters, without their full stop."""


def readings(text: str, lang: str, hints: Iterable[Hint] = ()) -> Iterator[Hint]:
    """How what stands in `text` is said in `lang`, in order, but for what the `hints` say otherwise."""
    taken = bytearray(len(text))
    for hint in hints:
        if hint.said or hint.phonemes or hint.ipa:
            taken[hint.start : hint.end] = b"\1" * (hint.end - hint.start)
    found: list[Hint] = []
    primary = lang.partition("-")[0]
    for pattern, read in _READ if primary == "en" else _SIGNS if primary in _SILENT else ():
        for match in pattern.finditer(text):
            start, end = match.span("it")
            said = read(match, lang)
            if said and not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(Hint(start, end, said))
    yield from sorted(found, key=lambda hint: hint.start)


def _price(match: re.Match[str], lang: str) -> str:
    whole, part, scale = match["whole"], match["part"] or "", (match["scale"] or "").strip().lower()
    name, small = _MONEY[match["sign"] or match["sign_after"]]
    if part and (scale or len(part) != 2 or not small):
        whole, part = f"{whole}.{part}", ""
    scale = _SCALES.get(scale, scale)
    coins = f"{int(part)} {_many(small, part)}" if part and int(part) else ""
    if coins and not int(whole.replace(",", "")):
        return coins
    amount = f"{whole} {scale}".strip()
    return f"{amount} {_many(name, amount)} {int(part) if coins else ''}".strip()


def _many(name: str, count: str) -> str:
    if name in _ALIKE or count in ("1", "01"):
        return name
    return {"hryvnia": "hryvnias", "paisa": "paise"}.get(name, f"{name}s")


def _date(match: re.Match[str], lang: str) -> str:
    first, second = int(match["first"]), int(match["second"])
    month, day = (second, first) if match["year"] and lang.startswith("en-gb") else (first, second)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return ""
    return f"{_MONTHS[month - 1]} {day}{_ordinal(day)} {match['year'] or match['iso']}"


def _ordinal(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _time(match: re.Match[str], lang: str) -> str:
    hour, minute = match["hour"], match["minute"]
    if minute == "00":
        return hour if match["half"] else f"{hour} o'clock" if int(hour) <= 12 else f"{hour} hundred"
    return f"{hour} oh {minute[1]}" if minute[0] == "0" else ""


def _range(match: re.Match[str], lang: str) -> str:
    low, high = match["low"], match["high"]
    return f"{low} to {high}" if int(low) < int(high) and len(low) <= len(high) <= len(low) + 1 else ""


def _ratio(match: re.Match[str], lang: str) -> str:
    return f"{match['low']} to {match['high']}"


def _in_full(match: re.Match[str], lang: str) -> str:
    return _SHORT[match["word"].lower()]


def _numeral(match: re.Match[str], lang: str) -> str:
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in match["it"]]
    following = [*values[1:], 0]
    return str(sum(-one if one < after else one for one, after in zip(values, following, strict=True)))


def _unit(match: re.Match[str], lang: str) -> str:
    said = _UNITS[match["it"]]
    if re.search(r"(?<![\d.,])1$", match.string[max(match.start() - 3, 0) : match.start()]):
        said = "foot" if said == "feet" else re.sub(r"s\b", "", said, count=1)
    return f" {said}" if match["space"] == "" else said


def _amount(match: re.Match[str], lang: str) -> str:
    money = _SILENT[lang.partition("-")[0]].get(match["before"] or match["after"] or "", "")
    return f"{match['number']} {money}" if money else ""


def _counter(match: re.Match[str], lang: str) -> str:
    return f"{_COUNTERS[match['it']]} " if lang.startswith("ja") else ""


_SHORT_MONTHS: Final = "Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec"
_Read = Callable[[re.Match[str], str], str]
_READ: Final[tuple[tuple[re.Pattern[str], _Read], ...]] = (
    (re.compile(r"(?<![\w-])(?P<it>(?P<iso>\d{4})(?P<year>)-(?P<first>\d\d)-(?P<second>\d\d))(?![\w-])"), _date),
    (re.compile(r"(?<![\w/])(?P<it>(?P<first>\d{1,2})/(?P<second>\d{1,2})/(?P<year>\d{4}))(?![\w/])"), _date),
    (
        re.compile(
            rf"(?<!\w)(?P<it>(?:(?P<sign>[{''.join(_MONEY)}])\s?)(?P<whole>\d{{1,3}}(?:,\d{{3}})+|\d{{1,15}})"
            rf"(?:\.(?P<part>\d{{1,9}}))?(?P<scale>(?:bn|tn|[kmb])(?!\w)|\s(?:thousand|(?:[mbt]r?)illion)(?!\w))?(?P<sign_after>))"
            r"(?![\w.,]?\d)",
            re.IGNORECASE,
        ),
        _price,
    ),
    (
        re.compile(
            rf"(?<![\w.,])(?P<it>(?P<sign>)(?P<whole>\d{{1,3}}(?:,\d{{3}})+|\d{{1,15}})(?:\.(?P<part>\d{{1,9}}))?"
            rf"(?P<scale>)\s?(?P<sign_after>[{''.join(_MONEY)}]))"
        ),
        _price,
    ),
    (
        re.compile(
            r"(?<![\w:.])(?P<it>(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d))(?![\w:])(?=(?P<half>\s?[ap]\.?m)?)"
        ),
        _time,
    ),
    (
        re.compile(
            rf"(?<=\d)(?P<space>\s?)(?P<it>{'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))})(?![\w/])"
        ),
        _unit,
    ),
    (re.compile(r"(?<![\w/.])(?P<it>[123]/[234])(?![\w/])"), lambda match, lang: _FRACTIONS.get(match["it"], "")),
    (re.compile(r"(?<![\w.,-])(?P<it>(?P<low>[1-9]\d{0,3})[-–](?P<high>[1-9]\d{0,3}))(?![\w-]|[.,]\d)"), _range),
    (re.compile(r"(?<=[a-z]\s)(?P<it>(?=[IVX]{2})X{0,3}(?:IX|IV|V?I{0,3}))(?![\w-])"), _numeral),
    (re.compile(r"(?<!\w)(?P<it>(?P<word>vs|approx)\.?)(?=\s)"), _in_full),
    (re.compile(r"(?<!\w)(?P<it>(?P<word>Nos?|[Ff]igs?|[Cc]h|[Vv]ol|pp?)\.)(?=\s?\d)"), _in_full),
    (re.compile(r"(?<=[a-z]\s)(?P<it>(?P<word>Ave|Blvd|Rd|Jr|Sr)\.?)(?!\w)"), _in_full),
    (re.compile(rf"(?<!\w)(?P<it>(?P<word>{_SHORT_MONTHS})\.?)(?=\s\d)"), _in_full),
    (re.compile(rf"(?<=\d\s)(?P<it>(?P<word>{_SHORT_MONTHS})\.?)(?!\w)"), _in_full),
    (re.compile(r"(?<!\w)(?P<it>and/or)(?!\w)"), lambda match, lang: "and or"),
    (re.compile(r"(?<![\w:])(?P<it>(?P<low>\d{1,2}):(?P<high>\d))(?![\w:])"), _ratio),
)
"""What is looked for, the first before the others, and how what is `it` is said; empty: as espeak says it."""
_SIGNS: Final[tuple[tuple[re.Pattern[str], _Read], ...]] = (
    (
        re.compile(r"(?P<it>(?P<before>[$€£¥₽₹₩₺₴₿])\s?(?P<number>\d[\d.,]*(?<=\d))(?P<after>))"),
        _amount,
    ),
    (
        re.compile(r"(?P<it>(?P<before>)(?P<number>(?<![\d.,])\d[\d.,]{0,20}(?<=\d))\s?(?P<after>[$€£¥₽₹₩₺₴₿]))"),
        _amount,
    ),
    (re.compile(rf"(?<=\d)(?P<it>[{''.join(_COUNTERS)}])"), _counter),
)
"""The same for languages of `_SILENT`."""
