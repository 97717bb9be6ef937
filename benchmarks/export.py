"""Annotated articles into a dataset of Parquet files, beside `Dataset.from_generator` and beside pyarrow alone.

    python -m benchmarks.export --articles 10000 --large 100000 --n 5

Articles of 4 to 5 kB, two annotators, nine mentions and six relations an annotation; half of the articles are agreed
on. The work: read annotations from the workspace, hold them against articles and task, derive statements, stance and
gold, split the articles, and write the five configs that are made of annotations. `Dataset.from_generator` does the
same with generators over the workspace, one a config and split, which use our own functions for all but making tables;
it is also given the finished rows, as JSON Lines, and so is pyarrow, which makes tables of them and writes these in the
same way as we do.

Goals: we, from the workspace, take at most 2.5 times the CPU of pyarrow from finished rows. With --large articles
`datasets` doing the same takes at least 4 times our CPU, and memory stays below 400 MB with all configs, the card, the
agreement of annotators and the similarity of splits; each of these is run once, since that takes minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import msgspec

from benchmarks.measure import compare, print_table, run_once
from benchmarks.near_duplicates import Newsroom
from curation.catalog import Export, Root, Schemas, Task, load_export, load_task
from curation.export import build
from curation.export.agreed import AgreementFigures
from curation.export.reading import Dataset
from curation.records import Annotation, Article, Mention, Relation, to_json
from curation.store import Revision, Store
from curation.text import content_hash
from curation.workspace.published_agreement import published_agreement

REPOSITORY = Path(__file__).resolve().parents[1]
GOAL_DATASETS, GOAL_PYARROW, GOAL_MEMORY = 4.0, 2.5, 400.0
CONFIGS = ("gold", "annotations", "mentions", "statements", "stance")

OURS = """
import shutil, sys, tempfile
from pathlib import Path
from benchmarks.export import CONFIGS, declared
from curation.export import build
from curation.store import Store
with tempfile.TemporaryDirectory() as out, Store(Path(sys.argv[1])) as store:
    build(store, *declared(CONFIGS, Path(out)), Path(out) / "build")
"""

WHOLE = """
import sys, tempfile
from pathlib import Path
from benchmarks.export import declared
from functools import partial
from curation.apart import apart
from curation.export import build
from curation.store import Store
from benchmarks.export import agreement_in
with tempfile.TemporaryDirectory() as out, Store(Path(sys.argv[1])) as store:
    agreement = partial(apart, agreement_in, Path(sys.argv[1]))
    build(store, *declared((), Path(out)), Path(out) / "build", agreement=agreement)
"""

_ROWS = """
import sys, tempfile
from datetime import datetime
from pathlib import Path
import msgspec
rows = Path(sys.argv[2])
files = sorted(rows.glob("*/*.jsonl"))
def read(file):
    decode = msgspec.json.Decoder().decode
    with open(file, "rb") as lines:
        for line in lines:
            row = decode(line)
            for name in ("created_at", "decided_at"):
                if row.get(name):
                    row[name] = datetime.fromisoformat(row[name])
            yield row
"""

SAME = """
import sys, tempfile
from pathlib import Path
import datasets
from datasets import Dataset
from benchmarks.export import CONFIGS, declared
from curation.export.columns import layout
from curation.export.configs import ROWS
from curation.export.features import features
from curation.export.groups import Groups
from curation.export.planned import planned
from curation.records import moment
from curation.store import Store
datasets.disable_progress_bars()
def rows(config, split, folder):
    export, task, schemas = declared(CONFIGS, Path(folder))
    shape = layout(task)
    with Store(Path(sys.argv[1])) as store, open(f"{folder}/{split}") as ids:
        groups = Groups(store, shape, task.digest)
        for article_id in ids.read().splitlines():
            for row in ROWS[config](shape, groups.of(article_id)):
                for name in ("created_at", "decided_at"):
                    if row.get(name):
                        row[name] = moment(row[name])
                yield row
with tempfile.TemporaryDirectory() as out:
    export, task, schemas = declared(CONFIGS, Path(out))
    plan = planned(Path(sys.argv[1]), export, task).plan
    for split in export.splits:
        ids = [one for one, where in plan.splits.items() if where == split]
        Path(out, split).write_text("\\n".join(ids))
    for config in CONFIGS:
        for split in export.splits:
            made = Dataset.from_generator(
                rows,
                features=features(config, layout(task)),
                cache_dir=out,
                gen_kwargs={"config": config, "split": split, "folder": out},
            )
            made.to_parquet(f"{out}/{config}-{split}.parquet")
