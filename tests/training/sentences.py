"""Sentences with many neighbours for each sound, and pauses. None is among those on which the tests measure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["sentences"]

_WORDS: Final = {
    "noun": """
        farmer teacher engine bridge river mountain sailor doctor chicken tiger pencil basket window carpet picture
        island judge vision treasure measure student village factory package orange shadow finger thunder brother
        father weather bicycle kettle turkey puzzle hammer ladder pocket mirror button cousin giraffe elephant
        machine ocean jungle yogurt cabbage engineer volcano guitar camera umbrella potato banana tomato library
        hospital garage message question answer number color flavor rabbit donkey monkey lion zebra camel spoon fork
        knife plate glass cloud storm breeze beach cliff valley path road street truck boat ship train plane cheese
        bread soup juice milk sugar salt pepper thumb tongue tooth cheek chin throat chest watch clutch branch peach
        match lodge badge fudge cage edge page voice choice noise toy boy coin joint mouth south house mouse crown
        town cow owl
    """,
    "adjective": """
        purple ancient gentle angry hungry thirsty shiny broken frozen golden wooden silver bitter sour sweet loud
        silent quick lazy clumsy clever foolish brave shy proud humble thin wide narrow deep shallow sharp dull
        rough smooth soft hard fresh stale huge tiny giant average usual casual unusual vague thorough earnest early
        ugly orange English Japanese Dutch German foreign royal loyal joyful youthful useful awful cheap rich poor
        pure sure fair bare rare square dark sparse warm short north fourth
    """,
    "verb": """
        watched followed carried measured changed charged pushed pulled kicked thanked judged washed teased chased
        raised joined enjoyed noticed ignored repaired bought caught taught fought sought brought thought shook took
        forgot remembered described painted visited protected surprised bothered gathered shuffled juggled gobbled
        tickled whispered shouted answered questioned reached matched touched fetched loved moved proved saved
        served shaved used abused refused excused zipped yanked chewed viewed cued
    """,
    "order": "Take Keep Hold Give Buy Put Choose Use Show Bring Draw Cut Tell Judge Visit Throw",
    "place": """
        under over behind beside between across through around near against without beyond toward above below upon
        during before after inside outside
    """,
    "adverb": """
        quickly slowly yesterday tomorrow again together carefully quietly suddenly never always usually
        occasionally thoroughly awkwardly gradually today tonight outside everywhere somewhere twice soon
    """,
    "name": """
        George Judith Theodore Beth Charles Victor Hugh Wyatt Yolanda Zachary Oscar Arthur Edith Joyce Roy Paul
        Maude Ann Ian Chuck Peggy Doug Kathy Thelma Philip Bridget Gus Gwen
    """,
    "article": "the a his her their my your our that this each every another some",
}
_TIMES: Final = (
    "in the morning", "at noon", "on Thursday", "last Tuesday", "every weekend", "this month", "in July",
    "before breakfast", "after supper", "during the storm", "at eight", "once a year", "for five hours",
    "in the autumn", "next to him", "with both of us", "without any of them",
)  # fmt: skip
_PATTERNS: Final = (
    "{thing} {verb} {thing} {place} {thing}",
    "{name} {verb} {thing}, and {name} {verb} {thing} {adverb}",
    "do you think {thing} is {adjective} or {adjective}",
    "{time}, {thing} {verb} {name}",
    "{adverb}, {name} gave {name} {thing}, {thing}, and {thing}",
    "when will {name} bring {thing} {place} {thing}",
    "it was {thing} that {verb} {name} {time}",
    "if {name} had {thing}, {thing} could be {adjective}",
    "they {verb} {thing}, but we {verb} {name} {place} {thing}",
    "{order} {thing} {place} {thing} {time}",
    "{name} and {name} are {adverb} {adjective}, {adjective} and {adjective}",
)


def sentences(count: int, seed: int) -> list[str]:
    """`count` of them, the same for the same `seed`."""
    draw = random.Random(seed)
    words = {kind: of_it.split() for kind, of_it in _WORDS.items()} | {"time": list(_TIMES)}
    return [_sentence(words, draw) for _ in range(count)]


def _sentence(words: Mapping[str, Sequence[str]], draw: random.Random) -> str:
    text = draw.choice(_PATTERNS)
    while "{" in text:
        before, _, rest = text.partition("{")
        kind, _, after = rest.partition("}")
        text = before + (_thing(words, draw) if kind == "thing" else draw.choice(words[kind])) + after
    return text[0].upper() + text[1:] + "."


def _thing(words: Mapping[str, Sequence[str]], draw: random.Random) -> str:
    kinds = ["article", "adjective", "noun"] if draw.random() < 0.5 else ["article", "noun"]
    return " ".join(draw.choice(words[kind]) for kind in kinds)
