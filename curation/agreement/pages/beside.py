"""An article as each annotator marked it, side by side: what another one does not have is set off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from curation.agreement.claims import Scheme, given
from curation.agreement.study import Agreement, Dispute
from curation.records import Annotation, Mention, Value
from curation.reports.excerpts import Mark, windows
from curation.reports.markup import direction, markup, rich
from curation.reports.tables import named, scrolling
from curation.reports.wording import shortened
from curation.statements import Claim
from curation.text import counted

WHOLE = 3500
"""Up to how many characters an article is shown whole; of a longer one, what is around marks."""

_DEEPEST = 3
_KINDS = 4
_SHORT = 60


def articles(found: Agreement) -> Iterator[str]:
    """The articles with most disagreement; the first is unfolded."""
    if not found.worst:
        return
    yield (
        '<section id="articles" aria-labelledby="h-articles">\n<header>\n'
        '<h2 id="h-articles">Articles with most disagreement</h2>\n'
        '<p class="key soft">Each mark begins with its label and number and is underlined. Highlighted, with ≠, is a '
        "mark that others do not have: none with the same label overlaps it by half (intersection over union of at "
        "least 0.5). Fragments of one claim have one number and are compared as one mark. “≠ 1 of 2” says how many of "
        "the others lack it. […] stands for text that is left out.</p>\n"
        "</header>\n"
    )
    compared = [one.name for one in found.fields]
    labels = dict.fromkeys(
        mark.label for one in found.worst for annotation in one.annotations for mark in annotation.mentions
    )
    kinds = {label: place % _KINDS for place, label in enumerate(sorted(labels))}
    for place, one in enumerate(found.worst):
        yield from _dispute(one, found.scheme, compared, kinds, unfolded=place == 0)
    yield "</section>\n"


def _dispute(
    one: Dispute, scheme: Scheme, compared: Sequence[str], kinds: Mapping[str, int], *, unfolded: bool
) -> Iterator[str]:
    name = markup(one.article.title or one.article.id)
    beside = f"<bdi>{markup(one.article.id)}</bdi>: " if one.article.title else ""
    yield (
        f'<details class="dispute"{" open" if unfolded else ""}><summary><h3><bdi>{name}</bdi></h3> '
        f'<span class="soft">{beside}{one.disagreement:.0%} not shared</span></summary>\n'
    )
    yield from _choices(one.annotations, compared)
    marks = [sorted(scheme.marks(annotation), key=_order) for annotation in one.annotations]
    alike = [[_same(mine, other, scheme) for other in one.annotations] for mine in one.annotations]
    yield '<div class="beside-each-other">\n'
    for place, annotation in enumerate(one.annotations):
        others = [same for at, same in enumerate(alike[place]) if at != place]
        lacking = {mark[0].id: sum(mark[0].id not in same for same in others) for mark in marks[place]}
        yield from _column(one, annotation, _Column(marks[place], lacking, len(others), kinds))
    yield "</div>\n"
    groups = _groups(marks, alike)
    yield from _attributes(one.annotations, groups)
    yield from _arrows(one.annotations, groups)
    yield "</details>\n"


def _same(mine: Annotation, other: Annotation, scheme: Scheme) -> dict[str, str]:
    """The other's mark for each mark of mine that both have, by the ids of the first fragments."""
    return {ours[0].id: theirs[0].id for ours, theirs in scheme.same(mine, other)}


def _choices(annotations: Sequence[Annotation], compared: Sequence[str]) -> Iterator[str]:
    """The values of the whole article, an annotator a column."""
    names = list(dict.fromkeys([*compared, *(name for one in annotations for name in one.choices)]))
    if not names:
        return
    head = '<th scope="col">Value</th>' + "".join(f'<th scope="col">{named(one.annotator)}</th>' for one in annotations)
    rows = (_compared(named(name), [_shown(one.choices.get(name)) for one in annotations], name in compared)
            for name in names)  # fmt: skip
    yield from scrolling("Values of the whole article", head, rows)