"""

DATASETS = (
    _ROWS
    + """
import datasets
from datasets import Dataset, Features
import pyarrow.parquet as pq
datasets.disable_progress_bars()
with tempfile.TemporaryDirectory() as out:
    for number, file in enumerate(files):
        features = Features.from_arrow_schema(pq.read_schema(file.with_suffix(".parquet")))
        made = Dataset.from_generator(read, features=features, cache_dir=out, gen_kwargs={"file": str(file)})
        made.to_parquet(f"{out}/{number}.parquet")
"""
)

PYARROW = (
    _ROWS
    + """
import pyarrow as pa
import pyarrow.parquet as pq
def batches(file, size=2000):
    batch = []
    for row in read(file):
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
with tempfile.TemporaryDirectory() as out:
    for number, file in enumerate(files):
        schema = pq.read_schema(file.with_suffix(".parquet"))
        written = dict(compression="zstd", write_page_checksum=True, write_page_index=True)
        with pq.ParquetWriter(f"{out}/{number}.parquet", schema, **written) as writer:
            for batch in batches(file):
                writer.write_table(pa.Table.from_pylist(batch, schema=schema))
"""
)


def declared(configs: tuple[str, ...], folder: Path) -> tuple[Export, Task, Schemas]:
    """The export news-stance of this repository, with these configs and a card that is short, or as it is with none."""
    root = Root(REPOSITORY, is_workspace=True, settings={"task": "news-stance"})
    export = load_export(root, "news-stance")
    if configs:
        (folder / "card.md").write_text("# $title\n", encoding="utf-8")
        export = replace(export, configs=configs, folder=folder)
    return export, load_task(root), Schemas(root.folder("schemas"))


def agreement_in(folder: Path, held_out: Collection[str]) -> AgreementFigures:
    """The figures of agreement on the annotations in a store."""
    with Store(folder) as store:
        return published_agreement(store, declared((), folder)[1], held_out=held_out)


def fill(store: Store, articles: int) -> None:
    """Put articles with two valid annotations each into a store."""
    for number, (name, text, _) in enumerate(Newsroom(20260302).articles(articles)):
        if number % 1000 == 0:
            store_now = store.transaction()
            store_now.__enter__()
        article = Article(
            name, text, content_hash(text), title=text[:60], outlet=f"Outlet {number % 97}",
            published_at=f"20{10 + number % 15}-0{1 + number % 9}-1{number % 10}", lang="en",
        )  # fmt: skip
        store.articles.add(article)
        for annotator in range(2):
            _annotate(store, _annotation(article, annotator, number if number % 2 else number * 2 + annotator))
        if number % 1000 == 999 or number == articles - 1:
            store_now.__exit__(None, None, None)


def _annotation(article: Article, annotator: int, seed: int) -> Annotation:
    dice = random.Random(seed)
    cuts = sorted(dice.sample(range(len(article.text)), 18))
    spans = list(zip(cuts[::2], cuts[1::2], strict=True))
    mentions, relations = [], []
    for number, (start, end) in enumerate(spans):
        text = article.text[start:end]
        if number % 2:
            kind = dice.choice(("factual", "causal", "prediction", "evaluation", "demand"))
            given = {"kind": kind, "quotation": dice.choice(("direct", "indirect", "none")), "topics": ("economy",)}
            mentions.append(Mention(f"m{number}", "Claim", start, end, text, given))
            relations.append(Relation(f"m{number - 1}", f"m{number}", dice.choice(("supports", "opposes"))))
        else:
            given = {"type": dice.choice(("person", "party", "ngo")), "name": f"Actor {dice.randrange(500)}"}
            mentions.append(Mention(f"m{number}", "Actor", start, end, text, given))
    relations += [Relation("m0", "m2", "same_as"), Relation("m4", "m6", "speaks_for")]
    stances = ("favor", "against", "neutral", "not_addressed")
    choices = {"stance_congestion_charge": dice.choice(stances), "stance_rent_cap": dice.choice(stances)}
    return Annotation(
        id=f"{article.id}-{annotator}",
        article_id=article.id,
        article_sha256=article.sha256,
        task="news-stance",
        task_version="1",
        annotator=f"annotator-{annotator + 1:02d}",
        mentions=tuple(mentions),
        relations=tuple(relations),
        choices=choices,
        created_at="2026-03-02T09:14:00.123456Z",
        lead_time=41.25,
    )


def _annotate(store: Store, record: Annotation) -> None:
    revision = hashlib.sha256(json.dumps(to_json(record)).encode()).hexdigest()
    record = replace(record, revision=revision)
    stored = Revision(record.id, revision, {"id": 1}, {"article_id": record.article_id})
    store.annotations.add_revision(stored, pulled_at="2026-03-02T10:00:00Z")
    store.annotations.put(
        stored, task=record.task, status="submitted", annotator=record.annotator, record=record, problems=(),
        decoded_with="1",
    )  # fmt: skip
    store.annotations.judge(record.id, "valid", (), validated_with="1")


def rows(dataset: Dataset, config: str, split: str) -> Iterator[dict[str, object]]:
    """The rows of a split as they are stored, with class ids, and times as they are written."""
    for batch in dataset.batches(config, split):
        yield from batch.to_pylist()


def spread(store: Store, folder: Path) -> None:
    """Write the rows of all configs as JSON Lines, each file beside a Parquet file with the same schema."""
    import pyarrow.parquet as pq

    export, task, schemas = declared(CONFIGS, folder)
    built = build(store, export, task, schemas, folder / "build")
    dataset = Dataset(built.path)
    encode = msgspec.json.Encoder().encode
    for config, splits in dataset.configs.items():
        (folder / config).mkdir()
        for split in splits:
            with (folder / config / f"{split}.jsonl").open("wb") as lines:
                lines.writelines(encode(row) + b"\n" for row in rows(dataset, config, split))
            pq.write_metadata(dataset.schema(config), folder / config / f"{split}.parquet")


def main() -> int:
    """Print medians and ratios; exit status 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--n", type=int, default=5, help="runs of each")
    options = parser.parse_args()
    missed = compared(options.articles, options.n)
    if options.large:
        missed += large(options.articles, options.large)
    return 1 if missed else 0


