"""Writes that may be done twice: looked for before they are done again, and not before the server wants it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from curation.studio import insisting
from curation.studio.client import UnclearWrite
from curation.studio.insisting import insist


class Server:
    """Loses the first answers; `arrives` says which of these requests it carries out all the same."""

    def __init__(self, lost: int, *arrives: int, wait: float | None = None) -> None:
        self.lost, self.arrives, self.wait = lost, arrives, wait
        self.requests = 0
        self.has_it = False

    def write(self) -> None:
        self.requests += 1
        unclear = UnclearWrite("E_PUSH_UNKNOWN", "the answer was lost")
        unclear.wait = self.wait
        self.has_it |= self.requests > self.lost or self.requests in self.arrives
        if self.requests <= self.lost:
            raise unclear

    def look(self) -> bool:
        return self.has_it


@pytest.fixture
def pauses(monkeypatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr(insisting, "time", SimpleNamespace(sleep=waited.append))
    return waited


@pytest.mark.parametrize(
    ("server", "requests", "waits"),
    [
        (Server(0), 1, []),
        (Server(1, 1), 1, [0.5]),
        (Server(1), 2, [0.5]),
        (Server(2, 2), 2, [0.5, 0.5]),
        (Server(3, 3), 3, [0.5, 0.5, 0.5]),
        (Server(1, wait=7.0), 2, [7.0]),
    ],
)
def test_it_is_done_again_only_where_it_is_not_found(pauses, server, requests, waits):
    insist(server.write, server.look)
    assert (server.has_it, server.requests, pauses) == (True, requests, waits)


def test_nobody_waits_for_an_hour_nor_asks_before(pauses):
    server = Server(1, wait=3600.0)
    with pytest.raises(UnclearWrite):
        insist(server.write, server.look)
    assert (server.requests, pauses) == (1, [])


def test_what_is_never_found_is_not_taken_for_done(pauses):
    server = Server(9)
    with pytest.raises(UnclearWrite):
        insist(server.write, server.look)
    assert (server.requests, len(pauses)) == (3, 3)