def _compared(name: str, values: Sequence[str], compared: bool) -> str:
    """A row of values; where they differ, each is set off. Who did not mark what it is about has an empty one."""
    differ = compared and len(set(values) - {""}) > 1
    cells = "".join(f"<td>{_value(value, differ=differ)}</td>" for value in values)
    return f'<tr><th scope="row">{name}</th>{cells}</tr>\n'


def _value(value: str, *, differ: bool) -> str:
    if not value:
        return '<span class="soft">(not marked)</span>'
    shown = named(value)
    return f"<mark>≠&nbsp;{shown}</mark>" if differ else shown


def _shown(value: Value | None) -> str:
    return (value if isinstance(value, str) else "+".join(sorted(value or ()))) or "(none)"


class _Column:
    """What is known of one annotator's marks: how many of `others` lack each, and the look of each label."""

    def __init__(
        self, marks: Sequence[Claim], lacking: Mapping[str, int], others: int, kinds: Mapping[str, int]
    ) -> None:
        self.others = others
        self.kinds = kinds
        self.n_marks = len(marks)
        self.n_apart = sum(lack > 0 for lack in lacking.values())
        self.fragments = [part for mark in marks for part in mark]
        self.numbers = {part.id: number for number, mark in enumerate(marks, 1) for part in mark}
        self.lacking = {part.id: lacking[mark[0].id] for mark in marks for part in mark}


def _column(one: Dispute, annotation: Annotation, column: _Column) -> Iterator[str]:
    text = one.article.text
    every = [Mark(mark.id, mark.label, mark.start, mark.end) for each in one.annotations for mark in each.mentions]
    shown = [(0, len(text))] if len(text) <= WHOLE else windows(text, every) or [(0, WHOLE)]
    yield (
        f'<div class="column"><h4>{named(annotation.annotator)}</h4>\n<p class="soft">'
        f"{counted(column.n_marks, 'mark')}, "
        f"{f'{column.n_apart:,} that others lack' if column.n_apart else 'all shared'}</p>\n"
        f'<blockquote dir="{direction([text])}">'
    )
    depths = _depths(column.fragments)
    done = 0
    for start, end in shown:
        yield _gap(start - done)
        yield from _pieces(text, start, end, depths, column)
        done = end
    yield f"{_gap(len(text) - done)}</blockquote></div>\n"


def _gap(left_out: int) -> str:
    if not left_out:
        return ""
    return f' <span class="gap" dir="ltr" title="{counted(left_out, "character")} left out">[…]</span> '


def _order(mark: Claim) -> tuple[int, int, str, str]:
    return _reading(mark[0])


def _reading(part: Mention) -> tuple[int, int, str, str]:
    return part.start, -part.end, part.label, part.id


def _depths(marks: Sequence[Mention]) -> dict[str, int]:
    """How deep below the line each mark is underlined: marks that overlap have depths of their own."""
    depths: dict[str, int] = {}
    # The shortest first, so that it is nearest to the text.
    for mark in sorted(marks, key=lambda one: (one.end - one.start, one.start, one.id)):
        taken = {depths[one.id] for one in marks if one.id in depths and one.start < mark.end and one.end > mark.start}
        depths[mark.id] = next(depth for depth in range(len(marks)) if depth not in taken)
    return depths


def _pieces(text: str, start: int, end: int, depths: Mapping[str, int], column: _Column) -> Iterator[str]:
    """A stretch of the text in pieces on which the same marks lie, each in as many elements as there are marks."""
    there = [mark for mark in column.fragments if mark.start < end and mark.end > start]
    edges = {start, end, *(edge for mark in there for edge in (mark.start, mark.end) if start < edge < end)}
    borders = sorted(edges)
    for first, last in pairwise(borders):
        over = sorted((one for one in there if one.start < last and one.end > first), key=lambda one: depths[one.id])
        piece = rich(text[first:last])
        for mark in over:
            kind = f"m k{column.kinds[mark.label]} d{min(depths[mark.id], _DEEPEST)}"
            piece = f'<span class="{kind}">{piece}</span>'
        if any(column.lacking[mark.id] for mark in over):
            piece = f"<mark>{piece}</mark>"
        tags = (_tag(mark, column) for mark in sorted(over, key=_reading) if max(mark.start, start) == first)
        yield "".join([*tags, piece])


