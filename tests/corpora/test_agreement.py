"""Eight experts on 1,700 sentences of news (BABE, SG1): the figures that are known of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from curation.agreement import Bootstrap, Ratings, agree_table, by_annotator, by_label, measured

BABE = Path(__file__).resolve().parents[2].parent / "shared" / "corpora" / "babe"
RAW = BABE / "raw_labels_SG1.csv.gz"
FINAL = BABE / "final_labels_SG1.csv.gz"
OPINIONS = ("Entirely factual", "Somewhat factional but also opinionated", "Expresses wleter´s opinion")
POINTS = Bootstrap(resamples=0)

pytestmark = pytest.mark.skipif(not BABE.is_dir(), reason=f"the corpus is not there: no folder {BABE}")


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return pd.read_csv(RAW, dtype=str, keep_default_na=False)


def test_babe_alpha_of_bias_from_the_file_itself():
    found = {one.measure: one for one in agree_table(RAW, "text", "annotator_id", "label_bias")}
    alpha = found["krippendorff_alpha"]
    assert alpha.value == pytest.approx(0.388102, abs=5e-7)
    assert (alpha.n_items, alpha.n_annotators) == (1701, 8)
    assert 0.36 < alpha.low < alpha.value < alpha.high < 0.42


def test_babe_alpha_of_opinion_as_numbers(raw):
    numbers = raw.assign(opinion=raw["label_opinion"].map({name: place for place, name in enumerate(OPINIONS)}))
    ratings = Ratings.from_frame(numbers, item="text", annotator="annotator_id", value="opinion", level="interval")
    assert measured("krippendorff_alpha", ratings, bootstrap=POINTS).value == pytest.approx(0.455187, abs=5e-7)


def test_what_a_reader_of_babe_would_look_at(raw):
    """The middle opinion is the one that annotators do not share, and one annotator stands far apart."""
    columns = {"item": "text", "annotator": "annotator_id", "value": "label_opinion"}
    ratings = Ratings.from_frame(raw, **columns, level="ordinal", order=OPINIONS)
    labels = {one.details["label"]: one.value for one in by_label(ratings, ["krippendorff_alpha"], bootstrap=POINTS)}
    assert min(labels, key=labels.get) == OPINIONS[1]
    people = {
        one.details["annotator"]: one.details["change"]
        for one in by_annotator(ratings, ["krippendorff_alpha"], bootstrap=POINTS)
    }
    assert max(people, key=people.get) == "4"
    assert people["4"] > 0.05


def test_babe_majority_is_the_final_label(raw):
    """That items, annotators and values are told apart as the authors told them."""
    ratings = Ratings.from_frame(raw, item="text", annotator="annotator_id", value="label_bias")
    final = pd.read_csv(FINAL, sep=";", encoding="utf-8-sig")
    rows = {text: row for row, text in enumerate(ratings.items)}
    right = 0
    for text, label in zip(final["text"], final["label_bias"], strict=True):
        votes = Counter(int(code) for code in ratings.codes[rows[text]] if code >= 0)
        most = [value for value, count in votes.items() if count == max(votes.values())]
        right += (ratings.values[most[0]] if len(most) == 1 else "No agreement") == label
    assert (right, len(final)) == (1700, 1700)
    assert np.all(ratings.codes < 2)
