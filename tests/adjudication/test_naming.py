"""In studies of which it is known who is weak and what is unclear, these are named and nobody and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from random import Random

import pytest

from curation.adjudication import Rules, merge
from curation.adjudication.report import Report
from curation.adjudication.telling import headline, lines, rows
from curation.records import Annotation, Article, Mention

KINDS = ("factual", "causal", "prediction", "evaluation", "demand")
QUOTATIONS = ("direct", "indirect", "none")
STANCES = ("favor", "against", "neutral", "not_addressed")
SWAPPED = {"factual": "causal", "causal": "factual"}
TEXT = "".join(f"word{number:02d} " for number in range(60))
QUOTATION = ("attribute", "Claim", "quotation")
KIND = ("Labels", "Claim", "kind")


def annotations(draw: Random, number: int, people, *, weak=None, unclear=False, confuser=None):
    """Two claims and a stance by everybody: each right in 9 of 10 but for what is planted."""
    truths = [(draw.choice(KINDS), draw.choice(QUOTATIONS)) for _ in range(2)]
    stance = draw.choice(STANCES)

    def said(truth, values, chance=0.9):
        return truth if draw.random() < chance else draw.choice([value for value in values if value != truth])

    found = []
    for who in people:
        marks = []
        for place, (kind, quotation) in enumerate(truths):
            given = said(kind, KINDS)
            if unclear and kind in SWAPPED and draw.random() < 0.4:
                given = SWAPPED[kind]
            if who == confuser and given == "factual":
                given = "causal"
            start = 200 * place
            attributes = {"kind": given, "quotation": said(quotation, QUOTATIONS, 0.55 if who == weak else 0.9)}
            marks.append(Mention(f"{place}", "Claim", start, start + 40, TEXT[start : start + 40], attributes))
        found.append(
            Annotation(
                f"{who}-{number}", f"n{number}", "", "news-stance", "1", who,
                mentions=tuple(marks), choices={"stance_rent_cap": said(stance, STANCES)},
            )
        )  # fmt: skip
    return found


def study(seed, articles=60, people="abcd", **planted):
    draw = Random(seed)
    return [annotations(draw, number, people, **planted) for number in range(articles)]


@pytest.fixture(scope="module")
def report_on(task):
    rules = Rules.of(task)

    def made(articles, gold=None):
        report = Report(rules, task)
        for one in articles:
            name = one[0].article_id
            report.add(merge(one, rules), Article(name, TEXT, "", title=f"Title {name}"), one, (gold or {}).get(name))
        return report.reported()

    return made


@pytest.fixture(scope="module")
def both(report_on):
    return report_on(study(1, weak="d", unclear=True))


def named(found):
    return {(one.annotator, one.question) for one in found.weak}, {one.path for one in found.unclear}


def test_who_is_weak_and_what_is_unclear_is_named_and_nothing_else(report_on, both):
    for found in (both, *(report_on(study(seed, weak="d", unclear=True)) for seed in range(2, 6))):
        assert named(found) == ({("d", QUOTATION)}, {(*KIND, "factual"), (*KIND, "causal")})


def test_nothing_is_named_where_nothing_is_planted(report_on):
    """At most one of twenty such reports may name anybody, and one anything: of 16, with .1% more than 4."""
    found = [named(report_on(study(seed, articles=40, people="abc"))) for seed in range(16)]
    assert sum(bool(weak) for weak, _ in found) <= 4
    assert sum(bool(unclear) for _, unclear in found) <= 4


def test_one_who_reads_an_entry_otherwise_is_weak_and_the_entry_is_not_unclear(report_on):
    found = report_on(study(3, articles=100, confuser="b"))
    assert named(found) == ({("b", ("attribute", "Claim", "kind"))}, set())
    (one,) = found.weak
    first = one.confusions[0]
    assert (first.said, first.decided) == ("causal", "factual")
    assert first.systematic
    assert any("Systematically says causal where factual was decided" in line for line in lines(found))


def test_examples_show_what_was_said(both):
    (weak,) = both.weak
    assert len(weak.examples) == 3
    assert len({one.article_id for one in weak.examples}) == 3
    for one in weak.examples:
        said = dict(one.said)
        assert said["d"] != one.decided
        assert Counter(said.values())[one.decided] == 3
        assert "".join(piece.text for piece in one.pieces if piece.meant) in (TEXT[:40], TEXT[200:240])
    for entry in both.unclear:
        assert len(entry.examples) == 3
        for one in entry.examples:
            assert {"factual", "causal"} <= {value for _, value in one.said}


def test_an_unclear_entry_says_where_the_codebook_has_it(both, task):
    written = task.codebook.splitlines()
    for entry in both.entries:
        assert written[entry.line - 1].strip("# ") == entry.name
    for entry in both.unclear:
        assert entry.wording.startswith("- **Definition:**")
        confused = entry.confusions[0]
        assert confused.other == SWAPPED[entry.name]
        assert confused.count > 1.5 * confused.expected
        assert confused.p < 0.05


def test_counts_of_pairs_are_those_of_the_votes(report_on):
    """By hand: items of four votes count each pair of votes apart by a third."""
    articles = study(8)
    found = report_on(articles)
    expected: Counter[frozenset[str]] = Counter()
    for one in articles:
        for place in range(2):
            given = [each.mentions[place].attributes["kind"] for each in one]
            for at, mine in enumerate(given):
                for other in given[at + 1 :]:
                    if mine != other:
                        expected[frozenset((mine, other))] += 1
    entries = {entry.name: entry for entry in found.entries if entry.path[:-1] == KIND}
    for entry in entries.values():
        for met in entry.confusions:
            assert met.count == pytest.approx(expected[frozenset((entry.name, met.other))] / 3)
    votes = Counter(mark.attributes["kind"] for one in articles for each in one for mark in each.mentions)
    for name, entry in entries.items():
        assert entry.votes == votes[name]
        met = sum(count for pair, count in expected.items() if name in pair) / 3
        assert entry.contested == pytest.approx(met / votes[name])


def test_the_order_of_articles_and_annotators_never_matters(report_on, both):
    random = Random(9)
    articles = study(1, weak="d", unclear=True)
    random.shuffle(articles)
    again = report_on([random.sample(one, len(one)) for one in articles])
    assert [(one.question, one.annotator) for one in again.weak] == [(one.question, one.annotator) for one in both.weak]
    assert [one.path for one in again.entries] == [one.path for one in both.entries]
    mine, yours = again.document(), both.document()
    assert _rounded(mine) == _rounded(yours)


def _rounded(value):
    if isinstance(value, float):
        return round(value, 9)
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value


def test_two_annotators_cannot_be_told_apart_but_by_an_expert(report_on):
    articles = study(4, articles=120, people="ab", weak="b")
    found = report_on(articles)
    assert named(found) == (set(), set())
    assert {one.weak for one in found.judgements} == {None}
    assert {one.unclear for one in found.entries} == {None}
    assert any("fewer than three annotators" in (one.reason or "") for one in found.entries)
    right = {one[0].article_id: one[2] for one in study(4, articles=120, people="abz", weak="b")}
    # Of another draw: an expert who is as good as the good one, and asked about the same articles.
    threes = [one[:2] for one in study(4, articles=120, people="abz", weak="b")]
    assert named(report_on(threes, right))[0] == {("b", QUOTATION)}
    assert {one.by for one in report_on(threes, right).weak} == {"gold"}


def test_too_little_is_said_to_be(report_on):
    found = report_on(study(5, articles=4, weak="d", unclear=True))
    assert named(found) == (set(), set())
    assert all(one.reason for one in found.judgements)
    assert "cannot be said yet" in next(iter(headline(found)))
    assert "Too little to judge by" in list(lines(found))[-1]


def test_two_values_are_named_where_agreement_is_too_low(report_on, task):
    """A field of two values: nothing but the disagreement itself can be measured."""

    def made(chance):
        draw = Random(6)
        articles = []
        for number in range(60):
            truth = draw.random() < 0.5
            articles.append(
                [
                    Annotation(
                        f"{who}-{number}", f"n{number}", "", "news-stance", "1", who,
                        choices={"stance_rent_cap": "favor" if truth == (draw.random() < chance) else "against"},
                    )
                    for who in "abcd"
                ]
            )  # fmt: skip
        return {one.name for one in report_on(articles).unclear}

    assert made(0.7) == {"favor", "against"}
    assert made(0.97) == set()


def test_a_disputed_label_is_named_with_what_it_was_taken_for(report_on):
    """Actors are marked by all; claims by half, of whom some took them for an actor."""
    draw = Random(12)
    articles = []
    for number in range(60):
        one = []
        for who in "abcd":
            marks = [Mention("1", "Actor", 0, 10, TEXT[:10], {"type": "person"})]
            if draw.random() < 0.5:
                marks.append(Mention("2", "Claim", 100, 140, TEXT[100:140], {}))
            elif draw.random() < 0.3:
                marks.append(Mention("2", "Actor", 100, 140, TEXT[100:140], {"type": "person"}))
            one.append(Annotation(f"{who}-{number}", f"n{number}", "", "news-stance", "1", who, mentions=tuple(marks)))
        articles.append(one)
    found = report_on(articles)
    assert ("Labels", "Claim") in {one.path for one in found.unclear}
    (claim,) = (one for one in found.entries if one.path == ("Labels", "Claim"))
    assert claim.confusions[0].other == "Actor"
    assert claim.confusions[0].count > 10


def test_it_is_json_and_lines_without_control_characters(both):
    document = json.loads(json.dumps(both.document(), allow_nan=False))
    assert {tuple(one["question"]) for one in document["weak"]} == {QUOTATION}
    assert [one["path"][-1] for one in document["unclear"]] == [one.name for one in both.unclear]
    assert len(document["reliability"]) == len(rows(both)) == len(both.reliability)
    assert not [line for line in lines(both) if not line.isprintable()]
    assert [line for line in lines(both) if "codebook.md:" in line]
