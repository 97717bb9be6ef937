"""How articles were put into splits, and the proof that little leaks from one into another, in words and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from curation.catalog import Export
from curation.export.card.facts import CardFacts
from curation.export.splitting import WHY, Closest, Leakage, Overlap, Period
from curation.folders.card import inert, table
from curation.text import COPIES, counted

_TIED = {
    "outlet": "articles of one outlet",
    "actor": "articles that name one actor",
    "topic": "articles on one topic",
}
_PLURAL = {"outlet": "outlets", "actor": "actors", "topic": "topics", "day": "days"}


def splits_proof(facts: CardFacts) -> str:
    """How splits were made, which articles are in none, and what they have in common."""
    told = [_rules(facts.export), _cuts(facts.plan.cuts) if facts.plan else "", _held_out(facts)]
    if facts.leakage is None:
        told.append("How far splits leak was not computed for this release.")
    else:
        told += _proof(facts.leakage)
    return "\n\n".join(filter(None, told))


def _rules(export: Export) -> str:
    """What never stands in two splits, and why an article never moves."""
    together = ["copies of a text, exact or near", *(_TIED[one] for one in export.by if one in _TIED)]
    rules = [f"Kept in one split: {'; '.join(together)}."]
    if "time" in export.by:
        rules.append("Splits go by time: the articles of each are older than those of the next one.")
    elif export.stratify:
        rules.append("Each split gets its share of every stance, as nearly as that allows.")
    rules.append("An article never moves into another split when the dataset grows.")
    return " ".join(rules)


def _cuts(cuts: Mapping[str, str]) -> str:
    if not cuts:
        return ""
    days = ", ".join(f"{inert(split)} from {inert(day)}" for split, day in cuts.items())
    return f"First days (UTC): {days}."


def _held_out(facts: CardFacts) -> str:
    if facts.plan is None or not facts.plan.reasons:
        return ""
    rows = [(f"the article {WHY[reason]}", number) for reason, number in facts.plan.reasons.items()]
    total = counted(len(facts.plan.held_out), "article")
    return f"{total} held out of all splits, and published in none:\n\n" + table(("why", "articles"), rows, right=1)


def _proof(found: Leakage) -> list[str]:
    return [*_closest(found.closest), *_overlaps(found.overlaps), *_periods(found.periods)]


def _closest(found: Sequence[Closest]) -> list[str]:
    if not found:
        return ["There is one split with articles: nothing leaks."]
    rows = [
        (f"{one.split} and {one.other}", f"{one.similarity:.3f}", one.article or "–", one.other_article or "–")
        for one in found
    ]
    largest = max(one.similarity for one in found)
    note = (
        f"The largest similarity of two articles in different splits is {largest:.3f}: the Jaccard similarity of their"
        " sets of three words in a row, 1 for the same text. The search was exact: no pair is more alike. From"
        f" {COPIES:g} on texts count as copies"
        + (": some that were not known to be stand in two splits." if largest >= COPIES else ".")
    )
    return [f"{note}\n\n{table(('splits', 'similarity', 'article', 'and'), rows)}"]


def _overlaps(found: Sequence[Overlap]) -> list[str]:
    """What can be compared; a split in which nothing is known of a matter has no row of it."""
    rows = [
        (
            _PLURAL[one.kind],
            one.split,
            one.other,
            f"{one.shared:,} of {one.values:,}",
            f"{one.touched:,} of {one.articles:,}",
        )
        for one in found
        if one.values
    ]
    if not rows:
        return []
    head = ("what", "of split", "also in split", "how many", "articles with one of these")
    note = "What each two splits have in common; articles of which nothing is known do not count:"
    unknown = dict.fromkeys(f"{_PLURAL[one.kind]} in {one.split}" for one in found if not one.values)
    left = [f"Nothing is known of: {inert(', '.join(unknown))}."] if unknown else []
    return [f"{note}\n\n{table(head, rows)}", *left]


def _periods(found: Sequence[Period]) -> list[str]:
    rows = [
        (one.split, one.first, one.last, f"{one.dated:,} of {one.articles:,}")
        for one in found
        if one.first and one.last
    ]
    if not rows:
        return []
    undated = [one.split for one in found if not one.dated]
    left = [f"No article is dated to the day in: {inert(', '.join(undated))}."] if undated else []
    head = ("split", "first day", "last day", "articles dated to the day")
    return [f"When the articles were published (UTC):\n\n{table(head, rows)}", *left]
