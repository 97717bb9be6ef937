"""Do things in advance: while a part is being used, the next ones are on their way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")

AHEAD = 2
"""How many parts are on their way, or wait to be used, besides the one that is used."""


def ahead(work: Callable[[Part, Callable[[], None]], Made], parts: Iterable[Part]) -> Iterator[tuple[Part, Made]]:
    """Each part with what `work` makes of it, in order; the next ones are worked on meanwhile, in threads.

    One part is begun after the other: when the one before is done, or `work` called what it is given besides its part.
    A server that has made an answer can so make the next one while the first is on its way.

    What `work` raises is raised where its part would come. Whoever stops early, as by Ctrl-C, waits for nothing.
    """
    line = _Line(work, iter(parts))
    try:
        line.go_on()
        while line.coming:
            part, future = line.coming[0]
            made = future.result()
            line.coming.popleft()
            line.go_on()
            yield part, made
    finally:
        line.end()


def tapered(items: Sequence[Part], most: int, least: int) -> Iterator[Sequence[Part]]:
    """The items in order, `most` at once; then half of what is left, but not less than `least` or all.

    So little is left to be used when the last part is made.
    """
    begin = 0
    while begin < len(items):
        half = (len(items) - begin + 1) // 2
        end = begin + min(most, max(least, half))
        yield items[begin:end]
        begin = end


class _Line(Generic[Part, Made]):
    """The parts that were begun and not yet used, in order."""

    def __init__(self, work: Callable[[Part, Callable[[], None]], Made], parts: Iterator[Part]) -> None:
        self.coming: deque[tuple[Part, Future[Made]]] = deque()
        self._work = work
        self._parts = parts
        self._last: Future[Made] | None = None
        self._ended = False
        self._lock = Lock()

    def go_on(self, ready: Future[Made] | None = None) -> None:
        """Begin the next part if it is time for it; `ready` is what need not be waited for any more."""
        with self._lock:
            if self._last is ready:
                self._last = None
            if self._ended or self._last is not None or len(self.coming) >= AHEAD:
                return
            for part in self._parts:
                self._last = Future()
                self.coming.append((part, self._last))
                # A program does not wait for a daemon when it ends.
                Thread(target=self._run, args=(part, self._last), daemon=True).start()
                return

    def end(self) -> None:
        """Begin no other part."""
        with self._lock:
            self._ended = True

    def _run(self, part: Part, future: Future[Made]) -> None:
        try:
            made = self._work(part, lambda: self.go_on(future))
        except BaseException as error:
            self.end()
            future.set_exception(error)
        else:
            self.go_on(future)
            future.set_result(made)
