"""The loop over the rows of usual annotations. It is long, for what it calls it calls millions of times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from curation.studio.conversion.doubts import Doubts
from curation.studio.conversion.gate import Gate, cuts
from curation.studio.conversion.results import json_of, stored_of
from curation.studio.conversion.tables import Batch
from curation.text import crosses_paragraph

Loop = Callable[[Sequence[Any], Mapping[str, str], Mapping[str, int], bool, Doubts], int]
"""Takes rows, texts by object, and `odds`: 0 of texts in which no span can cut a character, 1 of those without CR, 2
of all others; whether the annotator skipped the item; and what is to be told of doubts. Appends the rows and gives the
number of keys that they had."""

_EXACT = 1 << 53


class Declined(Exception):
    """Something is not usual: the rules have to look at it."""


def result_loop(batch: Batch, gate: Gate) -> Loop:
    """The loop for a batch. It raises `Declined` in the middle of things; the batch has to be put back then.

    Every key that it counts was there, so that another one more or less shows in the sum.
    """
    mentions, relations, choices, said = (batch.rows[name] for name in ("mentions", "relations", "choices", "texts"))
    spans: dict[Any, tuple[int, frozenset[str], frozenset[str]]] = {}
    chosen: dict[Any, int] = {}
    drawn_as: dict[Any, int] = {}
    writing: dict[Any, tuple[int, int]] = {}
    per_region, once = gate.per_region, gate.once
    m_code, m_stored = mentions.codes.append, mentions.sparse["stored"]
    m_id, m_start, m_end, m_text = (cells.append for cells in mentions.dense.values())
    r_code, (r_from, r_to) = relations.codes.append, (cells.append for cells in relations.dense.values())
    c_code, c_id, c_extra = choices.codes.append, choices.dense["mention_id"].append, choices.sparse["extra"]
    t_code, t_extra = said.codes.append, said.sparse["extra"]
    t_id, t_values = (cells.append for cells in said.dense.values())
    c_codes, m_codes, t_codes = choices.codes, mentions.codes, said.codes
    others = _others(batch, gate)
    get_span, get_chosen, get_drawn, get_written = spans.get, chosen.get, drawn_as.get, writing.get

    def loop(
        rows: Sequence[Any], texts: Mapping[str, str], odds: Mapping[str, int], skipped: bool, doubts: Doubts
    ) -> int:
        at: dict[str, Any] = {}
        find = at.get
        filled: set[Any] = set()
        places: set[Any] = set()
        drawn: set[Any] = set()
        needs: list[tuple[str, frozenset[str]]] = []
        keys = 0
        predicted = own = False
        for position, row in enumerate(rows):
            kind = row.type
            if kind == "relation":
                source, end, labels = row.from_id, row.to_id, row.labels
                if not source or not end:
                    raise Declined
                if not find(source) or not find(end) or source == end:
                    doubts.relations = True
                if labels is None:
                    keys += 4
                    label = None
                else:
                    keys += 5
                    if len(labels) == 1:
                        label = labels[0]
                    else:
                        label = tuple(labels)
                        doubts.relations = doubts.relations or bool(labels)
                combination = (row.direction, label)
                code = get_drawn(combination)
                if code is None:
                    if row.direction is None:
                        raise Declined
                    code = relations.combinations.setdefault(combination, len(relations.combinations))
                    if gate.relation(label or None):
                        drawn_as[combination] = code
                    else:
                        doubts.relations = True
                before = len(drawn)
                if row.direction != "left":
                    drawn.add((source, end, label or None))
                    before += 1
                if row.direction != "right":
                    drawn.add((end, source, label or None))
                    before += 1
                if len(drawn) != before:
                    doubts.relations = True
                r_code(code)
                r_from(source)
                r_to(end)
                continue
            value, name, target, origin, identity = row.value, row.from_name, row.to_name, row.origin, row.id
            if value is None or not identity:
                raise Declined
            if origin == "prediction":
                predicted = True
            elif origin:
                own = True
            keys += 6 if origin else 5
            start, end = value.start, value.end
            if kind == "labels":
                labels = value.labels
                if not labels or start is None or end is None:
                    raise Declined
                combination = (name, target, labels[0] if len(labels) == 1 else tuple(labels), origin)
                known = get_span(combination)
                if known is None:
                    says = gate.span(name, target, labels) if name and target else None
                    if says is None:
                        raise Declined
                    code = mentions.combinations.setdefault(combination, len(mentions.combinations))
                    known = spans[combination] = (code, *says)
                code, needed, barred = known
                text = texts[target]
                stored = value.text
                there = text[start:end]
                if not 0 <= start < end <= len(text) or type(stored) is not str:
                    raise Declined
                doubt = False
                if stored != there:
                    if stored_of(stored, there) is not None:
                        doubt = True
                        m_stored[len(m_codes)] = stored
                elif "\n" in there or "\r" in there:
                    m_stored[len(m_codes)] = stored
                if (
                    doubt
                    or there.strip() != there
                    or ("\n" in there and crosses_paragraph(text, start, end))
                    or (
                        (odd := odds[target])
                        and (
                            odd > 1 or not (text[start - 1 : start + 1].isascii() and text[end - 1 : end + 1].isascii())
                        )
                        and cuts(text, start, end)
                    )
                ):
                    doubts.spans.append(position)
                if identity in at:
                    raise Declined
                place = (start, end, name, min(labels))
                if place in places:
                    doubts.doubled = True
                places.add(place)
                at[identity] = (start, end, stored, barred)
                if needed:
                    needs.append((identity, needed))
                m_code(code)
                m_id(identity)
                m_start(start)
                m_end(end)
                m_text(there)
                keys += 4
                continue
            region = find(identity)
            if region:
                if start != region[0] or end != region[1] or name in region[3]:
                    raise Declined
                keys += 3
                place = (name, identity)
            else:
                if start is not None or end is not None or name in per_region:
                    raise Declined
                at[identity] = False
                keys += 1
                place = name
            if place in filled:
                raise Declined
            filled.add(place)
            if kind == "textarea":
                written = value.text
                combination = (name, target, origin)
                known = get_written(combination)
                if known is None:
                    most = gate.texts(name, target)
                    if most is None:
                        raise Declined
                    code = said.combinations.setdefault(combination, len(said.combinations))
                    known = writing[combination] = (code, most)
                if type(written) is not list or not 0 < len(written) <= known[1]:
                    raise Declined
                for one in written:
                    if not one or one.isspace():
                        raise Declined
                if region:
                    t_id(identity)
                else:
                    t_id(None)
                    t_extra[len(t_codes)] = _id_alone(identity)
                t_code(known[0])
                t_values(written)
                continue
            if kind != "choices":
                keys += others(row, value, identity, region)
                continue
            values = value.choices
            if not values:
                raise Declined
            if region:
                if value.text != region[2]:
                    raise Declined
                keys += 1
            combination = (name, target, values[0] if len(values) == 1 else tuple(values), origin)
            code = get_chosen(combination)
            if code is None:
                if not name or not target or not gate.choices(name, target, values):
                    raise Declined
                code = chosen[combination] = choices.combinations.setdefault(combination, len(choices.combinations))
            if region:
                c_id(identity)
            else:
                if value.text is not None:
                    raise Declined
                c_id(None)
                c_extra[len(c_codes)] = _id_alone(identity)
            c_code(code)
        if predicted and not own:
            raise Declined
        if not skipped:
            for identity, needed in needs:
                for name in needed:
                    if (name, identity) not in filled:
                        raise Declined
            for name in once:
                if name not in filled:
                    raise Declined
        return keys

    return loop


def _others(batch: Batch, gate: Gate) -> Callable[[Any, Any, str, Any], int]:
    """The same for paths and numbers, of a region or of the whole item.

    Gives how many keys of the value it counts besides those that the loop does.
    """
    seen: dict[Any, Any] = {}

    def put(row: Any, value: Any, identity: str, region: Any) -> int:
        kind, name, target = row.type, row.from_name, row.to_name
        rows = batch.rows[_TABLES[kind]]
        more = 0
        if value.text is not None:
            if not region or value.text != region[2]:
                raise Declined
            more = 1
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
        return more

    return put


_TABLES = {"taxonomy": "taxonomies", "rating": "ratings", "number": "numbers"}


def _number_fits(written: Any, bounds: tuple[float, float]) -> bool:
    return written is not None and -_EXACT <= written <= _EXACT and bounds[0] <= written <= bounds[1]


def _id_alone(identity: str) -> str:
    return f'{{"id":"{identity}"}}' if identity.isalnum() else json_of({"id": identity})
