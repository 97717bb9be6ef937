"""How reliable every annotator is, by kind of question: by the others, by the models, against experts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curation.adjudication.rates import Rate
from curation.adjudication.reliability import Compared, Reliability
from curation.adjudication.report import Reported
from curation.adjudication.telling import asked
from curation.reports.markup import markup
from curation.reports.tables import bar, between, named, number, scrolling, ticked

_DEFINITIONS = (
    (
        "By the others",
        "The share of votes equal to what the rule makes of the votes of all others: nobody is compared with "
        "themselves, and what they leave open does not count. Where one other voted, it is that one.",
    ),
    (
        "F1, precision, recall",
        "Of marks and relations: of those that an annotator made, how many the others made too (precision); of those "
        "that the others made, how many the annotator made (recall); F1 is their harmonic mean. Which relation it is "
        "is a question of its own.",
    ),
    (
        "Chance, kappa",
        "The share that would be equal if what the annotator said and what was decided had nothing to do with each "
        "other, and how far beyond it they are: Cohen 1960. On a field with one value in 95 of 100, a share of .90 is "
        "no better than chance, and kappa is 0.",
    ),
    (
        "Interval",
        "Wilson 1927, of 95%, at as many independent votes as these are worth where votes on one article go together "
        "(Rao and Scott 1992).",
    ),
    (
        "Model",
        "What the fitted model of the rule says: the probability of a right answer (Dawid and Skene 1979), or of not "
        "guessing (MACE, Hovy et al. 2013).",
    ),
    ("Expert", "The same figures against what an expert decided, without the expert’s own votes."),
)


def people(found: Reported) -> Iterator[str]:
    """A table for each kind of question."""
    if not found.reliability:
        return
    yield '<section id="people" aria-labelledby="h-people">\n<header>\n<h2 id="h-people">Every annotator</h2>\n'
    yield '<details class="measures"><summary>What these figures are</summary>\n<dl>\n'
    yield from (f"<dt>{markup(name)}</dt><dd>{markup(words)}</dd>\n" for name, words in _DEFINITIONS)
    yield "</dl></details>\n</header>\n"
    for key in dict.fromkeys(one.question for one in found.reliability):
        own = [one for one in found.reliability if one.question == key]
        yield from _table(_caption(found, own), own)
    yield "</section>\n"


def _caption(found: Reported, own: Sequence[Reliability]) -> str:
    words = asked(own[0].question)
    why = own[0].others.no_chance if not any(one.others.f1 or one.others.chance is not None for one in own) else None
    ruled = f"{words[:1].upper()}{words[1:]}; rule: {found.rules[own[0].question]}"
    return f"{ruled}; no chance level: {why}" if why else ruled


def _table(caption: str, own: Sequence[Reliability]) -> Iterator[str]:
    presence = any(one.others.f1 for one in own)
    chances = any(one.others.chance is not None for one in own)
    has_model, has_gold = any(one.model for one in own), any(one.gold.agreement.n for one in own)
    extra = ["Precision", "Recall"] if presence else ["Chance", "Kappa"] if chances else []
    extra += (["Model"] if has_model else []) + (["Expert", "Expert n"] if has_gold else [])
    measure = "F1" if presence else "Agrees"
    head = (
        f'<th scope="col">Annotator</th><th scope="col" class="n">{measure}</th><th scope="col" class="n">95% '
        f'interval</th><th scope="col" class="drawn">{ticked(((0.0, "0"), (0.5, ".5"), (1.0, "1")))}</th>'
        '<th scope="col" class="n">n</th>' + "".join(f'<th scope="col" class="n">{name}</th>' for name in extra)
    )
    yield from scrolling(caption, head, (_row(one, extra) for one in own), kind="figures annotators")


def _row(one: Reliability, extra: Sequence[str]) -> str:
    rate = _main(one.others)
    why = rate.reason or (one.others.no_chance if "Kappa" in extra and one.others.kappa is None else None)
    note = f'<span class="why">{markup(why)}</span>' if why else ""
    cells = "".join(f'<td class="n more" data-name="{name}">{_cell(one, name)}</td>' for name in extra)
    return (
        f'<tr><th scope="row">{named(one.annotator)}{note}</th><td class="n value">{number(rate.share)}</td>'
        f'<td class="n sure">{between(rate.low, rate.high)}</td>'
        f'<td class="drawn">{bar(rate.share, rate.low, rate.high)}</td><td class="n items">{rate.n:,.0f}</td>'
        f"{cells}</tr>\n"
    )


def _main(one: Compared) -> Rate:
    return one.f1 or one.agreement


def _cell(one: Reliability, name: str) -> str:
    if name == "Model":
        return "<br>".join(f"{f'{named(value)} ' if value else ''}{number(each)}" for value, each in one.model.items())
    if name in {"Expert", "Expert n"}:
        rate = _main(one.gold)
        if not rate.n:
            return ""
        if name == "Expert n":
            return f"{rate.n:,.0f}"
        sure = between(rate.low, rate.high)
        return number(rate.share) + (f"<br><small class='soft'>{sure}</small>" if sure else "")
    of = {"Precision": one.others.precision, "Recall": one.others.recall}.get(name)
    if of is not None:
        return number(of.share)
    return number(one.others.chance if name == "Chance" else one.others.kappa)
