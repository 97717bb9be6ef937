"""Near-duplicates among news-like articles, beside datasketch with the same threshold and the same confirmation.

    python -m benchmarks.near_duplicates --articles 20000 --n 5

One article in ten is a copy of another one in which 1 to 20% of the words are replaced, left out or put in. Both sides
read the texts from a store; ours also writes its sketches and clusters to it. datasketch hashes its shingles with
xxhash, and is shown once more with our shingles given to it, ready hashed.

Goals: recall and precision at least those of datasketch, over all planted pairs and over those whose similarity reaches
the threshold, at half of its CPU; and less than 1 GB to take in 100,000 articles.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import Measured, compare, print_table, run_once
from curation.articles.duplicates.clusters import Clusters
from curation.records import Article
from curation.shingles import jaccard, shingles
from curation.store import Store
from curation.text import content_hash

GOAL_CPU = 0.5
GOAL_PEAK = 1000
THRESHOLD = 0.7

OURS = """
import json, shutil, sys, tempfile
from pathlib import Path
from curation.articles.duplicates import link
from curation.store import Store
with tempfile.TemporaryDirectory() as folder:
    shutil.copy(sys.argv[1], folder)
    with Store(Path(folder)) as store:
        linked = link(store, threshold=0.7)
        pairs = [[copy, of] for _, copy, of, *_ in store.library.clusters() if of is not None]
assert not linked.crowded
assert len(pairs) == linked.n_duplicates
Path(sys.argv[2]).write_text(json.dumps(pairs))
"""

THEIRS = """
import json, re, shutil, sys, tempfile
from pathlib import Path
import xxhash
from datasketch import MinHash, MinHashLSH
from curation.store import Store
word = re.compile(r"\\w+")
def shingles(text):
    words = word.findall(text.casefold())
    return {xxhash.xxh32_intdigest(" ".join(words[at : at + 3]).encode()) for at in range(max(1, len(words) - 2))}
names, sets, pairs = [], [], []
lsh = MinHashLSH(num_perm=128, params=(32, 4))
with tempfile.TemporaryDirectory() as folder:
    shutil.copy(sys.argv[1], folder)
    with Store(Path(folder)) as store:
        def read():
            for article in store.articles:
                names.append(article.id)
                sets.append(shingles(article.text))
                yield sets[-1]
        for place, minhash in enumerate(MinHash.generator(read(), num_perm=128, scheme="affine32", hashfunc=int)):
            for other in lsh.query(minhash):
                one, two = sets[place], sets[other]
                shared = len(one & two)
                if shared / (len(one) + len(two) - shared) >= 0.7:
                    pairs.append([names[place], names[other]])
            lsh.insert(place, minhash, check_duplication=False)
Path(sys.argv[2]).write_text(json.dumps(pairs))
"""

THEIRS_FED = THEIRS.replace(
    "word = re", "import numpy as np\nfrom curation.shingles import shingles as hashed\nword = re"
).replace("sets.append(shingles(article.text))", "sets.append(set((hashed(article.text) >> np.uint64(32)).tolist()))")

INGEST = """
import sys, tempfile
from pathlib import Path
from curation.articles import ingest
from curation.store import Store
with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
    result = ingest(store, [sys.argv[1]])
assert result.new == int(sys.argv[2]), result.new
assert result.duplicates
"""

Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """How many of the planted pairs were linked, of those that reach the threshold, and of the linked pairs planted."""

    recall: float
    recall_above: float
    precision: float


class Newsroom:
    """Writes articles of 4 to 5 kB that have nothing in common but frequent words, and copies of some of them."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        syllables = [first + second for first in "bdfgklmnprstvw" for second in ("a", "e", "i", "o", "u", "ar", "en")]
        self._words = sorted({"".join(self._dice.choices(syllables, k=1 + n % 3)) for n in range(60_000)})
        self._dice.shuffle(self._words)
        # Zipf's law, with the head of a language's most frequent words.
        weights = [1 / (rank + 3) for rank in range(len(self._words))]
        self._sums = [sum(weights[:1])]
        for weight in weights[1:]:
            self._sums.append(self._sums[-1] + weight)

    def articles(self, count: int) -> Iterator[tuple[str, str, str | None]]:
        """`count` articles: id, text and the id of the article that it is a copy of; every tenth is one."""
        last: list[str] = []
        for number in range(count):
            if number % 10 == 9:
                share = self._dice.uniform(0.01, 0.2)
                yield f"n{number:06d}", _printed(self._edited(last, share)), f"n{number - 1:06d}"
            else:
                last = self._drawn(self._dice.randrange(600, 760))
                yield f"n{number:06d}", _printed(last), None

    def _drawn(self, count: int) -> list[str]:
        return self._dice.choices(self._words, cum_weights=self._sums, k=count)

    def _edited(self, words: list[str], share: float) -> list[str]:
        edited: list[str] = []
        for word in words:
            if self._dice.random() >= share:
                edited.append(word)
                continue
            kind = self._dice.randrange(3)
            edited += self._drawn(1) if kind == 0 else [] if kind == 1 else [word, *self._drawn(1)]
        return edited


