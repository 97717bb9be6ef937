"""Two annotators' statements of one article side by side: whose claims are the same, and what is said of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from curation.catalog import Task
from curation.matching import LEAST, Extent, matched
from curation.pairing import marks, paired
from curation.records import Annotation, Mention, Relation, Statement, Value
from curation.statements import Claim, claims, statements

SHARED = {
    "claim": "both mark the claim",
    "holder": "and name the same holder",
    "stance": "and give the same stance",
    "fields": "and the same values for all fields of the claim",
}
"""What two annotators have in common after each step, as a report says it."""

LOST = {
    "claim": "which claims are marked",
    "holder": "who holds them",
    "stance": "with which stance",
    "fields": "the fields of the claims",
}
"""What the annotators differ on whose agreement is lost at a step, as a report says it."""

STEPS = tuple(SHARED)
"""What two statements must have in common, one step after the other."""

Pair = tuple[str, str]
_COMPARED = ("choice", "choices")


@dataclass(frozen=True, slots=True)
class Scheme:
    """What of a task makes statements: claims by label, how fragments continue, which relation expresses which stance.

    `name` is the attribute of holders that says who is meant, None if there is none. `fields` are the attributes of
    claims that are compared, `attributes` those of other labels by label, and `relations` the labels of relations.
    Marks are the same from an overlap (intersection over union) of `least` on.
    """

    claim_labels: tuple[str, ...]
    continuation: str | None
    polarity: Mapping[str, str]
    fields: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    name: str | None = "name"
    least: float = LEAST

    @property
    def compared(self) -> tuple[str, ...]:
        """What is compared of marks that both have, by the names that `Side` has for it."""
        others = (f"{label} {name}" for label, names in self.attributes.items() for name in names)
        return ("stance", *self.fields, *others)

    def marks(self, annotation: Annotation) -> list[Claim]:
        """The marks of an annotation, each as its fragments."""
        return marks(annotation, self.continuation, self.claim_labels)

    def same(self, one: Annotation, other: Annotation) -> list[tuple[Claim, Claim]]:
        """The marks that two annotations of an article both have, each as its fragments."""
        pairs = paired(one, other, continuation=self.continuation, labels=self.claim_labels, least=self.least)
        return [(pair.mine, pair.yours) for pair in pairs]

    @classmethod
    def of(cls, task: Task, *, least: float = LEAST) -> Scheme:
        """What a task declares; free texts are not compared."""
        held = [label for label in task.labels.values() if label.holder is not None]
        continuations = {label.holder.continuation for label in held if label.holder is not None}
        fields = dict.fromkeys(one.name for label in held for one in label.attributes.values() if one.kind in _COMPARED)
        return cls(
            claim_labels=tuple(label.name for label in held),
            continuation=next(iter(continuations)) if len(continuations) == 1 else None,
            polarity={rule.name: rule.polarity for rule in task.relations.values() if rule.polarity},
            fields=tuple(fields),
            relations=tuple(task.relations),
            attributes={
                label.name: names
                for label in task.labels.values()
                if label.holder is None
                and (names := tuple(one.name for one in label.attributes.values() if one.kind in _COMPARED))
            },
            least=least,
        )


@dataclass(slots=True)
class Side:
    """What two annotators have in common in one article, and how much there is of it; several such add up.

    `shares` are (in common, in all) by what was compared: both annotators' marks count, so that what only one has is
    half lost. `pairs` are the values that both gave, by field, in no order.
    """

    shares: dict[str, list[float]] = field(default_factory=dict)
    pairs: dict[str, Counter[Pair]] = field(default_factory=dict)

    def share(self, of: str, common: float, total: float) -> None:
        """Add to what is in common and to what there is."""
        found = self.shares.setdefault(of, [0, 0])
        found[0] += common
        found[1] += total

    def pair(self, of: str, one: str, other: str) -> None:
        """Add two values of the same thing."""
        self.pairs.setdefault(of, Counter())[min(one, other), max(one, other)] += 1


def compare(one: Annotation, other: Annotation, scheme: Scheme, into: Side) -> None:
    """Add to `into` what two annotations of one article have in common; which comes first does not matter."""
    mine, yours = _Told(one, scheme), _Told(other, scheme)
    same = scheme.same(one, other)
    shared = [(ours, theirs) for ours, theirs in same if ours[0].label in scheme.claim_labels]
    into.share("claims", 2 * len(shared), mine.n_claims + yours.n_claims)
    reached: Counter[str] = Counter()
    for ours, theirs in shared:
        alike = _fields(ours, theirs, scheme, into)
        _holders(mine.held[ours[0].id], yours.held[theirs[0].id], alike, scheme, into, reached)
    total = len(mine.statements) + len(yours.statements)
    for step in STEPS:
        into.share(f"statements: {step}", 2 * reached[step], total)
    _attributes(same, scheme, into)
    _relations(one, other, same, scheme, into)


class _Told:
    """The claims of an annotation, by the id of the first fragment, with what is said of each."""

    def __init__(self, annotation: Annotation, scheme: Scheme) -> None:
        self.n_claims = len(claims(annotation, scheme.continuation, scheme.claim_labels))
        self.statements = statements(annotation, scheme.polarity, scheme.continuation, scheme.claim_labels)
        self.held: dict[str, list[Statement]] = {}
        for statement in self.statements:
            self.held.setdefault(statement.claim[0].id, []).append(statement)


def _fields(mine: Claim, yours: Claim, scheme: Scheme, into: Side) -> bool:
    """Compare the attributes of a claim that both marked; whether all are the same."""
    alike = True
    for name in scheme.fields:
        left, right = given(mine, name), given(yours, name)
        into.pair(name, left, right)
        into.share(f"field: {name}", left == right, 1)
        alike &= left == right
    return alike


def given(claim: Claim, name: str) -> str:
    """The value that a mark's fragments have, several joined by +; empty if none was given."""
    values = (mention.attributes.get(name, ()) for mention in claim)
    return "+".join(sorted({one for value in values for one in _each(value)}))


