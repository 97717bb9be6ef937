"""Agreement by field, on statements and on spans: figures, matrices, people and time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from curation.agreement.claims import SHARED
from curation.agreement.figures import Figure
from curation.agreement.pages.drawn import definitions, figure_table, interval, reason, signed, title
from curation.agreement.study import Agreement, FieldAgreement, StatementAgreement
from curation.reports.markup import markup
from curation.reports.tables import columns, named, number, scrolling, shade

_ANY = "any label"
_WHOLE = {"": "All labels together", _ANY: "Whatever the label"}
_KEY = (
    '<p class="key soft">In tables of values met by values, what is outlined is agreed; of the rest, a cell is the '
    "darker the larger its part is of what got either of its two values.</p>\n"
)


def fields(found: Agreement) -> Iterator[str]:
    """Agreement on the fields of the article."""
    if not found.fields:
        return
    yield '<section id="fields" aria-labelledby="h-fields">\n<header>\n<h2 id="h-fields">Fields of the article</h2>\n'
    yield from definitions(figure for one in found.fields for figure in (*one.figures, *one.by_label))
    yield f"{_KEY}</header>\n"
    for one in found.fields:
        yield f"<article>\n<h3>{named(one.name)}</h3>\n"
        whole = [figure for figure in one.figures if " × " not in figure.of]
        yield from figure_table("Agreement", "Measure", ((markup(title(figure)), figure) for figure in whole))
        yield '<div class="pair">\n'
        yield from confusion(one.confusion, one.values)
        yield from _pairs(one, found.annotators)
        yield "</div>\n"
        yield from figure_table("Each label against all others", "Label", _labels(one.by_label))
        yield from _without(one.by_annotator, found.annotators)
        yield from figure_table("Over time: Krippendorff's alpha", "Annotated", map(_window, one.over_time))
        yield "</article>\n"
    yield "</section>\n"


def statements(told: StatementAgreement | None) -> Iterator[str]:
    """Agreement on statements, step by step, and on what is aligned."""
    if told is None:
        return
    yield '<section id="statements" aria-labelledby="h-statements">\n<header>\n<h2 id="h-statements">Statements</h2>\n'
    yield from definitions(told.figures)
    yield f"{_KEY}</header>\n"
    yield from _steps(told)
    others = [one for one in told.figures if one.measure != "statement_f1"]
    marks = [one for one in others if one.measure == "aligned_f1"]
    yield from figure_table("Marks and relations that both have", "What", (_what(one, "F1 of") for one in marks))
    rest = [one for one in others if one.measure != "aligned_f1"]
    yield from figure_table("What is said of marks that both have", "Field", (_named(one) for one in rest))
    yield '<div class="pair">\n'
    for of, counts in told.confusion.items():
        yield from confusion(counts, None, of)
    yield "</div>\n</section>\n"


def spans(figures: Sequence[Figure]) -> Iterator[str]:
    """Agreement on marks, whatever is said of them."""
    if not figures:
        return
    yield '<section id="spans" aria-labelledby="h-spans">\n<header>\n<h2 id="h-spans">Marks in the text</h2>\n'
    yield from definitions(figures)
    yield "</header>\n"
    for of in dict.fromkeys(("", _ANY, *(figure.of for figure in figures))):
        rows = ((markup(title(figure)) + _choices(figure), figure) for figure in figures if figure.of == of)
        yield from figure_table(_WHOLE.get(of, of), "Measure", rows)
    yield "</section>\n"


def confusion(counts: Mapping[tuple[str, str], int], values: Sequence[str] | None, of: str = "") -> Iterator[str]:
    """Which two values an article, or a mark, got from two annotators. What is on the diagonal is agreed."""
    if not counts:
        return
    names = list(values) if values else sorted({name for pair in counts for name in pair})
    both = {**{(other, one): count for (one, other), count in counts.items()}, **counts}
    met = "values that two people gave the same"
    caption = f"{of}: {met} mark" if of else f"{met.capitalize()} article"
    rows = (_confused(name, names[: place + 1], len(names), both) for place, name in enumerate(names))
    yield from scrolling(caption, columns(names, "Pairs of annotators"), rows, kind="matrix")


def _confused(name: str, upto: Sequence[str], width: int, both: Mapping[tuple[str, str], int]) -> str:
    """A row of a matrix; two values are the darker the larger their part is of what got either of them."""
    cells = []
    for other in upto:
        count = both.get((name, other), 0)
        either = count + both.get((name, name), 0) + both.get((other, other), 0)
        kind = "agreed" if other == name else f"apart-{shade(count, either)}"
        cells.append(f'<td class="n {kind}">{f"{count:,}" if count else "·"}</td>')
    empty = '<td class="n"></td>' * (width - len(upto))
    return f'<tr><th scope="row">{named(name)}</th>{"".join(cells)}{empty}</tr>\n'


def _pairs(one: FieldAgreement, people: Iterable[str]) -> Iterator[str]:
    """Kappa of every pair of annotators as a matrix, one for each kind of kappa."""
    names = sorted(people)
    for measure in dict.fromkeys(figure.measure for figure in one.figures if " × " in figure.of):
        of_pairs = {
            figure.of.removeprefix(f"{one.name}: "): figure for figure in one.figures if figure.measure == measure
        }
        rows = (_row_of_pairs(name, names, of_pairs) for name in names)
        caption = title(next(iter(of_pairs.values())))
        yield from scrolling(caption, columns(names, "Annotator"), rows, kind="matrix")
        why = dict.fromkeys(reason(figure) for figure in of_pairs.values())
        yield from (f'<p class="why">{markup(each)}</p>\n' for each in why if each)


def _row_of_pairs(name: str, names: Sequence[str], of_pairs: Mapping[str, Figure]) -> str:
    cells = []
    for other in names:
        figure = of_pairs.get(f"{name} × {other}") or of_pairs.get(f"{other} × {name}")
        if figure is None:
            cells.append('<td class="n"></td>')
            continue
        sure = f"<br>{interval(figure)}" if interval(figure) else ""
        cells.append(
            f'<td class="n"><span class="value">{number(figure.value)}</span>'
            f'<small class="soft">{sure}<br>n {figure.n_items:,}</small></td>'
        )
    return f'<tr><th scope="row">{named(name)}</th>{"".join(cells)}</tr>\n'


def _labels(figures: Iterable[Figure]) -> Iterator[tuple[str, Figure]]:
    for figure in figures:
        share = figure.details.get("share")
        used = f", {share:.0%} of all values" if isinstance(share, float) else ""
        label = named(str(figure.details.get("label", figure.of)))
        yield f'{label} <span class="soft">{markup(title(figure))}{used}</span>', figure


def _without(figures: Sequence[Figure], articles: Mapping[str, int]) -> Iterator[str]:
    """Alpha without each annotator: who stands apart has a change above 0."""

    def described(figure: Figure) -> tuple[str, Figure]:
        who, change = str(figure.details.get("annotator", "")), figure.details.get("change")
        by = signed(change) if isinstance(change, float) else "not known"
        beside = f"{articles.get(who, 0):,} articles; without them alpha changes by {by}"
        return f'{named(who)} <span class="soft">{beside}</span>', figure

    yield from figure_table("Krippendorff's alpha without each annotator", "Without", map(described, figures))


def _window(figure: Figure) -> tuple[str, Figure]:
    first, last = (str(figure.details.get(end) or "")[:16].replace("T", " ") for end in ("first", "last"))
    when = first if first == last else f"{first} to {last[11:] if first[:10] == last[:10] else last}"
    return f'{markup(str(figure.details.get("window", "")))}. <span class="soft">{markup(when)}</span>', figure


def _steps(told: StatementAgreement) -> Iterator[str]:
    """What two annotators share after each step, and what the step costs."""

    def described(figure: Figure) -> tuple[str, Figure]:
        cost = told.lost.get(figure.of)
        most = cost is not None and cost > 0 and cost == max(told.lost.values())
        costs = "" if cost is None else f"costs {100 * cost:.1f} of 100 statements" + (", most of all" if most else "")
        costs = f"<strong>{costs}</strong>" if most else costs
        return f'{SHARED.get(figure.of, markup(figure.of))} <span class="soft">{costs}</span>', figure

    kept = [one for one in told.figures if one.measure == "statement_f1"]
    yield from figure_table("Where statements are lost: F1 up to each step", "Two annotators", map(described, kept))


def _what(figure: Figure, words: str) -> tuple[str, Figure]:
    return f"{words} {named(figure.of)}", figure


def _named(figure: Figure) -> tuple[str, Figure]:
    short = {"pair_alpha": "alpha", "pair_agreement": "percent agreement"}.get(figure.measure, title(figure))
    return f'{named(figure.of)} <span class="soft">{markup(short)}</span>', figure


def _choices(figure: Figure) -> str:
    """With which choices a figure was measured, where its measure has any."""
    details = figure.details
    if figure.measure == "span_f1_overlap":
        told = f"{details.get('overlap')} of at least {details.get('least')}"
    elif figure.measure == "span_f1_tolerant":
        told = f"within {details.get('within')} {details.get('of')}"
    else:
        chosen = ((name, value) for name, value in details.items() if name != "no_interval" and value not in (None, 0))
        told = ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in chosen)
    return f' <span class="soft">{markup(told)}</span>' if told else ""
