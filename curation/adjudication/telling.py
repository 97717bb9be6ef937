"""The report of an adjudication in sentences: for a terminal, and for the page, which says the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from curation.adjudication.entries import Entry
from curation.adjudication.examples import Example
from curation.adjudication.report import Reported
from curation.adjudication.rules import Key
from curation.adjudication.weak import LEVEL, Confusion, Judgement
from curation.text import counted, visible

HEADS = ("question", "annotator", "agrees", "95% interval", "chance", "kappa", "F1", "model", "expert", "n")
"""The columns of `rows`."""

_LISTED = 10


def asked(key: Key) -> str:
    """A kind of question in words."""
    kind, *names = key
    among = ", ".join(names)
    return {
        "mention": f"whether {names[0]} is marked",
        "boundaries": f"where {names[0]} begins and ends",
        "attribute": f"{names[-1]} of {names[0]}",
        "relation": f"whether a relation is drawn ({', '.join(names)})",
        "label": f"which relation it is ({among})",
        "choice": names[0],
    }.get(kind, " ".join(key))


def answer(key: Key, value: str | None) -> str:
    """What somebody said, in words."""
    if value is not None:
        return value
    return {"mention": "not marked", "relation": "not drawn"}.get(key[0], "nothing")


def headline(found: Reported) -> Iterator[str]:
    """What to do first: whom to talk to, and which entries to rewrite."""
    people = dict.fromkeys(one.annotator for one in found.weak)
    if people:
        yield f"Talk to {'; to '.join(_about(name, found.weak) for name in people)}."
    elif judged := sum(one.weak is not None for one in found.judgements):
        of = f"{judged:,} of {counted(len(found.judgements), 'comparison')} that could be made"
        yield f"No annotator is off oftener than the others by more than luck explains, in {of}."
    else:
        yield "Whether an annotator is weak cannot be said yet: there is too little to go by."
    if found.unclear:
        names = dict.fromkeys(" / ".join(one.path[1:]) for one in found.unclear)
        yield f"Rewrite the entries {_joined(names)}: confused or disputed, whoever annotates."
    elif known := sum(one.unclear is not None for one in found.entries):
        of = f"{known:,} of {counted(len(found.entries), 'entry', 'entries')} that could be judged"
        yield f"No entry of the codebook is confused oftener than the annotators’ reliability explains, among {of}."
    else:
        yield "Whether an entry of the codebook is unclear cannot be said yet: there is too little to go by."


def of_judgement(one: Judgement) -> str:
    """Why an annotator is named, in a sentence."""
    with_whom = "the expert" if one.by == "gold" else "most others"
    return (
        f"In {asked(one.question)}, not with {with_whom} in {one.off:,} of {one.n:,} ({one.off / one.n:.0%}); on the "
        f"same items, another annotator was not in {one.others / one.n:.0%} (p {chance(one.p)})."
    )


def of_confusion(key: Key, one: Confusion) -> str:
    """What an annotator takes for what."""
    often = "Systematically" if one.systematic else "Most often"
    return (
        f"{often} says {answer(key, one.said)} where {answer(key, one.decided)} was decided: {one.count:,} of "
        f"{counted(one.of, 'deviation')}."
    )


def of_entry(one: Entry) -> str:
    """How an entry does, in a sentence."""
    share = f"{one.contested or 0:.0%} contested (usual {one.usual or 0:.0%}), {counted(one.votes, 'vote')}"
    met = [each for each in one.confusions if each.unclear] or list(one.confusions[:2])
    told = "; ".join(
        f"against {answer(one.question, each.other)} {each.count:.0f} times"
        + (f", expected {each.expected:.0f} (p {chance(each.p)})" if each.expected is not None else "")
        for each in met
    )
    certain = f" (p {chance(one.p)})" if one.unclear and not told else ""
    opened = f"; open in {counted(one.open, 'question')}" if one.open else ""
    return f"{share}{certain}{f'; {told}' if told else ''}{opened}."


def where(one: Entry) -> str:
    """Where the codebook has it."""
    return f"codebook.md:{one.line}" if one.line else "not in codebook.md"


def chance(p: float | None) -> str:
    """A p-value."""
    return "not tested" if p is None else "below .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def unjudged(judgements: Iterable[Judgement]) -> Iterator[tuple[str, list[str]]]:
    """Why somebody could not be judged by the others, with who and in what."""
    found: dict[str, list[str]] = {}
    for one in judgements:
        if one.weak is None and one.by == "others":
            found.setdefault(one.reason or "", []).append(f"{one.annotator} ({asked(one.question)})")
    yield from sorted(found.items())


def lines(found: Reported) -> Iterator[str]:
    """What the curator needs first, as lines of text; nothing that anybody wrote has control characters in it."""
    for sentence in headline(found):
        yield visible(sentence)
    if found.weak:
        yield ""
        yield f"Weak annotators (named without a cause in {LEVEL:.0%} of such reports at most)"
    for judgement in found.weak:
        yield f"  {visible(judgement.annotator)}: {visible(of_judgement(judgement))}"
        if judgement.confusions:
            yield f"    {visible(of_confusion(judgement.question, judgement.confusions[0]))}"
        yield from _examples(judgement.question, judgement.examples)
    if found.unclear:
        yield ""
        yield f"Unclear entries (named without a cause in {LEVEL:.0%} of such reports at most)"
    for entry in found.unclear:
        yield f"  {visible(' / '.join(entry.path[1:]))} ({where(entry)}): {visible(of_entry(entry))}"
        yield from _examples(entry.question, entry.examples)
    left = sum(one.weak is None and one.by == "others" for one in found.judgements)
    unknown = sum(one.unclear is None for one in found.entries)
    if left or unknown:
        yield ""
        yield (
            f"Too little to judge by: {left:,} of {sum(one.by == 'others' for one in found.judgements):,} pairs of "
            f"annotator and question, {unknown:,} of {len(found.entries):,} entries of the codebook"
        )


def rows(found: Reported) -> list[tuple[str, ...]]:
    """The reliability of each annotator as rows of text, for a table with `HEADS`."""
    return [
        (
            " ".join(one.question),
            visible(one.annotator),
            _number(one.others.agreement.share),
            _between(one.others.agreement.low, one.others.agreement.high),
            _number(one.others.chance),
            _number(one.others.kappa),
            _number(one.others.f1.share if one.others.f1 else None),
            _number(one.model.get("")) if len(one.model) < 2 else "by value",
            _number((one.gold.f1 or one.gold.agreement).share),
            f"{one.others.agreement.n:.0f}",
        )
        for one in found.reliability
    ]


def _examples(key: Key, examples: Sequence[Example]) -> Iterator[str]:
    for one in examples:
        yield f"    {visible(one.article_id)}: {visible(one.text)}"
        said = "; ".join(f"{name} {answer(key, value)}" for name, value in one.said)
        outcome = "open" if one.is_open else f"{_BY.get(one.by, one.by)} {answer(key, one.decided)}"
        yield f"      {visible(said)}; {visible(outcome)}"


_BY = {"most": "most:", "gold": "expert:"}


def _about(annotator: str, weak: Sequence[Judgement]) -> str:
    return (
        f"{annotator} about {_joined(dict.fromkeys(asked(one.question) for one in weak if one.annotator == annotator))}"
    )


def _joined(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.2f} to {high:.2f}"
