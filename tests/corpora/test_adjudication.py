"""Experts on media bias: the majority of their labels is the label that the authors of BABE settled on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from curation.adjudication import Ballot, Votes, dawid_skene, decide

BABE = Path(__file__).resolve().parents[2].parent / "shared" / "corpora" / "babe"
NO_AGREEMENT = "No agreement"

pytestmark = pytest.mark.skipif(not BABE.is_dir(), reason=f"the corpora are not there: no folder {BABE}")


@pytest.fixture(scope="module")
def ratings():
    raw = pd.read_csv(BABE / "raw_labels_SG1.csv.gz")
    raw = raw.assign(text=raw["text"].str.strip(), annotator_id=raw["annotator_id"].astype(str))
    return raw[raw["label_bias"].notna()]


@pytest.fixture(scope="module")
def final():
    table = pd.read_csv(BABE / "final_labels_SG1.csv.gz", sep=";")
    return dict(zip(table["text"].str.strip(), table["label_bias"], strict=True))


def test_babe_majority_is_the_final_label_of_every_sentence(ratings, final):
    said: dict[str, list[Ballot]] = {}
    for text, annotator, label in ratings[["text", "annotator_id", "label_bias"]].itertuples(index=False):
        said.setdefault(text, []).append(Ballot(annotator, label))
    found = {text: decide(said[text], "majority") for text in final}
    labels = {text: NO_AGREEMENT if one.open else one.value for text, one in found.items()}
    assert len(final) == 1_700
    assert sum(labels[text] == label for text, label in final.items()) == 1_700
    assert all(one.why == "tie" for one in found.values() if one.open)
    assert sum(one.open for one in found.values()) == sum(label == NO_AGREEMENT for label in final.values()) > 0


def test_babe_model_settles_most_ties_and_agrees_with_most_majorities(ratings, final):
    votes = Votes.from_frame(ratings, item="text", annotator="annotator_id", value="label_bias")
    fit = dawid_skene(votes)
    found = fit.decisions()
    settled = {text: label for text, label in final.items() if label != NO_AGREEMENT}
    same = sum(found[text].value == label for text, label in settled.items()) / len(settled)
    print(f"Dawid-Skene and majority: {same:.1%} of {len(settled)} alike; {fit.iterations} iterations")  # noqa: T201
    assert fit.converged
    assert same > 0.9
    assert sum(found[text].open for text in final) < sum(label == NO_AGREEMENT for label in final.values()) / 10
