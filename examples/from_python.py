"""Make clips from Python: one in a single call, and one while watching how it goes.

uv run python examples/from_python.py
"""

from pathlib import Path

from deckard_cli import DeckardError, Drawn, Job, Noted, Spoken, Written, render, run

written = render("Hello. I was made by a program.", output="hello.mp4", mood="happy", captions="srt")
print(f"{written.path}: {written.frames} frames, {written.duration:.2f} s, captions in {written.captions}")

try:
    for event in run(Job(text="One sentence. And one more, upright.", output=Path("upright.mp4"), size="9:16")):
        match event:
            case Spoken(text=text, start=start) if text:
                print(f"{start:6.2f} s  {text}")
            case Drawn(frames=frames):
                print(f"{frames} frames")
            case Noted(message=message):
                print(message)
            case Written(path=path):
                print(path)
except DeckardError as error:
    print(f"{error.message} Try: {error.hint}")
