"""The annotation screen is one on which somebody can read and annotate all day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curation.catalog import Task
from curation.studio.interface import parse_interface

if TYPE_CHECKING:
    from annotator import Annotator
    from conftest import Study

pytestmark = [pytest.mark.server, pytest.mark.browser]

HOLT = "Mayor Ines Holt"
QUEUES = "the congestion charge\nwould halve the queues at the harbour tunnel within a year"
TITLE, TEXT = ".ns-article h2", ".lsf-richtext__container"
DISCOUNT = "خصم نسبته 75"
CONTROLS = (
    ".ns-bar .lsf-label, .ns-key, .ns-side .lsf-choice, .ns-side input[type=text], "
    ".ns-side [data-testid=textarea-regions]"
)
LEAST_CONTRAST = 4.5


def weak(person: Annotator) -> list[str]:
    """The texts on the screen whose contrast is too low.

    The initials in the corner are left out: Label Studio draws them on a colour that it picks at random.
    """
    texts = [text for text in person.contrasts() if "username" not in text["where"]]
    assert len(texts) > 50, "next to nothing was measured"
    return [f"{text['ratio']} {text['text']!r} ({text['where']})" for text in texts if text["ratio"] < LEAST_CONTRAST]


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1440, 900)])
def test_one_can_read_and_reach_everything(
    annotator: Callable[..., Annotator], artefacts: Path, width: int, height: int
) -> None:
    """No control needs scrolling, whatever is selected or filled in; texts have contrast; the article reads well."""
    person = annotator(width, height)
    assert weak(person) == []
    person.screenshot(artefacts / f"instructions-{width}.png")
    person.close_instructions()
    style = person.article_style()
    assert style["fontSize"] >= 17
    assert style["lineHeight"] / style["fontSize"] >= 1.7
    assert 34 * style["rem"] <= style["width"] <= 46 * style["rem"]
    assert style["whiteSpace"] == "pre-wrap"
    seen: dict[str, tuple[list[str], list[str]]] = {}

    def look(name: str) -> None:
        person.screenshot(artefacts / f"{name}-{width}.png")
        seen[name] = (person.hidden_by_the_edge(CONTROLS), weak(person))

    look("nothing-marked")
    person.type_into("note", "A note, which makes the upper part of the column higher.")
    person.mark("a", HOLT)
    person.mark("c", QUEUES)
    person.select(HOLT)
    look("actor-selected")
    person.press("1")
    person.type_into("actor_name", "Ines Holt")
    person.type_into("actor_wikidata", "Q42")
    look("actor-described")
    person.select(QUEUES)
    person.press("e", "d", "z", "b")
    look("claim-selected")
    person.relate(HOLT, QUEUES, label="supports")
    look("relation")
    person.select(QUEUES)
    person.scroll(600)
    look("scrolled")

    assert seen == dict.fromkeys(seen, ([], []))


def test_every_paragraph_runs_in_its_own_direction(arabic: Study, annotator: Callable[..., Annotator]) -> None:
    """Arabic runs leftwards from the right edge, with its full stops at the left; English the other way round."""
    leftward, rightward = annotator(project_id=arabic.project_id), annotator()
    lines = [*leftward.last_lines(TITLE), *leftward.last_lines(TEXT)]
    assert len(lines) == 11
    assert [line for line in lines if line["first"] <= line["last"] or abs(line["freeRight"]) > 1] == []
    lines = [*rightward.last_lines(TITLE), *rightward.last_lines(TEXT)]
    assert len(lines) == 28
    assert [line for line in lines if line["first"] >= line["last"] or abs(line["freeLeft"]) > 1] == []


def test_the_name_on_a_mark_leaves_its_words_in_place(arabic: Study, annotator: Callable[..., Annotator]) -> None:
    """The number and label that Label Studio writes behind a mark do not run together with a number at its end."""
    person = annotator(project_id=arabic.project_id)
    person.close_instructions()
    before = person.extent(DISCOUNT)
    person.mark("c", DISCOUNT.removesuffix("5"))
    after = person.extent(DISCOUNT)

    assert after == pytest.approx(before, abs=1)


def test_every_text_has_contrast_in_the_dark(annotator: Callable[..., Annotator], artefacts: Path) -> None:
    """Label Studio's dark theme leaves our colours readable."""
    person = annotator()
    person.close_instructions()
    person.page.get_by_text("Light", exact=True).click()
    person.page.wait_for_selector("html[data-color-scheme=dark]")
    person.mark("a", HOLT)
    person.mark("c", QUEUES)
    person.relate(HOLT, QUEUES, label="opposes")
    person.select(QUEUES)
    person.press("r")
    person.press_access_key("k")
    person.wait_for_transitions()
    person.screenshot(artefacts / "dark-1280.png")

    assert weak(person) == []


def test_every_hotkey_is_shown_and_does_what_it_says(annotator: Callable[..., Annotator], task: Task) -> None:
    """Each value has a key of its own beside it, also where another mark's controls are hidden."""
    person = annotator()
    person.close_instructions()
    person.mark("a", HOLT)
    person.mark("c", QUEUES)
    interface = parse_interface(task.interface)
    assert len({key for key, _ in interface.hotkeys}) == len(interface.hotkeys) == 33

    for control in interface.controls:
        if control.tag != "Choices":
            continue
        if control.shown_for:
            person.select(HOLT if control.shown_for[1] == "Actor" else QUEUES)
        for value, key in zip(control.values, control.hotkeys, strict=True):
            assert f"{value}[{key}]" not in person.chosen()
            person.press(key)
            assert f"{value}[{key}]" in person.chosen(), f"{key} did not choose {value} of {control.name}"


def test_the_codebook_is_one_key_away(annotator: Callable[..., Annotator], artefacts: Path, task: Task) -> None:
    """Alt+K shows a short codebook with every name beside the article, and one annotates on while it is open."""
    person = annotator()
    assert person.instructions.get_by_role("heading", name="Hazards of the screen").count() == 1
    person.close_instructions()
    book = person.page.locator("#ns-book")
    assert not book.is_visible()

    person.press_access_key("k")
    assert book.is_visible()
    person.screenshot(artefacts / "codebook-1280.png")
    described = set(book.locator("strong").all_inner_texts())
    fields = [*task.choices.values(), *(field for label in task.labels.values() for field in label.attributes.values())]
    names = {*task.labels, *task.relations, *(value for field in fields for value in field.values)}
    assert names - described == set()
    person.mark("a", HOLT)
    person.select(HOLT)
    assert person.hidden_by_the_edge(CONTROLS) == []

    person.press_access_key("k")
    assert not book.is_visible()
    person.open_instructions()
    assert person.instructions.get_by_role("heading", name="not_addressed").count() == 2
