"""What the card says in sentences: what was done, what each config holds, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from curation.export.card.facts import CardFacts
from curation.export.card.statistics import Statistics
from curation.text import counted

_METHODS = {
    "unanimous": "all annotators say the same",
    "rules": "the rules that the task declares settle all differences",
    "adjudicated": "`decided_by` decided what was open, at `decided_at`",
    "single": "one person's view, which nobody confirmed",
}

_CONFIGS = {
    "gold": "one row for each article of which it is known what holds. `method` says how: $gold_methods. `annotators`"
    " and `revisions` say whose annotations, and which revisions of them, a row rests on. Free remarks on an article"
    " count neither for agreement nor as gold. $gold_left_out",
    "annotations": "one row for each annotator and article, everything nested. Disagreement is kept, not resolved."
    " `interface` and `codebook` name the versions of the screen and the codebook that it was made with, by their"
    " content; null where that is not known.",
    "mentions": "one row for each marked span. The columns of another label's attributes are null.",
    "statements": "one row for each claim, its holder and the holder's stance. Fragments that an annotator joined are"
    " one claim (`claim_fragments`). Holder and stance are null where the article leaves the holder unnamed.",
    "stance": "with `scope` = `article`, one row for each article and target: `soft` has the votes and shares over all"
    " annotators, `label` is what holds, as in `gold`, or else what all say, and null where neither is known. With"
    " `scope` = `statement`, one row for each statement of an annotator, the claim's text being the target.",
    "tokens": "what holds of an article on its tokens, for token classification, with the offsets of each token;"
    " `tokenizer` names what cut them.",
    "agreement": "one row for each figure of agreement, with its interval, or with the reason why there is none;"
    " of all splits together.",
    "articles": "one row for each article, with its hash, address, outlet and date: `published_at` is text, as exactly"
    " as the source says it, `published_on` the day (UTC), null where it is not known to the day.",
}
"""What each config holds; `$name` is a placeholder of the card."""


def work(facts: CardFacts, found: Statistics) -> str:
    """Who annotated how much, in a sentence."""
    people = counted(len(found.people or facts.account.annotators), "annotator")
    articles = counted(found.articles.total() if found.people else facts.account.articles, "article")
    annotations = counted(annotations_of(facts, found), "annotation")
    what = "passed validation and are published here" if found.people else "passed validation; the tables rest on these"
    return f"{people} worked on {articles}; {annotations} {what}."


def made_by(versions: Sequence[str], codebook: str, today: str) -> str:
    """The `versions` of a codebook by which data were made, and which of them is described: that of `today`."""
    *others, last = versions or (today,)
    listed = f"versions {', '.join(others)} and {last}" if others else f"version {last}"
    described = "" if (*others, last) == (today,) else f" What is said of labels and fields is from version {today}."
    return f"Made by {listed} of the codebook {codebook}.{described}"


def annotations_of(facts: CardFacts, found: Statistics) -> int:
    """How many annotations there are, published or not."""
    return sum(one.annotations for one in found.people.values()) or facts.account.annotations


def suggested(found: Statistics) -> str:
    """How many annotations began as suggestions, and what became of these; empty if none did."""
    kept, changed = found.origins["prediction"], found.origins["prediction-changed"]
    if not kept + changed:
        return ""
    return f"{kept + changed:,} of {found.origins.total():,} ({kept:,} left as suggested, {changed:,} changed)"


def left_out(facts: CardFacts) -> str:
    """How many annotations are not among these; empty if none."""
    counts = [
        (facts.quarantined, "did not pass validation and {} left out."),
        (facts.unjudged, "{0} not validated yet and {0} left out."),
    ]
    return " ".join(f"{counted(number, 'annotation')} {what.format(_are(number))}" for number, what in counts if number)


def configs(facts: CardFacts) -> str:
    """A list of the configs that were built, with placeholders in it."""
    return "\n".join(f"- `{config}`: {_CONFIGS[config]}" for config in facts.tables)


def gold_methods(methods: Mapping[str, int]) -> str:
    """How the rows of gold came about, of each way how often."""
    return ", ".join(
        f"`{method}` ({counted(methods[method], 'row')}: {said})"
        for method, said in _METHODS.items()
        if methods.get(method)
    )


def gold_left_out(facts: CardFacts) -> str:
    """Which articles are not in gold, and what follows from that; empty if all are."""
    account = facts.account
    told = []
    if account.undecided:
        told.append(
            f"{counted(account.undecided, 'article')} {_are(account.undecided)} left out because annotators differ and"
            " nobody has decided: the more these are, the more `gold` leans towards the easy cases."
        )
    if account.unsettled:
        told.append(
            f"An article with an annotation that failed validation, awaits it, or lacks a part"
            f" ({counted(account.unsettled, 'article')}) is in `gold` only if it was adjudicated: agreement among the"
            " others would not be agreement among all."
        )
    if account.outdated:
        told.append(
            f"{counted(account.outdated, 'article')} {_are(account.outdated)} left out because what was decided rests"
            " on annotations or rules that have changed since."
        )
    return " ".join(told)


def limits(facts: CardFacts) -> str:
    """What is left out, and how much of it there is, as a list; empty if nothing is."""
    account = facts.account
    counts = [
        (facts.quarantined, "annotation", "did not pass validation: left out."),
        (facts.unjudged, "annotation", "not validated yet: left out."),
        (
            account.unsettled,
            "article",
            "with an annotation that is not valid (yet) or not complete: not in `gold` unless adjudicated.",
        ),
        (account.undecided, "article", "not in `gold`, because nobody decided what annotators differ on."),
        (account.outdated, "article", "not in `gold`, because annotations or rules changed since it was decided."),
        (facts.held_out, "article", "in no split, and therefore in no config."),
    ]
    return "\n".join(f"- {counted(number, noun)} {what}" for number, noun, what in counts if number)


def advice(facts: CardFacts) -> str:
    """What to keep in mind of the configs that were built, as a list."""
    told = [
        ({"stance"}, "Stance is a reading. Where annotators differ, prefer `soft` to `label`."),
        (
            {"gold", "annotations"},
            "`gold` holds what was decided, not what is certain: `annotations` keep every annotator's own view.",
        ),
        (set(), "Small classes make unstable scores: look at the counts before you compare models."),
    ]
    return "\n".join(f"- {said}" for configs, said in told if configs <= facts.tables.keys())


def texts(facts: CardFacts) -> str:
    """Whether the texts of the articles are in the dataset."""
    if facts.export.text == "offsets":
        return (
            "Texts are not published: articles are given by hash, address and offsets, and `curation rehydrate` puts"
            " back texts that you have."
        )
    if any("text" in built.features for config, built in facts.tables.items() if config in ("gold", "annotations")):
        return "Texts are published in full."
    if facts.tables.keys() & {"tokens", "mentions", "statements", "stance"}:
        return "Texts are not published in full; words of them stand in the tables."
    return "Texts are not published."


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
