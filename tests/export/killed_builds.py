"""Run as a script: build over and over, killing the process at every step, and report what stands afterwards.

Usage: killed_builds.py OUT STORE_A STORE_B (exchange|rename) MOMENTS
Prints one JSON object a kill, with what the next build made. MOMENTS further kills come at random moments. Builds are
of two blocks, so that one is whole while the other is not.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import langcodes  # noqa: F401
import scipy.sparse  # noqa: F401

import curation.export.finishing
import curation.export.writer
import curation.shingles  # noqa: F401
from curation.catalog import Root, Schemas, load_export, load_task
from curation.errors import CurationError
from curation.export import build, verify
from curation.folders import staging
from curation.store import Store

# What builds import when they need it is imported above, once: each of them is a process of its own.
REPOSITORY = Path(__file__).resolve().parents[2]
STEPS = {"os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir", "shutil.rmtree", "open", "ctypes.dlsym"}
MOST = 3
"""So many steps of one kind are tried: removing the fifth file is no other case than removing the third."""


ROOT = Root(REPOSITORY, is_workspace=True, settings={})
SCHEMAS = Schemas(ROOT.folder("schemas"))
TASK = load_task(ROOT, "news-stance")
CARD = tempfile.TemporaryDirectory()
"""A copy of the card's template, so that nobody who edits it meanwhile makes other builds."""

EXPORT = load_export(ROOT, "news-stance")
shutil.copy(EXPORT.folder / "card.md", CARD.name)
EXPORT = replace(EXPORT, folder=Path(CARD.name), configs=("gold", "mentions"))


def build_once(workspace: Path, out: Path) -> None:
    with Store(workspace) as store:
        build(store, EXPORT, TASK, SCHEMAS, out, block=2)


def in_child(action: Callable[[], None], killed_after: float | None = None) -> bool:
    """Run `action` in a forked process; False if it was killed."""
    child = os.fork()
    if not child:
        action()
        os._exit(0)
    if killed_after is not None:
        time.sleep(killed_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0, "the build failed"
        return True
    assert os.WTERMSIG(status) == signal.SIGKILL, f"the build died of signal {os.WTERMSIG(status)}"
    return False


def dying(step: int, near: Path, action: Callable[[], None]) -> Callable[[], None]:
    """`action`, killed before the `step`-th change of something beside or in the build."""

    def run() -> None:
        seen: Counter[str] = Counter()

        def watch(event: str, arguments: tuple[Any, ...]) -> None:
            if event not in STEPS or (event == "open" and "w" not in str(arguments[1])):
                return
            if event != "ctypes.dlsym" and not str(arguments[0]).startswith(str(near)):
                return
            seen[event] += 1
            if seen[event] <= MOST and sum(min(count, MOST) for count in seen.values()) == step:
                sys.stderr.write(f"{event} {arguments[0]}\n")
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        action()

    return run


def digest(folder: Path) -> str | None:
    """The digest of the dataset in `folder`, or None if it is not whole."""
    try:
        whole = verify(folder).ok
    except CurationError:
        return None
    return str(json.loads((folder / "manifest.json").read_text())["digest"]) if whole else None


def state(out: Path) -> dict[str, Any]:
    """What stands at `out`, and what lies beside it, each with its digest."""
    beside = {path.name: digest(path) for path in out.parent.iterdir() if path.is_dir() and path.name != out.name}
    return {"digest": digest(out), "beside": beside}


def main(out: Path, workspaces: list[Path], swap: str, moments: int) -> None:
    if swap == "rename":
        staging._exchange = lambda one, other: False
    for config in EXPORT.configs:
        SCHEMAS.problems(f"rows/{config}", {})
    digests = {}
    took = 0.0
    for workspace in workspaces:
        began = time.monotonic()
        assert in_child(lambda workspace=workspace: build_once(workspace, out))
        took = time.monotonic() - began
        digests[state(out)["digest"]] = workspace
    step, finished = 0, False
    while not finished or moments:
        standing = digests[state(out)["digest"]]
        other = next(workspace for workspace in workspaces if workspace != standing)
        work = lambda other=other: build_once(other, out)  # noqa: E731
        if not finished:
            step += 1
            finished = in_child(dying(step, out.parent, work))
        else:
            moments -= 1
            in_child(work, killed_after=random.uniform(0, took))
        after = state(out)
        assert in_child(work)
        again = state(out)
        wanted = next(one for one, workspace in digests.items() if workspace == other)
        report = {"step": step, "after": after, "again": again, "wanted": wanted, "known": list(digests)}
        sys.stdout.write(json.dumps(report) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(sys.argv[2]), Path(sys.argv[3])], sys.argv[4], int(sys.argv[5]))
