"""Run the command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

DOUBLES = Path(__file__).parent / "doubles"
"""A folder that makes its voices and faces known as an installed package does."""

QUICK = ("--voice", "tone", "--face", "flat")
"""The doubles: a clip in no time."""


@dataclass(frozen=True)
class Deckard:
    """The command, run in `folder`."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
        done = self.raw(*arguments, stdin=stdin)
        out, err = (stream.decode("utf-8", "backslashreplace") for stream in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def raw(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """The same, with the bytes that it wrote."""
        return subprocess.run(
            self.command(*arguments),
            input=stdin,
            capture_output=True,
            cwd=self.folder,
            env=self.variables(),
            check=False,
        )

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "deckard_cli", *arguments]

    def variables(self) -> dict[str, str]:
        root = Path(__file__).parent.parent
        paths = os.pathsep.join([str(DOUBLES), str(root)])
        return {**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8", **self.environment}
