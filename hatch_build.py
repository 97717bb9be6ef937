"""Compiles the one part of the package that is not Python, for wheels and for editable installs.

The package works without it, only slower: where nothing can be compiled, one line says why and the wheel is a pure one.
CURATION_REQUIRE_COMPILED=1 makes that an error; CURATION_PURE_PYTHON=1 compiles nothing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.wheel import WheelBuilder, WheelBuilderConfig

SOURCE = "curation/studio/conversion/c/usual.c"
LIBRARY = "curation/studio/conversion/_usual" + {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")
FLAGS = ("-O3", "-std=c11", "-shared", "-fPIC", "-fvisibility=hidden")
ZIG = "ziglang>=0.13; sys_platform in 'linux darwin win32'"


class NotCompiled(Exception):
    """Why there is no library, in one line."""


class CompiledHook(BuildHookInterface[WheelBuilderConfig]):
    """Gives the wheel its compiled part, and the tag of the platform with it."""

    def dependencies(self) -> list[str]:
        """A compiler from the package index, where it is needed and the machine has none."""
        root = Path(self.root)
        needed = not (_pure() or _command() or current(root / SOURCE, root / LIBRARY))
        return [ZIG] if needed else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into the source tree, and have a wheel take it from there."""
        try:
            _compile(Path(self.root) / SOURCE, Path(self.root) / LIBRARY)
        except NotCompiled as error:
            if os.environ.get("CURATION_REQUIRE_COMPILED") == "1":
                self.app.abort(f"CURATION_REQUIRE_COMPILED=1, but {SOURCE} is not compiled: {error}")
            self.app.display_warning(f"{SOURCE} is not compiled, `curation convert` will be slower: {error}")
            return
        if version == "standard":
            build_data["artifacts"].append(LIBRARY)
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{WheelBuilder(self.root).get_best_matching_tag().rpartition('-')[2]}"


def _compile(source: Path, library: Path) -> None:
    """See that there is a library of this very source. Raises NotCompiled."""
    if _pure():
        raise NotCompiled("CURATION_PURE_PYTHON=1")
    if current(source, library):
        return
    try:
        _make(source, library)
    except (NotCompiled, OSError) as error:
        with suppress(OSError):
            library.unlink()  # One of another source must not be taken for this one's.
        raise NotCompiled(str(error)) from error


def _make(source: Path, library: Path) -> None:
    with tempfile.TemporaryDirectory(dir=library.parent, prefix=".usual-") as name:
        made, digest, cache = (Path(name) / file for file in (library.name, "digest.c", "zig"))
        digest.write_text(f'__attribute__((visibility("default"))) const char usual_digest[] = "{_digest(source)}";\n')
        command = _command() or _zig()
        environment = os.environ | {"ZIG_LOCAL_CACHE_DIR": str(cache), "ZIG_GLOBAL_CACHE_DIR": str(cache)}
        _run([*command, *FLAGS, str(source), str(digest), "-o", str(made)], environment)
        if not _loads(made):
            raise NotCompiled(f"this Python cannot load what {command[0]} makes")
        made.replace(library)  # Renamed, since others may have the old one loaded, or be at the same.


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise NotCompiled(next((line for line in lines if "error" in line), lines[-1]))


def _command() -> list[str] | None:
    """The machine's own compiler, if it has one."""
    if os.environ.get("CC"):
        return shlex.split(os.environ["CC"])
    found = filter(None, map(shutil.which, ("cc", "gcc", "clang")))
    return next(([compiler] for compiler in found if _finds_headers(compiler)), None)


def _finds_headers(compiler: str) -> bool:
    """Whether it comes with C's headers, which Debian's gcc alone does not."""
    command = [compiler, "-E", "-x", "c", "-"]
    return not subprocess.run(command, input=b"#include <stdlib.h>", capture_output=True, check=False).returncode


def _zig() -> list[str]:
    """The compiler of the ziglang wheel. It would make code for this very processor, and note where it was made."""
    if importlib.util.find_spec("ziglang") is None:
        raise NotCompiled("there is no C compiler (cc, gcc, clang, or the package ziglang)")
    return [sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline", "-g0"]


def _digest(source: Path) -> str:
    """Tells libraries apart by what they were made from, with all that it includes; each holds its own."""
    files = sorted(source.parent.glob("*.[ch]"))
    return hashlib.sha256(b"".join([" ".join(FLAGS).encode(), *(file.read_bytes() for file in files)])).hexdigest()


def current(source: Path, library: Path) -> bool:
    """Whether there is a library of this source that works on this machine."""
    return library.is_file() and _digest(source).encode() in library.read_bytes() and _loads(library)


def _loads(library: Path) -> bool:
    """Whether a Python like this one can load it; this one would hold on to it."""
    script = "import ctypes, sys; ctypes.CDLL(sys.argv[1])"
    return not subprocess.run([sys.executable, "-c", script, str(library)], capture_output=True, check=False).returncode


def _pure() -> bool:
    return os.environ.get("CURATION_PURE_PYTHON") == "1"
