"""An annotated article of the flagship task, as Label Studio exports it, and what a workspace holds of it."""

from __future__ import annotations

import json

import curation
from curation.store import Store
from curation.text import content_hash

TEXT = "Mayor Elena Moss said that the charge works. Scrap the charge at once, the hauliers demand."


def rows(text: str = TEXT) -> list[dict]:
    """An annotation of the article that has no fault."""
    spans = [("a1", "Actor", "Elena Moss"), ("c1", "Claim", "the charge works"), ("a2", "Actor", "the hauliers"),
             ("c2", "Claim", "Scrap the charge at once")]  # fmt: skip
    made = []
    both = {"to_name": "text", "origin": "manual"}
    for region, label, words in spans:
        place = {"start": text.index(words), "end": text.index(words) + len(words), "text": words}
        value = {**place, "labels": [label]}
        made.append({"id": region, "from_name": "span", "type": "labels", "value": value, **both})
        fields = {"actor_type": {"a1": "person", "a2": "group"}.get(region)} if label == "Actor" else {
            "claim_kind": "demand" if region == "c2" else "causal", "claim_quotation": "indirect"}  # fmt: skip
        for control, one in fields.items():
            value = {**place, "choices": [one]}
            made.append({"id": region, "from_name": control, "type": "choices", "value": value, **both})
    for name, value in (("stance_congestion_charge", "neutral"), ("stance_rent_cap", "not_addressed")):
        made.append({"id": name[:8], "from_name": name, "type": "choices", "value": {"choices": [value]}, **both})
    made.append({"id": "note", "from_name": "note", "type": "textarea", "value": {"text": ["hm"]}, **both})
    for source, target, label in (("a1", "c1", "supports"), ("a2", "c2", "supports"), ("a2", "c1", "opposes")):
        made.append({"from_id": source, "to_id": target, "type": "relation", "direction": "right", "labels": [label]})
    return made


def export(*results: list[dict], at: str = "2026-03-02T10:00:00Z", number: int = 1) -> str:
    """A Label Studio export of one item, annotated by so many people."""
    annotations = [
        {"id": number * 10 + position, "unique_id": f"annotation-{number}-{position}", "completed_by": position,
         "was_cancelled": False, "ground_truth": False, "lead_time": 60.0, "created_at": at, "updated_at": at,
         "result": result}
        for position, result in enumerate(results, start=1)
    ]  # fmt: skip
    data = {"article_id": f"charge-{number}", "title": "Charge", "text": TEXT, "sha256": content_hash(TEXT)}
    return json.dumps([{"id": number, "project": 1, "data": data, "annotations": annotations, "drafts": []}])


def files(study: curation.Workspace) -> dict[str, bytes]:
    folder = study.path / "tasks"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def state(study: curation.Workspace) -> dict[str, object]:
    """What is read of annotations and suggestions, and the raw documents."""
    with Store(study.path) as store:
        stored = list(store.annotations.all())
        return {
            "records": {one.id: one.record for one in stored},
            "problems": {one.id: one.problems for one in stored},
            "raw": {one.id: (one.revision, one.raw) for one in stored},
            "suggestions": list(store.predictions.all("news-stance")),
        }