def _printed(words: list[str]) -> str:
    sentences = [" ".join(words[start : start + 14]).capitalize() + "." for start in range(0, len(words), 14)]
    return "\n\n".join(" ".join(sentences[start : start + 4]) for start in range(0, len(sentences), 4))


def measure(articles: int, runs: int) -> tuple[dict[str, Measured], list[Found]]:
    """Measure all on the same articles, and judge what each linked."""
    scripts = {
        "curation": OURS,
        "datasketch 2, affine32, xxhash": THEIRS,
        "datasketch 2, affine32, our shingles": THEIRS_FED,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        planted: dict[Pair, float] = {}
        size = 0
        texts: dict[str, str] = {}
        with Store(folder) as store, store.transaction():
            for article, text, original in Newsroom(20260302).articles(articles):
                store.articles.add(Article(article, text, content_hash(text)))
                size += len(text.encode())
                if original is not None:
                    planted[frozenset((article, original))] = jaccard(shingles(text), shingles(texts[original]))
                texts = {article: text}
        above = sum(similarity >= THRESHOLD for similarity in planted.values())
        print(f"{articles} articles of {size / articles:.0f} bytes; {len(planted)} planted pairs, {above} of them")
        print(f"at least {THRESHOLD} similar; medians of {runs} runs")
        commands = {
            script: [sys.executable, "-c", code, str(folder / "curation.db"), str(folder / f"{script}.json")]
            for script, code in scripts.items()
        }
        measured = compare(commands, runs)
        return measured, [judge(json.loads((folder / f"{one}.json").read_text()), planted) for one in scripts]


def judge(links: list[list[str]], planted: dict[Pair, float]) -> Found:
    """What was found, by the pairs of articles in one cluster."""
    clusters: Clusters[str] = Clusters((one, other) for one, other in links)
    linked = {frozenset((one, other)) for group in clusters.groups() for one in group for other in group if one < other}
    above = {pair for pair, similarity in planted.items() if similarity >= THRESHOLD}
    right = len(linked & planted.keys())
    return Found(right / len(planted), len(linked & above) / len(above), right / max(1, len(linked)))


def peak(articles: int) -> float:
    """Peak memory in MB of taking in `articles`, copies linked."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "articles.jsonl"
        with source.open("w", encoding="utf-8") as file:
            for article, text, _ in Newsroom(20260303).articles(articles):
                file.write(json.dumps({"id": article, "text": text}) + "\n")
        return run_once([sys.executable, "-c", INGEST, str(source), str(articles)]).peak


def main() -> int:
    """Measure and print; exit status 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=5, help="runs of each (default: 5)")
    parser.add_argument("--articles", type=int, default=20_000, help="how many articles (default: 20000)")
    parser.add_argument("--many", type=int, default=100_000, help="how many to measure memory with (default: 100000)")
    options = parser.parse_args()
    measured, found = measure(options.articles, options.n)
    print_table(measured)
    for name, one in zip(measured, found, strict=True):
        print(
            f"{name}: recall {one.recall:.4f} of all planted pairs, {one.recall_above:.4f} of those that reach the"
            f" threshold; precision {one.precision:.4f}"
        )
    (mine, theirs, fed), (ours, datasketch, _) = measured.values(), found
    share = 1 / theirs.times(mine)
    print(
        f"we take {share:.2f} of datasketch's CPU (goal: {GOAL_CPU}), {1 / fed.times(mine):.2f} where it is fed by us"
    )
    most = peak(options.many)
    print(f"our peak with {options.many} articles is {most:.0f} MB (goal: {GOAL_PEAK})")
    as_good = (
        ours.recall >= datasketch.recall
        and ours.recall_above >= datasketch.recall_above
        and ours.precision >= datasketch.precision
    )
    return 0 if as_good and share <= GOAL_CPU and most < GOAL_PEAK else 1


if __name__ == "__main__":
    sys.exit(main())
