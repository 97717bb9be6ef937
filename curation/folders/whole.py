"""One file, written whole: what stands at its path is the old file or the new one, never half of it.

Only a file of the same kind is replaced: a slip in a name costs nobody a database or an export.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from curation.errors import CurationError


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


def require_replaceable(path: Path, beginning: bytes, what: str) -> None:
    """Raise `E_EXISTS` where a file is at `path` that does not begin as `what` does, which is to be written there.

    Nothing, an empty file or a device may be written to. Raises `OSError` if the file cannot be read.
    """
    if not path.is_file():
        return
    with path.open("rb") as file:
        held = file.read(len(beginning))
    if held not in (b"", beginning):
        message = f"{path} is there already and is not {what}"
        raise CurationError("E_EXISTS", message, fix="name another file, or remove this one")
