"""The loop over the rows of usual annotations. It is long, for what it calls it calls millions of times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from curation.studio.conversion.doubts import Doubts
from curation.studio.conversion.gate import Gate, cuts
from curation.studio.conversion.results import json_of, stored_of
from curation.studio.conversion.tables import Batch, Rows
from curation.text import crosses_paragraph

Loop = Callable[[Sequence[Any], Mapping[str, str], Mapping[str, int], bool, Doubts], int]
"""Takes rows, texts by object, and `odds`: 0 of texts in which no span can cut a character, 1 of those without CR, 2
of all others; whether the annotator skipped the item; and what is to be told of doubts. Appends the rows and gives the
number of keys that they had."""

_EXACT = 1 << 53
_NOWHERE = (None, None)


class Declined(Exception):
    """Something is not usual: the rules have to look at it."""


def result_loop(batch: Batch, gate: Gate) -> Loop:
    """The loop for a batch. It raises `Declined` in the middle of things; the batch has to be put back then.

    Every key that it counts was there, so that another one more or less shows in the sum. What is known of the rows
    that a control wrote, with these labels or values and of this origin, is looked up once for all of them: their code
    in the table, the control's bit, and how many keys they have.
    """
    mentions, relations, choices, said = (batch.rows[name] for name in ("mentions", "relations", "choices", "texts"))
    spans: dict[Any, tuple[int, int, int, int]] = {}
    chosen: dict[Any, tuple[int, int, int]] = {}
    drawn_as: dict[Any, tuple[int, str | None]] = {}
    writing: dict[Any, tuple[int, int, int, int]] = {}
    bits = {name: 1 << number for number, name in enumerate(gate.declaration.controls)}
    of_regions, once = mask_of(gate.per_region, bits), mask_of(gate.once, bits)
    m_stored, c_extra, t_extra = mentions.sparse["stored"], choices.sparse["extra"], said.sparse["extra"]
    m_ids, m_starts, m_ends, m_texts = mentions.dense.values()
    r_from, r_to = relations.dense.values()
    c_ids = choices.dense["mention_id"]
    t_ids, t_values = said.dense.values()
    others = _others(batch, gate, bits)
    get_span, get_chosen, get_drawn, get_written = spans.get, chosen.get, drawn_as.get, writing.get
    suggested = False

    def loop(
        rows: Sequence[Any], texts: Mapping[str, str], odds: Mapping[str, int], skipped: bool, doubts: Doubts
    ) -> int:
        nonlocal suggested
        # A region is its place, stored text, the bits of controls that it has or must not have, and must have. The
        # third of the current one is in `has`, until another one is current.
        at: dict[str, Any] = {}
        find = at.get
        region: Any = None
        place: tuple[int | None, int | None] = _NOWHERE
        spelt = shown = None
        current: Any = _NOWHERE
        text, size, odd = "", 0, 0
        drawn: set[Any] = set()
        # An array takes all numbers of an annotation at once, in a quarter of the time.
        m_codes: list[int] = []
        starts: list[int] = []
        stops: list[int] = []
        r_codes: list[int] = []
        c_codes: list[int] = []
        t_codes: list[int] = []
        keys = filled = has = 0
        needing = False
        for row in rows:
            value = row.value
            if value is None:
                if row.type != "relation":
                    raise Declined
                source, end, labels, direction = row.from_id, row.to_id, row.labels, row.direction
                if not source or not end:
                    raise Declined
                if not find(source) or not find(end) or source == end:
                    doubts.relations = True
                if labels is None:
                    keys += 4
                    label: Any = None
                elif len(labels) == 1:
                    keys += 5
                    label = labels[0]
                else:
                    keys += 5
                    label = tuple(labels)
                    doubts.relations = doubts.relations or bool(labels)
                drawing = get_drawn((direction, label))
                if drawing is None:
                    if direction is None:
                        raise Declined
                    code = relations.combinations.setdefault((direction, label), len(relations.combinations))
                    drawing = code, label or None
                    if gate.relation(label or None):
                        drawn_as[direction, label] = drawing
                    else:
                        doubts.relations = True
                code, label = drawing
                arrow = (end, source, label) if direction == "left" else (source, end, label)
                twice = arrow in drawn
                drawn.add(arrow)
                if direction == "bi":
                    arrow = (end, source, label)
                    twice = twice or arrow in drawn
                    drawn.add(arrow)
                if twice:
                    doubts.twice.append(len(r_codes))
                r_codes.append(code)
                r_from.append(source)
                r_to.append(end)
                continue
            kind, identity = row.type, row.id
            if kind == "labels":
                labels = value.labels
                start, end = value.start, value.end
                if not labels or start is None or end is None or not identity or identity in at:
                    raise Declined
                target = row.to_name
                known = get_span((row.from_name, target, row.origin, *labels))
                if known is None:
                    suggested = suggested or row.origin == "prediction"
                    known = _spans(gate, mentions, bits, row.from_name, target, labels, row.origin)
                    spans[row.from_name, target, row.origin, *labels] = known
                code, barred, needed, more = known
                if target is not shown:
                    text, odd, shown = texts[target], odds[target], target
                    size = len(text)
                if not 0 <= start < end <= size:
                    raise Declined
                stored, there = value.text, text[start:end]
                broken = "\n" in there
                if stored == there:
                    doubt = False
                    # Label Studio does not store line breaks as they are.
                    keeps = broken or (odd > 1 and "\r" in there)
                elif type(stored) is str:
                    keeps = doubt = stored_of(stored, there) is not None
                else:
                    raise Declined
                if keeps:
                    m_stored[len(m_ids)] = stored
                if (
                    doubt
                    or there.strip() != there
                    or (
                        odd
                        # Between two characters of ASCII nothing is cut but a line break.
                        and (odd > 1 or not (there.isascii() and text[start - 1] < "\x80" > text[end - size]))
                        and cuts(text, start, end)
                    )
                ):
                    doubts.spans.append(len(m_codes))
                elif broken and crosses_paragraph(there, 0, size):
                    doubts.crossing.append(len(m_codes))
                if region:
                    region[2] = has
                place, spelt, has, current = (start, end), stored, barred, identity
                at[identity] = region = [place, stored, barred, needed]
                if needed:
                    needing = True
                keys += more
                m_codes.append(code)
                m_ids.append(identity)
                starts.append(start)
                stops.append(end)
                m_texts.append(there)
                continue
            if identity != current:
                if not identity:
                    raise Declined
                if region:
                    region[2] = has
                region, current = find(identity), identity
                place, spelt, has = region[:3] if region else (_NOWHERE, None, filled)
            if kind == "choices":
                values = value.choices
                if not values:
                    raise Declined
                choosing = get_chosen((row.from_name, row.to_name, row.origin, *values))
                if choosing is None:
                    suggested = suggested or row.origin == "prediction"
                    choosing = _chosen(gate, choices, bits, row.from_name, row.to_name, values, row.origin)
                    chosen[row.from_name, row.to_name, row.origin, *values] = choosing
                code, bit, more = choosing
                if value.text != spelt:
                    raise Declined
                keys += more
                if region:
                    c_ids.append(identity)
                else:
                    keys -= 3
                    c_extra[len(c_ids)] = _id_alone(identity)
                    c_ids.append(None)
                c_codes.append(code)
            elif kind == "textarea":
                written = value.text
                saying = get_written((row.from_name, row.to_name, row.origin))
                if saying is None:
                    suggested = suggested or row.origin == "prediction"
                    saying = _written(gate, said, bits, row.from_name, row.to_name, row.origin)
                    writing[row.from_name, row.to_name, row.origin] = saying
                code, bit, more, most = saying
                if type(written) is not list or not 0 < len(written) <= most:
                    raise Declined
                for one in written:
                    if not one.strip():
                        raise Declined
                keys += more
                if region:
                    t_ids.append(identity)
                else:
                    keys -= 2
                    t_extra[len(t_ids)] = _id_alone(identity)
                    t_ids.append(None)
                t_codes.append(code)
                t_values.append(written)
            else:
                suggested = suggested or row.origin == "prediction"
                bit, more = others(row, value, identity, region)
                keys += more
            if bit & has or (value.start, value.end) != place:
                raise Declined
            has |= bit
            if not region:
                if bit & of_regions:
                    raise Declined
                filled = has
                at[identity] = region = False
        if region:
            region[2] = has
        if suggested and {row.origin for row in rows} - {None} == {"prediction"}:
            raise Declined
        if not skipped:
            if needing and any(region and region[3] & ~region[2] for region in at.values()):
                raise Declined
            if once & ~filled:
                raise Declined
        mentions.codes.fromlist(m_codes)
        m_starts.fromlist(starts)
        m_ends.fromlist(stops)
        relations.codes.fromlist(r_codes)
        choices.codes.fromlist(c_codes)
        said.codes.fromlist(t_codes)
        if len(set(starts)) < len(starts):
            doubts.doubled = _doubled(rows)
        return keys

    return loop


def mask_of(names: Iterable[str], bits: Mapping[str, int]) -> int:
    """The bits of some controls."""
    return sum(bits[name] for name in names)


def _spans(
    gate: Gate, mentions: Rows, bits: Mapping[str, int], name: str, target: str, labels: Sequence[str], origin: Any
) -> tuple[int, int, int, int]:
    """What is known of spans: their code, the bits of controls that they must not and must have, their keys."""
    says = gate.span(name, target, labels) if name and target else None
    if says is None or not says[0].isdisjoint(says[1]):
        raise Declined
    combination = (name, target, labels[0] if len(labels) == 1 else tuple(labels), origin)
    code = mentions.combinations.setdefault(combination, len(mentions.combinations))
    return code, mask_of(says[1], bits), mask_of(says[0], bits), 10 if origin else 9


def _chosen(
    gate: Gate, choices: Rows, bits: Mapping[str, int], name: str, target: str, values: Sequence[str], origin: Any
) -> tuple[int, int, int]:
    """What is known of choices: their code, the control's bit, their keys if they are about a region."""
    if not name or not target or not gate.choices(name, target, values):
        raise Declined
    combination = (name, target, values[0] if len(values) == 1 else tuple(values), origin)
    code = choices.combinations.setdefault(combination, len(choices.combinations))
    return code, bits[name], 10 if origin else 9


