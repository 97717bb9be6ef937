"""The card's pictures: each as a file in `plots/`, drawn of what was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curation.export.card.agreeing import ALPHAS, headlines, subject
from curation.export.card.facts import CardFacts
from curation.export.card.statistics import Statistics
from curation.export.card.svg import Bar, Whisker, bars, columns, whiskers
from curation.folders.card import inert
from curation.text import counted

FOLDER = "plots"
ORDER = ("labels", "stance", "agreement", "time", "annotators")
"""The pictures that there may be, in the order in which the card shows them."""

_MOST_ROWS = 20
_MOST_MONTHS = 60


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture: the name of its file without `.svg`, what it shows in a few words, and the picture."""

    name: str
    title: str
    picture: str


def plots(facts: CardFacts, found: Statistics) -> list[Plot]:
    """The pictures of which there is something to show."""
    drawn = [
        _labels(found),
        _stances(facts, found),
        _agreement(facts),
        _over_time(found),
        _people(facts, found),
    ]
    return [one for one in drawn if one is not None]


def plots_section(drawn: Sequence[Plot]) -> str:
    """The pictures in Markdown."""
    return "\n\n".join(f"![{inert(one.title)}]({FOLDER}/{one.name}.svg)" for one in drawn) or "There are no pictures."


def _labels(found: Statistics) -> Plot | None:
    shown = [(name, one) for name, one in (("Labels", found.labels), ("Relations", found.relations)) if one]
    if not any(one.total() for _, one in shown):
        return None
    most = max(one.of(value) for _, one in shown for value in one.values)
    rows: list[Bar | str] = []
    for name, one in shown:
        rows += [name, *(Bar(value, f"{one.of(value):,}", (one.of(value) / most,)) for value in one.values)]
    said = "; ".join(f"{value}: {one.of(value)}" for _, one in shown for value in one.values)
    title = f"Labels and relations in {'gold' if found.source == 'gold' else 'all annotations'}"
    return Plot("labels", title, bars(title, said, rows))


def _stances(facts: CardFacts, found: Statistics) -> Plot | None:
    stances = found.targets or found.decided
    if not any(one.total() for one in stances.values()):
        return None
    values = list(dict.fromkeys(value for one in stances.values() for value in one.values))
    rows: list[Bar | str] = []
    said = []
    row = "annotation" if found.source == "annotations" else "article"
    for target, one in stances.items():
        rows.append(target)
        for split in [split for split in facts.split_names if one.total(split)]:
            total = one.total(split)
            ends = counted(total, "stance" if one.several else row)
            rows.append(Bar(split, ends, tuple(one.of(value, split) / total for value in values)))
            said.append(f"{target}, {split}: " + ", ".join(f"{value} {one.of(value, split)}" for value in values))
    what = {"annotations": "Annotations", "gold": "Articles in gold"}.get(found.source or "", "Articles")
    title = f"{what} by target, split and stance"
    return Plot("stance", title, bars(title, "; ".join(said), rows, values))


def _agreement(facts: CardFacts) -> Plot | None:
    if facts.agreement is None:
        return None
    rows = [
        Whisker(subject(one), one.value, one.ci_low, one.ci_high)
        for one in headlines(facts.agreement)
        if one.measure in ALPHAS and one.value is not None
    ][:_MOST_ROWS]
    if not rows:
        return None
    said = "; ".join(f"{row.name}: {row.value:.2f}{_interval(row)}" for row in rows)
    title = f"Krippendorff's alpha with {facts.agreement.confidence:.0%} intervals"
    return Plot("agreement", title, whiskers(title, said, rows))


def _over_time(found: Statistics) -> Plot | None:
    counts = _every(found.months)
    if not counts:
        return None
    said = "; ".join(f"{when}: {number}" for when, number in counts)
    title = "Articles by " + ("month" if len(counts[0][0]) == len("2026-03") else "year") + " of publication"
    if found.months.total() < found.articles.total():
        title += f" ({found.months.total():,} of {found.articles.total():,} are dated)"
    return Plot("time", title, columns(title, said, counts))


def _people(facts: CardFacts, found: Statistics) -> Plot | None:
    counts: Mapping[str, int] = {
        name: one.annotations for name, one in found.people.items()
    } or facts.account.annotators
    if not counts:
        return None
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    # Articles have several annotators: what each annotated is a share of all articles.
    total, most = sum(counts.values()) if found.people else facts.account.articles, ranked[0][1]
    rows: list[Bar | str] = [
        Bar(name, f"{number:,} ({number / total:.0%})", (number / most,)) for name, number in ranked[:_MOST_ROWS]
    ]
    left = ranked[_MOST_ROWS:]
    if left:
        rows.append(f"and {len(left):,} more with {sum(number for _, number in left):,}")
    said = "; ".join(f"{name}: {number}" for name, number in ranked[:_MOST_ROWS])
    title = f"{'Annotations' if found.people else 'Articles'} by annotator"
    return Plot("annotators", title, bars(title, said, rows))


def _interval(row: Whisker) -> str:
    return "" if row.low is None or row.high is None else f" ({row.low:.2f} to {row.high:.2f})"


def _every(months: Counter[str]) -> list[tuple[str, int]]:
    """Months, or years where these are many or the months are not known, without a gap."""
    if not months:
        return []
    monthly = all(len(one) == len("2026-03") for one in months)
    numbers = [int(one[:4]) * 12 + (int(one[5:7]) - 1 if monthly else 0) for one in months]
    if monthly and max(numbers) - min(numbers) < _MOST_MONTHS:
        every = [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(min(numbers), max(numbers) + 1)]
        return [(one, months[one]) for one in every]
    years: Counter[int] = Counter()
    for one, count in months.items():
        years[int(one[:4])] += count
    return [(f"{year:04}", years[year]) for year in range(min(years), max(years) + 1)]
