"""How articles were put into splits, and the proof that little leaks from one into another, in words and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from curation.catalog import Export
from curation.export.card.facts import CardFacts
from curation.export.splitting import WHY, Closest, Leakage, Overlap, Period
from curation.folders.card import inert, table
from curation.text import counted

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
    together = ["copies of a text, the same or nearly so", *(_TIED[one] for one in export.by if one in _TIED)]
    rules = [f"In one split alone stand {' and '.join(together)}."]
    if "time" in export.by:
        rules.append("Splits go by time: the articles of each are older than those of the next one.")
    elif export.stratify:
        rules.append("Each split gets its share of every stance, as nearly as that allows.")
    rules.append("An article stays in its split when the dataset grows.")
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
        f"The largest similarity of two articles in different splits is {largest:.3f} (the Jaccard similarity of their"
        " shingles; an exact search over all pairs, none of which is more alike):"
    )
    return [f"{note}\n\n{table(('splits', 'similarity', 'article', 'and'), rows)}"]


def _overlaps(found: Sequence[Overlap]) -> list[str]:
    if not found:
        return []
    rows = [
        (
            _PLURAL[one.kind],
            one.split,
            f"{one.shared:,} of {one.values:,}",
            f"{one.touched:,} of {one.articles:,}",
        )
        for one in found
    ]
    head = ("what", "split", "also in the first split", "articles with one of these")
    return [f"What a split has in common with the first one:\n\n{table(head, rows)}"]


def _periods(found: Sequence[Period]) -> list[str]:
    dated = [one for one in found if one.first and one.last]
    if not dated:
        return []
    rows = [(one.split, one.first, one.last, f"{one.dated:,} of {one.articles:,}") for one in dated]
    return [f"When the articles were published:\n\n{table(('split', 'first day', 'last day', 'dated articles'), rows)}"]
