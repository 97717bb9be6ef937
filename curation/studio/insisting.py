"""Writes that may be done twice without harm: done until it is known that they are, and looked for in between."""

from __future__ import annotations

import time
from collections.abc import Callable

from curation.studio.client import UnclearWrite

LONGEST_WAIT = 60.0
"""Seconds for which a server that asks to be left alone is waited for."""

_TRIALS = 3
_PAUSE = 0.5


def insist(write: Callable[[], object], is_done: Callable[[], bool]) -> None:
    """Carry out a write. If its answer is lost it is looked for, and done again only where it is not found.

    Nothing is looked for or done before the server wants to be asked again. Raises the last `UnclearWrite` if it is
    never found, and at once if the server wants to be left alone for longer than `LONGEST_WAIT`.
    """
    for last in (False,) * (_TRIALS - 1) + (True,):
        try:
            write()
        except UnclearWrite as error:
            if (error.wait or 0.0) > LONGEST_WAIT:
                raise
            time.sleep(error.wait or _PAUSE)
            if is_done():
                return
            if last:
                raise
        else:
            return