def _each(value: Value) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value else tuple(value)


@dataclass(frozen=True, slots=True)
class _Holding:
    """Who holds a claim (None: nobody is named), and with which stances, each as often as it was said."""

    holder: Mention | None
    stances: Counter[str]


def _holders(
    mine: Sequence[Statement],
    yours: Sequence[Statement],
    alike: bool,
    scheme: Scheme,
    into: Side,
    reached: Counter[str],
) -> None:
    """Compare who holds a claim that both marked, and with which stance; `alike` says whether its fields are the same.

    Who is marked at another place, or under another name, is the same holder still.
    """
    left, right = _by_holder(mine), _by_holder(yours)
    spans, names = _same_spans(left, right, scheme), _same_names(left, right, scheme)
    into.share("holders by span", 2 * len(spans), len(left) + len(right))
    into.share("holders by name", 2 * len(names), len(left) + len(right))
    reached["claim"] += min(len(mine), len(yours))
    taken = {id(one) for pair in spans for one in pair}
    rest, their_rest = ([one for one in side if id(one) not in taken] for side in (left, right))
    others = _same_names(rest, their_rest, scheme)
    for one, other in (*spans, *others):
        common = (one.stances & other.stances).total()
        reached["holder"] += min(one.stances.total(), other.stances.total())
        reached["stance"] += common
        reached["fields"] += common if alike else 0
        if one.holder is not None:
            for ours, theirs in _side_by_side(one.stances, other.stances):
                into.pair("stance", ours, theirs)
                into.share("field: stance", ours == theirs, 1)