def _tag(mark: Mention, column: _Column) -> str:
    lack = column.lacking[mark.id]
    apart = f" ≠ {lack} of {column.others}" if lack and column.others > 1 else " ≠" if lack else ""
    kind = f"tag k{column.kinds[mark.label]}" + (" apart" if lack else "")
    return f'<span class="{kind}" dir="ltr"><bdi>{markup(mark.label)}</bdi> {column.numbers[mark.id]}{apart}</span>'


def _words(mark: Claim) -> str:
    """What a mark says, as HTML."""
    return f"“<bdi>{markup(shortened(' … '.join(part.text for part in mark), _SHORT))}</bdi>”"


def _attributes(annotations: Sequence[Annotation], groups: Sequence[Mapping[int, Claim]]) -> Iterator[str]:
    """Attributes of marks that an annotator and another have, where what they say differs."""
    rows = []
    for group in groups:
        one = next(iter(group.values()))
        for name in dict.fromkeys(name for mark in group.values() for part in mark for name in part.attributes):
            values = {at: given(mark, name) or "(none)" for at, mark in group.items()}
            if len(set(values.values())) > 1:
                what = f"{markup(one[0].label)} {_words(one)}: {named(name)}"
                rows.append(_compared(what, [values.get(at, "") for at in range(len(annotations))], True))
    yield from _differing("Marks that people share, but describe differently", "Mark and attribute", annotations, rows)


def _arrows(annotations: Sequence[Annotation], groups: Sequence[Mapping[int, Claim]]) -> Iterator[str]:
    """Relations that not everybody drew, by the marks they lead from and to."""
    place = {
        (at, part.id): number for number, group in enumerate(groups) for at, mark in group.items() for part in mark
    }
    drawn: dict[tuple[int, int], dict[int, set[str]]] = {}
    for at, annotation in enumerate(annotations):
        for one in annotation.relations:
            source, target = place.get((at, one.source)), place.get((at, one.target))
            # What joins the fragments of a mark is no statement about it.
            if source is not None and target is not None and source != target:
                drawn.setdefault((source, target), {}).setdefault(at, set()).add(one.label or "(none)")
    rows = []
    for between, labels in sorted(drawn.items()):
        values = ["+".join(sorted(labels.get(at, ()))) or "(not drawn)" for at in range(len(annotations))]
        if len(set(values)) > 1:
            what = " → ".join(_words(next(iter(groups[end].values()))) for end in between)
            rows.append(_compared(what, values, True))
    yield from _differing("Relations that people draw differently", "From and to", annotations, rows)


def _differing(caption: str, first: str, annotations: Sequence[Annotation], rows: Sequence[str]) -> Iterator[str]:
    if rows:
        people = "".join(f'<th scope="col">{named(one.annotator)}</th>' for one in annotations)
        yield from scrolling(caption, f'<th scope="col">{first}</th>{people}', rows, kind="differing")


def _groups(marks: Sequence[Sequence[Claim]], alike: Sequence[Sequence[Mapping[str, str]]]) -> list[dict[int, Claim]]:
    """Marks that are the same, by the place of who made them: each joins the first earlier one it is matched to."""
    groups: list[dict[int, Claim]] = []
    of: dict[tuple[int, str], dict[int, Claim]] = {}
    for at, mine in enumerate(marks):
        for mark in mine:
            earlier = (of.get((before, alike[at][before].get(mark[0].id, ""))) for before in range(at))
            group = next((one for one in earlier if one is not None and at not in one), None)
            if group is None:
                group = {}
                groups.append(group)
            group[at] = mark
            of[at, mark[0].id] = group
    return groups