def _written(
    gate: Gate, said: Rows, bits: Mapping[str, int], name: str, target: str, origin: Any
) -> tuple[int, int, int, int]:
    """The same of free texts, and how many a row may hold."""
    most = gate.texts(name, target)
    if most is None:
        raise Declined
    code = said.combinations.setdefault((name, target, origin), len(said.combinations))
    return code, bits[name], 9 if origin else 8, most


def _doubled(rows: Sequence[Any]) -> bool:
    """Whether two spans may have place, control and labels in common."""
    places = [
        (row.value.start, row.value.end, row.from_name, min(row.value.labels)) for row in rows if row.type == "labels"
    ]
    return len(set(places)) < len(places)


def _others(batch: Batch, gate: Gate, bits: Mapping[str, int]) -> Callable[[Any, Any, str, Any], tuple[int, int]]:
    """The same for paths and numbers, of a region or of the whole item.

    Gives the control's bit, and how many keys the row has.
    """
    seen: dict[Any, Any] = {}

    def put(row: Any, value: Any, identity: str, region: Any) -> tuple[int, int]:
        kind, name, target = row.type, row.from_name, row.to_name
        rows = batch.rows[_TABLES[kind]]
        more = (7 if row.origin else 6) + (2 if region else 0)
        if value.text is not None:
            if not region or value.text != region[1]:
                raise Declined
            more += 1
        coded: tuple[Any, ...] = (name, target, row.origin)
        cells: tuple[Any, ...] = (identity if region else None,)
        if kind == "taxonomy":
            paths = tuple(map(tuple, value.taxonomy or ()))
            coded = (name, target, paths, row.origin)
            fits = seen.get(coded)
            if fits is None:
                fits = seen[coded] = gate.paths(name, target, paths)
        else:
            known = seen.get((kind, coded), seen)
            if known is seen:
                known = seen[kind, coded] = gate.number(name, target, kind)
            written = value.rating if kind == "rating" else value.number
            fits = known is not None and _number_fits(written, known)
            cells = (*cells, written)
        if not fits:
            raise Declined
        rows.add(coded, cells, {} if region else {"extra": _id_alone(identity)})
        return bits[name], more

    return put


_TABLES = {"taxonomy": "taxonomies", "rating": "ratings", "number": "numbers"}


def _number_fits(written: Any, bounds: tuple[float, float]) -> bool:
    return written is not None and -_EXACT <= written <= _EXACT and bounds[0] <= written <= bounds[1]


def _id_alone(identity: str) -> str:
    return f'{{"id":"{identity}"}}' if identity.isalnum() else json_of({"id": identity})
