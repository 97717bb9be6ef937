"""The checks: each looks at the survey of a dataset and says what it finds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from curation.export.checking.problems import APART, ERROR, WARNING, Problem, listed
from curation.export.checking.survey import Labels, Survey
from curation.text import counted

LEAST = 10
"""Rows of a class in a split below which a figure about it says next to nothing."""

_SMALL_SPLIT = 30
_Z = 1.959964
_SHIFT = 0.1
_CHANCE = 0.001
_BIAS = 0.1
_UNNAMED = 0.25
_STRAY = 0.02
_LANGUAGES = "give `languages` in exports/NAME/export.toml those that articles are in, and build again"
_REGROUP = "give exports/NAME/export.toml other shares, or annotate more; `curation export build` splits again"


def missing_splits(survey: Survey, least: int) -> Iterator[Problem]:
    """A config without train, validation or test."""
    for config, splits in survey.rows.items():
        missing = [split for split in ("train", "validation", "test") if not splits.get(split)]
        if missing and config != "agreement":
            severity = ERROR if "train" in missing else WARNING
            yield Problem("missing-split", severity, config, f"there is no {' and no '.join(missing)}", _REGROUP)


def small_splits(survey: Survey, least: int) -> Iterator[Problem]:
    """A split of so few articles that a share of right answers is known to no better than 17 points either way."""
    articles = Counter(split for splits in survey.splits.values() for split in splits)
    for split, count in articles.items():
        if count < _SMALL_SPLIT:
            off = f"an accuracy measured on them can be off by {_margin(count):.0f} points either way"
            few = "few to learn from" if split == "train" else off
            message = f"{counted(count, 'article')}: {few}"
            yield Problem("small-split", WARNING, split, message, _REGROUP)


def unused_classes(survey: Survey, least: int) -> Iterator[Problem]:
    """A class that could be and that no row of any split has: a model gets an output that is never trained."""
    for place, labels in survey.labels.items():
        total = sum(labels.counts.values(), Counter[str]())
        unused = [name for name in labels.possible if not total[name]]
        if unused:
            message = f"no row is {listed(unused)}"
            yield Problem("unused-class", WARNING, place, message, "train on the classes that occur, or annotate more")


def tiny_classes(survey: Survey, least: int) -> Iterator[Problem]:
    """A class with fewer than `least` rows in a split."""
    for place, labels in survey.labels.items():
        for split, counts in labels.counts.items():
            tiny = [name for name in labels.classes if 0 < counts[name] < least]
            if tiny:
                message = f"fewer than {least} rows: {listed([f'{name} {counts[name]}' for name in tiny])}"
                fix = "report figures by class with intervals, merge classes, or annotate more of them"
                yield Problem("tiny-class", WARNING, f"{place}/{split}", message, fix)


def classes_of_some_splits(survey: Survey, least: int) -> Iterator[Problem]:
    """A class that is measured and was never trained, or trained and is never measured."""
    for place, labels in survey.labels.items():
        train = labels.counts.get("train", Counter())
        if not train:
            continue
        for split, counts in labels.counts.items():
            if split == "train" or not counts:
                continue
            untrained = [name for name in labels.classes if counts[name] and not train[name]]
            if untrained:
                message = f"not in train: {listed(untrained)}"
                yield Problem("class-not-in-train", ERROR, f"{place}/{split}", message, _REGROUP)
            unmeasured = [name for name in labels.classes if train[name] and not counts[name]]
            if unmeasured:
                message = f"in train alone: {listed(unmeasured)}; a figure here says nothing of them"
                yield Problem("class-only-in-train", WARNING, f"{place}/{split}", message, _REGROUP)


def shifted_labels(survey: Survey, least: int) -> Iterator[Problem]:
    """Labels of a split that are spread otherwise than in train.

    Told where the total variation distance is at least 0.1 and chance would do as much in one of 1,000 datasets
    (Pearson's chi-squared test of homogeneity).
    """
    for place, labels in survey.labels.items():
        train = labels.counts.get("train", Counter())
        for split, counts in labels.counts.items():
            if split == "train" or not train.total() or not counts.total():
                continue
            distance = _distance(train, counts)
            if distance >= _SHIFT and _chance(labels, train, counts) < _CHANCE:
                message = f"labels are spread otherwise than in train: {distance:.0%} of them would have to change"
                fix = "`stratify = true` keeps stances in proportion; for other labels try another seed, or report it"
                yield Problem("label-shift", WARNING, f"{place}/{split}", message, fix)


def rows_without_label(survey: Survey, least: int) -> Iterator[Problem]:
    """Rows whose class is null: `datasets` hands out None, and a loss function ends there."""
    for place, labels in survey.labels.items():
        for split, missing in labels.missing.items():
            message = f"{counted(missing, 'row')} without a label, which is None and no class"
            yield Problem("no-label", WARNING, f"{place}/{split}", message, "filter them out before training")


def confusing_ids(survey: Survey, least: int) -> Iterator[Problem]:
    """Classes whose names look like ids of others, and columns of one name with unlike classes."""
    seen: dict[str, tuple[str, tuple[str, ...]]] = {}
    for config, columns in survey.classes.items():
        for column, classes in columns.items():
            shifted = [
                name for number, name in enumerate(classes) if name.lstrip("-").isdigit() and name != str(number)
            ]
            if shifted:
                message = f"names of classes that look like other ids: {listed(shifted)}"
                fix = "go by names (`int2str`), never by ids"
                yield Problem("confusing-ids", WARNING, f"{config}/{column}", message, fix)
            other, same = seen.setdefault(column, (config, classes))
            if same != classes and column != "label":
                message = f"other classes or another order than in {other}/{column}"
                yield Problem("confusing-ids", ERROR, f"{config}/{column}", message, "go by names (`int2str`)")


def articles_in_two_splits(survey: Survey, least: int) -> Iterator[Problem]:
    """An article that is trained on and measured."""
    found = sorted(article for article, splits in survey.splits.items() if len(splits) > 1)
    if found:
        message = f"{counted(len(found), 'article')} in more than one split"
        yield Problem("article-in-two-splits", ERROR, "all configs", message, "build again", tuple(found))


def copies_in_two_splits(survey: Survey, least: int) -> Iterator[Problem]:
    """Articles of the same words on both sides of a split."""
    leaking = [
        article
        for articles in survey.copies.values()
        if len({split for one in articles for split in survey.splits[one]}) > 1
        for article in articles
    ]
    if leaking:
        message = f"{counted(len(leaking), 'article')} with the same words as one of another split"
        yield Problem("copies-in-two-splits", ERROR, "gold", message, APART, tuple(sorted(leaking)))


def contradictions(survey: Survey, least: int) -> Iterator[Problem]:
    """Articles of the same words with other labels: no model can learn both."""
    for number, column in enumerate(survey.columns):
        unlike = [
            article
            for articles in survey.copies.values()
            if len({survey.gold[one][number] for one in articles} - {None}) > 1
            for article in articles
        ]
        if unlike:
            message = f"{counted(len(unlike), 'article')} of the same words, and other labels"
            fix = "`curation adjudicate` them again, or keep one of each"
            yield Problem("contradiction", ERROR, f"gold/{column}", message, fix, tuple(sorted(unlike)))


def single_annotators(survey: Survey, least: int) -> Iterator[Problem]:
    """Articles on which nobody can have disagreed."""
    single = sorted(article for article, annotators in survey.judged.items() if len(annotators) == 1)
    if single:
        share = len(single) / len(survey.judged)
        message = f"{counted(len(single), 'article')} ({share:.0%}) with a single annotator"
        fix = "measure on articles that two have annotated; `n_annotators` and `annotators` say how many"
        yield Problem("single-annotator", WARNING, "annotations", message, fix, tuple(single))


def biased_gold(survey: Survey, least: int) -> Iterator[Problem]:
    """Gold that leaves out what annotators disagree on: what is left is easier than what a model will meet."""
    if "gold" not in survey.rows or not survey.judged:
        return
    open_ = len(survey.judged.keys() - survey.gold.keys())
    share = open_ / len(survey.judged)
    if share > _BIAS:
        message = (
            f"{counted(open_, 'article')} ({share:.0%}) annotated and without gold: open, or not all annotations valid"
        )
        fix = "`curation adjudicate` what is open, or measure on the config stance, whose soft labels have all"
        yield Problem("biased-gold", WARNING, "gold", message, fix)


def dominating_annotators(survey: Survey, least: int) -> Iterator[Problem]:
    """A split whose labels are one person's: a model is praised for that person's habits.

    Source: Geva, Goldberg and Berant 2019, Are We Modeling the Task or the Annotator?
    """
    annotators = {name for counts in survey.work.values() for name in counts}
    if len(annotators) < 2:
        return
    for split, counts in survey.work.items():
        name, most = max(counts.items(), key=lambda one: (one[1], one[0]))
        share = most / counts.total()
        if share > max(0.5, 1.5 / len(annotators)):
            message = f"{share:.0%} of the annotations are of {name}"
            fix = "let more people annotate these articles, or report figures by annotator"
            yield Problem("dominating-annotator", WARNING, f"annotations/{split}", message, fix)


def unnamed_actors(survey: Survey, least: int) -> Iterator[Problem]:
    """Splits by actor, of a dataset in which many actors have no name: these can be in two splits."""
    total, named = survey.holders["all"], survey.holders["named"]
    if "actor" in survey.facts.get("by", ()) and total and 1 - named / total > _UNNAMED:
        message = (
            f"{total - named:,} of {counted(total, 'statement')} ({1 - named / total:.0%}) have a holder without a"
            " name, and splits by actor go by names: the same one can be in two splits"
        )
        fix = "have `name` filled in for every actor who has one, also where the marked words are the name"
        yield Problem("unnamed-actor", WARNING, "statements", message, fix)


def long_texts(survey: Survey, least: int) -> Iterator[Problem]:
    """Texts that common models read the beginning of. Each word and each mark is a token at least."""
    if survey.long:
        message = f"{counted(len(survey.long), 'text')} of more than 512 tokens, up to {max(survey.long.values()):,}"
        fix = "use a model with a longer window, or cut texts into windows that overlap: most models drop the rest"
        yield Problem("long-text", WARNING, "gold", message, fix, tuple(sorted(survey.long)))


def undeclared_languages(survey: Survey, least: int) -> Iterator[Problem]:
    """Articles in languages that the card does not name, or none in one that it names: the Hub files it under these.

    One article in fifty counts for nothing, since languages are identified by machine.
    """
    known = survey.languages.total() - survey.languages[""]
    if not survey.declared or not known:
        return
    for tag, count in sorted(survey.languages.items(), key=lambda one: (-one[1], one[0])):
        if tag and tag not in survey.declared and count > _STRAY * known:
            message = f"{counted(count, 'article')} ({count / known:.0%}) in {tag}, and the card names {_names(survey)}"
            yield Problem("language", WARNING, "articles", message, _LANGUAGES)
    unseen = [tag for tag in dict.fromkeys(survey.declared) if not survey.languages[tag]]
    if unseen and not survey.languages[""]:
        message = f"the card names {listed(unseen)}, in which no article is"
        yield Problem("language", WARNING, "articles", message, _LANGUAGES)


def _names(survey: Survey) -> str:
    return listed(list(dict.fromkeys(survey.declared)))


Check = Callable[[Survey, int], Iterator[Problem]]

CHECKS: Sequence[Check] = (
    missing_splits,
    articles_in_two_splits,
    copies_in_two_splits,
    contradictions,
    classes_of_some_splits,
    confusing_ids,
    small_splits,
    tiny_classes,
    unused_classes,
    shifted_labels,
    rows_without_label,
    single_annotators,
    biased_gold,
    dominating_annotators,
    unnamed_actors,
    undeclared_languages,
    long_texts,
)


def _margin(count: int) -> float:
    """Half the width of the 95% interval of a share of one half, in points of a hundred (Wilson 1927)."""
    return 100 * _Z * math.sqrt(0.25 / count + _Z**2 / (4 * count**2)) / (1 + _Z**2 / count)


def _distance(one: Counter[str], other: Counter[str]) -> float:
    """The total variation distance of two distributions: half the sum of the differences, between 0 and 1."""
    return sum(abs(one[name] / one.total() - other[name] / other.total()) for name in one | other) / 2


def _chance(labels: Labels, one: Counter[str], other: Counter[str]) -> float:
    """How likely chance alone sets two splits so far apart."""
    from scipy.stats import chi2_contingency

    present = [name for name in labels.classes if one[name] or other[name]]
    table = [[counts[name] for name in present] for counts in (one, other)]
    return float(chi2_contingency(table, correction=False).pvalue)
