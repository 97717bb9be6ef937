"""One file, written whole: what stands at its path is the old file or the new one, never half of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write bytes to, which takes the place of `path` once it is complete, and leaves nothing if it is not.

    Nobody but its owner can read a `private` one. Raises `OSError`.
    """
    # Beside it, so that it is on the same disk, and under a name that is never too long.
    beside = path.with_name(f".{secrets.token_hex(8)}.partial")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
