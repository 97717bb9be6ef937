"""The compiled core of `convert`, where there is one: `usual.c` as a shared library beside this module.

`hatch_build.py` compiles it when the package is installed. Nothing needs it: without it everything goes through the
rules in Python, slower and with the same results.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading
from pathlib import Path

VERSION = 1
"""The interface of `usual.c` that this package speaks: `usual_version()` of a library that is used."""

FILE = Path(__file__).with_name("_usual" + {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so"))
"""Where the library lies, if there is one."""

_lock = threading.Lock()


def library() -> ctypes.CDLL | None:
    """The library, loaded once a process. None where it is not there, cannot be loaded on this platform, is of another
    VERSION, or CURATION_PURE_PYTHON=1 says to do without.
    """
    with _lock:  # `cache` alone lets two threads load it.
        return _once()


@functools.cache
def _once() -> ctypes.CDLL | None:
    return None if os.environ.get("CURATION_PURE_PYTHON") == "1" else load(FILE)


def load(path: Path) -> ctypes.CDLL | None:
    """The library in a file, if there is one that can be used here."""
    try:
        loaded = ctypes.CDLL(str(path))
        version: int = loaded.usual_version()
    except (OSError, AttributeError):  # No such file, or of another platform; no such function.
        return None
    return loaded if version == VERSION else None
