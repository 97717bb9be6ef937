"""Articles to Label Studio tasks, beside what people write with pandas and json.

    python -m benchmarks.articles_to_tasks --articles 10000 --n 5

Goals for 10,000 articles of 4-5 kB: a tenth of pandas' CPU, at most 150 MB. The first pandas script copies every column
as it is; the second one makes the same tasks as we do, with texts in NFC and their hashes.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import Measured, compare, print_table

GOAL_TIMES = 10
GOAL_PEAK = 150

TASKS = """
import sys
from curation.articles import read
from curation.studio.tasks import write_tasks
with open(sys.argv[2], "wb") as out:
    count = write_tasks(read([sys.argv[1]]), out)
assert count == int(sys.argv[3]), count
"""

PANDAS = """
import json, sys
import pandas as pd
table = pd.read_json(sys.argv[1], lines=True)
tasks = [{"data": row.to_dict()} for _, row in table.iterrows()]
with open(sys.argv[2], "w") as out:
    json.dump(tasks, out, default=str)
assert len(tasks) == int(sys.argv[3])
"""

PANDAS_SAME = """
import hashlib, json, sys
import pandas as pd
table = pd.read_json(sys.argv[1], lines=True)
text = table["text"].str.replace("\\r\\n", "\\n", regex=False).str.replace("\\r", "\\n", regex=False)
table["text"] = text.str.normalize("NFC").str.strip()
table["sha256"] = table["text"].map(lambda text: hashlib.sha256(text.encode()).hexdigest())
table = table.rename(columns={"id": "article_id"})[["article_id", "sha256", "title", "text"]]
tasks = [{"data": row.to_dict()} for _, row in table.iterrows()]
with open(sys.argv[2], "w") as out:
    json.dump(tasks, out)
assert len(tasks) == int(sys.argv[3])
"""

_NAMES = "Moss Obrecht Nørgaard Keller Ibáñez Laurent Vance Tran Okafor Lindqvist Şahin Petrova Adler Quinn".split()
_PLACES = "Varnholm Karsund Velland Düren Tilbrook Saint-Rémy Oakhaven Málhús Brenton Vesteras".split()
_NOUNS = (
    "council budget tram harbour levy tenant ministry court strike bridge hospital school forecast contract union "
    "report committee region election permit price border reform inquiry company airport garden subsidy"
).split()
_VERBS = "approved rejected delayed criticised defended published withdrew announced questioned extended cut".split()
_REST = (
    "after a long debate|for the third time this year|despite warnings from experts|according to two officials|"
    "which critics call too little|in a move that few had expected|and said that more would follow|"
    "although the figures are disputed|as prices rose again|before the summer recess|in the east of the country"
).split("|")


def write_articles(path: Path, count: int) -> None:
    """Write `count` news-like articles as JSON Lines, the same ones every time.

    Of four outlets two use typographic marks, one plain quotation marks and accented names, one ASCII alone.
    """
    dice = random.Random(20260301)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(json.dumps(_article(dice, number), ensure_ascii=False) + "\n")


def _article(dice: random.Random, number: int) -> dict[str, object]:
    outlet = number % 4
    title = _sentence(dice).rstrip(".")
    paragraphs = [" ".join(_said(dice) if dice.random() < 0.25 else _sentence(dice) for _ in range(4))]
    while sum(map(len, paragraphs)) < 3900:
        paragraphs.append(" ".join(_said(dice) if dice.random() < 0.25 else _sentence(dice) for _ in range(4)))
    text = "\n\n".join(paragraphs)
    if outlet == 2:
        text = text.translate({0x201C: '"', 0x201D: '"', 0x2019: "'", 0x2014: "-"})
    if outlet == 3:
        text = text.translate({0x201C: '"', 0x201D: '"', 0x2019: "'", 0x2014: "-"})
        text = text.encode("ascii", "replace").decode()
    return {
        "id": f"wire-{number:06d}",
        "title": title,
        "text": text,
        "url": f"https://example.org/{dice.choice(_NOUNS)}/{number}",
        "outlet": ("Courier", "Herald", "Tribune", "Wire")[outlet],
        "authors": [f"{dice.choice('ABCDEFGH')}. {dice.choice(_NAMES)}"],
        "date": f"2026-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}",
        "language": "en",
        "section": dice.choice(("politics", "business", "local")),
    }


def _sentence(dice: random.Random) -> str:
    place, noun = dice.choice(_PLACES), dice.choice(_NOUNS)
    return f"{place}’s {noun} {dice.choice(_NOUNS)} was {dice.choice(_VERBS)} {dice.choice(_REST)}."


def _said(dice: random.Random) -> str:
    noun, verb = dice.choice(_NOUNS), dice.choice(_VERBS)
    return f"“The {noun} was {verb} {dice.choice(_REST)},” said {dice.choice(_NAMES)} — {dice.choice(_REST)}."


def measure(articles: int, runs: int) -> dict[str, Measured]:
    """Measure all scripts on the same articles."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "articles.jsonl"
        write_articles(source, articles)
        size = source.stat().st_size
        print(f"{articles} articles, {size / 1e6:.1f} MB, {size / articles:.0f} bytes each; medians of {runs} runs")
        scripts = {
            "curation: read and write tasks": TASKS,
            "pandas and json": PANDAS,
            "pandas and json, same tasks": PANDAS_SAME,
        }
        commands = {
            name: [sys.executable, "-c", script, str(source), str(Path(folder) / "tasks.json"), str(articles)]
            for name, script in scripts.items()
        }
        return compare(commands, runs)


def main() -> int:
    """Measure and print; exit status 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=5, help="runs of each (default: 5)")
    parser.add_argument("--articles", type=int, default=10_000, help="how many articles (default: 10000)")
    options = parser.parse_args()
    measured = measure(options.articles, options.n)
    print_table(measured)
    ours, pandas, same = measured.values()
    times, peak = pandas.times(ours), ours.peak
    print(
        f"pandas takes {times:.1f} times the CPU (goal: {GOAL_TIMES}), {same.times(ours):.1f} times for the same tasks"
    )
    print(f"our peak is {peak:.0f} MB (goal: {GOAL_PEAK}), that of pandas {pandas.peak:.0f} MB")
    return 0 if times >= GOAL_TIMES and peak <= GOAL_PEAK else 1


if __name__ == "__main__":
    sys.exit(main())
