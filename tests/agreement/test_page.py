"""The page of agreement: every figure is on it, nothing of a text is markup, and it is whole or not there."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from curation.agreement.bootstrap import Bootstrap
from curation.agreement.collecting import Read
from curation.agreement.figures import Figure
from curation.agreement.page import write_page
from curation.agreement.pages.summary import verdict
from curation.agreement.study import ALL_MEASURES, Agreement, study
from curation.errors import CurationError
from curation.records import Annotation, Article, Mention, Relation

WORDS = "The mayor said the charge halves queues and the guild called it a tax on those who rise early again."
HOSTILE = "\"><script>document.title='run'</script><img src=x onerror=alert(1)> & \u202eturned"
PEOPLE = ("annotator-01", "annotator-02", "annotator-03")
STANCES = ("favor", "against", "neutral", "not_addressed")


def mention(name: str, label: str, words: str, text: str, **attributes: str) -> Mention:
    start = text.index(words)
    return Mention(name, label, start, start + len(words), words, attributes)


def annotation(who: str, number: int, text: str, random: Random) -> Annotation:
    """Two actors, two claims; now and then one is left out, described otherwise, or has another stance."""
    marks = [mention("a", "Actor", "The mayor", text, type="person"), mention("b", "Actor", "the guild", text)]
    if random.random() < 0.8:
        kind = random.choice(("causal", "causal", "factual"))
        marks.append(mention("c", "Claim", "the charge halves queues", text, kind=kind, quotation="direct"))
    if random.random() < 0.7:
        marks.append(mention("d", "Claim", "halves queues and the guild called it a tax", text, kind="evaluation"))
    there = {mark.id for mark in marks}
    arrows = [("a", "c", "supports"), ("b", "d", random.choice(("opposes", "supports")))]
    truth = STANCES[number % 3]
    return Annotation(
        f"{who}-{number}", f"n{number}", "", "news-stance", "1", who,
        mentions=tuple(marks),
        relations=tuple(Relation(*arrow) for arrow in arrows if arrow[1] in there),
        choices={
            "stance_congestion_charge": truth if random.random() < 0.7 else "neutral",
            "stance_rent_cap": "not_addressed",
            "note": HOSTILE,
        },
        created_at=f"2026-03-{1 + number:02}T10:00:00Z",
    )  # fmt: skip


def reads(number: int = 16) -> Iterator[Read]:
    random = Random(5)
    for at in range(number):
        text = f"{HOSTILE} {WORDS}" if at % 2 else f"{WORDS} {'It went on. ' * 400}{HOSTILE}"
        article = Article(f"n{at}", text, "", title=f"{at} {HOSTILE}")
        yield Read(article, tuple(annotation(who, at, text, random) for who in PEOPLE))


@pytest.fixture(scope="module")
def agreement(task) -> Agreement:
    return study(reads(), task, bootstrap=Bootstrap(resamples=200))


@pytest.fixture(scope="module")
def page(agreement: Agreement, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("agreement") / "agreement.html"
    write_page(path, agreement)
    return path.read_text(encoding="utf-8")


def shown(value: float | None) -> str:
    if value is None:
        return "–"
    if 0.995 <= value < 1 - 1e-12:
        return f"{value:.3f}" if value < 0.9995 else ">0.999"
    text = f"{abs(value):.2f}"
    return f"−{text}" if value < 0 and text != "0.00" else text


def everything(found: Agreement) -> list[Figure]:
    by = [figure for one in found.fields for figure in (*one.by_label, *one.by_annotator, *one.over_time)]
    return [*found.figures, *by]


def test_every_figure_is_on_it_with_its_interval_and_n(agreement, page):
    rows = re.findall(
        r'<td class="n value">([^<]*)</td><td class="n sure">([^<]*)</td><td class="drawn">.*?</td>'
        r'<td class="n items">([^<]*)</td>',
        page,
    )
    figures = [figure for figure in everything(agreement) if " × " not in figure.of]
    expected = Counter(
        (shown(one.value), f"{shown(one.low)} to {shown(one.high)}" if one.low is not None else "", str(one.n_items))
        for one in figures
    )
    assert len(figures) > 60
    assert Counter(rows) == expected
    pairs = re.findall(r'<span class="value">([^<]*)</span><small class="soft">(.*?)<br>n (\d+)</small>', page)
    assert Counter((value, n) for value, _, n in pairs) == Counter(
        (shown(one.value), str(one.n_items)) for one in agreement.figures if " × " in one.of for _ in range(2)
    )


def test_reasons_stand_in_the_place_of_values_and_intervals(agreement, page):
    reasons = {one.reason or one.details.get("no_interval") for one in everything(agreement)} - {None}
    assert len(reasons) > 2
    assert any("every value is 'not_addressed'" in reason for reason in reasons)
    for reason in reasons:
        assert html.escape(reason) in page


def test_each_measure_is_defined_with_its_source_and_reading(agreement, page):
    for name in {one.measure for one in everything(agreement)}:
        measure = ALL_MEASURES[name]
        assert all(html.escape(text) in page for text in (measure.definition, measure.source, measure.reading)), name


def test_every_cell_of_a_matrix_has_its_count(agreement, page):
    matrices = re.findall(r'<table class="matrix"><caption>([^<]*)</caption>(.*?)</table>', page, re.DOTALL)
    counts = [
        (caption, sorted(re.findall(r'class="n (?:agreed|apart-\d)">(\d+)', cells))) for caption, cells in matrices
    ]
    for one in agreement.fields:
        there = sorted(str(count) for count in one.confusion.values())
        assert ("Values that two people gave the same article", there) in counts
    assert agreement.statements.confusion
    for of, confusion in agreement.statements.confusion.items():
        there = sorted(str(count) for count in confusion.values())
        assert (f"{of}: values that two people gave the same mark", there) in counts


def test_nothing_of_a_text_a_title_or_a_value_is_markup(page):
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert " style=" not in page
    assert " onerror" not in re.sub(r">[^<]*<", "><", page)
    assert html.escape(HOSTILE.split("\u202e")[0]) in page
    assert "script-src" not in page


def test_names_of_people_labels_and_fields_are_escaped(agreement, tmp_path):
    bad = "<b>&\"'"
    first = agreement.worst[0]
    one = first.annotations[0]
    marks = tuple(replace(mark, label=bad, attributes={bad: bad}) for mark in one.mentions)
    changed = replace(one, annotator=bad, mentions=marks, choices={bad: bad})
    field = replace(agreement.fields[0], name=bad, values=(bad,), confusion={(bad, bad): 3})
    path = tmp_path / "page.html"
    worst = replace(first, annotations=(changed, *first.annotations[1:]))
    write_page(path, replace(agreement, task=bad, fields=(field,), worst=(worst,)))
    page = path.read_text(encoding="utf-8")
    assert "<b>" not in page
    assert page.count(html.escape(bad)) > 10


def test_what_others_lack_is_set_off_and_what_all_have_is_not(task, tmp_path):
    """Of two claims one is in both works, moved by two characters; the other in one work alone."""
    actor = mention("a", "Actor", "The mayor", WORDS, type="person")
    claim = mention("c", "Claim", "the charge halves queues", WORDS, kind="causal")
    moved = replace(mention("x", "Claim", "charge halves queues", WORDS, kind="factual"))
    alone = mention("d", "Claim", "a tax on those", WORDS, kind="evaluation")
    base = annotation(PEOPLE[0], 0, WORDS, Random(1))
    mine = replace(base, mentions=(actor, claim, alone), relations=(Relation("a", "c", "supports"),))
    yours = replace(base, annotator=PEOPLE[1], mentions=(actor, moved), relations=(Relation("a", "x", "opposes"),))
    path = tmp_path / "page.html"
    write_page(path, study([Read(Article("n0", WORDS, ""), (mine, yours))], task, bootstrap=Bootstrap(resamples=0)))
    page = path.read_text(encoding="utf-8")
    texts = [re.sub(r"<[^>]*>", "", one) for one in re.findall(r"<blockquote.*?</blockquote>", page, re.DOTALL)]
    assert "Claim 3 ≠a tax on those" in texts[0]
    assert "Claim 2the charge halves queues" in texts[0]
    assert "≠" not in texts[1]
    assert re.findall(r"<blockquote.*?<mark>(.*?)</mark>", page, re.DOTALL)[0].endswith("a tax on those</span>")
    marked = [re.sub(r"<[^>]*>", "", one) for one in re.findall(r"<td><mark>.*?</td>", page)]
    assert marked == [f"≠&nbsp;{value}" for value in ("causal", "factual", "supports", "opposes")]
    assert "1 that others lack" in page
    assert "all shared" in page


def test_a_claim_in_pieces_is_compared_as_one_mark(task, tmp_path):
    """One marked it whole, the other in two fragments, of which neither alone is half of it."""
    actor = mention("a", "Actor", "The mayor", WORDS, type="person")
    whole = mention("c", "Claim", "the charge halves queues and the guild called it a tax", WORDS, kind="causal")
    pieces = (
        mention("x", "Claim", "the charge halves queues", WORDS, kind="factual"),
        mention("y", "Claim", "the guild called it a tax", WORDS, kind="factual"),
    )
    base = annotation(PEOPLE[0], 0, WORDS, Random(1))
    mine = replace(base, mentions=(actor, whole), relations=(Relation("a", "c", "supports"),))
    joined = (Relation("a", "y", "supports"), Relation("y", "x", "continues"))
    choices = {**base.choices, "stance_rent_cap": "favor"}
    yours = replace(base, annotator=PEOPLE[1], mentions=(actor, *pieces), relations=joined, choices=choices)
    path = tmp_path / "page.html"
    write_page(path, study([Read(Article("n0", WORDS, ""), (mine, yours))], task, bootstrap=Bootstrap(resamples=0)))
    page = path.read_text(encoding="utf-8")
    texts = [re.sub(r"<[^>]*>", "", one) for one in re.findall(r"<blockquote.*?</blockquote>", page, re.DOTALL)]
    assert "Claim 2the charge" in texts[0]
    assert "Claim 2the charge" in texts[1]
    assert "Claim 2the guild" in texts[1]
    assert not any("≠" in text for text in texts)
    assert page.count("2 marks, all shared") == 2
    assert "Relations that people draw differently" not in page
    assert [re.sub(r"<[^>]*>", "", one) for one in re.findall(r"<td><mark>.*?</td>", page)] == [
        "≠&nbsp;not_addressed", "≠&nbsp;favor", "≠&nbsp;causal", "≠&nbsp;factual",
    ]  # fmt: skip


def test_nested_and_overlapping_marks_keep_the_text_whole(page):
    """Without its tags of labels a long text has its gaps, a short one every character."""
    quotes = re.findall(r"<blockquote.*?</blockquote>", page, re.DOTALL)
    plain = [re.sub(r"<[^>]*>", "", re.sub(r'<span class="tag.*?</bdi>[^<]*</span>', "", one)) for one in quotes]
    assert quotes
    assert {WORDS in one for one in plain} == {True}
    assert any('d1"><span class="m' in one for one in quotes), "two marks on one stretch have two lines"
    assert any("[…]" in one for one in plain)


@pytest.mark.parametrize(
    ("alphas", "words"),
    [
        ([(0.9, 0.85), (0.85, 0.7)], "The next round can start: "),
        ([(0.9, 0.5)], "may be luck"),
        ([(0.9, None)], "may be luck"),
        ([(0.9, 0.85), (0.7, 0.6)], "with care"),
        ([(0.9, 0.85), (None, None)], "with care"),
        ([(0.9, 0.85), (0.66, 0.6)], "should wait"),
        ([(None, None)], "no alpha"),
    ],
)
def test_the_verdict_is_that_of_the_bounds(alphas, words):
    figures = [
        Figure("krippendorff_alpha", value, low=low, high=None if low is None else 1.0, reason="none")
        for value, low in alphas
    ]
    assert words in verdict(figures)


def test_the_summary_names_the_lowest_field_and_its_confusion(agreement, page):
    top = re.sub(r"<[^>]*>", "", page[page.index("<header>") : page.index("</header>")])
    assert "16 articles annotated by two or more of 3 annotators." in top
    lowest = min(
        one.value for one in (*agreement.fields[0].figures, *agreement.statements.figures, *agreement.spans)
        if one.measure in ("krippendorff_alpha", "pair_alpha") and one.value is not None
    )  # fmt: skip
    assert f"({shown(lowest)})" in top
    step = max(agreement.statements.lost.values())
    assert f"{100 * step:.1f} of 100" in top


def test_a_task_without_spans_and_statements_has_a_page(agreement, tmp_path):
    path = tmp_path / "page.html"
    write_page(path, replace(agreement, spans=(), statements=None, worst=(), fields=()))
    page = path.read_text(encoding="utf-8")
    assert "There is no alpha to judge by" in page
    assert "<section" not in page


def test_an_earlier_page_is_replaced_and_a_foreign_file_never(agreement, tmp_path):
    path = tmp_path / "page.html"
    write_page(path, agreement)
    write_page(path, agreement)
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    path.write_text("<!doctype html>\nmine", encoding="utf-8")
    with pytest.raises(CurationError, match="a page of agreement") as caught:
        write_page(path, agreement)
    assert caught.value.code == "E_EXISTS"
    assert path.read_text(encoding="utf-8") == "<!doctype html>\nmine"


@pytest.mark.parametrize(("name", "code"), [("nowhere/page.html", "E_DISK"), (".", "E_USAGE")])
def test_where_no_page_can_be_there_is_none(agreement, tmp_path, name, code):
    with pytest.raises(CurationError) as caught:
        write_page(tmp_path / Path(name), agreement)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_page_stays_where_writing_fails(agreement, tmp_path):
    path = tmp_path / "page.html"
    write_page(path, agreement)
    earlier = path.read_bytes()
    with pytest.raises(AttributeError):
        write_page(path, replace(agreement, worst=(None,)))
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    assert path.read_bytes() == earlier