def compared(articles: int, runs: int) -> int:
    """Measure all on the same rows; how many goals were missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "store").mkdir()
        (folder / "rows").mkdir()
        with Store(folder / "store") as store:
            fill(store, articles)
            spread(store, folder / "rows")
        scripts = {
            "curation": OURS,
            "Dataset.from_generator": SAME,
            "from_generator, finished rows": DATASETS,
            "pyarrow, finished rows": PYARROW,
        }
        paths = [str(folder / "store"), str(folder / "rows")]
        commands = {key: [sys.executable, "-c", script, *paths] for key, script in scripts.items()}
        found = compare(commands, runs)
    print(f"{articles} articles with two annotations each; medians of {runs} runs")
    print_table(found)
    pyarrow = found["curation"].times(found["pyarrow, finished rows"])
    print(f"we take {pyarrow:.2f} times the CPU of pyarrow, which has the rows (goal: {GOAL_PYARROW})")
    return int(pyarrow > GOAL_PYARROW)


def large(few: int, many: int) -> int:
    """Build everything from few and from many articles, and many as `datasets` does; how many goals were missed."""
    peaks, ratio = {}, 0.0
    for articles in (few, many):
        with tempfile.TemporaryDirectory() as name:
            with Store(Path(name)) as store:
                fill(store, articles)
            run = run_once([sys.executable, "-c", WHOLE, name], together=True)
            if articles == many:
                scripts = {"curation": OURS, "Dataset.from_generator": SAME}
                found = compare({key: [sys.executable, "-c", script, name] for key, script in scripts.items()}, 1)
                ratio = found["Dataset.from_generator"].times(found["curation"])
        peaks[articles] = run.peak
        print(
            f"{articles} articles, all configs and the card: {run.cpu:.1f} s of CPU, {run.peak:.0f} MB in all",
            flush=True,
        )
    print(f"the most memory is {peaks[many]:.0f} MB (goal: {GOAL_MEMORY:.0f})")
    print(f"Dataset.from_generator takes {ratio:.1f} times our CPU for {many} articles (goal: {GOAL_DATASETS})")
    return (peaks[many] > GOAL_MEMORY) + (ratio < GOAL_DATASETS)


if __name__ == "__main__":
    sys.exit(main())
