"""Compiles the one file of Deckard that is not Python, when a wheel is built or the checkout is installed.

The machine's own C compiler does it; where there is none, the one that a wheel called ziglang brings.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RIG = Path("deckard_cli", "face", "rig")
ENDING = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
LIBRARY = RIG / f"_paint-{sysconfig.get_platform()}{ENDING}"
# Pictures are the same to the last bit on every machine: nothing may be fused or left undefined. Errno would only keep
# a rounding from being one instruction. The vectors are those that NumPy asks of a processor, too.
EXACT = ("-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fwrapv")
OPTIONS = ("-O3", "-shared", "-fvisibility=hidden", *EXACT)
PORTABLE = () if sys.platform == "win32" else ("-fPIC",)
MATHS = () if sys.platform == "win32" else ("-lm",)
VECTORS = ("-msse4.1",) if sysconfig.get_platform().endswith(("x86_64", "amd64")) else ()


def compiler() -> list[str] | None:
    """The command of the machine's C compiler, if it has one."""
    named = shlex.split(os.environ.get("CC", ""))
    found = named or ([] if sys.platform == "win32" else ["cc"])
    return found if found and shutil.which(found[0]) else None


class Compile(BuildHookInterface[Any]):
    """Compiles `paint.c` beside itself."""

    def dependencies(self) -> list[str]:
        """What the build needs besides: a compiler, where the machine has none."""
        return [] if compiler() else ["ziglang>=0.14"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say that the wheel is for this kind of machine alone."""
        if self.target_name != "wheel":
            return
        command = compiler() or [sys.executable, "-m", "ziglang", "cc"]
        options = [*OPTIONS, *PORTABLE, *VECTORS, "-o", str(LIBRARY), str(RIG / "paint.c"), *MATHS]
        subprocess.run([*command, *options], cwd=self.root, check=True)
        build_data["artifacts"].append(LIBRARY.as_posix())
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
