"""Parts of a long article are judged on their own, and what they lack to be one annotation is said."""

from __future__ import annotations

from dataclasses import replace

from curation.records import Annotation
from curation.validation import Authorship, doubled
from curation.validation.parts import disjointed


def said(task, part: int | None, stance: str = "favor", annotator: str = "ana") -> Annotation:
    choices = {"stance_congestion_charge": stance, "stance_rent_cap": "not_addressed"}
    return Annotation(f"{annotator}-{part}", "long", "0" * 64, task.name, "1", annotator, choices=choices, part=part)


def codes(found) -> dict[str, list[str]]:
    return {name: [one.code for one in several] for name, several in found.items() if several}


def test_the_same_person_may_submit_several_parts_but_none_twice():
    parts = [Authorship("a", "ana", part=1), Authorship("b", "ana", part=2), Authorship("c", "bo", part=2)]
    assert doubled("long", parts) == {}
    found = doubled("long", [*parts, Authorship("d", "ana", part=2)])
    assert {name: one.code for name, one in found.items()} == dict.fromkeys("bd", "F_ANNOTATION_DOUBLED")
    assert "part 2 of article 'long'" in found["b"].message


def test_missing_parts_are_named(task):
    found = disjointed([said(task, 2), said(task, 1, annotator="bo"), said(task, 2, annotator="bo")], 3, task)
    assert codes(found) == {"ana-2": ["F_PARTS_MISSING"], "bo-1": ["F_PARTS_MISSING"]}
    assert "part 1, 3 of 3" in found["ana-2"][0].message
    assert "part 3 of 3" in found["bo-1"][0].message


def test_differing_fields_are_named_and_silence_differs_from_nothing(task):
    assert codes(disjointed([said(task, 1), said(task, 2, "not_addressed")], 2, task)) == {}
    found = disjointed([said(task, 1), said(task, 2, "against")], 2, task)
    assert codes(found) == {"ana-1": ["F_PARTS_DIFFER"]}
    assert found["ana-1"][0].severity == "warning"
    assert found["ana-1"][0].json_pointer == "/choices/stance_congestion_charge"


def test_rounds_and_whole_articles_stand_for_themselves(task):
    again = replace(said(task, 1, "against"), id="again", round=2)
    found = disjointed([said(task, 1), said(task, 2), again, said(task, None)], 2, task)
    assert codes(found) == {"again": ["F_PARTS_MISSING"]}
