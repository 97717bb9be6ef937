"""Do things in advance: while a part is being used, the next ones are on their way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")

TOGETHER = 2
"""How many parts are worked on at once: a server that is asked for one part after the other rests in between."""


def ahead(work: Callable[[Part], Made], parts: Iterable[Part]) -> Iterator[tuple[Part, Made]]:
    """Each part with what `work` makes of it, in order; the next ones are worked on meanwhile, in threads.

    What `work` raises is raised where its part would come. Whoever stops early, as by Ctrl-C, waits for nothing.
    """
    coming: deque[tuple[Part, Future[Made]]] = deque()
    for part in parts:
        made = None
        if len(coming) == TOGETHER:
            first, future = coming.popleft()
            made = first, future.result()
        coming.append((part, _begun(work, part)))
        if made is not None:
            yield made
    for part, future in coming:
        yield part, future.result()


def _begun(work: Callable[[Part], Made], part: Part) -> Future[Made]:
    future: Future[Made] = Future()

    def run() -> None:
        try:
            made = work(part)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(made)

    # A program does not wait for a daemon when it ends.
    Thread(target=run, daemon=True).start()
    return future
