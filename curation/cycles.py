"""Work that makes no cyclic garbage, without a search for any."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collector meanwhile: among rows that come and go it looks again and again, and finds nothing.

    What does make a few cycles calls `gc.collect` itself, now and then.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
