"""The examples as a stranger runs them: scripts in a process of their own, on a folder, with an empty cache."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pyarrow as pa
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


def module(script: str) -> ModuleType:
    """A script as a module."""
    spec = spec_from_file_location(Path(script).stem, EXAMPLES / script)
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def said(monkeypatch, tmp_path) -> Callable[..., str]:
    """What a script says that cannot go on: one line, and no more."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)

    def call(script: str, *arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
        with pytest.raises(SystemExit) as raised:
            module(script).main()
        assert isinstance(raised.value.code, str)
        assert "\n" not in raised.value.code
        return raised.value.code

    return call


def test_an_unknown_label_is_answered_by_those_that_there_are(learnable, said):
    line = said("token_classification.py", learnable, "--label", "actors")
    assert line == "the dataset has no label 'actors', but these: actor, claim"


@pytest.mark.parametrize("script", ["stance_classification.py", "token_classification.py"])
def test_what_is_not_there_is_named(study, said, tmp_path, script):
    assert "nowhere" in said(script, tmp_path / "nowhere")
    study.fill(4)
    study.build(configs=("annotations", "stance", "tokens"), splits={"train": 1.0})
    assert 'Unknown split "test"' in said(script, study.out)
    study.build(configs=("annotations",))
    assert "not found. Available: ['annotations']" in said(script, study.out)


def test_targets_of_which_nothing_is_known_are_no_silence(learnable, said, tmp_path):
    undecided = tmp_path / "undecided"
    shutil.copytree(learnable, undecided)
    (file,) = (undecided / "stance").glob("test-*.parquet")
    table = pq.read_table(file)
    at = table.column_names.index("label")
    pq.write_table(
        table.set_column(at, table.schema.field(at), pa.nulls(len(table), table.schema.field(at).type)), file
    )
    line = said("stance_classification.py", undecided)
    assert line == "no target has articles with a label in both train and test"


# The token of each piece, as tokenizers tell it: None for what begins, ends and pads.
PIECES = [None, 0, 0, 1, 2, 2, 2, None, None]


def test_the_first_piece_of_a_token_has_its_class_and_no_other_counts():
    tokens = module("token_classification.py")
    assert tokens.labels_of_pieces(PIECES, [5, 6, 7]) == [-100, 5, -100, 6, 7, -100, -100, -100, -100]
    tagged = ["B-x", "B-a", "I-x", "O", "I-a", "B-x", "B-x", "B-x", "B-x"]
    assert tokens.tags_of_tokens(PIECES, tagged, 4) == ["B-a", "O", "I-a", "O"], "the last one was cut off"


def test_a_label_that_nobody_gave_is_not_learned():
    tokens = module("token_classification.py")
    assert tokens.linear([(["a", "b"], ["O", "O"])], [["c"], ["d", "e"]]) == [["O"], ["O", "O"]]


@pytest.mark.parametrize("script", ["stance_classification.py", "token_classification.py"])
def test_a_release_without_texts_says_what_to_do(textless, tmp_path, script):
    ran = run(script, textless, cache=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == "the dataset has no texts: put them back with `curation rehydrate`"
