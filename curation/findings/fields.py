"""What is wrong with the values of fields and with the controls that carry them."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

FIELDS: dict[str, FindingKind] = {
    "F_CONTROL_UNKNOWN": FindingKind(
        "error",
        "A control that is not declared",
        "The annotation has a value of a control that task.toml, or the interface of an export, does not have so: "
        "another interface was used.",
        "Declare the control, or remove the value in Label Studio; for an export, name the interface it was made with.",
        wrong='{"from_name": "mood", "type": "choices", "value": {"choices": ["angry"]}}',
        right='{"from_name": "actor_type", "type": "choices", "value": {"choices": ["person"]}}',
    ),
    "F_VALUE_UNKNOWN": FindingKind(
        "error",
        "A value that the field does not have",
        "A field holds a value that task.toml, or the interface of an export, does not list for it.",
        "Choose a declared value, or append this one: to the interface, and in a workspace to codebook.md and "
        "task.toml too.",
        wrong='{"from_name": "actor_type", "value": {"choices": ["mayor"]}}',
        right='{"from_name": "actor_type", "value": {"choices": ["government"]}}',
    ),
    "F_CARDINALITY": FindingKind(
        "error",
        "Too many values, or an empty one",
        "A field of one value holds several or none, a mention has several labels or none, or a relation several.",
        "Keep exactly one.",
        wrong='{"from_name": "stance_rent_cap", "value": {"choices": ["favor", "against"]}}',
        right='{"from_name": "stance_rent_cap", "value": {"choices": ["favor"]}}',
    ),
    "F_REQUIRED_MISSING": FindingKind(
        "error",
        "A required field is empty",
        "A field that task.toml, or the interface of an export, requires has no value where it was shown.",
        "Select the mention (or the article's form) in Label Studio, fill the field and submit again.",
        wrong="Actor “Elena Moss” (6–16), type: nothing chosen",
        right="Actor “Elena Moss” (6–16), type: government",
    ),
    "F_PATTERN": FindingKind(
        "error",
        "A text that does not look as it must",
        "A text field does not match its pattern in task.toml, such as a Wikidata id that is not Q and a number.",
        "Correct the text, or leave the field empty.",
        wrong='{"from_name": "actor_wikidata", "value": {"text": ["q 42"]}}',
        right='{"from_name": "actor_wikidata", "value": {"text": ["Q42"]}}',
    ),
    "F_ATTRIBUTE_ORPHAN": FindingKind(
        "error",
        "An attribute without its mention",
        "An attribute row has the id of no span in the annotation.",
        "Mark the span again and set its attributes.",
        wrong='{"id": "m9", "from_name": "actor_type", ...}, and no span has the id m9',
        right='{"id": "m1", "from_name": "actor_type", ...} and {"id": "m1", "type": "labels", ...}',
    ),
    "F_ATTRIBUTE_OFFSETS": FindingKind(
        "error",
        "An attribute elsewhere than its mention",
        "An attribute row repeats other offsets than the span with its id.",
        "Delete the mention in Label Studio, mark it again and set its attributes.",
        wrong='the span m1 at 6–16, its actor_type {"id": "m1", "value": {"start": 0, "end": 5, ...}}',
        right='the span m1 at 6–16, its actor_type {"id": "m1", "value": {"start": 6, "end": 16, ...}}',
    ),
    "F_ATTRIBUTE_LABEL": FindingKind(
        "error",
        "An attribute of another label",
        "A mention carries an attribute that belongs to another label: it was relabelled afterwards.",
        "Delete the mention in Label Studio, mark it again with the right label.",
        wrong="Actor “Elena Moss” (6–16), quotation: direct",
        right="Claim “Rents will fall” (40–55), quotation: direct",
    ),
}
