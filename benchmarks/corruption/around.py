"""Ways to break the annotation as a whole, and what stands around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.corruption.grip import Grip, Stage, Unfit, Way
from benchmarks.corruption.valid import Cut, Sibling, in_parts
from curation.studio.authors import author_of
from curation.text import content_hash


def _set(key: str, value: Any) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        grip.take(key)
        grip.case.raw[key] = value

    return change


def _drop(key: str) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        grip.take(key)
        grip.case.raw.pop(key)

    return change


def _append(row: Any) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        grip.take()
        grip.case.raw["result"].append(row() if callable(row) else row)

    return change


def _result(result: Any) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        grip.close()
        grip.case.raw["result"] = result

    return change


def _no_result(grip: Grip) -> None:
    grip.close()
    grip.case.raw.pop("result")


def _whole(raw: Any) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        grip.take("completed_by")
        grip.close()
        grip.case.raw = raw

    return change


def _nested(depth: int) -> dict[str, Any]:
    inner: Any = []
    for _ in range(depth):
        inner = [inner]
    return {"type": "choices", "meta": inner}


def _text_changed(grip: Grip) -> None:
    grip.take("article")
    text = f"Corrected: {grip.case.text.text}"
    article = grip.case.article
    if article is not None:
        grip.case.article = replace(article, text=text, sha256=content_hash(text))


def _article_unknown(grip: Grip) -> None:
    grip.take("article")
    grip.case.article = None


def _unnamed_article(grip: Grip) -> None:
    grip.take("article")
    grip.case.data.pop("article_id")
    grip.case.article = None


def _textless(grip: Grip) -> None:
    grip.take("article")
    grip.case.data.pop("text")
    grip.case.article = None


def _doubled(grip: Grip) -> None:
    grip.take("completed_by")
    grip.case.siblings.append(Sibling("again", author_of(grip.case.raw, draft=False).key))


def _superseded(grip: Grip) -> None:
    grip.take("completed_by")
    grip.case.siblings.append(Sibling("newer", author_of(grip.case.raw, draft=False).key, project=8))


def _lone_part(grip: Grip) -> None:
    grip.take("article", "completed_by")
    in_parts(grip.case, Cut(2, 3, "The first of three parts.\n\n"))


def _differing_parts(grip: Grip) -> None:
    """The other part says something else of what the whole article says."""
    grip.take("article", "completed_by", "was_cancelled")
    (own,) = grip.form("stance_rent_cap")["value"]["choices"]
    other = "against" if own in ("favor", "not_addressed") else "favor"
    if own == "not_addressed":
        raise Unfit
    silent = {"stance_congestion_charge": "not_addressed", "stance_rent_cap": other}
    in_parts(grip.case, Cut(2, 2, "What stood in the first part.\n\n", {1: silent}))


def _untouched(grip: Grip) -> None:
    grip.take("origin")
    for row in grip.case.result:
        if isinstance(row, dict) and row.get("origin") == "manual":
            row["origin"] = "prediction"


def _lone_key(grip: Grip) -> None:
    grip.row()["value"]["x\udc00"] = 1


def _way(name: str, code: str, change: Callable[[Grip], object], stage: Stage) -> Way:
    return Way(name, (code,), stage, change)


def _shape(name: str, change: Callable[[Grip], object], stage: Stage = Stage.SHAPE) -> Way:
    return Way(name, ("F_RAW_SCHEMA",), stage, change)


def _instead(name: str, change: Callable[[Grip], object], *codes: str) -> Way:
    return Way(name, ("F_RAW_SCHEMA", *codes), Stage.STORABLE, change, replaces=True)


_NOBODY = "F_ANNOTATOR_UNKNOWN"
_CHANGED = "F_TEXT_CHANGED"

AROUND = (
    _instead("result: missing", _no_result),
    _instead("result: null", _result(None)),
    _instead("result: an object", _result({"rows": []})),
    _instead("result: a string", _result("[]")),
    _shape("row: a string", _append("row")),
    _shape("row: null", _append(None)),
    _shape("row: a list", _append([])),
    _shape("row: empty", _append(dict)),
    _shape("row: nested without end", _append(lambda: _nested(300)), Stage.STORABLE),
    _shape("row: a key with a lone surrogate", _lone_key, Stage.STORABLE),
    _instead("annotation: a list", _whole([]), _NOBODY),
    _instead("annotation: null", _whole(None), _NOBODY),
    _shape("id: of the annotation, a string", _set("id", "7")),
    _shape("lead time: a string", _set("lead_time", "12")),
    _shape("lead time: infinite", _set("lead_time", float("inf")), Stage.STORABLE),
    _way("lead time: negative", "F_TIME_IMPOSSIBLE", _set("lead_time", -3.5), Stage.READING),
    _way("time of creation: no time", "F_TIME_IMPOSSIBLE", _set("created_at", "yesterday"), Stage.READING),
    _shape("skipped: a string", _set("was_cancelled", "no")),
    _shape("skipped: a number", _set("was_cancelled", 0)),
    _shape("ground truth: a string", _set("ground_truth", "true")),
    _shape("time of creation: a number", _set("created_at", 1772442840)),
    _shape("time of change: an object", _set("updated_at", {})),
    _way("annotator: null", "F_ANNOTATOR_UNKNOWN", _set("completed_by", None), Stage.AROUND),
    _way("annotator: missing", "F_ANNOTATOR_UNKNOWN", _drop("completed_by"), Stage.AROUND),
    _way("annotator: an empty object", "F_ANNOTATOR_UNKNOWN", _set("completed_by", {}), Stage.AROUND),
    Way("annotator: a string", ("F_RAW_SCHEMA", _NOBODY), Stage.SHAPE, _set("completed_by", "3")),
    _way("annotator: the same person twice", "F_ANNOTATION_DOUBLED", _doubled, Stage.RECORD),
    _way("annotator: again in a newer project", "F_ANNOTATION_SUPERSEDED", _superseded, Stage.RECORD),
    _way("parts: others are missing", "F_PARTS_MISSING", _lone_part, Stage.RECORD),
    _way("parts: they differ", "F_PARTS_DIFFER", _differing_parts, Stage.RECORD),
    _way("article: its text has changed", _CHANGED, _text_changed, Stage.RECORD),
    _way("article: unknown", "F_ARTICLE_UNKNOWN", _article_unknown, Stage.RECORD),
    _way("article: not named", "F_ARTICLE_UNKNOWN", _unnamed_article, Stage.AROUND),
    _way("article: without its text", "F_ARTICLE_UNKNOWN", _textless, Stage.SHAPE),
    _way("suggestion: untouched", "F_SUGGESTION_UNTOUCHED", _untouched, Stage.RECORD),
)
