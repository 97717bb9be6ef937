"""Hold the tables of a conversion against the raw JSON that they were made from.

    python -m tests.studio.conversion.count_export EXPORT OUT

Knows nothing of the program: with `raw_export` it reads both with json, gzip and pyarrow alone, makes every item,
annotation, row, prediction and draft anew from the tables, and compares it with the raw one key by key. Prints how many
there are of each kind, and every place where the two differ.

What the tables do not tell apart is taken for the same: a flag that is false and one that is missing, an empty list and
none, a marked text that is what it must be and none, what a field of a region repeats of its region.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow.parquet as pq

from tests.studio.conversion.raw_export import (
    frozen,
    is_text,
    name_of,
    read_export,
    rendered,
    same,
    shown_by,
    squeezed,
    strings_in,
)

SPANS = ("labels", "hypertextlabels", "paragraphlabels")
# Of each type of row with a table: that table, the key of its value, and the column that holds what it has.
FIELDS = {
    "choices": ("choices", "choices", "values"),
    "taxonomy": ("taxonomies", "taxonomy", "paths"),
    "rating": ("ratings", "rating", "value"),
    "number": ("numbers", "number", "value"),
    "textarea": ("texts", "text", "values"),
}
TABLES = ("items", "annotations", "mentions", "relations", "choices", "taxonomies", "ratings", "numbers", "texts",
          "other", "predictions", "drafts")  # fmt: skip
RESULTS = TABLES[2:10]
IDS = {"items": "item_id", "annotations": "annotation_id", "predictions": "prediction_id", "drafts": "draft_id"}
PERSON = ("user", "created_username")
NOTHING = object()
COUNTED = ("items", "annotations", "spans", "relations", "relation labels")


def read_tables(out):
    """The rows of all tables, and what is said of people."""
    tables = {name: [] for name in TABLES}
    for path in sorted(out.glob("data/*/*.parquet")):
        tables[path.parent.name] += pq.read_table(path).to_pylist()
    people = out / "annotators.jsonl"
    lines = people.read_text("utf-8").splitlines() if people.exists() else []
    return tables, [json.loads(line) for line in lines]


class Check:
    """Walks over the raw items and the tables in step; `wrong` are the places where they differ."""

    def __init__(self, items, tables, people):
        self.items = items
        self.wrong = []
        self.counts = Counter(dict.fromkeys((*COUNTED, *FIELDS, *TABLES[9:]), 0))
        self.tables = tables
        self.stand_ins = defaultdict(list)
        self.named = Counter(map(frozen, people))
        self.met = set()
        self.rows = {name: defaultdict(list) for name in RESULTS}
        for name in RESULTS:
            for row in tables[name]:
                self.rows[name][row["item_id"], row["annotation_id"]].append(row)
        self.waiting = {name: iter(tables[name]) for name in ("items", "annotations", "predictions", "drafts")}
        # The keys of data whose texts are in the table, and the objects that show texts which were read.
        self.shown_keys = {self.key_of(item, row) for item, row in zip(items, tables["items"], strict=False)} - {None}
        self.read_objects = {row["object"] for row in tables["mentions"] if row["text"] is not None}

    def run(self):
        """Compare everything."""
        for number, item in enumerate(self.items):
            try:
                self.item(f"/{number}", item)
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                self.wrong.append(f"/{number}: cannot be made anew from the tables: {error!r}")
        for name, column in IDS.items():
            ids = [row[column] for row in self.tables[name]]
            self.expect(f"table {name}", len(set(ids)) == len(ids), "gives an id twice")
            made = self.stand_ins[column]
            self.expect(f"table {name}", sorted(made) == [*range(-len(made), 0)], "makes up other ids than -1, -2, ...")
        for name, rows in self.waiting.items():
            self.expect(f"table {name}", next(rows, NOTHING) is NOTHING, "has rows of no item")
        for name, left in self.rows.items():
            self.expect(f"table {name}", not any(left.values()), "has rows of no annotation")
        self.expect("annotators.jsonl", self.named == Counter(self.met), "does not say what the export says")
        return self.wrong

    def expect(self, where, holds, problem):
        """Note a problem, unless something holds."""
        if not holds:
            self.wrong.append(f"{where}: {problem}")

    def compare(self, where, raw, made):
        """Two objects that have to be the same."""
        for key in sorted(raw.keys() | made.keys()):
            one, other = raw.get(key, NOTHING), made.get(key, NOTHING)
            self.expect(f"{where}/{key}", same(one, other), f"is {one!r:.200}, and {other!r:.200} in the tables")

    def begun(self, table, row, columns):
        """An object from what a row has beside its columns, and from those that hold keys as they are."""
        made = json.loads(row["extra"] or "{}")
        for key in columns:
            if row[key] is not None:
                self.expect(f"table {table}", made.get(key) is None, f"holds {key} twice")
                made[key] = row[key]
        return made

    def identity(self, raw, made, row, column):
        """The id of an object: a negative one stands for one that is missing, or that is kept as it was given."""
        if "id" in made or "id" not in raw:
            self.stand_ins[column].append(row[column])
        else:
            made["id"] = row[column]

    def item(self, where, raw):
        row = next(self.waiting["items"], None)
        if row is None:
            self.wrong.append(f"{where}: is not in the tables")
            return
        self.counts["items"] += 1
        made = self.begun("items", row, ("created_at", "updated_at"))
        self.identity(raw, made, row, "item_id")
        rest = dict(raw)
        for key in ("annotations", "completions"):
            for number, one in enumerate(rest.pop(key) if isinstance(rest.get(key), list) else ()):
                self.annotation(f"{where}/{key}/{number}", one, raw, row)
        for key, put in (("predictions", self.prediction), ("drafts", self.draft)):
            if isinstance(rest.get(key), list) and all(isinstance(one, dict) for one in rest[key]):
                for number, one in enumerate(rest.pop(key)):
                    put(f"{where}/{key}/{number}", one, row["item_id"])
        if row["data"] is not None:
            made["data"] = json.loads(row["data"])
        key = self.key_of(raw, row)
        if key is not None and key not in made["data"]:
            made["data"][key] = row["text"]
        else:
            shown = row["text"] is None or any(squeezed(row["text"]) in texts for texts in shown_by(raw.get("data")))
            self.expect(f"{where}/data", shown, "shows no such text as the table has")
        if row["text"] is None and isinstance(raw.get("data"), dict):
            hidden = [key for key in self.shown_keys if is_text(raw["data"].get(key))]
            self.expect(f"{where}/data", not hidden, f"has texts that the table lacks: {hidden}")
        self.compare(where, rest, made)

    def key_of(self, raw, row):
        """The key of the data that holds the text of an item, as it is or marked up."""
        data = raw.get("data")
        if row["text"] is None or not isinstance(data, dict):
            return None
        kept = json.loads(row["data"] or "{}")
        taken = [key for key in data if key not in kept]
        return (taken or [key for key in data if squeezed(row["text"]) in shown_by({key: data[key]})[0]] or [None])[0]

    def person(self, name, given):
        self.met.add(frozen({"annotator": name, "given": given}))

    def annotation(self, where, raw, item, item_row):
        row = next(self.waiting["annotations"], None)
        if row is None or row["item_id"] != item_row["item_id"]:
            self.wrong.append(f"{where}: is not where it belongs in the tables")
            return
        self.counts["annotations"] += 1
        made = self.begun("annotations", row, ("created_at", "updated_at", "lead_time", "unique_id"))
        if not isinstance(raw, dict):
            raw = {"annotation": raw}
        self.identity(raw, made, row, "annotation_id")
        rest = dict(raw)
        for key, flag in (("was_cancelled", row["status"] == "skipped"), ("ground_truth", row["ground_truth"])):
            if rest.get(key) is False:
                del rest[key]
            if flag is not False:
                made[key] = flag
        self.expect(where, row["status"] in ("skipped", "submitted"), "has another status in the tables")
        by = rest.get("completed_by")
        name = name_of(by)
        self.expect(f"{where}/completed_by", row["annotator"] == name, f"is {row['annotator']} in the tables")
        if name is not None:
            del rest["completed_by"]
            if isinstance(by, dict):
                self.person(name, by)
        result = rest.pop("result") if isinstance(rest.get("result"), list) else []
        self.compare(where, rest, made)
        key = row["item_id"], row["annotation_id"]
        self.result(f"{where}/result", result, {name: self.rows[name].pop(key, []) for name in RESULTS}, item, item_row)

    def result(self, where, result, rows, item, item_row):
        """The rows of an annotation; in each table they stand in the order of the result."""
        others = {row["position"]: row for row in rows["other"]}
        self.expect(where, len(others) == len(rows.pop("other")), "has two rows at one place in the tables")
        spans = {}
        for position, raw in enumerate(result):
            if position not in others and isinstance(raw, dict) and raw.get("type") in SPANS:
                spans.setdefault(frozen(raw.get("id")), raw["value"])
        for position, raw in enumerate(result):
            at = f"{where}/{position}"
            if position in others:
                self.other(at, raw, others.pop(position))
                continue
            table = table_of(raw)
            if table is None or not rows[table]:
                self.wrong.append(f"{at}: is not in the tables")
                continue
            row = rows[table].pop(0)
            if table == "mentions":
                self.mention(at, raw, row, item, item_row)
            elif table == "relations":
                self.relation(at, raw, row)
            else:
                self.field(at, raw, row, table, spans)
        left = [name for name, more in (*rows.items(), ("other", others)) if more]
        self.expect(where, not left, f"has no such rows as are left in the tables {left}")

    def other(self, where, raw, row):
        self.counts["other"] += 1
        named = [raw.get(key) if isinstance(raw, dict) else None for key in ("type", "from_name")]
        named = [name if isinstance(name, str) and name else None for name in named]
        self.expect(where, [row["type"], row["control"]] == named, "is of another control in the tables")
        self.expect(where, same(json.loads(row["row"]), raw), "is another row in the tables")

    def relation(self, where, raw, row):
        self.counts["relations"] += 1
        self.counts["relation labels"] += len(raw["labels"]) if isinstance(raw.get("labels"), list) else 0
        made = self.begun("relations", row, ("from_id", "to_id", "direction", "labels"))
        self.first(where, row["label"], row["labels"])
        self.compare(where, raw, {**made, "type": "relation"})

    def first(self, where, cell, cells):
        """A column with the first of several."""
        self.expect(where, cell == (cells[0] if cells else None), f"has first of all {cell!r} in the tables")

    def renamed(self, table, row):
        """What is not in a row's value."""
        made = self.begun(table, row, ("origin", "score") if table == "mentions" else ("origin",))
        for key, column in (("id", "mention_id"), ("from_name", "control"), ("to_name", "object")):
            if row[column] is not None:
                self.expect(f"table {table}", key not in made, f"holds {key} twice")
                made[key] = row[column]
        return made

    def mention(self, where, raw, row, item, item_row):
        self.counts["spans"] += 1
        made = self.renamed("mentions", row)
        kind, value = made.setdefault("type", "labels"), made.setdefault("value", {})
        self.first(where, row["label"], row["labels"])
        if row["labels"] is not None:
            value[kind] = row["labels"]
        for side in ("start", "end"):
            if row[side] is not None:
                value.setdefault(side, row[side])
        if row["stored"] is not None:
            value["text"] = row["stored"]
        elif row["text"] is not None and "text" in raw["value"]:
            value.setdefault("text", rendered(row["text"]))
        self.compare(where, {**raw, "value": NOTHING}, {**made, "value": NOTHING})
        self.compare(f"{where}/value", raw["value"], value)
        self.place(where, row, [item_row["text"] or "", *strings_in(item.get("data"))])

    def place(self, where, row, sources):
        """The text of a mention is that between its offsets."""
        text, start, end = row["text"], row["start"], row["end"]
        if text is None:
            placed = start is not None and end is not None and 0 <= start < end <= len(sources[0])
            hidden = placed and row["object"] in self.read_objects
            self.expect(where, not hidden, "has no text in the tables")
            return
        there = any(source[start:end] == text for source in sources)
        self.expect(where, there and 0 <= start < end == start + len(text), "is no such text at its offsets")

    def field(self, where, raw, row, table, spans):
        self.counts[raw["type"]] += 1
        made = self.renamed(table, row)
        kind = made.setdefault("type", next(name for name, (its, *_) in FIELDS.items() if its == table))
        _, key, column = FIELDS[kind]
        cell = row["paths" if table == "taxonomies" else column]
        if table == "choices":
            self.first(where, row["value"], row["values"])
        value = made.setdefault("value", {})
        if key in value:
            # Paths and texts that were not written as lists are kept as they were written.
            written = value[key]
            several = written if isinstance(written, list) else [written]
            as_lists = [[one] if isinstance(one, str) else one for one in several]
            self.expect(
                where, same(cell, several if table == "texts" else as_lists), "has something else in its column"
            )
        elif cell is not None:
            value[key] = cell
        there = spans.get(frozen(raw.get("id")), {})
        given, value = (
            {name: one for name, one in found.items() if name == key or not same(there.get(name, NOTHING), one)}
            for found in (raw["value"], value)
        )
        self.compare(where, {**raw, "value": NOTHING}, {**made, "value": NOTHING})
        self.compare(f"{where}/value", given, value)
        if raw.get("id") and isinstance(raw["id"], str):
            of_region = frozen(raw["id"]) in spans or "start" in raw["value"]
            self.expect(where, row["mention_id"] is not None or not of_region, "belongs to no mention in the tables")

    def prediction(self, where, raw, item_id):
        row = self.of_item(where, "predictions", item_id)
        if row is not None:
            made = self.begun("predictions", row, ("model_version", "score"))
            self.closed(where, raw, dict(raw), row, made, "prediction_id")

    def draft(self, where, raw, item_id):
        row = self.of_item(where, "drafts", item_id)
        if row is None:
            return
        made, rest = self.begun("drafts", row, ("created_at", "updated_at")), dict(raw)
        name = name_of(raw.get("user"), raw.get("created_username"))
        self.expect(where, row["annotator"] == name, f"is of {row['annotator']} in the tables")
        given = {key: raw[key] for key in PERSON if isinstance(raw.get(key), str | dict)}
        if name is not None and given:
            self.person(name, given)
            rest = {key: value for key, value in raw.items() if key not in given}
        self.closed(where, raw, rest, row, made, "draft_id")

    def of_item(self, where, table, item_id):
        row = next(self.waiting[table], None)
        if row is None or row["item_id"] != item_id:
            self.wrong.append(f"{where}: is not where it belongs in the tables")
            return None
        self.counts[table] += 1
        return row

    def closed(self, where, raw, rest, row, made, column):
        self.identity(raw, made, row, column)
        if row["result"] is not None:
            made["result"] = json.loads(row["result"])
        self.compare(where, rest, made)


def table_of(raw):
    """The table in which a row belongs, if it is not among the others."""
    kind = raw.get("type") if isinstance(raw, dict) else None
    if not isinstance(kind, str):
        return None
    if kind in SPANS:
        return "mentions"
    if kind == "choices" and any(isinstance(one, list) for one in raw["value"]["choices"]):
        return "taxonomies"
    return "relations" if kind == "relation" else FIELDS.get(kind, (None,))[0]


def main():
    export, out = map(Path, sys.argv[1:])
    check = Check(read_export(export), *read_tables(out))
    check.run()
    sys.stdout.write(json.dumps({"counts": check.counts, "wrong": check.wrong}, indent=2) + "\n")
    return 1 if check.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
