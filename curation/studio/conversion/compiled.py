"""The compiled core of `convert`, where there is one: what is in `c` as a shared library beside this module.

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

VERSION = 2
"""The interface of `c/usual.c` that this package speaks: `usual_version()` of a library that is used."""

FILE = Path(__file__).with_name("_usual" + {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so"))
"""Where the library lies, if there is one."""


class Answer(ctypes.Structure):
    """What the core is told of all rows that are alike, as its `answer` in `state.h` has it."""

    _fields_ = (
        ("usual", ctypes.c_int32),
        ("code", ctypes.c_int32),
        ("text", ctypes.c_int32),
        ("label", ctypes.c_int32),
        ("most", ctypes.c_int64),
        ("bit", ctypes.c_uint64),
        ("barred", ctypes.c_uint64),
        ("needed", ctypes.c_uint64),
        ("least", ctypes.c_double),
        ("greatest", ctypes.c_double),
    )


class View(ctypes.Structure):
    """Bytes of the core, until it is called again."""

    _fields_ = (("data", ctypes.c_void_p), ("size", ctypes.c_uint64))


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


def declared(core: ctypes.CDLL) -> ctypes.CDLL:
    """The library, which knows now what its functions take and give."""
    state = ctypes.c_void_p
    core.usual_new.argtypes, core.usual_new.restype = (ctypes.c_uint64, ctypes.c_uint64, ctypes.c_int32), state
    core.usual_free.argtypes = core.usual_clear.argtypes = core.usual_back.argtypes = (state,)
    core.usual_free.restype = core.usual_clear.restype = core.usual_back.restype = None
    core.usual_add_text.argtypes, core.usual_add_text.restype = (state, ctypes.c_char_p, ctypes.c_size_t), ctypes.c_bool
    core.usual_told.argtypes, core.usual_told.restype = (state,), state
    core.usual_name.restype = ctypes.c_char_p
    core.usual_view.argtypes, core.usual_view.restype = (state, ctypes.c_int), View
    core.usual_read.argtypes = (state, ctypes.c_void_p, ctypes.c_size_t)
    core.usual_answer.argtypes, core.usual_answer.restype = (state, ctypes.POINTER(Answer)), ctypes.c_bool
    return core
