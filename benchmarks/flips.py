"""What befalls a built dataset, and its builds: is every change found, and does the old or the new dataset stand?

    python -m benchmarks.flips --changes 1200 --kills 100

A dataset of 60 articles with everything that a build writes gets one change at a time, in any of its files: a single
bit flipped, a file cut short at any place, bytes behind its end, another name, a copy beside it. `verify` has to name
the file. Then builds of two blocks get SIGKILL at every step and at random moments, and meet a full disk at every page
and every inode that they, a release and a rehydration take; what stands afterwards has to be whole, and the next build
right.

Goals: all changes found; no kill and no full disk that leaves anything but the old dataset or the new one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.export import declared, fill
from curation.export import build, verify
from curation.store import Store

REPOSITORY = Path(__file__).resolve().parents[1]
SCRIPTS = REPOSITORY / "tests" / "export"
ARTICLES = 60
SEED = 20260302


def main() -> int:
    """Run all three; exit status 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=1200)
    parser.add_argument("--kills", type=int, default=100)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        met = [changes(Path(folder), asked.changes), killed(Path(folder), asked.kills), full(Path(folder))]
    return 0 if all(met) else 1


def changes(folder: Path, number: int) -> bool:
    """Change a file, let `verify` look, and take the change back."""
    out = folder / "dataset" / "news-stance"
    with Store(folder) as store:
        fill(store, ARTICLES)
        build(store, *declared((), folder), out)
    files = sorted(path for path in out.rglob("*") if path.is_file())
    dice = random.Random(SEED)
    found: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for turn in range(number):
        path, change = files[turn % len(files)], dice.choice(CHANGES)
        name = path.relative_to(out).as_posix()
        done[change.__name__] += 1
        with_change = change(path, dice)
        told = next(with_change)
        result = verify(out)
        found[change.__name__] += (told or name) in (*result.changed, *result.missing, *result.extra)
        next(with_change, None)
    assert verify(out).ok, "every change was taken back"
    print(f"changes in {len(files)} files: " + ", ".join(f"{one} {found[one]}/{done[one]}" for one in done))
    return found == done


Change = Iterator[str | None]
"""Makes a change, gives the name under which it has to be found if that is not the file's, and takes it back."""


def flipped(path: Path, dice: random.Random) -> Change:
    """One bit is another."""
    data = path.read_bytes()
    bit = dice.randrange(len(data) * 8)
    bad = bytearray(data)
    bad[bit // 8] ^= 1 << bit % 8
    yield from _instead(path, data, bytes(bad))


def truncated(path: Path, dice: random.Random) -> Change:
    """The end is missing."""
    data = path.read_bytes()
    yield from _instead(path, data, data[: dice.choice((dice.randrange(len(data)), len(data) - 1))])


def appended(path: Path, dice: random.Random) -> Change:
    """Bytes stand behind the end."""
    data = path.read_bytes()
    yield from _instead(path, data, data + dice.choice((b"\n", b" ", b"\0", b"PAR1")))


def renamed(path: Path, dice: random.Random) -> Change:
    """The file has another name; a manifest that has one is no manifest, so that stays."""
    if path.name == "manifest.json":
        yield from flipped(path, dice)
        return
    other = path.rename(path.with_name(path.name + ".bak"))
    yield None
    other.rename(path)


def copied(path: Path, dice: random.Random) -> Change:
    """There is one more file, as a shard that was left over is."""
    other = path.with_name(f"copy-{dice.randrange(10)}-{path.name}")
    other.write_bytes(path.read_bytes())
    yield "/".join((*path.parts[path.parts.index("news-stance") + 1 : -1], other.name))
    other.unlink()


CHANGES: tuple[Callable[[Path, random.Random], Change], ...] = (flipped, flipped, truncated, truncated, appended,
                                                                renamed, copied)  # fmt: skip


def _instead(path: Path, data: bytes, bad: bytes) -> Change:
    path.write_bytes(bad)
    yield None
    path.write_bytes(data)


def killed(folder: Path, moments: int) -> bool:
    """Kill builds at every step and at random moments."""
    stores = _stores(folder)
    kills = []
    for swap, number in (("exchange", moments), ("rename", moments // 4)):
        out = folder / swap / "news-stance"
        kills += _run([str(SCRIPTS / "killed_builds.py"), str(out), *stores, swap, str(number)])
    known = set(kills[0]["known"])
    whole = [kill for kill in kills if {kill["after"]["digest"], *kill["after"]["beside"].values()} & known]
    right = [kill for kill in kills if kill["again"] == {"digest": kill["wanted"], "beside": {}}]
    print(
        f"kills: {len(kills)}; the old or the new one stands after {len(whole)}; the next is right {len(right)} times"
    )
    return len(kills) >= moments and len(right) == len(whole) == len(kills)


def full(folder: Path) -> bool:
    """Let the disk be full at every page and inode."""
    stores = _stores(folder)
    articles = folder / "articles.jsonl"
    with Store(Path(stores[1])) as store:
        documents = [{"title": one.title, "text": one.text} for one in store.articles]
    articles.write_text("".join(json.dumps(one) + "\n" for one in documents), encoding="utf-8")
    tries = []
    for kind in ("pages", "inodes"):
        mount = folder / kind
        mount.mkdir()
        script = [str(SCRIPTS / "full_disks.py"), str(mount), *stores, str(articles), kind, "1"]
        tries += _run(script, before=("unshare", "--map-root-user", "--mount"))
    failed = [one for one in tries if one["status"] != 0]
    right = [one for one in failed if one["status"] == 8 and one["intact"]]
    print(f"full disks: {len(failed)}; exit status 8 and the old one intact {len(right)} times")
    return len(right) == len(failed)


def _stores(folder: Path) -> list[str]:
    """Two small stores, made once."""
    stores = [folder / "old", folder / "new"]
    for path, articles in zip(stores, (3, 4), strict=True):
        if not path.is_dir():
            path.mkdir()
            with Store(path) as store:
                fill(store, articles)
    return [str(path) for path in stores]


def _run(script: list[str], before: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    ran = subprocess.run(
        [*before, sys.executable, *script], env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        sys.exit(ran.stderr[-2000:])
    return [json.loads(line) for line in ran.stdout.splitlines()]


if __name__ == "__main__":
    sys.exit(main())
