"""Six annotators of the same news articles: the published alpha over tokens, and all other figures beside it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from curation.agreement import Bootstrap
from curation.agreement.spans import MarkedArticle, Unit, gamma, span_figures, token_alpha

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpora" / "polnear" / "annotator-training.jsonl.gz"

pytestmark = pytest.mark.skipif(not CORPUS.is_file(), reason=f"the corpus is not there: no file {CORPUS}")


@pytest.fixture(scope="module")
def articles() -> list[MarkedArticle]:
    """Sources, cues and contents of attributions; many of them are discontinuous or nested."""
    made = []
    with gzip.open(CORPUS, "rt", encoding="utf-8") as file:
        for told in map(json.loads, file):
            units = {
                one["annotator"]: [
                    Unit(tuple(map(tuple, span["segments"])), span["label"])
                    for span in one["spans"]
                    if span["label"] in ("Source", "Cue", "Content")
                ]
                for one in told["annotations"]
            }
            made.append(MarkedArticle(told["doc_id"], told["text"], units))
    return made


def test_polnear_token_alpha_is_the_published_one(articles):
    assert len(articles) == 4
    assert {len(one.units) for one in articles} == {6}
    assert token_alpha(articles).point == pytest.approx(0.8084, abs=5e-5)


def test_polnear_figures_have_values_and_stand_to_each_other_as_they_must(articles):
    found = {(one.measure, one.of): one for one in span_figures(articles, Bootstrap(resamples=0))}
    missing = {key: one.reason for key, one in found.items() if one.value is None}
    assert {measure for measure, _ in missing} <= {"gamma", "ku_alpha"}
    assert "can be aligned in more than 200,000 ways" in missing["gamma", ""]
    assert found["span_f1_exact", ""].value < found["span_f1_tolerant", ""].value
    assert found["span_f1_exact", ""].value < found["span_f1_overlap", ""].value
    assert found["cu_alpha", ""].value > found["u_alpha", ""].value > 0.7
    assert found["token_alpha", "Content"].value > found["token_alpha", "Cue"].value


def test_polnear_gamma_of_three_annotators(articles):
    three = [
        MarkedArticle(one.id, one.text, {who: one.units[who] for who in sorted(one.units)[:3]}) for one in articles
    ]
    assert 0.6 < gamma(three, samples=5).point < 1
