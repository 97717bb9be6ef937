"""Raw articles into a clean, deduplicated collection, beside pandas and `datasets.map` doing the same work.

    python -m benchmarks.ingest --articles 10000 --n 5

The work: read JSON Lines, bring texts into NFC with plain newlines, hash them, identify their language, find the exact
and near-duplicates (three-word shingles, 128 permutations, 32 bands of 4, confirmed by the exact Jaccard similarity),
and store it all. Both peers use the libraries that people use for it: py3langid and datasketch.

Goals: less CPU than either, and memory that hardly grows with the number of articles: ten times as many take at most
1.5 times as much.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import Measured, Run, compare, print_table, run_once
from benchmarks.near_duplicates import Newsroom

GOAL_GROWTH = 1.5

CURATION = """
import sys, tempfile
from pathlib import Path
from curation.articles import ingest
from curation.store import Store
with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
    result = ingest(store, [sys.argv[1]])
assert result.new == int(sys.argv[2]) and result.duplicates, result.new
"""

_SAME = """
import hashlib, re, sys, tempfile, unicodedata
from pathlib import Path
import xxhash
from datasketch import MinHash, MinHashLSH
from py3langid.langid import LanguageIdentifier, MODEL_FILE
identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
word = re.compile(r"\\w+")
def clean(text):
    return unicodedata.normalize("NFC", text.replace("\\r\\n", "\\n").replace("\\r", "\\n")).strip()
def shingles(text):
    words = word.findall(text.casefold())
    return {xxhash.xxh32_intdigest(" ".join(words[at : at + 3]).encode()) for at in range(max(1, len(words) - 2))}
def language(text):
    return identifier.classify(text[:1000])[0]
def copies(texts):
    sets, pairs = [], []
    lsh = MinHashLSH(num_perm=128, params=(32, 4))
    def read():
        for text in texts:
            sets.append(shingles(text))
            yield sets[-1]
    for place, minhash in enumerate(MinHash.generator(read(), num_perm=128, scheme="affine32", hashfunc=int)):
        for other in lsh.query(minhash):
            one, two = sets[place], sets[other]
            shared = len(one & two)
            if shared / (len(one) + len(two) - shared) >= 0.7:
                pairs.append((place, other))
        lsh.insert(place, minhash, check_duplication=False)
    return pairs
"""

PANDAS = (
    _SAME
    + """
import sqlite3
import pandas as pd
table = pd.read_json(sys.argv[1], lines=True)
table["text"] = table["text"].map(clean)
table["sha256"] = table["text"].map(lambda text: hashlib.sha256(text.encode()).hexdigest())
table["lang"] = table["text"].map(language)
table["copy_of"] = None
found = copies(table["text"])
for copy, original in found:
    table.loc[copy, "copy_of"] = table.loc[original, "id"]
with tempfile.TemporaryDirectory() as folder, sqlite3.connect(Path(folder) / "articles.db") as connection:
    table.to_sql("articles", connection, index=False)
assert len(table) == int(sys.argv[2]) and found
"""
)

DATASETS = (
    _SAME
    + """
import datasets
datasets.disable_progress_bars()
def prepared(row):
    text = clean(row["text"])
    return {"text": text, "sha256": hashlib.sha256(text.encode()).hexdigest(), "lang": language(text)}
with tempfile.TemporaryDirectory() as folder:
    rows = datasets.load_dataset("json", data_files=sys.argv[1], split="train", cache_dir=folder)
    rows = rows.map(prepared)
    found = copies(row["text"] for row in rows)
    originals = dict(found)
    ids = rows["id"]
    rows = rows.map(
        lambda row, place: {"copy_of": ids[originals[place]] if place in originals else ""}, with_indices=True
    )
    rows.save_to_disk(folder + "/articles")
assert len(rows) == int(sys.argv[2]) and found
"""
)

SCRIPTS = {"curation: ingest": CURATION, "pandas": PANDAS, "datasets.map": DATASETS}


def measure(articles: int, many: int, runs: int) -> tuple[dict[str, Measured], dict[str, Run]]:
    """Measure all scripts on the same articles, and once with `many` of them."""
    with tempfile.TemporaryDirectory() as name:
        few, lots = Path(name) / "few.jsonl", Path(name) / "many.jsonl"
        write(few, articles)
        write(lots, many)
        print(f"{articles} articles of {few.stat().st_size / articles:.0f} bytes; medians of {runs} runs")
        measured = compare(
            {name: [sys.executable, "-c", code, str(few), str(articles)] for name, code in SCRIPTS.items()}, runs
        )
        return measured, {
            name: run_once([sys.executable, "-c", code, str(lots), str(many)]) for name, code in SCRIPTS.items()
        }


def write(path: Path, articles: int) -> None:
    """Write articles as JSON Lines, the same ones every time; a tenth are near copies."""
    with path.open("w", encoding="utf-8") as file:
        for article, text, _ in Newsroom(20260304).articles(articles):
            row = {"id": article, "text": text.replace("\n\n", "\r\n\r\n"), "outlet": "Courier", "date": "2026-03-01"}
            file.write(json.dumps(row) + "\n")


def main() -> int:
    """Measure and print; exit status 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=5, help="runs of each (default: 5)")
    parser.add_argument("--articles", type=int, default=10_000, help="how many articles (default: 10000)")
    parser.add_argument("--many", type=int, default=100_000, help="how many to measure memory with (default: 100000)")
    options = parser.parse_args()
    measured, lots = measure(options.articles, options.many, options.n)
    print_table(measured)
    ours, *peers = measured.values()
    for name, one in measured.items():
        print(f"{name}: peak {one.peak:.0f} MB, with {options.many} articles {lots[name].peak:.0f} MB")
    times = {peer.name: peer.times(ours) for peer in peers}
    print(", ".join(f"{name} takes {number:.1f} times our CPU" for name, number in times.items()) + " (goal: over 1)")
    growth = lots[ours.name].peak / ours.peak
    print(f"our memory grows {growth:.2f} times from {options.articles} to {options.many} (goal: {GOAL_GROWTH})")
    return 0 if min(times.values()) > 1 and growth <= GOAL_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
