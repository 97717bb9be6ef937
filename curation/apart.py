"""Work whose memory is given back: it is done in a process of its own, which ends with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

MANY = 5_000
"""Articles from which on what is computed over all of them is worth a process of its own."""


def apart(function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function of a module with what can be pickled, in a fresh process; its errors are raised here."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()
