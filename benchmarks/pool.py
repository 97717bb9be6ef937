"""Select from a pool: streaming, on Daft, on Daft and a Ray cluster of two, and in pandas with the same functions.

    python -m benchmarks.pool --articles 20000

The pool lies in eight files, JSON Lines and Parquet in turn. One article in ten is a copy of another one in which 1 to
20% of the words differ, one in fifty stands there twice. All read, normalise, link near-duplicates, filter and draw a
stratified sample. Memory is that of all processes, shared pages divided among them (PSS; Linux alone has it).

Then Daft selects, in processes, from `--few` and from `--many` articles in one file of JSON Lines and one of Parquet.

Exits with 1 unless all select the same articles, and the engines the same bytes, and unless the memory of Daft grows by
at most 1 KB with every article.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.near_duplicates import Newsroom
from benchmarks.processes import Watch, below
from benchmarks.raylets import ENVIRONMENT, two_raylets

SHARDS = 8
GROUP = 5_000
GROWTH = 1_000
"""Bytes by which the peak of Daft may grow with an article; its text has 5,000 on average."""

OURS = """
import json, sys
from dataclasses import asdict
from curation.articles.selection import Filters, Request
from curation.articles.selection.pool import select_pool
source, out, size, engine, ray = sys.argv[1:]
asked = Request(size=int(size), by=("outlet",), seed=1, filters=Filters(since="2012"))
result = asdict(select_pool(source, out, request=asked, engine=engine, ray=ray or None))
print(json.dumps({name: result[name] for name in ("articles", "duplicates", "pool", "selected")}))
"""

IN_PROCESSES = "from curation.articles.selection.pool import reading\nreading._LARGE = 0" + OURS
"""However small the pool, so that both sizes start the same processes."""

PANDAS = """
import json, sys, unicodedata
from itertools import combinations
from pathlib import Path
import pandas as pd
from curation.articles.duplicates.clusters import Clusters, precedence
from curation.articles.duplicates.sketches import sketch
from curation.shingles import jaccard, shingles
from curation.articles.selection import allocate, rank
source, out, size, _, _ = sys.argv[1:]
files = sorted(Path(source).iterdir())
table = pd.concat([pd.read_parquet(one) if one.suffix == ".parquet" else pd.read_json(one, lines=True, dtype=False,
    convert_dates=False) for one in files]).drop_duplicates("id").reset_index(drop=True)
table["text"] = table["text"].map(lambda text: unicodedata.normalize("NFC", text.replace("\\r\\n", "\\n")).strip())
made = sketch(table["text"])
clusters = Clusters()
for _, same in table.groupby(pd.Series(made.folded)).groups.items():
    for other in same[1:]:
        clusters.join(int(same[0]), int(other))
compared = set()
for band in made.bands.T:
    for _, bucket in table.index.to_series().groupby(band):
        if len(bucket) > 1:
            for pair in combinations(bucket.tolist(), 2):
                if pair not in compared:
                    compared.add(pair)
                    if jaccard(*(shingles(table.at[one, "text"]) for one in pair)) >= 0.7:
                        clusters.join(*pair)
copies = set()
passes = table["published_at"] >= "2012"
groups = list(clusters.groups())
for group in groups:
    first = min(group, key=lambda one: precedence(table.at[one, "published_at"], len(table.at[one, "text"]),
        table.at[one, "id"]))
    copies.update(sorted((one for one in group if passes[one]), key=lambda one: (one != first, one))[1:])
