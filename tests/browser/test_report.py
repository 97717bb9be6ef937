"""The page of findings in a real browser: readable in light and dark, wide and narrow, by keyboard, and by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from curation.findings import finding
from curation.records import Finding
from curation.reports import Mark, Marked, write_html

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ENGLISH = (
    "Varnholm will charge drivers from May \U0001f697 Mayor Ines Holt told the council on Monday. She said that the "
    "congestion charge\nwould halve the queues at the harbour tunnel within a year.\n\n"
    "“Nobody has shown us a single count,” replied Tomas Rehn of the Traders’ Guild, for whom the plan is a tax on "
    "early risers. <img src=x onerror=document.title='run'> Élodie Åkesson, a night nurse, asked for an exemption."
)
ARABIC = (
    "قالت بلدية الميناء إن خصما نسبته 75 في المئة سيشمل الحافلات، وأضافت Ines Holt أن القرار لا رجعة فيه. ويرى التجار "
    "أن الرسوم ضريبة على من يستيقظون مبكرا."
)
ODD = (
    "A bell\x07, \u202eturned\u202c words, half of \ud83d a pair,\ttabs and \U0001f469\U0001f3fd‍\U0001f527 builders.  "
)
TEXTS = {"harbour": ENGLISH, "wire-ar": ARABIC, "odd": ODD}


def mark(text: str, words: str, label: str, name: str) -> Mark:
    start = text.index(words)
    return Mark(name, label, start, start + len(words))


MARKED = {
    "n-1": Marked(
        (
            mark(ENGLISH, "Mayor Ines Holt", "Actor", "holt"),
            mark(ENGLISH, " the congestion charge\nwould halve the queues ", "Claim", "queues"),
            mark(ENGLISH, "Tomas Rehn", "Actor", "rehn"),
            Mark("far", "Claim", 9000, 9012),
        ),
        (("queues", "rehn", "supports"),),
    ),
    "n-2": Marked((mark(ARABIC, "الحافلات، وأضافت Ines Holt", "Actor", "holt"),)),
    "n-3": Marked((mark(ODD, "turned\u202c words, half of \ud83d a pair,\t", "Claim", "odd"),)),
}


def found(code: str, message: str, annotation: str, article: str, region: str | None, pointer: str | None) -> Finding:
    one = finding(code, message, region=region, json_pointer=pointer)
    who = f"annotator-0{annotation[-1]}"
    return replace(one, annotation=annotation, article_id=article, annotator=who, url="http://127.0.0.1:1/data?task=3")


FINDINGS = [
    found(
        "F_RELATION_ENDS", "supports from Claim “the charge” to Actor “Rehn”", "n-1", "harbour", "rehn", "/relations/0"
    ),
    found("F_SPAN_EDGES", "Claim “the charge” begins and ends with white space", "n-1", "harbour", "queues", None),
    found("F_OFFSET_RANGE", "9000 to 9012", "n-1", "harbour", "far", "/mentions/3/end"),
    found("F_REQUIRED_MISSING", "'stance' has no value", "n-1", "harbour", None, None),
    found("F_PATTERN", "Actor “الحافلات” (5–9): <script>document.title='run'</script>", "n-2", "wire-ar", "holt", None),
    found("F_SPAN_GRAPHEME", "odd", "n-3", "odd", "odd", None),
    *(found("F_HOLDER_MISSING", f"claim {number}", "n-1", "harbour", "queues", None) for number in range(30)),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    title = "Findings in the annotations of news-stance"
    write_html(path, FINDINGS, TEXTS.get, MARKED.get, title=title, summary="206 valid, 14 quarantined.", limit=8)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_reads_well(opened: Callable[..., Page], artefacts: Path, width: int, scheme: str) -> None:
    from readable import reads_well

    picture = artefacts / f"report-{width}-{scheme}.png"
    reads_well(opened(width, color_scheme=scheme), picture, width, scheme, texts=100)


def test_it_can_be_read_at_twice_the_size(opened: Callable[..., Page], artefacts: Path) -> None:
    from readable import can_be_read_at_twice_the_size

    can_be_read_at_twice_the_size(opened(640, device_scale_factor=2), artefacts / "report-zoomed.png")


def test_nothing_of_a_text_runs_or_is_fetched(opened: Callable[..., Page]) -> None:
    page = opened()
    assert page.title() == "Findings in the annotations of news-stance"
    assert page.locator("img").count() == 0
    assert "<img src=x onerror=document.title='run'>" in page.locator("#F_RELATION_ENDS blockquote").text_content()


def test_a_text_keeps_its_direction(opened: Callable[..., Page]) -> None:
    page = opened()
    quoted = page.locator("#F_PATTERN blockquote")
    assert quoted.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert quoted.locator("mark").text_content() == "الحافلات، وأضافت Ines Holt"
    message = page.locator("#F_PATTERN article p").first
    assert message.evaluate("one => getComputedStyle(one).direction") == "ltr"


def test_the_marked_text_and_what_cannot_be_seen_are_shown(opened: Callable[..., Page]) -> None:
    page = opened()
    assert page.locator("#F_RELATION_ENDS mark").all_text_contents() == [
        "␣the congestion charge⏎\nwould halve the queues␣",
        "Tomas Rehn",
    ]
    assert page.locator("#F_SPAN_GRAPHEME mark").text_content() == r"turned\u202c words, half of \ud83d a pair,⇥"
    assert "outside the text" in page.locator("#F_OFFSET_RANGE article").text_content()
    assert "The article begins:" in page.locator("#F_REQUIRED_MISSING article").text_content()
    assert "22 more of this kind are not on this page." in page.locator("#F_HOLDER_MISSING").text_content()


def test_the_keyboard_reaches_everything_and_shows_where_it_is(opened: Callable[..., Page]) -> None:
    page = opened()
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        where: dict[str, Any] = page.evaluate(
            "() => { const one = document.activeElement, style = getComputedStyle(one);"
            " return {name: `${one.tagName} ${one.getAttribute('href') ?? ''}`, width: parseFloat(style.outlineWidth),"
            " line: style.outlineStyle}; }"
        )
        if where["name"].startswith("BODY"):
            break
        assert where["width"] >= 2, where
        assert where["line"] != "none", where
        reached.append(where["name"])
    links = page.locator("a").count()
    assert sum(name.startswith("A ") for name in reached) == links
    assert {"SELECT ", "INPUT "} <= set(reached)
    page.locator("a", has_text="Nobody holds it").press("Enter")
    assert page.url.endswith("#F_HOLDER_MISSING")


def test_findings_can_be_narrowed_down(opened: Callable[..., Page]) -> None:
    page = opened()
    cards = page.locator("article:visible")
    everything = cards.count()
    page.locator("select").select_option("annotator-02")
    assert cards.count() == 1
    assert page.locator("section:visible").count() == 1
    assert page.locator("output").text_content() == "1 of the findings on this page"
    page.locator("select").select_option("")
    page.get_by_label("Words").fill("CLAIM 3")
    assert cards.all_inner_texts()[0].startswith("harbour")
    assert cards.count() == 1
    page.get_by_label("Words").fill("")
    assert (cards.count(), page.locator("output").text_content()) == (everything, "")


def test_without_scripts_it_is_whole(opened: Callable[..., Page]) -> None:
    page = opened(java_script_enabled=False)
    assert page.locator("article").count() == 14
    assert not page.locator("form").is_visible()


def test_it_prints(opened: Callable[..., Page], artefacts: Path) -> None:
    page = opened(color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("form").is_visible()
    page.pdf(path=artefacts / "report.pdf", format="A4")
    assert (artefacts / "report.pdf").stat().st_size > 10_000
