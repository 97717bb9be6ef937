"""Merge the graphs of several annotators of one article: mentions, their attributes, relations, the article's fields.

Mentions that are the same are found first (see `alignment`); then it is decided, by the rule of each, whether a mention
stands, where it begins and ends, and what its attributes are. Relations follow their ends (see `relating`). Only what
the rules leave open is a conflict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from curation.adjudication.alignment import Cluster, clusters
from curation.adjudication.boundaries import place, text_of, written
from curation.adjudication.decisions import Ballot
from curation.adjudication.merged import Merged, Ruling, Source
from curation.adjudication.relating import Graph, Standing, related
from curation.adjudication.rules import Key, Rules
from curation.records import Annotation, Mention, Value, task_versions

MARKED = "marked"
"""The ballot of an annotator who marked a mention; that of others is empty."""


def merge(annotations: Sequence[Annotation], rules: Rules, truths: Collection[str] = ()) -> Merged:
    """The annotations of one article, each by another annotator, as one.

    `truths` are the ids of annotations with Label Studio's ground-truth mark. The order of annotations never matters.
    Raises `ValueError` if there are none, if two are by one annotator, or if they are not of one text, part and task.
    """
    own = _comparable(annotations)
    marked = {one.annotator for one in own if one.id in truths}
    graph = Graph(tuple(own), rules, frozenset(marked))
    rulings: list[Ruling] = []
    mentions: list[Mention] = []
    standings: list[Standing] = []
    for cluster in clusters(own, rules.overlap):
        exists, mention, others = _mention(graph, cluster)
        rulings += [exists, *others]
        mentions += [mention] if mention else []
        standings.append(Standing(cluster, exists.about[0], mention is not None, exists.decision.open))
    of_relations = related(graph, standings)
    choices, of_choices = _choices(graph)
    return Merged(
        article_id=own[0].article_id,
        article_sha256=own[0].article_sha256,
        task=own[0].task,
        task_version=task_versions(one.task_version for one in own),
        part=own[0].part,
        annotations=tuple(Source(one.id, one.annotator, one.revision) for one in own),
        mentions=tuple(mentions),
        relations=tuple(dict.fromkeys(one for ruling in of_relations for one in ruling.relations)),
        choices=choices,
        rulings=(*rulings, *of_relations, *of_choices),
    )


def fit_rules(articles: Iterable[Sequence[Annotation]], rules: Rules) -> Rules:
    """The rules with their models fitted to the annotations of all articles; the same rules if they ask for none.

    `articles` holds for each article what `merge` takes. Which questions there are is found by merging with the
    majority in the place of models.
    """
    if not rules.modelled:
        return rules
    asked: dict[Key, dict[str, Sequence[Ballot]]] = {}
    provisional = rules.provisional()
    for of_article in articles:
        merged = merge(of_article, provisional)
        for number, ruling in enumerate(merged.rulings):
            if ruling.ballots:
                asked.setdefault(ruling.key, {})[f"{merged.article_id}/{merged.part or 0}/{number}"] = ruling.ballots
    return rules.fitted(asked)


def _comparable(annotations: Sequence[Annotation]) -> list[Annotation]:
    own = sorted(annotations, key=lambda one: one.annotator)
    if not own:
        raise ValueError("there are no annotations to merge")
    if len({one.annotator for one in own}) < len(own):
        raise ValueError("two annotations are by one annotator")
    if len({(one.article_id, one.article_sha256, one.part, one.task) for one in own}) > 1:
        raise ValueError("the annotations are not of one text and task")
    return own


def _mention(graph: Graph, cluster: Cluster) -> tuple[Ruling, Mention | None, list[Ruling]]:
    """Whether a mention stands, what it is, and what was decided on its way."""
    rules, members = graph.rules, cluster.members
    sources = tuple(graph.source(name, mention=mention.id) for name, mention in members.items())
    name = _id(sources)
    key: Key = ("mention", cluster.label)
    ballots = graph.ballots({each.annotator: MARKED if each.annotator in members else None for each in graph.own})
    exists = Ruling(key, (name,), ballots, rules.decide(key, ballots), sources)
    if exists.decision.open or exists.decision.value is None:
        return exists, None, []
    start, end, where = place(
        members, rules.boundaries.get(cluster.label, "majority"), rules.panel, sorted(graph.truths & members.keys())
    )
    own = members.get(rules.tie_breaker or "")
    if where.open and own is not None:
        start, end = own.start, own.end
        where = replace(where, value=written(start, end), open=False, why="tie-break", undecided=())
    rulings = [Ruling(("boundaries", cluster.label), (name,), (), where, sources)]
    attributes: dict[str, Value] = {}
    for attribute in _names(rules.attributes.get(cluster.label, ()), (each.attributes for each in members.values())):
        key = ("attribute", cluster.label, attribute)
        if key in rules.left_out:
            continue
        votes = graph.ballots({who: each.attributes.get(attribute) for who, each in members.items()})
        ruling = Ruling(key, (name,), votes, graph.decide(key, votes), sources)
        rulings.append(ruling)
        if ruling.decision.value is not None:
            attributes[attribute] = ruling.decision.value
    return exists, Mention(name, cluster.label, start, end, text_of(members, start, end), attributes), rulings


def _choices(graph: Graph) -> tuple[dict[str, Value], list[Ruling]]:
    rulings = []
    choices: dict[str, Value] = {}
    for name in _names(graph.rules.choices, (one.choices for one in graph.own)):
        key = ("choice", name)
        if key in graph.rules.left_out:
            continue
        ballots = graph.ballots({one.annotator: one.choices.get(name) for one in graph.own})
        sources = tuple(graph.source(one.annotator) for one in graph.own)
        ruling = Ruling(key, (), ballots, graph.decide(key, ballots), sources)
        rulings.append(ruling)
        if ruling.decision.value is not None:
            choices[name] = ruling.decision.value
    return choices, rulings


def _names(declared: Iterable[str], given: Iterable[Iterable[str]]) -> list[str]:
    """The fields that are declared, in order, and any others that were filled."""
    found = {name for names in given for name in names}
    first = list(declared)
    return [*first, *sorted(found - set(first))]


def _id(sources: Iterable[Source]) -> str:
    """An id for a merged mention: the same as long as it is made of the same mentions."""
    parts = [f"{source.annotation}\0{source.mention}" for source in sources]
    return "g" + hashlib.sha256("\0\0".join(sorted(parts)).encode()).hexdigest()[:16]
