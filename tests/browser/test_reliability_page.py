"""The page of annotators and codebook in a real browser: readable in light and dark, wide and narrow, by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from curation.records import Annotation, Article, Mention, Relation

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ENGLISH = (
    "Mayor Ines Holt said that the congestion charge would halve the queues at the harbour tunnel within a year.\n\n"
    "<img src=x onerror=document.title='run'> Élodie Åkesson, a night nurse, asked for an exemption."
)
ARABIC = (
    "قالت Mayor Ines Holt إن the congestion charge would halve the queues خصما نسبته 75 في المئة سيشمل الحافلات، "
    "وأضافت بلدية الميناء أن القرار لا رجعة فيه وأن البلدية لم تنشر أرقاما عن عدد السيارات التي تعبر النفق كل يوم "
    "في ساعات الصباح الأولى من السنة الماضية كما أن السائقين وأصحاب المتاجر في المدينة القديمة ينتظرون جوابا."
)
KINDS = ("factual", "causal", "prediction", "evaluation", "demand")


def annotation(who: int, number: int, text: str, random: Random) -> Annotation:
    """The fourth is weak in quotation; all confuse two kinds."""
    truth = Random(number)
    kind = truth.choice(KINDS)
    if kind in KINDS[:2] and random.random() < 0.45:
        kind = KINDS[1 - KINDS.index(kind)]
    quotation = random.choice(("direct", "indirect", "none")) if who == 4 and random.random() < 0.6 else "indirect"
    marks = (
        ("a", "Actor", "Mayor Ines Holt", {"type": "person"}),
        ("c", "Claim", "the congestion charge would halve the queues", {"kind": kind, "quotation": quotation}),
    )
    return Annotation(
        f"{who}-{number}", f"article-{number}", "", "news-stance", "1", f"annotator-0{who}",
        mentions=tuple(
            Mention(name, label, text.index(words), text.index(words) + len(words), words, fields)
            for name, label, words, fields in marks
        ),
        relations=(Relation("a", "c", "supports"),),
        choices={"stance_rent_cap": truth.choice(("favor", "against"))},
    )  # fmt: skip


@pytest.fixture(scope="module")
def report(task, tmp_path_factory) -> Path:
    from curation.adjudication import Panel, Rules, merge
    from curation.adjudication.page import write_page
    from curation.adjudication.report import Report

    random = Random(3)
    made = Report(Rules.of(task, Panel(experts={"annotator-01"})), task)
    for number in range(70):
        text = (ENGLISH, ARABIC)[number % 2]
        article = Article(f"article-{number}", text, "", title=f"{number}: “{text[:70]}” <script>run</script>")
        said = [annotation(who, number, text, random) for who in (1, 2, 3, 4)]
        made.add(merge(said, made.rules), article, said)
    found = made.reported()
    assert found.weak
    assert found.unclear
    path = tmp_path_factory.mktemp("reliability") / "reliability.html"
    write_page(path, found)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_reads_well(opened: Callable[..., Page], artefacts: Path, width: int, scheme: str) -> None:
    from readable import reads_well

    page = opened(width, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    reads_well(page, artefacts / f"reliability-{width}-{scheme}.png", width, scheme, texts=400)


def test_it_can_be_read_at_twice_the_size(opened: Callable[..., Page], artefacts: Path) -> None:
    from readable import can_be_read_at_twice_the_size

    can_be_read_at_twice_the_size(opened(640, device_scale_factor=2), artefacts / "reliability-zoomed.png")


def test_nothing_of_a_text_runs_or_is_fetched(opened: Callable[..., Page]) -> None:
    page = opened()
    assert page.title() == "Annotators and codebook of news-stance"
    assert page.locator("img, script").count() == 0
    assert page.get_by_text("<script>run</script>").count() > 0


def test_it_begins_with_whom_to_talk_to_and_what_to_rewrite(opened: Callable[..., Page]) -> None:
    page = opened(390)
    first = page.locator("header .total").all_inner_texts()
    assert "annotator-04" in first[0]
    assert "factual" in first[1]
    for sentence in page.locator("header .total").all():
        assert sentence.bounding_box()["y"] < 900


def test_a_text_keeps_its_direction(opened: Callable[..., Page]) -> None:
    quotes = opened().locator("blockquote")
    found = quotes.evaluate_all("all => all.map((one) => [getComputedStyle(one).direction, one.textContent])")
    assert found
    for direction, text in found:
        assert (direction == "rtl") == ("بلدية" in text)


def test_the_keyboard_reaches_everything_and_shows_where_it_is(opened: Callable[..., Page]) -> None:
    page = opened()
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    reached: list[str] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        where: dict[str, Any] = page.evaluate(
            "() => { const one = document.activeElement, style = getComputedStyle(one);"
            " return {name: one.tagName, width: parseFloat(style.outlineWidth), line: style.outlineStyle}; }"
        )
        if where["name"] == "BODY":
            break
        assert where["width"] >= 2, where
        assert where["line"] != "none", where
        reached.append(where["name"])
    assert reached.count("A") == page.locator("a").count()
    assert reached.count("SUMMARY") == page.locator("summary").count()
    assert reached.count("DIV") == page.locator(".wide").count()
