"""All figures on spans: a value with its interval and counts, or null with the reason; and how records become units."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from curation.agreement import Bootstrap
from curation.agreement.figures import ALONE
from curation.agreement.spans import SPAN_MEASURES, MarkedArticle, SpanChoices, Unit, marked, span_figures
from curation.records import Annotation, Article, Mention, Relation

QUICK = Bootstrap(resamples=200)
F1 = ("span_f1_exact", "span_f1_overlap", "span_f1_tolerant")


def articles(n: int) -> list[MarkedArticle]:
    drawn = random.Random(3)
    made = []
    for number in range(n):
        units = {who: [] for who in ("kim", "lee", "mo")}
        for start in range(0, 450, 50):
            label = drawn.choice(["Actor", "Claim"])
            for marks in units.values():
                if drawn.random() < 0.8:
                    begin = start + drawn.choice([0, 0, 5])
                    marks.append(Unit.at(begin, start + 30, label if drawn.random() < 0.9 else "Claim"))
        made.append(MarkedArticle(f"a{number}", "word " * 100, units))
    return made


def by_name(figures):
    return {(one.measure, one.of): one for one in figures}


def test_every_figure_has_a_definition_a_value_an_interval_and_counts():
    made = articles(20)
    alone = MarkedArticle("alone", "word", {"kim": []})
    found = by_name(span_figures([*made, alone], QUICK))
    assert {measure for measure, _ in found} == set(SPAN_MEASURES)
    assert {of for measure, of in found if measure == "token_alpha"} == {"", "Actor", "Claim"}
    assert {of for measure, of in found if measure in F1} == {"", "any label", "Actor", "Claim"}
    for one in found.values():
        assert one.low < one.value < one.high
        assert (one.n_items, one.n_annotators, one.reason) == (20, 3, None)
    assert found["token_alpha", ""].n_values == 2000
    assert found["character_alpha", ""].n_values == 10_000
    assert found["gamma", ""].n_values == sum(one.n_units for one in made)
    assert found["span_f1_overlap", ""].details == {"overlap": "iou", "least": 0.5}
    assert found["u_alpha", ""].details == {"articles_with_overlaps": 0}
    for measure in F1:
        assert found[measure, "any label"].value > found[measure, ""].value


def test_no_figure_nor_interval_depends_on_the_order_of_articles():
    made = articles(14)
    assert span_figures(made[::-1], QUICK) == pytest.approx(span_figures(made, QUICK))


def test_figures_are_of_what_was_chosen():
    made = articles(12)
    strict = SpanChoices(overlap="dice", least=0.99, within=0, of="characters", with_gamma=False)
    found = by_name(span_figures(made, Bootstrap(resamples=0), strict))
    assert ("gamma", "") not in found
    exact = found["span_f1_exact", ""].value
    assert found["span_f1_overlap", ""].value == found["span_f1_tolerant", ""].value == exact
    assert found["span_f1_tolerant", ""].details == {"within": 0, "of": "characters"}
    assert found["token_alpha", ""].low is None


def reasons(made) -> dict[str, str | None]:
    return {f"{one.measure} {one.of}".strip(): one.reason for one in span_figures(made, QUICK) if one.value is None}


def test_without_anything_to_compare_every_figure_is_null_and_says_why():
    nobody = "nobody marked anything: nothing tells agreement from chance"
    one = MarkedArticle("a", "some words", {"kim": [Unit.at(0, 4, "A")]})
    empty = MarkedArticle("a", "some words", {"kim": [], "lee": []})
    for made, reason in (([], "no article was annotated by two people"), ([one], None), ([empty], nobody)):
        found = reasons(made)
        assert len(found) == 12
        assert set(found.values()) == {reason or "no article was annotated by two people"}


def test_units_that_meet_nowhere_and_texts_that_all_marked_whole_are_told_apart():
    apart = MarkedArticle("a", "some words", {"kim": [Unit.at(0, 4, "A")], "lee": [Unit.at(5, 10, "B")]})
    found = reasons([apart, replace(apart, id="b")])
    assert set(found) == {"cu_alpha", "ku_alpha A", "ku_alpha B"}
    assert all("meet nowhere" in reason for reason in found.values())
    whole = [Unit.at(0, 10, "A")]
    found = reasons([MarkedArticle(name, "some words", {"kim": whole, "lee": whole}) for name in "ab"])
    assert {"token_alpha", "character_alpha", "u_alpha", "binary_u_alpha", "token_alpha A", "gamma"} <= found.keys()
    assert "every place has the same value" in found["token_alpha"]
    assert "by chance are no less alike" in found["gamma"]
    assert not any(name.startswith("span_f1") for name in found)


def test_one_article_is_too_few_for_any_figure_though_all_agree_on_it():
    made = articles(1)
    told = dict.fromkeys(made[0].units, made[0].units["kim"])
    for one in (made[0], replace(made[0], units=told)):
        alone = MarkedArticle("alone", "word", {"kim": [Unit.at(0, 4, "Actor")]})
        found = span_figures([one, alone], QUICK)
        assert {figure.measure for figure in found} == set(SPAN_MEASURES)
        assert {(figure.value, figure.low, figure.reason) for figure in found} == {(None, None, ALONE)}
        assert {figure.n_items for figure in found} == {1}


def test_articles_that_a_measure_passes_over_make_no_second_one():
    """That nobody marked anything is agreement to alpha over places, and nothing at all to F1 and gamma."""
    told = [Unit.at(0, 4, "A"), Unit.at(5, 10, "B")]
    made = [
        MarkedArticle("a", "some words", {"kim": told, "lee": told}),
        MarkedArticle("b", "other words", {"kim": [], "lee": []}),
    ]
    found = by_name(span_figures(made, QUICK))
    for measure in ("token_alpha", "character_alpha", "u_alpha", "binary_u_alpha"):
        assert found[measure, ""].value == 1
    for measure in (*F1, "gamma"):
        assert (found[measure, ""].value, found[measure, ""].reason) == (None, ALONE)


def test_fewer_articles_than_an_interval_takes_leave_it_out_and_say_so():
    for one in span_figures(articles(3), QUICK):
        assert (one.low, one.high) == (None, None)
        assert "too few" in one.details["no_interval"]


def test_gamma_of_many_annotators_has_a_value_unless_there_are_too_many_ways_to_align_them():
    units = {f"p{who}": [Unit.at(40 * at + who, 40 * at + 30, "AB"[at % 2]) for at in range(6)] for who in range(6)}
    made = [MarkedArticle(name, "x" * 300, units) for name in "ab"]
    found = by_name(span_figures(made, QUICK))
    assert found["gamma", ""].value > 0.5
    found = by_name(span_figures(made, QUICK, SpanChoices(most_alignments=50)))
    assert found["gamma", ""].value is None
    assert found["gamma", ""].reason.startswith("an article's units can be aligned in more than 50 ways: compare fewer")


def test_units_that_overlap_are_counted_by_article():
    nested = MarkedArticle("a", "x" * 40, {"kim": [Unit.at(0, 30, "A"), Unit.at(5, 9, "B")], "lee": []})
    found = by_name(span_figures([nested, *articles(2)], QUICK))
    assert found["u_alpha", ""].details["articles_with_overlaps"] == 1
    assert found["ku_alpha", "A+B"].value is None


def test_what_was_marked_is_read_from_annotations_and_fragments_are_one_unit():
    text = "Ms Höhn said that it works, and she said so twice."
    article = Article("a1", text, "0" * 64)

    def mention(name: str, label: str, start: int, end: int) -> Mention:
        return Mention(name, label, start, end, text[start:end])

    mentions = (mention("m1", "Claim", 18, 26), mention("m2", "Claim", 41, 49), mention("m3", "Actor", 0, 7))
    continues = (Relation("m2", "m1", "continues"),)
    told = Annotation("1", "a1", "0" * 64, "news-stance", "1", "kim", mentions=mentions, relations=continues)
    silent = Annotation("2", "a1", "0" * 64, "news-stance", "1", "lee")
    joined = marked(article, [told, silent], "continues")
    assert joined.units == {
        "kim": (Unit.at(0, 7, "Actor"), Unit(((18, 26), (41, 49)), "Claim")),
        "lee": (),
    }
    assert joined.n_units == 2
    assert len(marked(article, [told]).units["kim"]) == 3
