"""Who is weak in what, and which entries are unclear: each with what was said of a few texts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from curation.adjudication.entries import Confused, Entry
from curation.adjudication.examples import Example
from curation.adjudication.report import Reported
from curation.adjudication.rules import Key
from curation.adjudication.telling import answer, asked, chance, of_confusion, of_judgement, unjudged, where
from curation.adjudication.weak import Judgement
from curation.reports.excerpts import Excerpt
from curation.reports.markup import markup, passage
from curation.reports.tables import named, number, scrolling
from curation.reports.wording import shortened
from curation.text import counted

_WORDING = 1500
_BULLET = re.compile(r"^- +\*\*(\w+:)\*\*")


def weak(found: Reported) -> Iterator[str]:
    """The annotators that are named, and why others could not be judged."""
    yield from _heading("weak", "Weak annotators", _WEAK)
    if not found.weak:
        judged = sum(one.weak is not None for one in found.judgements)
        yield f"<p>Nobody is named; {counted(judged, 'comparison')} could be made.</p>\n"
    for one in found.weak:
        yield f"<article>\n<h3>{named(one.annotator)}: {markup(asked(one.question))}</h3>\n"
        yield f"<p>{markup(of_judgement(one))}</p>\n"
        yield from _taken(one)
        yield from _examples(one.question, one.examples, one.annotator)
        yield "</article>\n"
    reasons = list(unjudged(found.judgements))
    if reasons:
        number_of = sum(len(who) for _, who in reasons)
        yield f"<details><summary>{counted(number_of, 'comparison')} could not be made</summary>\n<ul>\n"
        for reason, who in reasons:
            yield f"<li>{markup(reason)}: {', '.join(f'<bdi>{markup(name)}</bdi>' for name in who)}</li>\n"
        yield "</ul></details>\n"
    yield "</section>\n"


def unclear(found: Reported) -> Iterator[str]:
    """The entries that are named, then all of them as a table."""
    if not found.entries:
        return
    yield from _heading("unclear", "Unclear entries of the codebook", _UNCLEAR)
    if not found.unclear:
        judged = sum(one.unclear is not None for one in found.entries)
        yield f"<p>No entry is named; {judged:,} of {len(found.entries):,} could be judged.</p>\n"
    wording = {one.path: one.wording for one in found.entries}
    for one in found.unclear:
        yield f'<article>\n<h3>{_path(one)}</h3>\n<p class="soft"><code>{markup(where(one))}</code></p>\n'
        yield f"<p>{_share(one)}</p>\n"
        yield from _confusions(one)
        yield from _written(one, wording)
        yield from _examples(one.question, one.examples, None)
        yield "</article>\n"
    yield "<details><summary>All entries, the most contested first</summary>\n"
    head = (
        '<th scope="col">Entry</th><th scope="col" class="n">Contested</th><th scope="col" class="n">Votes</th>'
        '<th scope="col" class="n">Open</th><th scope="col">Most confused with</th><th scope="col">Unclear</th>'
    )
    yield from scrolling("Entries of the codebook", head, map(_row, found.entries), kind="entries")
    yield "</details>\n</section>\n"


_WEAK = (
    "Named is who, on the items of three votes or more where most said one thing, said another at least 5 in 100 times "
    "oftener than the others did on the very same items, where that is no luck (p at most .05 after Holm’s correction "
    "for all annotators and questions), asked 20 times or more in five articles or more. Where an expert decided, the "
    "same is asked of the errors against the expert. At most one such report in twenty names anybody without a cause."
)
_UNCLEAR = (
    "Named is an entry that is taken for another at least half as often again as the disagreement in its field "
    "explains, or of which it is disputed whether it is there so much oftener than of others of its kind; in one of "
    "ten votes or more; where that is no luck (p at most .05 after Holm’s correction for all entries); and also "
    "without any one annotator. Of a field of two values, both are named if alpha is below .667."
)


def _heading(name: str, title: str, rule: str) -> Iterator[str]:
    yield f'<section id="{name}" aria-labelledby="h-{name}">\n<header>\n<h2 id="h-{name}">{title}</h2>\n'
    yield f'<p class="key soft">{rule}</p>\n</header>\n'


def _taken(one: Judgement) -> Iterator[str]:
    if one.confusions:
        yield "<ul>\n"
        for place, each in enumerate(one.confusions):
            if each.systematic or not place:
                yield f"<li>{markup(of_confusion(one.question, each))}</li>\n"
            else:
                said, decided = (markup(answer(one.question, value)) for value in (each.said, each.decided))
                yield f"<li><bdi>{said}</bdi> for <bdi>{decided}</bdi>: {each.count:,}</li>\n"
        yield "</ul>\n"


def _share(one: Entry) -> str:
    opened = f" It is open in {counted(one.open, 'question')}." if one.open else ""
    sure = f" (p {chance(one.p)})" if not one.confusions else ""
    return (
        f"Where one vote is for it, another is not in <strong>{one.contested or 0:.0%}</strong>{sure}; "
        f"usual is {one.usual or 0:.0%}. {counted(one.votes, 'vote')} in {counted(one.articles, 'article')}.{opened}"
    )


def _confusions(one: Entry) -> Iterator[str]:
    if not one.confusions:
        return
    head = (
        '<th scope="col">Against</th><th scope="col" class="n">Times</th><th scope="col" class="n">Expected</th>'
        '<th scope="col" class="n">p</th>'
    )
    yield from scrolling(
        f"What {one.name} is taken for", head, (_confused(one, each) for each in one.confusions[:6]), kind="matrix"
    )


def _confused(one: Entry, each: Confused) -> str:
    name = (
        f"<strong>{named(answer(one.question, each.other))}</strong>"
        if each.unclear
        else named(answer(one.question, each.other))
    )
    expected = "–" if each.expected is None else f"{each.expected:.1f}"
    return (
        f'<tr><th scope="row">{name}</th><td class="n">{each.count:.1f}</td><td class="n">{expected}</td>'
        f'<td class="n">{markup(chance(each.p).replace("below ", "<"))}</td></tr>\n'
    )


def _written(one: Entry, wording: dict[tuple[str, ...], str]) -> Iterator[str]:
    """What the codebook says of an entry, and of those that it is taken for: beside each other, to be rewritten."""
    others = [(*one.path[:-1], each.other) for each in one.confusions if each.unclear and each.other]
    texts = [(path[-1], wording.get(path, "")) for path in (one.path, *others)]
    if any(text for _, text in texts):
        yield '<details><summary>What the codebook says</summary>\n<div class="beside-each-other">\n'
        for name, text in texts:
            yield f'<div class="column wording"><h4>{named(name)}</h4>\n{_paragraphs(text)}</div>\n'
        yield "</div></details>\n"


def _paragraphs(text: str) -> str:
    """What an entry says, line by line; of its bullets the names are set off."""
    lines = (line.strip() for line in shortened(text, _WORDING).splitlines())
    return "".join(
        f"<p>{_BULLET.sub(lambda found: f'<strong>{found[1]}</strong>', markup(line))}</p>\n" for line in lines if line
    )


def _row(one: Entry) -> str:
    first = one.confusions[0] if one.confusions else None
    most = f"{named(answer(one.question, first.other))} ({first.count:.0f})" if first else ""
    verdict = "yes" if one.unclear else "no" if one.unclear is False else ""
    why = f'<span class="why">{markup(one.reason)}</span>' if one.reason else ""
    return (
        f'<tr><th scope="row">{_path(one)} <span class="soft">{markup(_kind(one.question))}</span></th>'
        f'<td class="n">{number(one.contested)}</td><td class="n">{one.votes:,}</td><td class="n">{one.open:,}</td>'
        f"<td>{most}</td><td>{verdict}{why}</td></tr>\n"
    )


def _kind(key: Key) -> str:
    """Which of two questions it is that a relation is asked for."""
    return {"relation": "drawn or not", "label": "which one", "mention": "marked or not"}.get(key[0], "")


def _path(one: Entry) -> str:
    return " / ".join(named(name) for name in one.path[1:] or one.path)


def _examples(key: Key, examples: Sequence[Example], annotator: str | None) -> Iterator[str]:
    for one in examples:
        title = f"<bdi>{markup(one.title)}</bdi> " if one.title else ""
        yield f'<h4 class="example">{title}<span class="soft"><bdi>{markup(one.article_id)}</bdi></span></h4>\n'
        yield f"{passage(Excerpt(one.pieces))}\n"
        counts = Counter(value for _, value in one.said)
        yield '<ul class="said">\n'
        for name, value in one.said:
            rare = name == annotator or (annotator is None and counts[value] < max(counts.values()))
            words = f"<bdi>{markup(answer(key, value))}</bdi>"
            yield f"<li>{named(name)}: {f'<strong>{words}</strong>' if rare else words}</li>\n"
        yield f"<li>{_outcome(key, one)}</li>\n</ul>\n"


def _outcome(key: Key, one: Example) -> str:
    if one.is_open:
        return '<span class="soft">most:</span> as many for one as for another'
    by = "the expert" if one.by == "gold" else "most"
    return f'<span class="soft">{by}:</span> <bdi>{markup(answer(key, one.decided))}</bdi>'


def links(there: Iterable[tuple[str, str]]) -> str:
    """The contents of the page."""
    each = (f'<a href="#{name}">{words}</a>' for name, words in there)
    return f'<nav aria-label="Contents">{" ".join(each)}</nav>\n'
