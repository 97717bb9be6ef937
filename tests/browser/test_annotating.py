"""One person annotates in a real browser, and the workspace gets exactly what was marked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from curation.records import Annotation
from curation.store import Store

if TYPE_CHECKING:
    from annotator import Annotator
    from conftest import Study

pytestmark = [pytest.mark.server, pytest.mark.browser]

HOLT = "Mayor Ines Holt"
QUEUES = "the congestion charge\nwould halve the queues at the harbour tunnel within a year"
REHN = "Tomas Rehn"
COUNT = "Nobody has shown us a single count"
MOSS = "إيلينا موس"
TRAFFIC = "ستتراجع حركة السير في المدينة القديمة بمقدار الخُمس خلال عام"


def pulled(study: Study, annotation_id: int) -> Annotation:
    """The record that the workspace holds after a pull of what Label Studio calls by that id."""
    study.workspace.pull()
    with Store(study.workspace.path) as store:
        found = [stored for stored in store.annotations.all() if stored.raw.get("id") == annotation_id]
    assert len(found) == 1
    record = found[0].record
    assert record is not None, found[0].problems
    return record


def mention(text: str, label: str, words: str, **attributes: Any) -> tuple[Any, ...]:
    """How `marked` shows the mention of `words`, which stand once in the text."""
    assert text.count(words) == 1
    start = text.index(words)
    return (label, start, start + len(words), words, attributes)


def marked(text: str, record: Annotation) -> list[tuple[Any, ...]]:
    """The record's mentions with the words at their offsets, in the order of the text."""
    found = [(m.label, m.start, m.end, text[m.start : m.end], dict(m.attributes)) for m in record.mentions]
    return sorted(found, key=lambda mention: mention[1])


def related(text: str, record: Annotation) -> set[tuple[str, str | None, str]]:
    """The record's relations, each end as the words at its offsets."""
    words = {m.id: text[m.start : m.end] for m in record.mentions}
    return {(words[relation.source], relation.label, words[relation.target]) for relation in record.relations}


def test_what_was_annotated_comes_back(study: Study, annotator: Callable[..., Annotator]) -> None:
    """A mark after an emoji, one across a line break, attributes, relations and stances: neither more nor less."""
    person = annotator()
    person.close_instructions()

    person.mark("a", HOLT)
    person.select(HOLT)
    person.press("1")
    person.type_into("actor_name", "Ines Holt")
    person.type_into("actor_wikidata", "Q42")
    person.mark("c", QUEUES)
    person.select(QUEUES)
    person.press("e", "d", "z", "b")
    person.mark("a", REHN)
    person.select(REHN)
    person.press("8", "1")
    person.mark("c", COUNT)
    person.select(COUNT)
    person.press("q", "s")
    person.relate(HOLT, QUEUES, label="supports")
    person.relate(REHN, QUEUES, label="opposes")
    person.relate(REHN, COUNT, label="supports")
    person.press("u", "k", "p")
    person.type_into("note", "the line break is in the source")

    record = pulled(study, person.submit())

    assert marked(study.text, record) == [
        mention(study.text, "Actor", HOLT, type="person", name="Ines Holt", wikidata="Q42"),
        mention(
            study.text, "Claim", QUEUES, kind="prediction", quotation="indirect", topics=("transport", "environment")
        ),
        mention(study.text, "Claim", COUNT, kind="factual", quotation="direct"),
        mention(study.text, "Actor", REHN, type="person"),
    ]
    assert [m.text for m in record.mentions if "\n" in m.text] == [QUEUES]
    assert related(study.text, record) == {
        (HOLT, "supports", QUEUES),
        (REHN, "opposes", QUEUES),
        (REHN, "supports", COUNT),
    }
    assert dict(record.choices) == {
        "stance_congestion_charge": "neutral",
        "stance_rent_cap": "not_addressed",
        "note": "the line break is in the source",
    }
    assert (record.article_id, record.status, record.origin) == ("harbour", "submitted", "manual")
    assert [f for f in study.workspace.validate().findings if f.annotation == record.id] == []


def test_moved_ends_of_a_mark_come_back(study: Study, annotator: Callable[..., Annotator]) -> None:
    """The handles that our style brings back move a mark's end, and the offsets follow."""
    person = annotator()
    person.close_instructions()
    person.mark("a", HOLT)
    person.drag_end(HOLT, "told")
    person.press("1", "u", "l", "p")

    record = pulled(study, person.submit())

    assert marked(study.text, record) == [mention(study.text, "Actor", "Mayor Ines Holt told", type="person")]


def test_marks_snap_to_words(study: Study, annotator: Callable[..., Annotator]) -> None:
    """A sloppy drag marks whole words, also with accents, and takes in no punctuation beside them."""
    person = annotator()
    person.close_instructions()
    person.mark("a", "die Åkess")
    person.mark("a", "aders’ Gui")
    person.select("Élodie")
    person.press("1")
    person.select("Traders")
    person.press("7", "u", "l", "p")

    record = pulled(study, person.submit())

    assert [words for _, _, _, words, _ in marked(study.text, record)] == ["Traders’ Guild", "Élodie Åkesson"]


def test_right_to_left_comes_back(arabic: Study, annotator: Callable[..., Annotator], artefacts: Path) -> None:
    """Arabic words that were marked by mouse, within a line and across lines, have the offsets of the source."""
    person = annotator(project_id=arabic.project_id)
    person.close_instructions()
    person.mark("a", MOSS)
    person.select(MOSS)
    person.press("1")
    person.mark("c", TRAFFIC)
    person.select(TRAFFIC)
    person.press("e", "s", "z")
    assert [person.extent(words)["lines"] for words in (MOSS, TRAFFIC)] == [1, 2]
    person.relate(MOSS, TRAFFIC, label="supports")
    person.press("u", "k", "p")
    person.screenshot(artefacts / "rtl-1280.png")

    record = pulled(arabic, person.submit())

    assert marked(arabic.text, record) == [
        mention(arabic.text, "Actor", MOSS, type="person"),
        mention(arabic.text, "Claim", TRAFFIC, kind="prediction", quotation="direct", topics=("transport",)),
    ]
    assert related(arabic.text, record) == {(MOSS, "supports", TRAFFIC)}


def test_nothing_incomplete_is_submitted(annotator: Callable[..., Annotator]) -> None:
    """Label Studio asks for each required value in our words, and sends nothing before it has them."""
    person = annotator()
    person.close_instructions()
    person.mark("a", HOLT)
    person.mark("c", COUNT)
    person.press("u")

    asked = []
    for key, mark in [("h", None), ("p", None), ("1", HOLT), ("r", COUNT), ("s", COUNT)]:
        asked.append(person.refused())
        if mark:
            person.select(mark)
        person.press(key)

    assert asked == [
        "Say where the article stands on the congestion charge.",
        "Say where the article stands on the rent cap.",
        "Every Actor needs a type.",
        "Every Claim needs a kind.",
        "Every Claim needs a quotation: direct, indirect or none.",
    ]
    assert person.submit() > 0


def test_hotkeys_for_the_other_label_are_not_submitted(study: Study, annotator: Callable[..., Annotator]) -> None:
    """Hotkeys of hidden controls work on the selected mark, but what they set stays out of the annotation."""
    person = annotator()
    person.close_instructions()
    person.mark("a", HOLT)
    person.select(HOLT)
    person.press("q", "s", "z", "g", "2", "u", "l", "p")

    record = pulled(study, person.submit())

    assert marked(study.text, record) == [mention(study.text, "Actor", HOLT, type="party")]
