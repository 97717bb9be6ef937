"""The examples as a stranger runs them: scripts in a process of their own, on a folder, with an empty cache."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from curation.export.reading import Dataset

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LINE = re.compile(r"(.+): macro-F1 (\d\.\d{3}), majority (\d\.\d{3}) \((\d+) (articles|tokens)\)")


def run(script: str, *arguments: object, cache: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / script), *map(str, arguments)],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "PYTHONPATH": ""},
        cwd=cache,
        capture_output=True,
        text=True,
        check=False,
    )


def scores(script: str, *arguments: object, cache: Path) -> dict[str, tuple[float, float, int]]:
    """What a script prints: macro-F1 of the model and of the majority class, and of how many they are, by line."""
    ran = run(script, *arguments, cache=cache)
    assert ran.returncode == 0, ran.stderr[-3000:]
    lines = [LINE.fullmatch(line) for line in ran.stdout.splitlines()]
    return {line[1]: (float(line[2]), float(line[3]), int(line[4])) for line in lines if line}


def test_stance_is_learned_from_soft_labels(learnable, tmp_path):
    found = scores("stance_classification.py", learnable, cache=tmp_path)
    assert found.keys() == {"congestion charge", "rent cap"}
    model, majority, articles = found["congestion charge"]
    assert model > 0.9
    assert majority < 0.5
    stances = list(Dataset(learnable).rows("stance", "test"))
    assert articles == len([row for row in stances if row["target"] == "congestion charge" and row["label"]])
    assert found["rent cap"][:2] == (1.0, 1.0), "all have one label: there is nothing to learn"


def test_the_scripts_run_on_the_sample(sampled, tmp_path):
    stance = scores("stance_classification.py", sampled, cache=tmp_path)
    tokens = scores("token_classification.py", sampled, cache=tmp_path)
    known = [row for row in Dataset(sampled).rows("stance", "test") if row["scope"] == "article" and row["label"]]
    assert sum(articles for _, _, articles in stance.values()) == len(known) > 0
    assert all(0 <= one <= 1 for found in (*stance.values(), *tokens.values()) for one in found[:2])


@pytest.mark.parametrize("label", ["actor", "claim"])
def test_tokens_are_learned(learnable, tmp_path, label):
    (found,) = scores("token_classification.py", learnable, "--label", label, cache=tmp_path).values()
    model, majority, tokens = found
    assert model > 0.9
    assert majority < 0.4
    assert tokens == sum(len(row["tokens"]) for row in Dataset(learnable).rows("tokens", "test"))


def test_labels_that_texts_do_not_tell_are_not_learned(learnable, tmp_path):
    """The scores are not high by themselves: with labels shuffled between articles there is nothing to learn."""
    shuffled = tmp_path / "shuffled"
    shutil.copytree(learnable, shuffled)
    for file in (shuffled / "stance").glob("*.parquet"):
        table = pq.read_table(file)
        order = list(range(table.num_rows))
        random.Random(38).shuffle(order)
        at = table.column_names.index("article_id")
        pq.write_table(table.set_column(at, "article_id", table.column(at).take(order)), file)
    model, _, _ = scores("stance_classification.py", shuffled, cache=tmp_path)["congestion charge"]
    assert model < 0.8


@pytest.mark.parametrize("script", ["stance_classification.py", "token_classification.py"])
def test_a_release_without_texts_says_what_to_do(textless, tmp_path, script):
    ran = run(script, textless, cache=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == "the dataset has no texts: put them back with `curation rehydrate`"
