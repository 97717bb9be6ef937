"""Which annotation of an annotator counts."""

from __future__ import annotations

from curation.records import Annotation
from curation.rounds import latest


def test_the_latest_round_of_each_annotator_counts():
    record = Annotation("one", "a", "", "t", "1", "annotator-01")
    other = Annotation("other", "a", "", "t", "1", "annotator-02")
    again = Annotation("again", "a", "", "t", "1", "annotator-01", round=2)
    assert latest([again, other, record]) == [again, other]
