"""How long the full report of agreement takes: every figure with its interval, and the page.

    python -m benchmarks.agreement_report --articles 2000

A workspace gets articles of some 700 words with three annotations each: eight actors, six claims, seven relations, of
which every annotator leaves out some, moves some and judges some otherwise. Then `curation agree --html` runs in a
fresh process. Goals for 2,000 articles: under 60 s and 500 MB.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import run_once
from curation.catalog import Task
from curation.records import Annotation, Article, Mention, Relation, to_json
from curation.store import Revision, Store
from curation.text import content_hash
from curation.workspace import Workspace, init

SECONDS = 60.0
MEGABYTES = 500.0
ANNOTATORS = ("annotator-01", "annotator-02", "annotator-03")

_WORDS = "the of city council charge rent traffic mayor says that drivers would pay more under plan which".split()
_SLIP = 0.12


def articles(count: int) -> Iterator[Article]:
    """Made-up articles of some 700 words."""
    for number in range(count):
        dice = Random(number)
        text = " ".join(dice.choice(_WORDS) for _ in range(dice.randint(550, 850)))
        yield Article(f"a{number:06}", text, content_hash(text), f"Article {number}", lang="en")


def annotation(article: Article, who: str, task: Task) -> Annotation:
    """What one annotator says: what is true of the article, but for slips of their own."""
    truth, own = Random(article.id), Random(f"{article.id}/{who}")
    mentions: list[Mention] = []
    relations: list[Relation] = []
    step = len(article.text) // 15
    for place in range(14):
        label = "Claim" if place % 7 > 3 else "Actor"
        start = place * step + truth.randrange(step // 4)
        end = start + (truth.randrange(40, step - step // 4) if label == "Claim" else truth.randrange(5, 20))
        attributes = {
            name: (truth if own.random() > _SLIP else own).choice(one.values)
            for name, one in task.labels[label].attributes.items()
            if one.kind == "choice" and one.required
        }
        if own.random() < _SLIP:
            continue
        start += own.choice((0, 0, 0, 3))
        mentions.append(Mention(f"m{place}", label, start, end, article.text[start:end], attributes))
    marked = {one.id for one in mentions}
    for claim, actor in ((4, 0), (5, 1), (6, 2), (11, 7), (12, 8), (13, 9), (4, 3)):
        stance = "supports" if (truth if own.random() > _SLIP else own).random() < 0.7 else "opposes"
        if {f"m{claim}", f"m{actor}"} <= marked:
            relations.append(Relation(f"m{actor}", f"m{claim}", stance))
    choices = {
        name: (truth if own.random() > _SLIP else own).choice(one.values)
        for name, one in task.choices.items()
        if one.kind == "choice"
    }
    return Annotation(
        f"{article.id}-{who}", article.id, article.sha256, task.name, task.version, who,
        mentions=tuple(mentions), relations=tuple(relations), choices=choices,
        created_at=f"2026-03-{1 + int(article.id[1:]) % 28:02}T09:00:00Z",
    )  # fmt: skip


def fill(folder: Path, count: int) -> Workspace:
    """A workspace with so many articles and their annotations, all valid."""
    workspace = init(folder)
    task = workspace.task()
    with Store(folder) as store, store.transaction():
        for article in articles(count):
            store.articles.add(article)
            for who in ANNOTATORS:
                record = annotation(article, who, task)
                raw = to_json(record)
                revision = hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
                stored = Revision(record.id, revision, raw, {"article_id": article.id})
                store.annotations.add_revision(stored, pulled_at="2026-03-30T10:00:00Z")
                store.annotations.put(
                    stored, task=task.name, status="submitted", annotator=who, record=record, problems=(),
                    decoded_with="1",
                )  # fmt: skip
                store.annotations.judge(record.id, "valid", (), validated_with="1")
    return workspace


def main() -> int:
    """Measure and print; exit status 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=2000, help="how many (default: 2000)")
    parser.add_argument("--gamma", action="store_true", help="gamma too, which is no part of the goal")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "study"
        fill(folder, options.articles)
        page = Path(name) / "agreement.html"
        command = [sys.executable, "-m", "curation", "agree", "-w", str(folder), "--html", str(page)]
        run = run_once([*command, *(["--gamma"] if options.gamma else [])])
        size = page.stat().st_size / 1e6
    print(f"{options.articles} articles x {len(ANNOTATORS)} annotators: {run.wall:.1f} s (goal: {SECONDS:.0f}),"
          f" {run.cpu:.1f} s of CPU, {run.peak:.0f} MB (goal: {MEGABYTES:.0f}), a page of {size:.1f} MB")  # fmt: skip
    return 0 if run.wall < SECONDS and run.peak < MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