def _by_holder(told: Sequence[Statement]) -> list[_Holding]:
    found: dict[str | None, _Holding] = {}
    for statement in told:
        key = None if statement.holder is None else statement.holder.id
        found.setdefault(key, _Holding(statement.holder, Counter())).stances[statement.stance or ""] += 1
    return sorted(found.values(), key=lambda one: ((), ()) if one.holder is None else ((1,), _place(one.holder)))


Same = list[tuple[_Holding, _Holding]]


def _same_spans(mine: Sequence[_Holding], yours: Sequence[_Holding], scheme: Scheme) -> Same:
    left = [(one, _extent(one.holder)) for one in mine if one.holder is not None]
    right = [(one, _extent(one.holder)) for one in yours if one.holder is not None]
    found = matched([place for _, place in left], [place for _, place in right], least=scheme.least)
    return [*((left[a][0], right[b][0]) for a, b in found), *_nobody(mine, yours)]


def _same_names(mine: Sequence[_Holding], yours: Sequence[_Holding], scheme: Scheme) -> Same:
    """Holders of one name, the first of it with the first, and so on."""
    free: dict[str, list[_Holding]] = {}
    for one in yours:
        if one.holder is not None:
            free.setdefault(_name(one.holder, scheme), []).append(one)
    found: Same = _nobody(mine, yours)
    for one in mine:
        if one.holder is not None and (there := free.get(_name(one.holder, scheme))):
            found.append((one, there.pop(0)))
    return found


def _nobody(mine: Sequence[_Holding], yours: Sequence[_Holding]) -> Same:
    """That nobody holds a claim is said by both, or by one alone."""
    nobody = [[one for one in side if one.holder is None] for side in (mine, yours)]
    return list(zip(*nobody, strict=False))


def _side_by_side(mine: Counter[str], yours: Counter[str]) -> Iterator[Pair]:
    """The stances of one holder: first those that both say, then the others in their order."""
    for stance, count in sorted((mine & yours).items()):
        yield from ((stance, stance) for _ in range(count))
    yield from zip(sorted((mine - yours).elements()), sorted((yours - mine).elements()), strict=False)


def _name(holder: Mention, scheme: Scheme) -> str:
    given = holder.attributes.get(scheme.name, ()) if scheme.name else ()
    names = _each(given)
    return " ".join((names[0] if names else holder.text).split()).casefold()


def _attributes(same: Sequence[tuple[Claim, Claim]], scheme: Scheme, into: Side) -> None:
    """Compare the attributes of marks that both have and that are no claims."""
    for mine, yours in same:
        for name in scheme.attributes.get(mine[0].label, ()):
            left, right = given(mine, name), given(yours, name)
            into.pair(f"{mine[0].label} {name}", left, right)
            into.share(f"field: {mine[0].label} {name}", left == right, 1)


def _relations(
    one: Annotation, other: Annotation, same: Sequence[tuple[Claim, Claim]], scheme: Scheme, into: Side
) -> None:
    """Compare relations: the same have the same label and ends that are the same marks, whatever their boundaries and
    whichever fragment of a mark they reach.
    """
    places = [{part.id: place for place, pair in enumerate(same) for part in pair[side]} for side in (0, 1)]
    for label in scheme.relations:
        drawn = [[each for each in of.relations if each.label == label] for of in (one, other)]
        mine, yours = (_ends(each, at) for each, at in zip(drawn, places, strict=True))
        into.share(f"relations: {label}", 2 * (mine & yours).total(), sum(map(len, drawn)))


def _ends(drawn: Iterable[Relation], places: Mapping[str, int]) -> Counter[tuple[int, int]]:
    """Which of the marks that both have relations join, as places."""
    return Counter(
        (places[one.source], places[one.target]) for one in drawn if {one.source, one.target} <= places.keys()
    )


def _extent(mention: Mention) -> Extent:
    return ((mention.start, mention.end),)


def _place(mention: Mention) -> tuple[int, int, str]:
    return mention.start, mention.end, mention.id
