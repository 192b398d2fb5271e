"""Pictures that are wanted again are kept, the others go."""

from __future__ import annotations

from deckard_cli.face.rig.recent import Recent


def test_what_was_not_asked_for_longest_is_made_again() -> None:
    made: list[str] = []
    kept: Recent[str, str] = Recent(2)

    def ask(key: str) -> str:
        def make() -> str:
            made.append(key)
            return key.upper()

        return kept.get(key, make)

    assert [ask(key) for key in "abacab"] == list("ABACAB")
    assert made == ["a", "b", "c", "b"]
