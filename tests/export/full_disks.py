"""Run as a script in a mount namespace of its own: build, release and rehydrate on a small disk that is almost full.

Usage: full_disks.py MOUNT STORE_A STORE_B ARTICLES (pages|inodes) STEP
Mounts a tmpfs at MOUNT, and leaves it room for 0, STEP, 2 STEP... pages of 4 KiB (or so many inodes) until the work is
done, so that every write meets a full disk once. Prints one JSON object a try.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import curation.export.finishing
import curation.export.rehydrated_card
import curation.export.rehydrating
import curation.export.writer  # noqa: F401
from curation.articles import read
from curation.catalog import Root, Schemas, load_export, load_task
from curation.errors import CurationError
from curation.export import build, verify
from curation.export.rehydrating import rehydrate
from curation.folders.manifest import digest_of
from curation.store import Store
from curation.workspace.releases import freeze

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = 4096
PAGES, INODES = 512, 400

ROOT = Root(REPOSITORY, is_workspace=True, settings={})
SCHEMAS = Schemas(ROOT.folder("schemas"))
TASK = load_task(ROOT, "news-stance")
CARD = tempfile.TemporaryDirectory()
"""A copy of the card's template, so that nobody who edits it meanwhile makes other builds."""

EXPORT = load_export(ROOT, "news-stance")
shutil.copy(EXPORT.folder / "card.md", CARD.name)
EXPORT = replace(EXPORT, folder=Path(CARD.name), configs=("gold", "mentions", "articles"))


def build_of(store: Path, out: Path, text: str = "full") -> None:
    with Store(store) as opened:
        build(opened, replace(EXPORT, text=text), TASK, SCHEMAS, out)


def in_child(action: Callable[[], None]) -> int:
    """Run `action` in a forked process; its exit status, which is that of the error that it raised."""
    child = os.fork()
    if not child:
        try:
            action()
        except CurationError as error:
            sys.stderr.write(f"{error.message}\n")
            os._exit(int(error.exit))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def fill(mount: Path, kind: str, left: int) -> None:
    """Leave the disk room for so many pages or inodes more."""
    there = os.statvfs(mount)
    if kind == "pages":
        with (mount / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, there.f_bavail * there.f_bsize - left * PAGE))
        return
    (mount / "filler").mkdir()
    for number in range(there.f_favail - 1 - left):
        (mount / "filler" / str(number)).touch()


def empty(mount: Path) -> None:
    filler = mount / "filler"
    shutil.rmtree(filler) if filler.is_dir() else filler.unlink()


def tries(mount: Path, kind: str, step: int, out: Path, action: Callable[[], None]) -> None:
    """Try `action`, which puts something at `out`, with ever more room."""
    before, status, left = digest_of(out), None, 0
    while status != 0:
        fill(mount, kind, left)
        status = in_child(action)
        stands = digest_of(out) if out.is_dir() and verify(out).ok else None
        beside = sorted(path.name for path in out.parent.glob("*") if path.name != out.name)
        empty(mount)
        report = {"left": left, "status": status, "intact": stands == before, "beside": beside}
        sys.stdout.write(json.dumps(report) + "\n")
        left += step
    shutil.rmtree(out)


def main(mount: Path, stores: list[Path], articles: Path, kind: str, step: int) -> None:
    options = f"size={PAGES * PAGE},nr_inodes={INODES}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(mount)], check=True)
    out, published, release, texts = (mount / name / "news-stance" for name in ("build", "offsets", "release", "texts"))
    build_of(stores[0], out)
    tries(mount, kind, step, out, lambda: build_of(stores[1], out))
    build_of(stores[1], published, "offsets")
    published.parent.rename(mount / "published")
    published = mount / "published" / "news-stance"
    tries(mount, kind, step, release, lambda: freeze("news-stance", published, release))
    tries(mount, kind, step, texts, lambda: rehydrate(published, read([articles]), texts) and None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(sys.argv[2]), Path(sys.argv[3])], Path(sys.argv[4]), sys.argv[5], int(sys.argv[6]))
