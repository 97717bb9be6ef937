"""Two commands at once in one workspace: one works, the other says so at once and names it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from benchmarks.sync.proxy import FaultProxy
from curation.errors import Exit
from curation.workspace import Workspace, init

pytestmark = pytest.mark.server

ARTICLES = 3


@pytest.fixture
def slow(label_studio) -> Iterator[FaultProxy]:
    """Between a command and the server: the answer to its first request comes late."""
    made = FaultProxy(label_studio.url, stall=1.0)
    yield made
    made.close()


@pytest.fixture
def workspace(tmp_path, slow: FaultProxy) -> Workspace:
    """A workspace with some articles."""
    texts = tmp_path / "texts"
    texts.mkdir()
    for number in range(ARTICLES):
        (texts / f"{number}.txt").write_text(f"Article {number}: the council has met {number} times.", encoding="utf-8")
    made = init(tmp_path / "workspace")
    made.ingest(texts)
    return made


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(workspace: Workspace, slow: FaultProxy, label_studio) -> Start:
    """Starts a command in the workspace."""
    variables = {"LABEL_STUDIO_URL": slow.url, "LABEL_STUDIO_API_KEY": label_studio.token}

    def begin(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "curation", *words, "-w", str(workspace.path)]
        environment = {**os.environ, **variables}
        return subprocess.Popen(command, env=environment, stdout=-1, stderr=-1, text=True)

    return begin


@contextmanager
def halted(start: Start, slow: FaultProxy, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command that stands still in the middle of its work and goes on afterwards, to a good end."""
    before = len(slow.requests)
    slow.fail("", {1}, "stall")
    process = start(*words)
    while len(slow.requests) == before:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == Exit.OK, errors


def test_the_second_of_two_names_the_first(workspace, start, slow, client):
    for working in ("push", "pull"):
        with halted(start, slow, "studio", working) as first:
            for other in ("push", "pull"):
                second = start("studio", other)
                _, errors = second.communicate(timeout=120)
                assert second.returncode == Exit.LOCKED == 7
                assert errors.startswith("error[E_LOCKED]")
                assert f"process {first.pid}" in errors
            # Whoever only looks is let in.
            looking = start("status")
            assert looking.communicate(timeout=120)[0]
            assert looking.returncode == Exit.OK
    with workspace._reading() as store:
        [project] = store.ledger.projects()
    items = client.export_tasks(project.project_id, list(client.numbers(project.project_id)))
    assert Counter(item["data"]["article_id"] for item in items) == {one["data"]["article_id"]: 1 for one in items}
    assert len(items) == ARTICLES
