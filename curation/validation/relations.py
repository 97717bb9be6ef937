"""Rules on relations, and on the holders that mentions need. A relation has at most one fault: the gravest speaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from curation.catalog import HolderRule, Task
from curation.findings import finding
from curation.records import Annotation, Article, Finding, Mention, Relation
from curation.statements import Claim, claims
from curation.validation.spans import ambiguous
from curation.validation.wording import listing, name


def dangling(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """Both ends of a relation are mentions of the annotation. The finding's region is the end that is missing."""
    known = _mentions(record)
    for position, relation in enumerate(record.relations):
        lost = [end for end in ("source", "target") if getattr(relation, end) not in known]
        if lost and not _is_way_back(record, position):
            missing = listing(dict.fromkeys(f"{getattr(relation, end)!r}" for end in lost))
            yield finding(
                "F_RELATION_DANGLING",
                f"{_arrow(relation, known)}: there is no mention {missing}",
                region=getattr(relation, lost[0]),
                json_pointer=f"/relations/{position}/{lost[0]}",
            )


def loops(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """No relation joins a mention to itself."""
    yield from _faulty(record, task, "F_RELATION_SELF", "both ends are the same mention", "target")


def unlabelled(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """Every relation has a label."""
    yield from _faulty(record, task, "F_RELATION_UNLABELLED", f"pick one of {listing(task.relations)}", "label")


def unknown(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """Every relation's label is one of the task's."""
    yield from _faulty(
        record, task, "F_RELATION_UNKNOWN", f"the task's relations are {listing(task.relations)}", "label"
    )


def ends(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """Every relation joins labels that its own label may join. The finding's region is an end that it may not."""
    known = _mentions(record)
    for position, relation in enumerate(record.relations):
        if _fault(relation, known, task) != "F_RELATION_ENDS":
            continue
        if _is_way_back(record, position) and _fault(record.relations[position - 1], known, task) == "F_RELATION_ENDS":
            continue
        rule = task.relations[relation.label or ""]
        source_fits = _fits(known[relation.source], rule.sources, task)
        yield finding(
            "F_RELATION_ENDS",
            f"{_arrow(relation, known)}: allowed is {listing(rule.sources)} to {listing(rule.targets)}",
            region=relation.target if source_fits else relation.source,
            json_pointer=f"/relations/{position}",
        )


def doubles(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """No two relations have ends and label in common."""
    known = _mentions(record)
    seen: Counter[Relation] = Counter()
    for position, relation in enumerate(record.relations):
        seen[relation] += 1
        there_too = _is_way_back(record, position) and seen[record.relations[position - 1]] > 1
        if seen[relation] > 1 and not there_too and _fault(relation, known, task) is None:
            yield finding(
                "F_RELATION_DUPLICATE",
                f"{_arrow(relation, known)} is drawn twice",
                region=relation.source,
                json_pointer=f"/relations/{position}",
            )


def holders(record: Annotation, article: Article | None, task: Task) -> Iterator[Finding]:
    """Every mention that needs a holder has one, continues one that has, or is excused.

    Silent about a mention that a faulty relation touches (that one may be the holder's) or one from or to a mention of
    an unknown label, and about one that is marked twice. Silent, too, where a relation went astray for each that has
    none: such as one that leads back to its own source, or to a mention that is not there.
    """
    known = _mentions(record)
    excused = {end for relation in record.relations if _is_doubtful(relation, known, task) for end in _ends(relation)}
    excused |= ambiguous(record)
    places = {mention.id: position for position, mention in reversed(list(enumerate(record.mentions)))}
    stray = _astray(record, known, task)
    for label in task.labels.values():
        rule = label.holder
        if rule is None:
            continue
        held = excused | {relation.target for relation in record.relations if relation.label in rule.relations}
        lacking = [one for one in claims(record, rule.continuation, (label.name,)) if not _is_held(one, rule, held)]
        meant = [position for position, relation in stray.items() if relation.label in rule.relations]
        if len(lacking) <= len(meant):
            stray = {position: one for position, one in stray.items() if position not in meant[: len(lacking)]}
            continue
        for claim in lacking:
            yield finding(
                "F_HOLDER_MISSING",
                f"nobody holds {name(claim[0])}{_fragments(claim)}: {_remedy(rule)}",
                region=claim[0].id,
                json_pointer=f"/mentions/{places[claim[0].id]}",
            )


def sound(record: Annotation, task: Task) -> Iterator[tuple[int, Relation]]:
    """The relations that no rule on single relations finds fault with, and where they stand."""
    known = _mentions(record)
    for position, relation in enumerate(record.relations):
        if _fault(relation, known, task) is None:
            yield position, relation


def is_excused(mention: Mention, rule: HolderRule) -> bool:
    """Whether a mention's own attribute says that it needs no holder."""
    if rule.unless is None:
        return False
    attribute, excuse = rule.unless
    value = mention.attributes.get(attribute, ())
    return value == excuse if isinstance(value, str) else excuse in value


def _faulty(record: Annotation, task: Task, code: str, problem: str, place: str) -> Iterator[Finding]:
    known = _mentions(record)
    for position, relation in enumerate(record.relations):
        if _fault(relation, known, task) == code and not _is_way_back(record, position):
            yield finding(
                code,
                f"{_arrow(relation, known)}: {problem}",
                region=relation.source,
                json_pointer=f"/relations/{position}/{place}",
            )


def _fault(relation: Relation, known: Mapping[str, Mention | None], task: Task) -> str | None:
    if relation.source not in known or relation.target not in known:
        return "F_RELATION_DANGLING"
    if relation.source == relation.target:
        return "F_RELATION_SELF"
    if relation.label is None:
        return "F_RELATION_UNLABELLED"
    rule = task.relations.get(relation.label)
    if rule is None:
        return "F_RELATION_UNKNOWN"
    source, target = known[relation.source], known[relation.target]
    fits = _fits(source, rule.sources, task) and _fits(target, rule.targets, task)
    return None if fits else "F_RELATION_ENDS"


def _astray(record: Annotation, known: Mapping[str, Mention | None], task: Task) -> dict[int, Relation]:
    """The faulty relations that touch nothing that needs a holder, by their positions."""
    holding = {one.name for one in task.labels.values() if one.holder is not None}
    touched = {one.id for one in record.mentions if one.label in holding}
    return {
        position: relation
        for position, relation in enumerate(record.relations)
        if touched.isdisjoint(_ends(relation))
        and _fault(relation, known, task) is not None
        and not _is_way_back(record, position)
    }


def _is_doubtful(relation: Relation, known: Mapping[str, Mention | None], task: Task) -> bool:
    ends = (known.get(end) for end in _ends(relation))
    return _fault(relation, known, task) is not None or any(end and end.label not in task.labels for end in ends)


def _is_way_back(record: Annotation, position: int) -> bool:
    """Whether a relation is the second half of an arrow both ways: what is wrong with both halves is said once."""
    if not position:
        return False
    before, relation = record.relations[position - 1], record.relations[position]
    return before == Relation(relation.target, relation.source, relation.label)


def _fits(mention: Mention | None, allowed: tuple[str, ...], task: Task) -> bool:
    # Which of several mentions is meant, or what an unknown label means, cannot be told: other rules report these.
    return mention is None or mention.label not in task.labels or mention.label in allowed


def _mentions(record: Annotation) -> dict[str, Mention | None]:
    """The mentions by id; None for an id that several share."""
    found: dict[str, Mention | None] = {mention.id: mention for mention in record.mentions}
    if len(found) == len(record.mentions):
        return found
    uses = Counter(mention.id for mention in record.mentions)
    return {mention.id: mention if uses[mention.id] == 1 else None for mention in record.mentions}


def _is_held(claim: Claim, rule: HolderRule, held: set[str]) -> bool:
    return any(mention.id in held or is_excused(mention, rule) for mention in claim)


def _arrow(relation: Relation, known: Mapping[str, Mention | None]) -> str:
    source, target = (_end(known, end) for end in _ends(relation))
    return f"{relation.label or 'unlabelled relation'} from {source} to {target}"


def _end(known: Mapping[str, Mention | None], mention_id: str) -> str:
    mention = known.get(mention_id)
    return repr(mention_id) if mention is None else name(mention)


def _ends(relation: Relation) -> tuple[str, str]:
    return relation.source, relation.target


def _fragments(claim: Claim) -> str:
    others = len(claim) - 1
    return f" and what continues it ({others} more)" if others else ""


def _remedy(rule: HolderRule) -> str:
    excuse = f", and {rule.unless[0]!r} is not {rule.unless[1]!r}" if rule.unless else ""
    return f"no relation leads to it (of {listing(rule.relations)}){excuse}"
