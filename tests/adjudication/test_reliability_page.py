"""The page of annotators and codebook: what is named is on it with examples, and nothing of a text is markup."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from curation.adjudication import Panel, Rules, fit_rules, merge
from curation.adjudication.page import write_page
from curation.adjudication.report import Report, Reported
from curation.errors import CurationError
from curation.records import Annotation, Article, Mention, Relation

WORDS = "The mayor said the charge halves queues and the guild called it a tax on those who rise early again."
HOSTILE = "\"><script>document.title='run'</script><img src=x onerror=alert(1)> & \u202eturned"
PEOPLE = ("annotator-01", "annotator-02", "annotator-03", f"annotator-04 {HOSTILE}")
KINDS = ("factual", "causal", "prediction", "evaluation", "demand")
STANCES = ("favor", "against", "neutral", "not_addressed")


def mention(id_: str, label: str, words: str, text: str, **attributes: str) -> Mention:
    start = text.index(words)
    return Mention(id_, label, start, start + len(words), words, attributes)


def annotation(who: str, number: int, text: str, random: Random) -> Annotation:
    """Two actors, a claim; the last annotator is weak in quotation, and all confuse factual and causal."""
    truth = Random(number)
    kind, quotation = truth.choice(KINDS), truth.choice(("direct", "indirect", "none"))
    if kind in KINDS[:2] and random.random() < 0.45:
        kind = KINDS[1 - KINDS.index(kind)]
    if random.random() < (0.5 if who == PEOPLE[-1] else 0.05):
        quotation = random.choice(("direct", "indirect", "none", HOSTILE))
    marks = [mention("a", "Actor", "The mayor", text, type="person", name=HOSTILE)]
    marks.append(mention("c", "Claim", "the charge halves queues", text, kind=kind, quotation=quotation))
    return Annotation(
        f"{who}-{number}", f"n{number}", "", "news-stance", "1", who,
        mentions=tuple(marks), relations=(Relation("a", "c", random.choice(("supports", "supports", "opposes"))),),
        choices={"stance_rent_cap": truth.choice(STANCES), "note": HOSTILE},
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(task) -> Reported:
    random = Random(5)
    articles = []
    for number in range(70):
        text = f"{HOSTILE} {WORDS}" if number % 2 else f"{WORDS} {'It went on. ' * 200}{HOSTILE}"
        article = Article(f"n{number}", text, "", title=f"{number} {HOSTILE}")
        articles.append((article, [annotation(who, number, text, random) for who in PEOPLE]))
    rules = Rules.of(task, Panel(experts={PEOPLE[0]}))
    stance = ("choice", "stance_rent_cap")
    rules = replace(rules, rules={**rules.rules, stance: replace(rules.rule(stance), method="dawid-skene")})
    rules = fit_rules([said for _, said in articles], rules)
    report = Report(rules, task)
    for article, said in articles:
        report.add(merge(said, rules), article, said)
    return report.reported()


@pytest.fixture(scope="module")
def page(found: Reported, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("reliability") / "page.html"
    write_page(path, found)
    return path.read_text(encoding="utf-8")


def test_what_is_named_is_on_it_with_its_examples(found, page):
    assert {one.annotator for one in found.weak} == {PEOPLE[-1]}
    assert {one.name for one in found.unclear} >= {"factual", "causal"}
    cards = re.findall(r"<article>.*?</article>", page, re.DOTALL)
    assert len(cards) == len(found.weak) + len(found.unclear)
    for card, one in zip(cards, (*found.weak, *found.unclear), strict=True):
        assert card.count("<blockquote") == len(one.examples) == 3
        for example in one.examples:
            marks = [piece.text for piece in example.pieces if piece.meant]
            assert all(f"<mark>{html.escape(mark)}</mark>" in card for mark in marks)
            assert all(html.escape(who.split("\u202e")[0]) in card for who, _ in example.said)
    for one in found.unclear:
        assert f"codebook.md:{one.line}</code>" in page
    assert "What the codebook says" in page


def test_every_figure_is_on_it_with_its_interval_and_n(found, page):
    rows = re.findall(
        r'<td class="n value">([^<]*)</td><td class="n sure">([^<]*)</td><td class="drawn">.*?</td>'
        r'<td class="n items">([^<]*)</td>',
        page,
    )
    assert len(rows) == len(found.reliability)
    for (value, interval, n), one in zip(rows, found.reliability, strict=True):
        rate = one.others.f1 or one.others.agreement
        assert n == f"{rate.n:,.0f}"
        assert (value == "–") == (rate.share is None)
        assert (interval == "") == (rate.low is None)
        assert rate.share is None or value in (f"{rate.share:.2f}", f"{rate.share:.3f}")
    for words in ("Kappa", "Precision", "Recall", "Model", "Expert n"):
        assert f'data-name="{words}">' in page


def test_reasons_stand_in_the_place_of_figures(found, page):
    reasons = {one.others.no_chance for one in found.reliability} - {None, "what nobody marked or drew is no item"}
    reasons |= {one.reason for one in (*found.judgements, *found.entries) if one.reason and getattr(one, "by", "others") == "others"}  # fmt: skip  # noqa: E501
    assert len(reasons) > 3
    for reason in reasons:
        assert html.escape(reason) in page


def test_nothing_of_a_text_a_title_a_value_or_a_name_is_markup(page):
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert " style=" not in page
    assert " onerror" not in re.sub(r">[^<]*<", "><", page)
    assert html.escape(HOSTILE.split("\u202e")[0]) in page
    assert "script-src" not in page


def test_names_of_the_task_are_escaped(found, tmp_path):
    bad = "<b>&\"'"
    entry = replace(found.unclear[0], path=("Labels", bad, bad), wording=bad)
    judgement = replace(found.weak[0], question=("attribute", bad, bad), annotator=bad)
    one = replace(found.reliability[0], question=("choice", bad), annotator=bad)
    path = tmp_path / "page.html"
    changed = replace(
        found, task=bad, entries=(entry,), judgements=(judgement,), reliability=(one,), rules={("choice", bad): bad}
    )
    write_page(path, changed)
    page = path.read_text(encoding="utf-8")
    assert "<b>" not in page
    assert page.count(html.escape(bad)) > 10


def test_an_empty_report_has_a_page(task, tmp_path):
    path = tmp_path / "page.html"
    write_page(path, Report(Rules.of(task), task).reported())
    page = path.read_text(encoding="utf-8")
    assert "cannot be said yet" in page
    assert "Nobody is named" in page


def test_an_earlier_page_is_replaced_and_a_foreign_file_never(found, tmp_path):
    path = tmp_path / "page.html"
    write_page(path, found)
    write_page(path, found)
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    path.write_text("<!doctype html>\nmine", encoding="utf-8")
    with pytest.raises(CurationError, match="a page of annotators and codebook") as caught:
        write_page(path, found)
    assert caught.value.code == "E_EXISTS"
    with pytest.raises(CurationError) as caught:
        write_page(tmp_path / Path("nowhere/page.html"), found)
    assert caught.value.code == "E_DISK"
