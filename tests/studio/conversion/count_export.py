"""Hold the tables of a conversion against the raw JSON that they were made from: `count_export.py EXPORT OUT`.

Knows nothing of the program: it reads both with json, gzip and pyarrow alone, and compares every single fact, as a
multiset. Prints how many there are of each kind, and what is on one side only.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

SPANS = ("labels", "hypertextlabels", "paragraphlabels")
TABLES = {"choices": "choices", "taxonomy": "taxonomies", "rating": "ratings", "number": "numbers", "textarea": "texts"}
KEYS = {"choices": "choices", "taxonomy": "taxonomy", "rating": "rating", "number": "number", "textarea": "text"}
COLUMNS = {"choices": "values", "taxonomy": "paths", "rating": "value", "number": "value", "textarea": "values"}


def frozen(value):
    """A JSON value as one that can be counted."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True)


def person(by):
    if by is None:
        return None
    return str(by["id"]) if isinstance(by, dict) else str(by)


def facts_of_export(path):
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        data = file.read()
    items = json.loads(data) if data[:1] == b"[" else [json.loads(line) for line in data.splitlines()]
    facts = {name: Counter() for name in ("items", "annotations", "annotators", "skipped", "ground truth", "spans",
                                          "span texts", "relations", "relation labels", *TABLES, "taxonomy paths",
                                          "predictions", "drafts", "other")}  # fmt: skip
    for item in items:
        facts["items"][item["id"]] += 1
        for one in item.get("predictions", ()):
            facts["predictions"][frozen([item["id"], one["id"], one["result"]])] += 1
        for one in item.get("drafts", ()):
            facts["drafts"][frozen([item["id"], one["id"], one["result"]])] += 1
        for annotation in item["annotations"]:
            of_annotation(item["id"], annotation, facts)
    return facts, leaves(items)


def of_annotation(item, annotation, facts):
    key = [item, annotation["id"]]
    facts["annotations"][frozen(key)] += 1
    facts["annotators"][frozen([*key, person(annotation.get("completed_by"))])] += 1
    facts["skipped"][frozen(key)] += bool(annotation.get("was_cancelled"))
    facts["ground truth"][frozen(key)] += bool(annotation.get("ground_truth"))
    regions = {row.get("id") for row in annotation["result"] if row["type"] in SPANS}
    for row in annotation["result"]:
        kind, value = row["type"], row.get("value", {})
        if kind == "relation":
            labels = row.get("labels") or []
            facts["relations"][frozen([*key, row["from_id"], row["to_id"], row.get("direction"), labels])] += 1
            for label in labels:
                facts["relation labels"][label] += 1
        elif kind in SPANS:
            facts["spans"][frozen([*key, row["id"], row["from_name"], row["to_name"], value.get(kind)])] += 1
            if kind == "labels":
                facts["span texts"][frozen([*key, row["id"], value["start"], value["end"], value["text"]])] += 1
        elif kind in TABLES:
            about = row["id"] if row.get("id") in regions else None
            given = value[KEYS[kind]]
            given = [given] if kind == "textarea" and isinstance(given, str) else given
            given = float(given) if kind in ("rating", "number") else given
            facts[kind][frozen([*key, row["from_name"], row["to_name"], about, given])] += 1
            if kind == "taxonomy":
                for one in given:
                    facts["taxonomy paths"][frozen([*key, one])] += 1
        else:
            facts["other"][frozen([*key, row])] += 1


def facts_of_tables(out):
    tables = {path.parent.name: pq.read_table(path).to_pylist() for path in sorted(out.glob("data/*/*.parquet"))}
    rows = {name: tables.get(name, []) for name in ("items", "annotations", "mentions", "relations", "predictions",
                                                     "drafts", "other", *TABLES.values())}  # fmt: skip

    def key(row):
        return [row["item_id"], row["annotation_id"]]

    facts = {
        "items": Counter(row["item_id"] for row in rows["items"]),
        "annotations": Counter(frozen(key(row)) for row in rows["annotations"]),
        "annotators": Counter(frozen([*key(row), row["annotator"]]) for row in rows["annotations"]),
        "skipped": Counter(frozen(key(row)) for row in rows["annotations"] if row["status"] == "skipped"),
        "ground truth": Counter(frozen(key(row)) for row in rows["annotations"] if row["ground_truth"]),
        "spans": Counter(
            frozen([*key(row), row["mention_id"], row["control"], row["object"], row["labels"]])
            for row in rows["mentions"]
        ),
        "span texts": Counter(
            frozen([*key(row), row["mention_id"], row["start"], row["end"], stored(row)])
            for row in rows["mentions"]
            if "type" not in json.loads(row["extra"] or "{}")
        ),
        "relations": Counter(
            frozen([*key(row), row["from_id"], row["to_id"], row["direction"], row["labels"]])
            for row in rows["relations"]
        ),
        "relation labels": Counter(label for row in rows["relations"] for label in row["labels"]),
        "taxonomy paths": Counter(frozen([*key(row), path]) for row in rows["taxonomies"] for path in row["paths"]),
        "predictions": Counter(
            frozen([row["item_id"], row["prediction_id"], json.loads(row["result"])]) for row in rows["predictions"]
        ),
        "drafts": Counter(
            frozen([row["item_id"], row["draft_id"], json.loads(row["result"])]) for row in rows["drafts"]
        ),
        "other": Counter(frozen([*key(row), json.loads(row["row"])]) for row in rows["other"]),
    }
    for kind, table in TABLES.items():
        facts[kind] = Counter(
            frozen([*key(row), row["control"], row["object"], row["mention_id"], row[COLUMNS[kind]]])
            for row in rows[table]
        )
    return facts, leaves(list(tables.values()), parsed=True)


def stored(row):
    """The text that Label Studio stored: written where it is not the slice with line breaks as `\\n`."""
    return row["stored"] if row["stored"] is not None else row["text"].replace("\r", "\\n").replace("\n", "\\n")


def leaves(value, *, parsed=False):
    """Every string and number that stands anywhere in a value; with `parsed` also in the JSON that its strings hold."""
    found = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str):
            found.add(one)
            if parsed and one[:1] in '[{"':
                with contextlib.suppress(ValueError):
                    waiting.append(json.loads(one))
        elif isinstance(one, int | float) and not isinstance(one, bool):
            found.add(float(one))
    return found


def main():
    export, out = map(Path, sys.argv[1:])
    raw, raw_leaves = facts_of_export(export)
    made, made_leaves = facts_of_tables(out)
    people = out / "annotators.jsonl"
    if people.exists():
        made_leaves |= leaves([json.loads(line) for line in people.read_text("utf-8").splitlines()])
    lost = {name: [*(+raw[name] - +made[name])][:3] for name in raw if +raw[name] - +made[name]}
    added = {name: [*(+made[name] - +raw[name])][:3] for name in raw if +made[name] - +raw[name]}
    rendered = {leaf for leaf in raw_leaves - made_leaves if isinstance(leaf, str) and "\\n" in leaf}
    absent = {
        leaf
        for leaf in raw_leaves - made_leaves - rendered
        if leaf not in (*SPANS, *TABLES, "relation", "manual", "right") and str(leaf) not in made_leaves
    }
    if absent:
        lost["values"] = sorted(map(repr, absent))[:10]
    counts = {name: (+counted).total() for name, counted in raw.items()}
    sys.stdout.write(json.dumps({"counts": counts, "lost": lost, "added": added}, indent=2) + "\n")
    return 1 if lost or added else 0


if __name__ == "__main__":
    sys.exit(main())
