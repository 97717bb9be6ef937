"""Do one thing in advance: while a part is being used, the next one is on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")


def ahead(work: Callable[[Part], Made], parts: Iterable[Part]) -> Iterator[tuple[Part, Made]]:
    """Each part with what `work` makes of it; the next one is worked on meanwhile, never two at once.

    What `work` raises is raised where its part would come. Whoever stops early, as by Ctrl-C, waits for nothing.
    """
    coming: tuple[Part, Future[Made]] | None = None
    for part in parts:
        made = None if coming is None else (coming[0], coming[1].result())
        coming = part, _begun(work, part)
        if made is not None:
            yield made
    if coming is not None:
        yield coming[0], coming[1].result()


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