pool = table[passes & ~table.index.isin(copies)].copy()
pool["rank"] = [rank(one, 1) for one in pool["id"]]
quotas = allocate({(name,): count for name, count in pool["outlet"].value_counts().items()}, int(size), seed=1)
chosen = [group.nsmallest(quotas[(name,)], ["rank"]) for name, group in pool.groupby("outlet")]
pd.concat(chosen)[["id"]].sort_values("id").to_json(out, orient="records", lines=True)
print(json.dumps({"articles": len(table), "duplicates": sum(map(len, groups)) - len(groups), "pool": len(pool),
    "selected": sum(map(len, chosen))}))
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What one way of selecting took, and what it said; `cpu` and `peak` (MB) are of all its processes."""

    wall: float
    cpu: float
    peak: float
    counts: dict[str, int]
    written: bytes

    @property
    def ids(self) -> list[str]:
        """What was selected."""
        return [json.loads(line)["id"] for line in self.written.splitlines()]


def write_pool(folder: Path, count: int, files: int = SHARDS) -> None:
    """Write a synthetic pool of `count` articles and a fiftieth of them once more."""
    import pyarrow
    from pyarrow import parquet

    dice = random.Random(2)
    shards: list[list[dict[str, str]]] = [[] for _ in range(files)]
    for article_id, text, _ in Newsroom(1).articles(count):
        day = f"20{dice.randrange(10, 25)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
        outlet = f"Outlet {int(dice.paretovariate(1)) % 30}"
        row = {"id": article_id, "text": text, "outlet": outlet, "published_at": day}
        shards[dice.randrange(files)].append(row)
        if dice.random() < 0.02:
            shards[dice.randrange(files)].append(row)
    for place, rows in enumerate(shards):
        if place % 2:
            table = pyarrow.Table.from_pylist(rows)
            parquet.write_table(table, folder / f"{place}.parquet", row_group_size=GROUP)
        else:
            (folder / f"{place}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(script: str, source: Path, size: int, engine: str = "", ray: str = "", others: tuple[int, ...] = ()) -> Ran:
    """Select in a process of its own, watching it and the processes below `others`. Raises `RuntimeError`."""
    out = source.parent / "selected.jsonl"
    command = [sys.executable, "-c", script, str(source), str(out), str(size), engine, ray]
    environment = {**os.environ, **(ENVIRONMENT if ray else {})}
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watch = Watch([process.pid, *others])
    watch.start()
    said, failed = process.communicate()
    wall = time.perf_counter() - start
    watch.stop()
    if process.returncode:
        raise RuntimeError(failed[-2000:])
    return Ran(wall, watch.cpu, watch.peak, json.loads(said), out.read_bytes())


def median(runs: Iterable[Ran]) -> Ran:
    """The run that took the middle of the times."""
    ordered = sorted(runs, key=lambda one: one.wall)
    return ordered[len(ordered) // 2]


def compare(source: Path, runs: int, size: int, with_ray: bool) -> bool:
    """Run all, print what they took and where they differ; whether they do not."""
    ran = {
        "streaming": median(run(OURS, source, size, "stream") for _ in range(runs)),
        "Daft": median(run(OURS, source, size, "daft") for _ in range(runs)),
        "pandas": median(run(PANDAS, source, size) for _ in range(runs)),
    }
    if with_ray:
        with two_raylets() as address:
            others = tuple(below([os.getpid()])[1:])
            ran["Daft on Ray"] = median(run(OURS, source, size, "daft", address, others) for _ in range(runs))
    print(f"{'':12} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}  counts")
    for name, one in ran.items():
        print(f"{name:12} {one.wall:8.1f} {one.cpu:8.1f} {one.peak:8.0f}  {one.counts}")
    first = ran["streaming"]
    same = True
    for name, one in ran.items():
        apart = len(set(one.ids) ^ set(first.ids))
        same_bytes = name == "pandas" or one.written == first.written
        same = same and not apart and same_bytes and one.counts == first.counts
        if one is not first:
            print(f"{name}: {apart} articles differ from streaming{'' if same_bytes else ', and the bytes do'}")
    return same


def grows_little(folder: Path, few: int, many: int, size: int) -> bool:
    """Print by how much the peak of Daft grows with an article, in bytes; whether that is within the goal."""
    peaks = {}
    for count in (few, many):
        source = folder / str(count) / "pool"
        source.mkdir(parents=True)
        write_pool(source, count, files=2)
        peaks[count] = run(IN_PROCESSES, source, size, "daft").peak
    growth = (peaks[many] - peaks[few]) * 1e6 / (many - few)
    told = ", ".join(f"{count:,} articles {peak:.0f} MB" for count, peak in peaks.items())
    print(f"Daft: {told}: {growth:.0f} bytes an article (goal: at most {GROWTH})")
    return growth <= GROWTH


def main() -> int:
    """Compare all, and measure how memory grows; 1 if they differ or it grows by more than the goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1, help="runs of each (default: 1)")
    parser.add_argument("--articles", type=int, default=20_000, help="how many articles (default: 20000)")
    parser.add_argument("--size", type=int, default=2_000, help="articles in the sample (default: 2000)")
    parser.add_argument("--few", type=int, default=25_000, help="articles to measure memory with (default: 25000)")
    parser.add_argument("--many", type=int, default=100_000, help="more of them (default: 100000)")
    parser.add_argument("--without-ray", action="store_true")
    asked = parser.parse_args()
    if not 0 < asked.few < asked.many or asked.n < 1:
        parser.error("--n is 1 at least, and --many is larger than --few")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "all" / "pool"
        source.mkdir(parents=True)
        write_pool(source, asked.articles)
        same = compare(source, asked.n, asked.size, not asked.without_ray)
        little = grows_little(Path(folder), asked.few, asked.many, asked.size)
    return 0 if same and little else 1


if __name__ == "__main__":
    sys.exit(main())
