"""What a face on another machine is asked for a speech: the sound, what is said in it and when, and who says it."""

from __future__ import annotations

from deckard_cli.face.portrait import Portrait
from deckard_cli.face.still import still
from deckard_cli.remote.request import FilmRequest, Timed, encoded, wav
from deckard_cli.speech import Phone, Speech, Word

__all__ = ["commission"]


def commission(
    portrait: Portrait,
    speech: Speech,
    *,
    size: tuple[int, int],
    fps: int,
    persona: str,
    lang: str,
    face: str = "",
) -> FilmRequest:
    """The request for a film of `speech`, of `size` (width, height) in pixels and `fps` frames a second. `persona` is
    its key, `lang` the language that is spoken, and `face` the server's own, or empty for the one that it is set to.
    """
    return FilmRequest(
        audio=encoded(wav(speech.samples, speech.rate)),
        image=encoded(still(portrait, size)),
        image_is="photograph" if portrait.photographed else "drawing",
        persona=persona,
        persona_content=portrait.content,
        fps=fps,
        size=size,
        face=face or None,
        text=speech.text,
        lang=lang,
        words=tuple(_timed(word.text, word) for word in speech.words),
        phones=tuple(_timed(phone.ipa, phone) for phone in speech.phones),
    )


def _timed(text: str, said: Word | Phone) -> Timed:
    start = max(said.start, 0.0)
    return text, start, max(said.end, start)
