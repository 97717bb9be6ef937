"""The page of agreement in a real browser: readable in light and dark, wide and narrow, by keyboard, and by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
    "Tomas Rehn of the Traders’ Guild, for whom the plan is a tax on early risers, asked for a single count. "
    "<img src=x onerror=document.title='run'> Élodie Åkesson, a night nurse, asked for an exemption."
)
ARABIC = (
    "قالت Mayor Ines Holt إن the congestion charge would halve the queues خصما نسبته 75 في المئة سيشمل الحافلات، "
    "وأضافت بلدية الميناء أن القرار لا رجعة فيه ويرى Tomas Rehn of the Traders’ Guild أن الرسوم the plan is a tax "
    "ضريبة على من يستيقظون مبكرا وأن البلدية لم تنشر أرقاما عن عدد السيارات التي تعبر النفق "
    "كل يوم في ساعات الصباح الأولى من السنة الماضية "
    "كما أن السائقين وأصحاب المتاجر في المدينة القديمة ينتظرون جوابا منذ شهور طويلة."
)
MARKS = (
    ("a", "Actor", "Mayor Ines Holt", {"type": "person"}),
    ("b", "Actor", "Tomas Rehn of the Traders’ Guild", {"type": "group"}),
    ("g", "Actor", "Traders’ Guild", {"type": "group"}),
    ("c", "Claim", "the congestion charge would halve the queues", {"quotation": "indirect"}),
    ("d", "Claim", "the plan is a tax", {"quotation": "direct", "kind": "evaluation"}),
)


def annotation(who: int, number: int, text: str, random: Random) -> Annotation:
    """All marks but some, of which some are described otherwise."""
    there = [mark for mark in MARKS if random.random() < 0.85]
    mentions = tuple(
        Mention(name, label, text.index(words), text.index(words) + len(words), words,
                {**fields, **({"kind": random.choice(("causal", "factual"))} if name == "c" else {})})
        for name, label, words, fields in there
    )  # fmt: skip
    names = {mark[0] for mark in there}
    arrows = (("a", "c", "supports"), ("b", "d", random.choice(("opposes", "unclear"))))
    return Annotation(
        f"{who}-{number}", f"article-{number}", "", "news-stance", "1", f"annotator-0{who}",
        mentions=mentions,
        relations=tuple(Relation(*one) for one in arrows if {one[0], one[1]} <= names),
        choices={
            "stance_congestion_charge": random.choice(("favor", ("favor", "against", "neutral")[number % 3])),
            "stance_rent_cap": "not_addressed",
            "note": "<script>document.title='run'</script>",
        },
        created_at=f"2026-03-{number + 1:02}T10:00:00Z",
    )  # fmt: skip


@pytest.fixture(scope="module")
def report(task, tmp_path_factory) -> Path:
    from curation.agreement.bootstrap import Bootstrap
    from curation.agreement.collecting import Read
    from curation.agreement.page import write_page
    from curation.agreement.study import study

    random = Random(3)
    read = []
    for number in range(14):
        text = (ENGLISH, ARABIC, ENGLISH + "\nIt went on." * 500)[number % 3]
        article = Article(f"article-{number}", text, "", title=f"{number}: “{text[:70]}” <script>run</script>")
        read.append(Read(article, tuple(annotation(who, number, text, random) for who in (1, 2, 3))))
    path = tmp_path_factory.mktemp("agreement") / "agreement.html"
    found = study(read, task, bootstrap=Bootstrap(resamples=200))
    write_page(path, replace(found, round=1))
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_reads_well(opened: Callable[..., Page], artefacts: Path, width: int, scheme: str) -> None:
    from readable import reads_well

    picture = artefacts / f"agreement-{width}-{scheme}.png"
    reads_well(opened(width, color_scheme=scheme), picture, width, scheme, texts=500)


def test_it_can_be_read_at_twice_the_size(opened: Callable[..., Page], artefacts: Path) -> None:
    from readable import can_be_read_at_twice_the_size

    can_be_read_at_twice_the_size(opened(640, device_scale_factor=2), artefacts / "agreement-zoomed.png")


def test_nothing_of_a_text_runs_or_is_fetched(opened: Callable[..., Page]) -> None:
    page = opened()
    assert page.title() == "Agreement on news-stance, round 1"
    assert page.locator("img, script").count() == 0
    assert page.get_by_text("<img src=x onerror=document.title='run'>").count() > 0


def test_texts_stand_beside_each_other_and_in_a_narrow_window_under_each_other(opened: Callable[..., Page]) -> None:
    for width, beside in ((1280, True), (390, False)):
        columns = opened(width).locator(".beside-each-other").first.locator(".column")
        tops = [columns.nth(at).bounding_box() for at in range(columns.count())]
        assert len(tops) == 3
        assert (tops[0]["y"] == tops[1]["y"] == tops[2]["y"]) == beside


def test_a_text_keeps_its_direction(opened: Callable[..., Page]) -> None:
    quotes = opened().locator("blockquote")
    directions = quotes.evaluate_all("all => all.map((one) => [getComputedStyle(one).direction, one.textContent])")
    assert {direction for direction, _ in directions} == {"ltr", "rtl"}
    for direction, text in directions:
        assert (direction == "rtl") == ("بلدية" in text)


def test_points_stand_where_their_values_are(opened: Callable[..., Page]) -> None:
    """On the scale from 0 to 1 the distance of two points is that of their values."""
    rows = opened().locator(".judged tbody tr")
    found = rows.evaluate_all(
        "all => all.map((row) => { const bar = row.querySelector('.bar'); if (!bar) return null;"
        " const at = (one) => one.getBoundingClientRect(), point = at(bar.querySelector('.point'));"
        " const ground = at(bar.querySelector('.ground'));"
        " return [row.querySelector('.value').textContent,"
        " (point.x + point.width / 2 - ground.x) / ground.width]; }).filter(Boolean)"
    )
    assert len(found) > 3
    least = min(float(value.replace("−", "-").strip(">")) for value, _ in found)
    assert least >= 0, "the scale begins at 0"
    for value, place in found:
        assert float(value.strip(">")) == pytest.approx(place, abs=0.012)


def test_the_keyboard_reaches_everything_and_shows_where_it_is(opened: Callable[..., Page]) -> None:
    page = opened()
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


def test_it_prints(opened: Callable[..., Page], artefacts: Path) -> None:
    page = opened(color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    page.pdf(path=artefacts / "agreement.pdf", format="A4")
    assert (artefacts / "agreement.pdf").stat().st_size > 10_000
