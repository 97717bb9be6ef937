from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, List, Value

from curation.folders.manifest import write_manifest

STANCES = ("favor", "against", "neutral")
ANNOTATORS = ("ida", "noor", "sam")
WORDS = {
    "favor": "welcomes cheers supports praises backs",
    "against": "rejects attacks sues blocks fears",
    "neutral": "counts lists dates notes reports",
}
COMMON = "the city council street budget people shop tram river market school winter plan bridge hall vote"
GOLD = Features(
    {
        "article_id": Value("string"),
        "title": Value("string"),
        "text": Value("string"),
        "stance": ClassLabel(names=list(STANCES)),
        "method": ClassLabel(names=["unanimous", "single"]),
        "annotators": List(Value("string")),
    }
)
ANNOTATIONS = Features(
    {
        "article_id": Value("string"),
        "annotator": Value("string"),
        "stance": ClassLabel(names=list(STANCES)),
        "method": ClassLabel(names=["annotator"]),
    }
)
FEATURES = {"gold": GOLD, "annotations": ANNOTATIONS}

Rows = dict[str, dict[str, list[dict[str, Any]]]]


def clean(train: int = 120, other: int = 45) -> Rows:
    """A dataset without a fault: learnable, balanced, no two texts alike, two annotators an article, in turn."""
    dice = random.Random(38)
    rows: Rows = {"gold": {}, "annotations": {}}
    number = 0
    for split, count in (("train", train), ("validation", other), ("test", other)):
        gold, annotations = [], []
        for place in range(count):
            label = STANCES[place % 3]
            words = [*dice.sample(WORDS[label].split(), 3), *dice.choices(COMMON.split(), k=12), f"no{number}"]
            dice.shuffle(words)
            pair = [ANNOTATORS[number % 3], ANNOTATORS[(number + 1) % 3]]
            article = f"a{number:04d}"
            text = " ".join(words).capitalize() + "."
            gold.append(
                {
                    "article_id": article,
                    "title": None,
                    "text": text,
                    "stance": label,
                    "method": "unanimous",
                    "annotators": pair,
                }
            )
            annotations += [
                {"article_id": article, "annotator": who, "stance": label, "method": "annotator"} for who in pair
            ]
            number += 1
        rows["gold"][split], rows["annotations"][split] = gold, annotations
    return rows


def write(folder: Path, rows: Rows, features: Mapping[str, Features] = FEATURES, **facts: object) -> Path:
    """Write these rows as a built dataset."""
    for config, splits in rows.items():
        of = features[config]
        (folder / config).mkdir(parents=True)
        for split, held in splits.items():
            encoded = [{name: _encoded(of[name], row[name]) for name in of} for row in held]
            table = pa.Table.from_pylist(encoded, schema=of.arrow_schema)
            pq.write_table(table, folder / config / f"{split}-00000-of-00001.parquet", write_page_checksum=True)
    counts = {config: {split: len(held) for split, held in splits.items()} for config, splits in rows.items()}
    write_manifest(folder, {"name": "planted", "rows": counts, **facts})
    return folder


def _encoded(feature: Any, value: Any) -> Any:
    return feature.str2int(value) if isinstance(feature, ClassLabel) and isinstance(value, str) else value


@pytest.fixture
def plant(tmp_path: Path) -> Callable[..., Path]:
    """Write a clean dataset after a fault was planted in its rows."""

    def call(fault: Callable[[Rows], None] = lambda rows: None, **options: Any) -> Path:
        rows = clean()
        fault(rows)
        return write(tmp_path / "planted", rows, **options)

    return call
