"""A question to the person at the terminal."""

from __future__ import annotations

import sys

__all__ = ["ask"]


def ask(question: str, *, usual: bool) -> bool:
    """Put `question` on stderr; whether the answer is yes. `usual` is what Enter alone means; the end of input is no.

    Typer's own question writes a space to stdout, where only the result may stand.
    """
    while True:
        sys.stderr.write(f"{question} [{'Y/n' if usual else 'y/N'}] ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        match line.strip().lower():
            case "y" | "yes":
                return True
            case "n" | "no":
                return False
            case "":
                return usual and bool(line)
